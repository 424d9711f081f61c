#include "config/schema_text.h"

#include "base/text.h"
#include "config/schema_value.h"

#define INDENT 2

static void indent(FILE *out, size_t depth)
{
    for (size_t i = 0; i < depth * INDENT; i++)
        (void)fputc(' ', out);
}

/* Length of the common front of two dotted names, in whole parts; `*depth` counts the parts. */
static size_t common_maps(const char *a, const char *b, size_t *depth)
{
    size_t common = 0;

    *depth = 0;
    for (size_t i = 0; a[i] && a[i] == b[i]; i++) {
        if (a[i] == '.') {
            common = i + 1;
            (*depth)++;
        }
    }
    return common;
}

/* Open the maps between the last row and this one; returns the depth of the row's own key. */
static size_t open_maps(const char *last, const char *name, FILE *out)
{
    size_t depth, start = common_maps(last, name, &depth);
    const char *part = name + start, *dot;

    for (; (dot = strchr(part, '.')); part = dot + 1) {
        indent(out, depth++);
        (void)fprintf(out, "%.*s:\n", (int)(dot - part), part);
    }
    indent(out, depth);
    (void)fprintf(out, "%s:", part);
    return depth;
}

/* One element: its keys that are set, the first behind the dash. */
static void dump_element(const struct schema *of, const char *element, size_t depth,
                         FILE *out)
{
    bool first = true;

    for (size_t i = 0; i < of->count; i++) {
        if (!schema_value_is_set(&of->keys[i], element))
            continue;
        indent(out, depth);
        (void)fprintf(out, "%s %s: ", first ? "-" : " ", of->keys[i].name);
        schema_value_print(&of->keys[i], element, out);
        (void)fputc('\n', out);
        first = false;
    }
}

static void dump_list(const struct schema_key *row, const char *base, size_t depth,
                      FILE *out)
{
    const char *items;
    size_t count;

    memcpy(&items, base + row->offset, sizeof(items));
    memcpy(&count, base + row->count_offset, sizeof(count));
    (void)fputs(count ? "\n" : " []\n", out);
    for (size_t i = 0; i < count; i++)
        dump_element(row->of, items + i * row->of->element_bytes, depth + 1, out);
}

bool schema_dump(const struct schema *schema, const void *base, FILE *out)
{
    const char *last = "";
    size_t depth;

    for (size_t i = 0; i < schema->count; i++) {
        const struct schema_key *row = &schema->keys[i];

        depth = open_maps(last, row->name, out);
        last = row->name;
        if (row->type == SCHEMA_LIST) {
            dump_list(row, base, depth, out);
            continue;
        }
        (void)fputc(' ', out);
        if (schema_value_is_set(row, base))
            schema_value_print(row, base, out);
        else
            (void)fputs("null", out);
        (void)fputc('\n', out);
    }
    return !ferror(out);
}

/* The default of a row as the manual shows it; empty lists are spelt out. */
static const char *describe_default(const struct schema_key *row)
{
    if (row->initial)
        return row->initial;
    return row->type == SCHEMA_LIST || row->type == SCHEMA_TEXTS ? "[]" : "";
}

static void describe_row(const char *prefix, const struct schema_key *row, bool defaults,
                         FILE *out)
{
    char expected[SCHEMA_EXPECTED_MAX];
    const char *initial = describe_default(row), *tick = *initial ? "`" : "";

    (void)fprintf(out, "| `%s%s` | %s |", prefix, row->name,
                  schema_value_expected(row, expected));
    if (defaults)
        (void)fprintf(out, " %s%s%s |", tick, initial, tick);
    (void)fprintf(out, " %s |\n", row->help);
}

/* A schema whose defaults stand in a file has no column for them. */
static bool has_defaults(const struct schema *schema)
{
    for (size_t i = 0; i < schema->count; i++)
        if (schema->keys[i].initial)
            return true;
    return false;
}

bool schema_describe_keys(const struct schema *schema, FILE *out)
{
    bool defaults = has_defaults(schema);
    char prefix[SCHEMA_PATH_MAX];

    (void)fputs(defaults ? "| Key | Value | Default | Meaning |\n|---|---|---|---|\n"
                         : "| Key | Value | Meaning |\n|---|---|---|\n",
                out);
    for (size_t i = 0; i < schema->count; i++) {
        const struct schema_key *row = &schema->keys[i];

        describe_row("", row, defaults, out);
        (void)snprintf(prefix, sizeof(prefix), "%s[].", row->name);
        for (size_t k = 0; row->of && k < row->of->count; k++)
            describe_row(prefix, &row->of->keys[k], defaults, out);
    }
    return !ferror(out);
}
