#include "config/yaml_tree.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <yaml.h>

#include "base/text.h"

/* What the parser is in the middle of. */
struct build {
    struct arena *arena;
    const char *file;
    struct err *why;
    struct span text;
    struct yaml_node *open[YAML_DEPTH_MAX]; /* maps and lists not yet ended */
    size_t depth;
    const char *key; /* read, its value not yet */
    struct yaml_node *root;
    size_t nodes, documents;
    bool ended;
};

static struct place place_at(const struct build *b, size_t line)
{
    return (struct place){.file = b->file, .line = (unsigned)line + 1};
}

static int complain(const struct build *b, size_t line, const char *what)
{
    struct place at = place_at(b, line);

    return place_complain(b->why, &at, NULL, "%s", what);
}

static int out_of_memory(const struct build *b)
{
    return err_set(b->why, "%s:1: out of memory", b->file);
}

/* Read to the end or one byte beyond the limit; NULL when out of memory. */
static char *read_all(FILE *file, size_t *len)
{
    size_t size = 4096;
    char *bytes = malloc(size), *bigger;

    *len = 0;
    while (bytes && !feof(file) && !ferror(file) && *len <= YAML_BYTES_MAX) {
        if (*len == size) {
            size *= 2;
            bigger = realloc(bytes, size);
            if (!bigger)
                free(bytes);
            bytes = bigger;
        }
        if (bytes)
            *len += fread(bytes + *len, 1, size - *len, file);
    }
    return bytes;
}

int yaml_tree_read(struct arena *arena, const char *path, struct span *text,
                   struct err *why)
{
    FILE *file = fopen(path, "rbe");
    char *bytes, *copy = NULL;
    int result = 0;
    size_t len;

    if (!file)
        return err_set(why, "%s: cannot be opened: %s", path, strerror(errno));
    bytes = read_all(file, &len);
    if (ferror(file))
        result = err_set(why, "%s: cannot be read: %s", path, strerror(errno));
    else if (bytes && len > YAML_BYTES_MAX)
        result = err_set(why, "%s: longer than %zu bytes", path, YAML_BYTES_MAX);
    else if (!bytes || !(copy = arena_text(arena, span_of(bytes, len))))
        result = err_set(why, "%s: out of memory", path);
    else
        *text = span_of(copy, len);
    free(bytes);
    (void)fclose(file);
    return result;
}

/* One character of UTF-8 (RFC 3629, 4): shortest form, no surrogates. */
static bool take_utf8(struct span *text, uint32_t *character)
{
    static const struct {
        uint8_t mask, lead, more;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 0, 0},
                 {0xe0, 0xc0, 1, 0x80},
                 {0xf0, 0xe0, 2, 0x800},
                 {0xf8, 0xf0, 3, 0x10000}};
    uint8_t lead, next;
    size_t form = 0;

    if (!span_u8(text, &lead))
        return false;
    while (form < 4 && (lead & forms[form].mask) != forms[form].lead)
        form++;
    if (form == 4)
        return false;
    *character = lead & (uint8_t)~forms[form].mask;
    for (uint8_t i = 0; i < forms[form].more; i++) {
        if (!span_u8(text, &next) || (next & 0xc0) != 0x80)
            return false;
        *character = *character << 6 | (next & 0x3f);
    }
    return *character >= forms[form].least && *character <= 0x10ffff &&
           (*character < 0xd800 || *character > 0xdfff);
}

bool yaml_tree_is_utf8(struct span text)
{
    uint32_t ignored;

    while (!span_empty(text))
        if (!take_utf8(&text, &ignored))
            return false;
    return true;
}

/* libyaml names no line for bytes it cannot take, so they are looked for first. */
static int check_characters(const struct build *b)
{
    struct span rest = b->text;
    uint32_t c;
    size_t line = 0;

    while (!span_empty(rest)) {
        if (!take_utf8(&rest, &c))
            return complain(b, line, "not UTF-8 text");
        if (c == '\n')
            line++;
        if ((c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7f)
            return complain(b, line, "control characters are not allowed");
    }
    return 0;
}

static const char *const problems[][2] = {
    /* what libyaml says, what we say */
    {"while scanning an alias", "a text that starts with * must be in quotes"},
    {"while scanning an anchor", "a text that starts with & must be in quotes"},
    {"found a tab character that violates indentation",
     "indent with spaces, not with tabs"},
    {"found a tab character where an indentation space is expected",
     "indent with spaces, not with tabs"},
    {"found character that cannot start any token",
     "a character that cannot stand here (indent with spaces, put texts with @ ` % in "
     "quotes)"},
};

static size_t line_of_offset(struct span text, size_t offset)
{
    size_t line = 0;

    for (size_t i = 0; i < text.len && i < offset; i++)
        line += text.data[i] == '\n';
    return line;
}

static int complain_yaml(const struct build *b, const yaml_parser_t *parser)
{
    const char *problem = parser->problem ? parser->problem : "unknown error";
    const char *context = parser->context ? parser->context : "";
    /* libyaml puts the end of a text one line below its last */
    size_t last = line_of_offset(b->text, b->text.len ? b->text.len - 1 : 0);
    size_t line = parser->problem_mark.line;
    char what[160];

    if (parser->error == YAML_MEMORY_ERROR)
        return out_of_memory(b);
    if (parser->error == YAML_READER_ERROR)
        line = line_of_offset(b->text, parser->problem_offset);
    if (line > last)
        line = last;
    for (size_t i = 0; i < sizeof(problems) / sizeof(problems[0]); i++)
        if (!strcmp(problems[i][0], context) || !strcmp(problems[i][0], problem))
            return complain(b, line, problems[i][1]);
    (void)snprintf(what, sizeof(what), "not valid YAML: %s", problem);
    return complain(b, line, what);
}

/* A copy of a scalar's bytes, or NULL with a sentence. */
static const char *copy_scalar(const struct build *b, const yaml_event_t *event)
{
    struct span bytes = span_of(event->data.scalar.value, event->data.scalar.length);
    const char *copy;

    if (bytes.len && memchr(bytes.data, 0, bytes.len)) {
        (void)complain(b, event->start_mark.line, "zero characters are not allowed");
        return NULL;
    }
    copy = arena_text(b->arena, bytes);
    if (!copy)
        (void)out_of_memory(b);
    return copy;
}

static int take_key(struct build *b, const struct yaml_node *map, const yaml_event_t *event)
{
    struct yaml_node *twin;
    char name[YAML_FOUND_MAX], what[160];

    if (event->type != YAML_SCALAR_EVENT)
        return complain(b, event->start_mark.line, "keys must be texts");
    if (map->count >= YAML_KEYS_MAX)
        return complain(b, event->start_mark.line, "too many keys in one map");
    b->key = copy_scalar(b, event);
    if (!b->key)
        return -1;
    twin = yaml_node_child(map, b->key);
    if (!twin)
        return 0;
    (void)snprintf(what, sizeof(what), "key %s: given twice, first in line %u",
                   text_from_span(name, sizeof(name), span_of_text(b->key)),
                   twin->place.line);
    return complain(b, event->start_mark.line, what);
}

/* A new node of the event's kind, in its place in the tree. */
static int take_node(struct build *b, const yaml_event_t *event, enum yaml_kind kind)
{
    struct yaml_node *parent = b->depth ? b->open[b->depth - 1] : NULL, *node;

    if (parent && parent->kind == YAML_KIND_MAP && !b->key)
        return take_key(b, parent, event);
    if (++b->nodes > YAML_NODES_MAX)
        return complain(b, event->start_mark.line, "too many values in one file");
    if (kind != YAML_KIND_SCALAR && b->depth == YAML_DEPTH_MAX)
        return complain(b, event->start_mark.line, "nested too deeply");
    node = arena_take(b->arena, 1, sizeof(*node));
    if (!node)
        return out_of_memory(b);
    node->kind = kind;
    node->key = b->key;
    node->place = place_at(b, event->start_mark.line);
    b->key = NULL;
    if (kind == YAML_KIND_SCALAR) {
        node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
        node->text = copy_scalar(b, event);
        if (!node->text)
            return -1;
    } else {
        b->open[b->depth++] = node;
    }
    if (parent)
        yaml_node_append(parent, node);
    else
        b->root = node;
    return 0;
}

static int check_properties(const struct build *b, const yaml_event_t *event,
                            const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor)
        return complain(b, event->start_mark.line, "anchors (&) are not used here");
    if (tag)
        return complain(b, event->start_mark.line, "tags (!) are not used here");
    return 0;
}

static int take_event(struct build *b, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return 0;
    case YAML_STREAM_END_EVENT:
        b->ended = true;
        return 0;
    case YAML_DOCUMENT_START_EVENT:
        if (b->documents++)
            return complain(b, event->start_mark.line, "only one document is allowed");
        return 0;
    case YAML_ALIAS_EVENT:
        return complain(
            b, event->start_mark.line,
            "aliases are not used here; a text that starts with * must be in quotes");
    case YAML_SCALAR_EVENT:
        if (check_properties(b, event, event->data.scalar.anchor, event->data.scalar.tag) <
            0)
            return -1;
        return take_node(b, event, YAML_KIND_SCALAR);
    case YAML_SEQUENCE_START_EVENT:
        if (check_properties(b, event, event->data.sequence_start.anchor,
                             event->data.sequence_start.tag) < 0)
            return -1;
        return take_node(b, event, YAML_KIND_LIST);
    case YAML_MAPPING_START_EVENT:
        if (check_properties(b, event, event->data.mapping_start.anchor,
                             event->data.mapping_start.tag) < 0)
            return -1;
        return take_node(b, event, YAML_KIND_MAP);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        b->depth--;
        return 0;
    }
    return 0;
}

static int parse_events(struct build *b, yaml_parser_t *parser)
{
    yaml_event_t event;
    int result = 0;

    while (result == 0 && !b->ended) {
        if (!yaml_parser_parse(parser, &event))
            return complain_yaml(b, parser);
        result = take_event(b, &event);
        yaml_event_delete(&event);
    }
    return result;
}

int yaml_tree_parse(struct arena *arena, const char *file, struct span text,
                    struct yaml_node **root, struct err *why)
{
    struct build b = {.arena = arena, .file = file, .why = why, .text = text};
    yaml_parser_t parser;
    int result;

    if (text.len > YAML_BYTES_MAX)
        return err_set(why, "%s:1: longer than %zu bytes", file, YAML_BYTES_MAX);
    if (check_characters(&b) < 0)
        return -1;
    if (!yaml_parser_initialize(&parser))
        return out_of_memory(&b);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, text.len ? text.data : (const uint8_t *)"",
                                 text.len);
    result = parse_events(&b, &parser);
    yaml_parser_delete(&parser);
    if (result == 0)
        *root = b.root;
    return result;
}

bool yaml_node_null(const struct yaml_node *node)
{
    return node->kind == YAML_KIND_SCALAR && !node->quoted &&
           (!*node->text || !strcmp(node->text, "~") || !strcmp(node->text, "null"));
}

struct yaml_node *yaml_node_child(const struct yaml_node *map, const char *key)
{
    if (!map || map->kind != YAML_KIND_MAP)
        return NULL;
    for (struct yaml_node *child = map->first; child; child = child->next)
        if (!strcmp(child->key, key))
            return child;
    return NULL;
}

const struct yaml_node *yaml_node_find(const struct yaml_node *root, const char *path)
{
    char name[64];
    size_t len;

    while (root && *path) {
        len = strcspn(path, ".");
        if (len >= sizeof(name))
            return NULL;
        memcpy(name, path, len);
        name[len] = '\0';
        root = yaml_node_child(root, name);
        path += len;
        path += *path == '.';
    }
    return root;
}

void yaml_node_append(struct yaml_node *parent, struct yaml_node *child)
{
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
    parent->count++;
}

const char *yaml_node_describe(const struct yaml_node *node, char out[YAML_FOUND_MAX])
{
    struct text t = text_in(out, YAML_FOUND_MAX - 1); /* room for the closing quote */

    if (node->kind == YAML_KIND_LIST)
        return "a list";
    if (node->kind == YAML_KIND_MAP)
        return "a map";
    if (yaml_node_null(node))
        return "nothing";
    text_add_char(&t, '"');
    text_add_span(&t, span_first(span_of_text(node->text), 60));
    if (t.len + 1 < YAML_FOUND_MAX) {
        out[t.len] = '"';
        out[t.len + 1] = '\0';
    }
    return out;
}
