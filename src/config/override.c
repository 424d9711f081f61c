#include "config/override.h"

#include <stdio.h>

#include "base/text.h"
#include "config/value.h"

#define SETTING_MAX 4096 /* a longer value belongs into a file */

struct edit {
    struct arena *arena;
    struct err *why;
    struct place place;         /* "--set KEY=VALUE" */
    const char *rest;           /* of the key, not yet walked */
    char done[SCHEMA_PATH_MAX]; /* of the key, walked */
    struct text path;
};

static int out_of_memory(const struct edit *e)
{
    return place_complain(e->why, &e->place, NULL, "out of memory");
}

/* Make a node that says nothing into an empty list or map; refuse one that says something else. */
static int become(struct edit *e, struct yaml_node *node, enum yaml_kind kind)
{
    char found[YAML_FOUND_MAX];

    if (node->kind == kind)
        return 0;
    if (!yaml_node_null(node))
        return place_complain(
            e->why, &e->place, e->path.data, "expected a %s there, found %s",
            kind == YAML_KIND_MAP ? "map" : "list", yaml_node_describe(node, found));
    node->kind = kind;
    node->text = NULL;
    node->place = e->place;
    return 0;
}

/* A new child that says nothing yet. */
static struct yaml_node *add_child(const struct edit *e, struct yaml_node *parent,
                                   const char *key)
{
    struct yaml_node *child = arena_take(e->arena, 1, sizeof(*child));

    if (!child) {
        (void)out_of_memory(e);
        return NULL;
    }
    child->key = key;
    child->text = "";
    child->place = e->place;
    yaml_node_append(parent, child);
    return child;
}

/* "name" or, further on, ".name" at the front of the rest of the key. */
static struct yaml_node *step_name(struct edit *e, struct yaml_node *node, bool further)
{
    bool dot = *e->rest == '.';
    size_t len = strcspn(e->rest + dot, ".[");
    struct yaml_node *child;
    const char *name;

    e->rest += dot;
    if (!len || dot != further) {
        (void)place_complain(e->why, &e->place, NULL,
                             "expected KEY=VALUE with a dotted KEY");
        return NULL;
    }
    if (become(e, node, YAML_KIND_MAP) < 0)
        return NULL;
    name = arena_text(e->arena, span_of(e->rest, len));
    if (!name) {
        (void)out_of_memory(e);
        return NULL;
    }
    text_add_format(&e->path, "%s%s", e->path.len ? "." : "", name);
    e->rest += len;
    child = yaml_node_child(node, name);
    return child ? child : add_child(e, node, name);
}

/* "[3]" or "[+]" at the front of the rest of the key. */
static struct yaml_node *step_index(struct edit *e, struct yaml_node *node)
{
    size_t len = strcspn(e->rest, "]");
    char digits[24];
    uint64_t index;
    struct yaml_node *child;

    if (become(e, node, YAML_KIND_LIST) < 0)
        return NULL;
    (void)snprintf(digits, sizeof(digits), "%.*s", (int)(len < 24 ? len - 1 : 0),
                   e->rest + 1);
    index = node->count;
    if (e->rest[len] != ']' ||
        (strcmp(digits, "+") != 0 && !value_parse_count(digits, &index))) {
        (void)place_complain(e->why, &e->place, e->path.data, "expected [NUMBER] or [+]");
        return NULL;
    }
    if (index > node->count) {
        (void)place_complain(e->why, &e->place, e->path.data,
                             "there are %zu elements, so the next is [%zu]", node->count,
                             node->count);
        return NULL;
    }
    text_add_format(&e->path, "[%zu]", (size_t)index);
    e->rest += len + 1;
    for (child = node->first; child && index; index--)
        child = child->next;
    return child ? child : add_child(e, node, NULL);
}

static struct yaml_node *walk(struct edit *e, struct yaml_node *root)
{
    struct yaml_node *node = root;

    for (int depth = 0; node && *e->rest; depth++) {
        if (depth == YAML_DEPTH_MAX) {
            (void)place_complain(e->why, &e->place, NULL, "nested too deeply");
            return NULL;
        }
        if (*e->rest == '[' && depth) {
            node = step_index(e, node);
        } else {
            node = step_name(e, node, depth > 0);
        }
    }
    return node;
}

/* True when VALUE is to be read as YAML. */
static bool is_yaml(const struct schema *schema, const char *path, const char *value)
{
    bool element;
    const struct schema_key *row = schema_find(schema, path, &element);

    switch (value[0]) {
    case '"':
    case '\'':
        return true;
    case '{': /* an element of a list of maps, or a map between rows */
        return !row || (row->type == SCHEMA_LIST && element);
    case '[':
        return !row ||
               (!element && (row->type == SCHEMA_LIST || row->type == SCHEMA_TEXTS));
    default:
        return false;
    }
}

static void set_places(struct yaml_node *node, struct place place)
{
    struct yaml_node *stack[YAML_DEPTH_MAX + 1];
    size_t depth = 0;

    stack[depth++] = node;
    while (depth) {
        node = stack[depth - 1];
        if (!node) {
            depth--;
            continue;
        }
        stack[depth - 1] = node->next;
        node->place = place;
        if (node->first)
            stack[depth++] = node->first;
    }
}

static int put_value(struct edit *e, const struct schema *schema, struct yaml_node *node,
                     const char *value)
{
    struct yaml_node *parsed = NULL;

    if (is_yaml(schema, e->path.data, value)) {
        if (yaml_tree_parse(e->arena, e->place.file, span_of_text(value), &parsed, e->why) <
            0)
            return -1;
        parsed->next = NULL;
        set_places(parsed, e->place);
        node->first = parsed->first;
        node->last = parsed->last;
        node->count = parsed->count;
        node->kind = parsed->kind;
        node->quoted = parsed->quoted;
        node->text = parsed->text;
    } else {
        node->first = node->last = NULL;
        node->count = 0;
        node->kind = YAML_KIND_SCALAR;
        node->quoted = false;
        node->text = arena_text(e->arena, span_of_text(value));
    }
    node->place = e->place;
    return node->kind == YAML_KIND_SCALAR && !node->text ? out_of_memory(e) : 0;
}

/* "--set KEY=VALUE", printable, for messages. */
static const char *name_setting(struct arena *arena, const char *setting)
{
    char name[PLACE_TEXT_MAX];
    struct text t = text_in(name, sizeof(name));

    text_add(&t, "--set ");
    text_add_span(&t, span_first(span_of_text(setting), 160));
    return arena_text(arena, span_of(t.data, t.len));
}

int override_apply(struct yaml_node **root, const struct schema *schema,
                   const char *setting, struct arena *arena, struct err *why)
{
    struct edit e = {.arena = arena, .why = why};
    const char *equals = strchr(setting, '=');
    struct yaml_node *node;

    e.place.file = name_setting(arena, setting);
    if (!e.place.file)
        return err_set(why, "--set: out of memory");
    if (!equals || equals == setting || strlen(setting) > SETTING_MAX ||
        !value_is_line(setting) || !yaml_tree_is_utf8(span_of_text(setting)))
        return place_complain(why, &e.place, NULL,
                              "expected KEY=VALUE in one line of text");
    e.rest = arena_text(arena, span_of(setting, (size_t)(equals - setting)));
    if (!e.rest)
        return out_of_memory(&e);
    e.path = text_in(e.done, sizeof(e.done));
    if (!*root || yaml_node_null(*root)) {
        *root = arena_take(arena, 1, sizeof(**root));
        if (!*root)
            return out_of_memory(&e);
        (*root)->kind = YAML_KIND_MAP;
        (*root)->place = e.place;
    }
    node = walk(&e, *root);
    return node ? put_value(&e, schema, node, equals + 1) : -1;
}
