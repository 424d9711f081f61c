#include "config/schema.h"

#include "base/text.h"
#include "config/schema_value.h"
#include "config/suggest.h"
#include "config/tuning.h"
#include "config/value.h"

/* A map or a list that is being read. */
struct frame {
    const struct schema *schema;
    const struct schema_key *row; /* of the list; NULL: a map */
    const struct yaml_node *node;
    const struct yaml_node *next; /* child to be read */
    char *base;                   /* the struct to fill, or the first element */
    size_t index;                 /* of the next element */
    size_t path_len;              /* of the path to this map or list */
    size_t name_start;            /* where in the path the schema's own names begin */
};

struct walk {
    struct arena *arena;
    struct err *why;
    const struct yaml_node *root;
    struct frame frames[YAML_DEPTH_MAX + 1];
    size_t depth;
    char path_bytes[SCHEMA_PATH_MAX];
    struct text path;
};

static const struct schema_key *find_row(const struct schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->count; i++)
        if (!strcmp(schema->keys[i].name, name))
            return &schema->keys[i];
    return NULL;
}

/* True when rows lie below this name: it is a map between. */
static bool is_group(const struct schema *schema, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < schema->count; i++)
        if (!strncmp(schema->keys[i].name, name, len) && schema->keys[i].name[len] == '.')
            return true;
    return false;
}

static size_t element_bytes(const struct schema_key *row)
{
    if (row->type == SCHEMA_LIST)
        return row->of->element_bytes;
    return row->type == SCHEMA_TEXTS ? sizeof(const char *) : sizeof(uint16_t);
}

/* The path grows to that of the next child from where the frame stands. */
static void path_from(struct walk *w, const struct frame *f)
{
    w->path.len = f->path_len;
    w->path.data[f->path_len] = '\0';
    w->path.cut = false;
}

static void push(struct walk *w, struct frame frame)
{
    frame.path_len = w->path.len;
    frame.next = frame.node->first;
    w->frames[w->depth++] = frame;
}

bool schema_set_defaults(const struct schema *schema, struct arena *arena, void *base)
{
    struct err ignored;
    struct schema_target to = {.base = base, .arena = arena, .why = &ignored};
    struct yaml_node node = {.kind = YAML_KIND_SCALAR};

    for (size_t i = 0; i < schema->count; i++) {
        node.text = schema->keys[i].initial;
        if (node.text && schema_value_set(&schema->keys[i], &node, "", &to) < 0)
            return false;
    }
    return true;
}

/* Write one scalar of the tree into a struct. */
static int set_value(struct walk *w, const struct schema_key *row,
                     const struct yaml_node *node, void *base)
{
    struct schema_target to = {.base = base, .arena = w->arena, .why = w->why};

    return schema_value_set(row, node, w->path.data, &to);
}

/* Make room for a list's elements and go into it. */
static int start_list(struct walk *w, const struct frame *f, const struct schema_key *row,
                      const struct yaml_node *node)
{
    char *items = f->base + row->offset;

    if (node->kind != YAML_KIND_LIST)
        return schema_value_refuse(row, node, w->path.data, w->why);
    if (row->type == SCHEMA_PORTS) {
        uint32_t count = (uint32_t)node->count;

        if (node->count > TUNING_PORTS_MAX)
            return place_complain(w->why, &node->place, w->path.data, "more than %d ports",
                                  TUNING_PORTS_MAX);
        memcpy(f->base + row->count_offset, &count, sizeof(count));
    } else {
        void *array = arena_take(w->arena, node->count, element_bytes(row));

        if (!array)
            return place_complain(w->why, &node->place, w->path.data, "out of memory");
        memcpy(items, &array, sizeof(array));
        memcpy(f->base + row->count_offset, &node->count, sizeof(node->count));
        items = array;
    }
    push(w, (struct frame){.schema = f->schema, .row = row, .node = node, .base = items});
    return 0;
}

static int take_value(struct walk *w, const struct frame *f, const struct schema_key *row,
                      const struct yaml_node *node)
{
    if (yaml_node_null(node))
        return 0;
    if (row->twin && yaml_node_find(w->root, row->twin))
        return place_complain(w->why, &node->place, w->path.data,
                              "the same value as %s, which is given too", row->twin);
    if (row->type == SCHEMA_LIST || row->type == SCHEMA_TEXTS || row->type == SCHEMA_PORTS)
        return start_list(w, f, row, node);
    return set_value(w, row, node, f->base);
}

static int unknown_key(struct walk *w, const struct frame *f, const struct yaml_node *node)
{
    char parent[SCHEMA_PATH_MAX], hint[SUGGEST_TEXT_MAX];

    if (strchr(node->key, '.'))
        return place_complain(w->why, &node->place, w->path.data,
                              "unknown key; write nested maps in place of dots");
    (void)text_from_span(parent, sizeof(parent),
                         span_of(w->path.data, f->name_start ? f->name_start - 1 : 0));
    return place_complain(
        w->why, &node->place, w->path.data, "unknown key, %s",
        suggest_key(f->schema, parent, w->path.data + f->name_start, hint));
}

/* What an element of a list of maps must say. */
static int check_required(struct walk *w, const struct frame *f)
{
    const struct schema_key *key = f->schema->keys;
    const struct yaml_node *given;

    for (size_t i = 0; i < f->schema->count; i++, key++) {
        given = key->required ? yaml_node_child(f->node, key->name) : NULL;
        if (key->required && (!given || yaml_node_null(given)))
            return place_complain(w->why, &f->node->place, w->path.data, "%s is missing",
                                  key->name);
    }
    return 0;
}

static int step_map(struct walk *w, struct frame *f)
{
    const struct yaml_node *child = f->next;
    const struct schema_key *row;
    const char *name;

    path_from(w, f);
    if (!child) {
        w->depth--;
        return f->schema->element_bytes ? check_required(w, f) : 0;
    }
    f->next = child->next;
    if (f->path_len)
        text_add_char(&w->path, '.');
    text_add_span(&w->path, span_of_text(child->key));
    name = w->path.len > f->name_start ? w->path.data + f->name_start : "";
    row = find_row(f->schema, name);
    if (w->path.cut || strchr(child->key, '.') || (!row && !is_group(f->schema, name)))
        return unknown_key(w, f, child);
    if (row)
        return take_value(w, f, row, child);
    if (yaml_node_null(child))
        return 0;
    if (child->kind != YAML_KIND_MAP) {
        char found[YAML_FOUND_MAX];

        return place_complain(w->why, &child->place, w->path.data,
                              "expected a map, found %s", yaml_node_describe(child, found));
    }
    push(w, (struct frame){.schema = f->schema,
                           .node = child,
                           .base = f->base,
                           .name_start = f->name_start});
    return 0;
}

/* Text or port number: an element that is a value by itself. */
static int take_plain_element(struct walk *w, const struct frame *f,
                              const struct yaml_node *node, char *element)
{
    static const struct schema_key text = {.type = SCHEMA_TEXT};
    static const struct schema_key port = {
        .type = SCHEMA_COUNT, .min = 1, .max = UINT16_MAX};
    uint32_t number;
    uint16_t narrow;

    if (f->row->type == SCHEMA_TEXTS && yaml_node_null(node))
        return schema_value_refuse(&text, node, w->path.data, w->why);
    if (f->row->type == SCHEMA_TEXTS)
        return set_value(w, &text, node, element);
    if (set_value(w, &port, node, &number) < 0)
        return -1;
    narrow = (uint16_t)number;
    memcpy(element, &narrow, sizeof(narrow));
    return 0;
}

static int take_element(struct walk *w, const struct frame *f, const struct yaml_node *node,
                        char *element)
{
    const struct schema *of = f->row->of;
    char found[YAML_FOUND_MAX];

    if (f->row->type != SCHEMA_LIST)
        return take_plain_element(w, f, node, element);
    if (!schema_set_defaults(of, w->arena, element))
        return place_complain(w->why, &node->place, w->path.data, "out of memory");
    if (of->place_offset != SCHEMA_NO_PLACE)
        memcpy(element + of->place_offset, &node->place, sizeof(node->place));
    if (node->kind == YAML_KIND_MAP) {
        push(w, (struct frame){.schema = of,
                               .node = node,
                               .base = element,
                               .name_start = w->path.len + 1});
        return 0;
    }
    if (node->kind == YAML_KIND_SCALAR && of->short_key && !yaml_node_null(node))
        return set_value(w, find_row(of, of->short_key), node, element);
    return place_complain(w->why, &node->place, w->path.data, "expected a map%s, found %s",
                          of->short_key ? " or a text" : "",
                          yaml_node_describe(node, found));
}

static int step_list(struct walk *w, struct frame *f)
{
    const struct yaml_node *node = f->next;
    char *element = f->base + f->index * element_bytes(f->row);

    path_from(w, f);
    if (!node) {
        w->depth--;
        return 0;
    }
    text_add_format(&w->path, "[%zu]", f->index);
    f->next = node->next;
    f->index++;
    return take_element(w, f, node, element);
}

int schema_apply(const struct schema *schema, const struct yaml_node *root,
                 struct arena *arena, void *base, struct err *why)
{
    struct walk w = {.arena = arena, .why = why, .root = root};
    struct frame *top;
    char found[YAML_FOUND_MAX];
    int result = 0;

    if (!root || yaml_node_null(root))
        return 0;
    if (root->kind != YAML_KIND_MAP)
        return place_complain(why, &root->place, NULL, "expected keys and values, found %s",
                              yaml_node_describe(root, found));
    w.path = text_in(w.path_bytes, sizeof(w.path_bytes));
    push(&w, (struct frame){.schema = schema, .node = root, .base = base});
    while (result == 0 && w.depth) {
        top = &w.frames[w.depth - 1];
        result = top->row ? step_list(&w, top) : step_map(&w, top);
    }
    return result;
}

int schema_check_complete(const struct schema *schema, const struct yaml_node *root,
                          const char *file, struct err *why)
{
    struct place at = {.file = file, .line = 1};

    for (size_t i = 0; i < schema->count; i++)
        if (schema->keys[i].required && !yaml_node_find(root, schema->keys[i].name))
            return place_complain(why, &at, schema->keys[i].name, "missing");
    return 0;
}

const struct schema_key *schema_find(const struct schema *schema, const char *path,
                                     bool *element)
{
    const struct schema_key *row = NULL;
    char name[SCHEMA_PATH_MAX];
    size_t len;

    *element = false;
    while (schema && *path) {
        len = strcspn(path, "[");
        if (len >= sizeof(name))
            return NULL;
        memcpy(name, path, len);
        name[len] = '\0';
        row = find_row(schema, name);
        path += len;
        if (!row || !*path)
            return row;
        path += strcspn(path, "]");
        path += *path == ']';
        *element = !*path;
        if (*path == '.')
            path++;
        else if (*path)
            return NULL;
        schema = row->of;
    }
    return *element ? row : NULL;
}
