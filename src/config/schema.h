/*
 * A schema says which keys a file may have: one table row a key. From the row come the default, the
 * check of type and range, the sentence when it fails, the place in the struct, the dump and the
 * manual.
 *
 * Rows of a schema have dotted names ("output.rotate.size"); the maps between are not rows. A list
 * of maps has a schema of its own for its elements, whose structs are made in the arena. Elements
 * may be written short, as one scalar, if their schema names the key that it stands for.
 * A key without a value (null) keeps its default.
 */
#pragma once

#include <float.h>
#include <stdio.h>

#include "config/yaml_tree.h"

#define SCHEMA_PATH_MAX 160 /* "inspection.segments[499999].trust_model" has 40 */

/* The type behind each kind of value is that of the struct member at `offset`. */
enum schema_type {
    SCHEMA_BOOL,        /* bool */
    SCHEMA_COUNT,       /* uint32_t */
    SCHEMA_NUMBER,      /* double */
    SCHEMA_DURATION,    /* uint64_t nanoseconds; range in seconds */
    SCHEMA_SECONDS,     /* the same text, double seconds */
    SCHEMA_SIZE,        /* uint64_t bytes */
    SCHEMA_CHOICE,      /* an enum or uint32_t, by `choices` */
    SCHEMA_TEXT,        /* const char *: one line */
    SCHEMA_PATH,        /* const char *: a file name, relative to the file that names it */
    SCHEMA_TARGET,      /* const char *: HOST:PORT or the path of a socket */
    SCHEMA_DESTINATION, /* const char *: as in match.h */
    SCHEMA_APP,         /* const char *: as in match.h */
    SCHEMA_NETWORK,     /* struct network */
    SCHEMA_ENDPOINT,    /* struct config_endpoint */
    SCHEMA_DATE,        /* uint64_t: the first moment after that day */
    SCHEMA_PORTS,       /* uint16_t[TUNING_PORTS_MAX] and uint32_t at `count_offset` */
    SCHEMA_TEXTS,       /* const char ** and size_t at `count_offset` */
    SCHEMA_LIST,        /* an array of structs, by `of`, and size_t at `count_offset` */
};

struct schema_choice {
    const char *name; /* NULL ends the table */
    uint32_t value;
};

struct schema_key {
    const char *name;
    enum schema_type type;
    const char
        *initial;    /* the default as one would write it; NULL: none, or set elsewhere */
    double min, max; /* range; both 0: any */
    const struct schema_choice *choices;
    const struct schema *of;
    size_t offset, count_offset;
    bool required; /* in elements: must be there; in a rule file: the built-in one has it */
    const char *twin; /* another name of the same value; only one of the two may be given */
    const char *help; /* one sentence */
};

struct schema {
    const struct schema_key *keys;
    size_t count;
    size_t element_bytes; /* of a list element's struct; 0 for a whole file */
    size_t place_offset;  /* of its struct place; SCHEMA_NO_PLACE: none */
    const char
        *short_key; /* what an element written as a scalar means; NULL: not allowed */
};

#define SCHEMA_NO_PLACE ((size_t)-1)
#define SCHEMA_ROWS(rows) .keys = (rows), .count = sizeof(rows) / sizeof((rows)[0])

/* Write the defaults of a file's schema into `base`; false when a default is not valid. */
SPAN_CHECKED bool schema_set_defaults(const struct schema *schema, struct arena *arena,
                                      void *base);

/*
 * Write what a tree (NULL: nothing) says into `base`; what it does not name stays. New memory comes
 * from the arena. -1 with a sentence at the first fault.
 */
int schema_apply(const struct schema *schema, const struct yaml_node *root,
                 struct arena *arena, void *base, struct err *why);

/* -1 with a sentence when the tree leaves out a required key of a file's schema. */
int schema_check_complete(const struct schema *schema, const struct yaml_node *root,
                          const char *file, struct err *why);

/*
 * The row that a dotted path with [number] belongs to ("inspection.authorities[0].file"), or NULL;
 * `element` tells that the path ends in an index: an element of that row's list is meant.
 */
const struct schema_key *schema_find(const struct schema *schema, const char *path,
                                     bool *element);

/* A file name as it must be opened when `at` names it as `path`; NULL when out of memory. */
const char *schema_resolve_path(struct arena *arena, const struct place *at,
                                const char *path);
