#include "config/schema_value.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/nanotime.h"
#include "base/text.h"
#include "config/settings.h"
#include "config/value.h"

/* What one type can do: read a text into the member, write it, say what it is called. */
struct type {
    const char *expected;
    bool (*parse)(const struct schema_key *key, const char *text, void *member);
    void (*print)(const struct schema_key *key, const void *member, FILE *out);
};

static bool has_range(const struct schema_key *key)
{
    return key->min < 0 || key->max > 0;
}

static bool in_range(const struct schema_key *key, double value)
{
    return !has_range(key) || (value >= key->min && value <= key->max);
}

/* The two escapes that a line of text in double quotes can need. */
static void print_escaped(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            (void)fputc('\\', out);
        (void)fputc(*text, out);
    }
}

static void print_quoted(FILE *out, const char *text)
{
    (void)fputc('"', out);
    print_escaped(out, text);
    (void)fputc('"', out);
}

static bool parse_bool(const struct schema_key *key, const char *text, void *member)
{
    (void)key;
    return value_parse_bool(text, member);
}

static void print_bool(const struct schema_key *key, const void *member, FILE *out)
{
    (void)key;
    (void)fputs(*(const bool *)member ? "yes" : "no", out);
}

static bool parse_count(const struct schema_key *key, const char *text, void *member)
{
    uint64_t value;

    if (!value_parse_count(text, &value) || value > UINT32_MAX ||
        !in_range(key, (double)value))
        return false;
    *(uint32_t *)member = (uint32_t)value;
    return true;
}

static void print_count(const struct schema_key *key, const void *member, FILE *out)
{
    (void)key;
    (void)fprintf(out, "%u", *(const uint32_t *)member);
}

static bool parse_number(const struct schema_key *key, const char *text, void *member)
{
    double value;

    if (!value_parse_number(text, &value) || !in_range(key, value))
        return false;
    *(double *)member = value;
    return true;
}

static void print_number(const struct schema_key *key, const void *member, FILE *out)
{
    char text[VALUE_TEXT_MAX];

    (void)key;
    (void)fputs(value_describe_number(*(const double *)member, text), out);
}

static bool parse_duration(const struct schema_key *key, const char *text, void *member)
{
    uint64_t ns;

    if (!value_parse_duration(text, &ns) || !in_range(key, (double)ns / 1e9))
        return false;
    *(uint64_t *)member = ns;
    return true;
}

static void print_duration(const struct schema_key *key, const void *member, FILE *out)
{
    char text[VALUE_TEXT_MAX];

    (void)key;
    (void)fputs(value_describe_duration(*(const uint64_t *)member, text), out);
}

static bool parse_seconds(const struct schema_key *key, const char *text, void *member)
{
    uint64_t ns;

    if (!parse_duration(key, text, &ns))
        return false;
    *(double *)member = (double)ns / 1e9;
    return true;
}

static void print_seconds(const struct schema_key *key, const void *member, FILE *out)
{
    char text[VALUE_TEXT_MAX];

    (void)key;
    (void)fputs(value_describe_duration(tuning_ns(*(const double *)member), text), out);
}

static bool parse_size(const struct schema_key *key, const char *text, void *member)
{
    uint64_t bytes;

    if (!value_parse_size(text, &bytes) || !in_range(key, (double)bytes))
        return false;
    *(uint64_t *)member = bytes;
    return true;
}

static void print_size(const struct schema_key *key, const void *member, FILE *out)
{
    char text[VALUE_TEXT_MAX];

    (void)key;
    (void)fputs(value_describe_size(*(const uint64_t *)member, text), out);
}

static bool parse_choice(const struct schema_key *key, const char *text, void *member)
{
    for (const struct schema_choice *c = key->choices; c->name; c++) {
        if (!strcmp(c->name, text)) {
            memcpy(member, &c->value, sizeof(c->value));
            return true;
        }
    }
    return false;
}

static void print_choice(const struct schema_key *key, const void *member, FILE *out)
{
    uint32_t value;

    memcpy(&value, member, sizeof(value));
    for (const struct schema_choice *c = key->choices; c->name; c++)
        if (c->value == value)
            (void)fputs(c->name, out);
}

static bool parse_text(const struct schema_key *key, const char *text, void *member)
{
    (void)key;
    if (!value_is_line(text))
        return false;
    *(const char **)member = text;
    return true;
}

static bool parse_target(const struct schema_key *key, const char *text, void *member)
{
    return value_is_target(text) && parse_text(key, text, member);
}

static bool parse_destination(const struct schema_key *key, const char *text, void *member)
{
    return match_valid(MATCH_DESTINATIONS, text) && parse_text(key, text, member);
}

static bool parse_app(const struct schema_key *key, const char *text, void *member)
{
    return match_valid(MATCH_APPS, text) && parse_text(key, text, member);
}

static void print_text(const struct schema_key *key, const void *member, FILE *out)
{
    (void)key;
    print_quoted(out, *(const char *const *)member);
}

/* File names that are not relative to anything: "-", ":memory:". */
static bool path_is_special(const char *path)
{
    return path[0] == '/' || path[0] == ':' || !strcmp(path, "-");
}

/* Absolute, so that a dump means the same wherever it is loaded. */
static void print_path(const struct schema_key *key, const void *member, FILE *out)
{
    const char *path = *(const char *const *)member;
    char *folder = path_is_special(path) ? NULL : getcwd(NULL, 0);

    (void)key;
    (void)fputc('"', out);
    if (folder) {
        print_escaped(out, folder);
        (void)fputc('/', out);
    }
    print_escaped(out, path);
    (void)fputc('"', out);
    free(folder);
}

static bool parse_network(const struct schema_key *key, const char *text, void *member)
{
    (void)key;
    return network_parse(text, member);
}

static void print_network(const struct schema_key *key, const void *member, FILE *out)
{
    char text[VALUE_TEXT_MAX];

    (void)key;
    print_quoted(out, value_describe_network(member, text));
}

static bool parse_endpoint(const struct schema_key *key, const char *text, void *member)
{
    (void)key;
    return value_parse_endpoint(text, member);
}

static void print_endpoint(const struct schema_key *key, const void *member, FILE *out)
{
    char text[VALUE_TEXT_MAX];

    (void)key;
    print_quoted(out, value_describe_endpoint(member, text));
}

static bool parse_date(const struct schema_key *key, const char *text, void *member)
{
    (void)key;
    return value_parse_date(text, member);
}

static void print_date(const struct schema_key *key, const void *member, FILE *out)
{
    char text[VALUE_TEXT_MAX];

    (void)key;
    (void)fputs(value_describe_date(*(const uint64_t *)member, text), out);
}

static const struct type types[] = {
    [SCHEMA_BOOL] = {"yes or no", parse_bool, print_bool},
    [SCHEMA_COUNT] = {"a whole number", parse_count, print_count},
    [SCHEMA_NUMBER] = {"a number", parse_number, print_number},
    [SCHEMA_DURATION] = {"a duration such as 900s, 15m or 24h", parse_duration,
                         print_duration},
    [SCHEMA_SECONDS] = {"a duration such as 900s, 15m or 24h", parse_seconds,
                        print_seconds},
    [SCHEMA_SIZE] = {"a size such as 512KiB or 64MiB", parse_size, print_size},
    [SCHEMA_CHOICE] = {"one of", parse_choice, print_choice},
    [SCHEMA_TEXT] = {"one line of text", parse_text, print_text},
    [SCHEMA_PATH] = {"a file name", parse_text, print_path},
    [SCHEMA_TARGET] = {"HOST:PORT or the path of a socket", parse_target, print_text},
    [SCHEMA_DESTINATION] =
        {"a destination such as host.example, *.example.com, 10.0.0.0/8 or "
         "*:5228",
         parse_destination, print_text},
    [SCHEMA_APP] = {"an app such as com.example.app, com.example.* or a JA4", parse_app,
                    print_text},
    [SCHEMA_NETWORK] = {"a network such as 10.0.0.0/8", parse_network, print_network},
    [SCHEMA_ENDPOINT] = {"an address and port such as 192.0.2.1:8080", parse_endpoint,
                         print_endpoint},
    [SCHEMA_DATE] = {"a date such as 2027-03-31", parse_date, print_date},
    [SCHEMA_PORTS] = {"a list of port numbers", NULL, NULL},
    [SCHEMA_TEXTS] = {"a list of texts", NULL, NULL},
    [SCHEMA_LIST] = {"a list", NULL, NULL},
};

static void add_bound(struct text *t, const struct schema_key *key, double bound)
{
    char out[VALUE_TEXT_MAX];

    if (key->type == SCHEMA_DURATION || key->type == SCHEMA_SECONDS)
        text_add(t, value_describe_duration(tuning_ns(bound), out));
    else if (key->type == SCHEMA_SIZE)
        text_add(t, value_describe_size((uint64_t)bound, out));
    else if (key->type == SCHEMA_COUNT)
        text_add_number(t, (uint64_t)bound);
    else
        text_add(t, value_describe_number(bound, out));
}

const char *schema_value_expected(const struct schema_key *key,
                                  char out[SCHEMA_EXPECTED_MAX])
{
    const char *words = types[key->type].expected;
    const char *such_as = strstr(words, " such as");
    struct text t = text_in(out, SCHEMA_EXPECTED_MAX);

    /* "a duration such as 15m" becomes "a duration from 1s to 7d" */
    if (has_range(key) && such_as)
        text_add_format(&t, "%.*s", (int)(such_as - words), words);
    else
        text_add(&t, words);
    if (has_range(key)) {
        text_add(&t, " from ");
        add_bound(&t, key, key->min);
        text_add(&t, " to ");
        add_bound(&t, key, key->max);
    }
    for (const struct schema_choice *c = key->choices; c && c->name; c++)
        text_add_format(&t, "%s%s", c == key->choices ? " " : ", ", c->name);
    return out;
}

int schema_value_refuse(const struct schema_key *key, const struct yaml_node *node,
                        const char *path, struct err *why)
{
    char expected[SCHEMA_EXPECTED_MAX], found[YAML_FOUND_MAX];

    return place_complain(why, &node->place, path, "expected %s, found %s",
                          schema_value_expected(key, expected),
                          yaml_node_describe(node, found));
}

int schema_value_set(const struct schema_key *key, const struct yaml_node *node,
                     const char *path, const struct schema_target *to)
{
    char *member = (char *)to->base + key->offset;
    const char *text = node->text;

    if (node->kind != YAML_KIND_SCALAR || !types[key->type].parse)
        return schema_value_refuse(key, node, path, to->why);
    if (key->type == SCHEMA_PATH && value_is_line(text)) {
        text = schema_resolve_path(to->arena, &node->place, text);
        if (!text)
            return place_complain(to->why, &node->place, path, "out of memory");
    }
    if (!types[key->type].parse(key, text, member))
        return schema_value_refuse(key, node, path, to->why);
    return 0;
}

const char *schema_resolve_path(struct arena *arena, const struct place *at,
                                const char *path)
{
    const char *slash = at->line ? strrchr(at->file, '/') : NULL;
    size_t folder = slash ? (size_t)(slash - at->file) + 1 : 0;
    char *whole;

    if (!folder || path_is_special(path))
        return path;
    whole = arena_take(arena, 1, folder + strlen(path) + 1);
    if (whole) {
        memcpy(whole, at->file, folder);
        memcpy(whole + folder, path, strlen(path));
    }
    return whole;
}

static void print_ports(const struct schema_key *key, const void *base, FILE *out)
{
    const uint16_t *ports = (const uint16_t *)((const char *)base + key->offset);
    uint32_t count = *(const uint32_t *)((const char *)base + key->count_offset);

    for (uint32_t i = 0; i < count; i++)
        (void)fprintf(out, "%s%u", i ? ", " : "", (unsigned)ports[i]);
}

static void print_texts(const struct schema_key *key, const void *base, FILE *out)
{
    const char *const *texts =
        *(const char *const *const *)((const char *)base + key->offset);
    size_t count = *(const size_t *)((const char *)base + key->count_offset);

    for (size_t i = 0; i < count; i++) {
        (void)fputs(i ? ", " : "", out);
        print_quoted(out, texts[i]);
    }
}

bool schema_value_is_set(const struct schema_key *key, const void *base)
{
    const char *member = (const char *)base + key->offset;

    if (types[key->type].print == print_text || types[key->type].print == print_path)
        return *(const char *const *)member != NULL;
    if (key->type == SCHEMA_ENDPOINT)
        return ((const struct config_endpoint *)member)->port != 0;
    return key->type != SCHEMA_DATE || *(const uint64_t *)member != 0;
}

void schema_value_print(const struct schema_key *key, const void *base, FILE *out)
{
    if (types[key->type].print) {
        types[key->type].print(key, (const char *)base + key->offset, out);
        return;
    }
    (void)fputc('[', out);
    if (key->type == SCHEMA_PORTS)
        print_ports(key, base, out);
    else if (key->type == SCHEMA_TEXTS)
        print_texts(key, base, out);
    (void)fputc(']', out);
}
