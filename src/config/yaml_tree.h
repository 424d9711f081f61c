/*
 * YAML to a small tree of nodes that know their line: the one place that calls libyaml.
 *
 * In: a text or a file with at most one document. Out: its nodes, in an arena, the root NULL for a
 * text without content. Scalars stay text; what they mean is the schema's business. Refused, each
 * with a sentence naming file and line: anchors, aliases, tags, a second document, a key twice in
 * one map, a key that is not a scalar, a zero byte, text that is not UTF-8 or holds control
 * characters. Bounded in bytes, nodes, keys of one map and depth; no recursion.
 */
#pragma once

#include "base/err.h"
#include "base/span.h"
#include "config/arena.h"
#include "config/place.h"

#define YAML_BYTES_MAX                                                                     \
    ((size_t)8 * 1024 * 1024) /* a list of 10,000 commented entries has 3 MiB */
#define YAML_NODES_MAX 500000
#define YAML_KEYS_MAX                                                                      \
    256 /* keys of one map; ours have 30, and each is compared with the others */
#define YAML_DEPTH_MAX 12 /* the deepest key of ours is at 5 */

enum yaml_kind { YAML_KIND_SCALAR, YAML_KIND_LIST, YAML_KIND_MAP };

struct yaml_node {
    enum yaml_kind kind;
    bool quoted;             /* a scalar in quotes or in block form */
    const char *key;         /* of the map it is in; NULL for elements and the root */
    const char *text;        /* of a scalar, valid UTF-8 without zero bytes; else NULL */
    struct yaml_node *first; /* children */
    struct yaml_node *last;
    struct yaml_node *next; /* sibling */
    size_t count;           /* of children */
    struct place place;
};

/* Read all of a file into the arena; -1 with a sentence when it cannot be read or is too long. */
int yaml_tree_read(struct arena *arena, const char *path, struct span *text,
                   struct err *why);

/* `file` is the name for messages; it must live as long as the arena. */
int yaml_tree_parse(struct arena *arena, const char *file, struct span text,
                    struct yaml_node **root, struct err *why);

/* True for valid UTF-8 (RFC 3629). */
bool yaml_tree_is_utf8(struct span text);

/* True for a scalar that says nothing: empty, ~ or null, without quotes. */
bool yaml_node_null(const struct yaml_node *node);

/* The child of a map, or NULL; `map` may be NULL or no map. */
struct yaml_node *yaml_node_child(const struct yaml_node *map, const char *key);

/* The node at a dotted path ("output.rotate.size") through maps, or NULL. */
const struct yaml_node *yaml_node_find(const struct yaml_node *root, const char *path);

/* Append to a list or map. */
void yaml_node_append(struct yaml_node *parent, struct yaml_node *child);

/* "a list", "a map" or the scalar's text in quotes, printable and cut; returns `out`. */
#define YAML_FOUND_MAX 80
const char *yaml_node_describe(const struct yaml_node *node, char out[YAML_FOUND_MAX]);
