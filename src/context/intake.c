#include "context/intake.h"

#include <ctype.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/nanotime.h"
#include "context/item.h"
#include "context/plist.h"

#define DAY_NS (86400 * NS_PER_S)

/* ---- what mapping tells */

static void on_record(void *ctx, const struct context_record *r,
                      const struct format *format)
{
    struct intake *in = ctx;

    in->stats.records++;
    in->options.on_record(in->options.ctx, r, format, in->open_line);
}

static void on_broken(void *ctx, const char *sentence)
{
    struct intake *in = ctx;

    in->stats.malformed++;
    in->options.on_broken(in->options.ctx, in->open_line, sentence);
}

static void take(struct intake *in, json_object *item, const struct format *format)
{
    struct mapping_options options = {.format = format,
                                      .utc_offset_s = in->options.utc_offset_s,
                                      .day = &in->day,
                                      .device = in->options.device,
                                      .ctx = in,
                                      .on_record = on_record,
                                      .on_broken = on_broken};
    uint64_t before = in->stats.mapping.unknown;

    mapping_take(&options, item, &in->stats.mapping);
    if (in->stats.mapping.unknown > before)
        on_broken(in, "it is of no form that is known");
}

static void complain_at(struct intake *in, const char *sentence)
{
    in->open_line = in->line;
    on_broken(in, sentence);
}

/* ---- JSON */

static void take_json_line(struct intake *in, struct span line)
{
    const char *problem;
    bool partial;
    json_object *item = item_parse(line, &partial, &problem);
    char sentence[128];

    in->open_line = in->line;
    if (!item) {
        (void)snprintf(sentence, sizeof(sentence), "malformed JSON: %s", problem);
        on_broken(in, sentence);
        return;
    }
    take(in, item, in->format);
    json_object_put(item);
}

/* ---- lines of text */

static void close_item(struct intake *in)
{
    if (!in->open)
        return;
    take(in, in->open, in->format);
    json_object_put(in->open);
    in->open = NULL;
}

static void open_item(struct intake *in, const struct pattern_match *m)
{
    close_item(in);
    in->open = item_of_match(m);
    in->open_line = in->line;
}

/* Of a pair the key names the member; the last one of a name counts. */
static void add_to_item(struct intake *in, const struct pattern_match *m, enum line_act act)
{
    json_object *more;

    if (!in->open)
        return;
    if (act == LINE_PAIR) {
        char key[64];
        size_t len = m->captures[0].value.len;

        if (m->count < 2 || len >= sizeof(key))
            return;
        memcpy(key, m->captures[0].value.data, len);
        key[len] = '\0';
        json_object_object_add(
            in->open, key,
            json_object_new_string_len((const char *)m->captures[1].value.data,
                                       (int)m->captures[1].value.len));
        return;
    }
    more = item_of_match(m);
    json_object_object_foreach(more, name, value)
        json_object_object_add(in->open, name, json_object_get(value));
    json_object_put(more);
}

static void act_on(struct intake *in, enum line_act act, const struct pattern_match *m)
{
    switch (act) {
    case LINE_ITEM:
        open_item(in, m);
        close_item(in);
        break;
    case LINE_OPEN:
        open_item(in, m);
        break;
    case LINE_ADD:
    case LINE_PAIR:
        add_to_item(in, m, act);
        break;
    case LINE_CLOSE:
        close_item(in);
        break;
    case LINE_SKIP:
        break;
    }
}

/* The first rule that the line keeps; NULL when there is none. */
static const struct line_rule *rule_of(const struct format *format, struct span line,
                                       struct pattern_match *m)
{
    for (size_t i = 0; i < format->rule_count; i++)
        if (pattern_match(format->rules[i].pattern, line, m))
            return &format->rules[i];
    return NULL;
}

static bool is_blank(struct span line)
{
    for (size_t i = 0; i < line.len; i++)
        if (!isspace(line.data[i]))
            return false;
    return true;
}

static void take_text_line(struct intake *in, struct span line)
{
    struct pattern_match m;
    const struct line_rule *rule = rule_of(in->format, line, &m);
    char sentence[96];

    if (rule) {
        act_on(in, rule->act, &m);
        return;
    }
    if (is_blank(line))
        return;
    (void)snprintf(sentence, sizeof(sentence), "it is no line of the format %s",
                   in->format->name);
    if (in->format->strict)
        complain_at(in, sentence);
    else
        in->stats.mapping.unknown++;
}

/* ---- rows */

static void take_row(struct intake *in, struct span line)
{
    json_object *values = item_of_row(line), *item = json_object_new_object();
    size_t count = values ? json_object_array_length(values) : 0;
    size_t names = json_object_array_length(in->columns);

    in->open_line = in->line;
    if (in->format && !in->format->columns && count != names) {
        on_broken(in, "the row has not as many values as there are columns");
    } else {
        for (size_t i = 0; i < count && i < names; i++)
            json_object_object_add(
                item, json_object_get_string(json_object_array_get_idx(in->columns, i)),
                json_object_get(json_object_array_get_idx(values, i)));
        take(in, item, in->format);
    }
    json_object_put(values);
    json_object_put(item);
}

/* ---- how it is written */

static bool knows_columns(const struct format *format, json_object *columns)
{
    size_t met = 0, needed = 0;

    for (size_t i = 0; i < MAPPING_NEEDS_MAX && format->mappings[0].needs[i]; i++) {
        const char *need = format->mappings[0].needs[i];
        size_t len = strcspn(need, "=");

        needed++;
        for (size_t k = 0; k < json_object_array_length(columns); k++) {
            const char *name =
                json_object_get_string(json_object_array_get_idx(columns, k));

            if (strlen(name) == len && memcmp(name, need, len) == 0) {
                met++;
                break;
            }
        }
    }
    return needed > 0 && met == needed;
}

/* A row with the mark of a format without names, or a first row that names what one needs. */
static bool decide_csv(struct intake *in, const struct format *format, struct span line,
                       json_object *values)
{
    if (format->shape != SHAPE_CSV)
        return false;
    if (format->columns) {
        if (!memmem(line.data, line.len, format->row_mark, strlen(format->row_mark)))
            return false;
        in->columns = item_of_row(span_of_text(format->columns));
        in->mode = INTAKE_CSV;
        in->format = format;
        take_row(in, line);
        return true;
    }
    if (!knows_columns(format, values))
        return false;
    in->columns = json_object_get(values);
    in->mode = INTAKE_CSV;
    in->format = format;
    return true;
}

/* A line by which one can know the format: not one of the rules that take nearly anything. */
static bool is_telling(const struct line_rule *rule)
{
    return rule->act == LINE_ITEM || rule->act == LINE_OPEN ||
           (rule->act == LINE_SKIP && rule->pattern[0] != '{' && rule->pattern[0]);
}

static bool decide_lines(struct intake *in, const struct format *format, struct span line)
{
    struct pattern_match m;
    const struct line_rule *rule;

    if (format->shape != SHAPE_LINES)
        return false;
    rule = rule_of(format, line, &m);
    if (!rule || (!in->options.format && !is_telling(rule)))
        return false;
    in->mode = INTAKE_LINES;
    in->format = format;
    act_on(in, rule->act, &m);
    return true;
}

static bool decide_text(struct intake *in, struct span line)
{
    json_object *values = item_of_row(line);
    bool done = false;

    for (size_t i = 0; i < context_format_count && !done; i++) {
        const struct format *format = context_formats[i];

        if (in->options.format && format->id != in->options.format)
            continue;
        done = decide_lines(in, format, line) || decide_csv(in, format, line, values);
    }
    json_object_put(values);
    return done;
}

/* True when the line belongs to a document, whose bytes are kept. */
static bool decide(struct intake *in, struct span line)
{
    const struct format *wanted = format_find(in->options.format);
    const char *problem;
    bool partial = false;
    json_object *item;

    if (line.data[0] == '<') {
        in->mode = INTAKE_DOCUMENT;
    } else if (line.data[0] == '{' || line.data[0] == '[') {
        item = item_parse(line, &partial, &problem);
        in->mode = !item && partial ? INTAKE_DOCUMENT : INTAKE_JSON;
        json_object_put(item);
    }
    if (in->mode != INTAKE_UNDECIDED) {
        in->format = wanted;
        return in->mode == INTAKE_DOCUMENT;
    }
    if (line.data[0] == '#' || decide_text(in, line))
        return false;
    if (in->options.format)
        complain_at(in, "it is no line of the format that the settings name");
    else
        in->stats.mapping.unknown++;
    return false;
}

/* True when the line is to be kept as the beginning of a document. */
static bool take_line(struct intake *in, struct span line)
{
    size_t blanks = 0;
    struct span rest;

    while (blanks < line.len && isspace(line.data[blanks]))
        blanks++;
    rest = span_of(line.data + blanks, line.len - blanks);
    in->stats.lines++;
    if (rest.len == 0 && in->mode != INTAKE_LINES)
        return false;
    if (in->mode == INTAKE_UNDECIDED) {
        if (decide(in, rest))
            return true;
        if (in->mode != INTAKE_JSON)
            return false;
    }
    if (in->mode == INTAKE_JSON)
        take_json_line(in, rest);
    else if (in->mode == INTAKE_CSV)
        take_row(in,
                 line.data[line.len - 1] == '\r' ? span_of(line.data, line.len - 1) : line);
    else if (rest.len == 0 || rest.data[0] != '#')
        take_text_line(in, line);
    return false;
}

/* ---- bytes */

void intake_init(struct intake *in, const struct intake_options *options)
{
    *in = (struct intake){.options = *options, .line = 1};
    if (options->date_ns > DAY_NS)
        in->day.start_ns = options->date_ns - DAY_NS;
}

void intake_fini(struct intake *in)
{
    json_object_put(in->open);
    json_object_put(in->columns);
    free(in->buffer);
    *in = (struct intake){0};
}

static size_t most_bytes(const struct intake *in)
{
    return in->mode == INTAKE_DOCUMENT ? INTAKE_DOCUMENT_MAX : INTAKE_LINE_MAX;
}

/* Keep the bytes behind those that are kept already. */
static int keep(struct intake *in, struct span bytes, struct err *why)
{
    size_t size = in->size ? in->size : 4096;
    char *grown;

    if (in->too_long)
        return 0;
    if (in->len + bytes.len > most_bytes(in)) {
        complain_at(in, in->mode == INTAKE_DOCUMENT
                            ? "the document is longer than 64 MiB and is left out"
                            : "the line is longer than 1 MiB and is left out");
        in->too_long = true;
        in->len = 0;
        return 0;
    }
    while (size < in->len + bytes.len)
        size *= 2;
    if (size != in->size) {
        grown = realloc(in->buffer, size);
        if (!grown)
            return err_set(why, "no memory for a context feed");
        in->buffer = grown;
        in->size = size;
    }
    if (bytes.len > 0)
        memcpy(in->buffer + in->len, bytes.data, bytes.len);
    in->len += bytes.len;
    return 0;
}

/* A line has ended. `line` may lie in the buffer, which then keeps it if it begins a document. */
static int end_line(struct intake *in, struct span line, struct err *why)
{
    bool was_kept = line.data == (uint8_t *)in->buffer;

    if (in->too_long) {
        in->too_long = false;
        in->len = 0;
    } else if (!take_line(in, line)) {
        in->len = 0;
    } else if (!was_kept) {
        if (keep(in, line, why) < 0)
            return -1;
    }
    if (in->mode == INTAKE_DOCUMENT && keep(in, span_of("\n", 1), why) < 0)
        return -1;
    in->line++;
    return 0;
}

int intake_push(struct intake *in, struct span bytes, struct err *why)
{
    while (bytes.len > 0) {
        const uint8_t *end =
            in->mode == INTAKE_DOCUMENT ? NULL : memchr(bytes.data, '\n', bytes.len);
        size_t len = end ? (size_t)(end - bytes.data) : bytes.len;
        struct span line = span_of(bytes.data, len);

        if (!end || in->len > 0) {
            if (keep(in, line, why) < 0)
                return -1;
            line = span_of(in->buffer, in->len);
        }
        if (end && end_line(in, line, why) < 0)
            return -1;
        len += end != NULL;
        bytes = span_of(bytes.data + len, bytes.len - len);
    }
    return 0;
}

/* It was no document after all: each line for itself. */
static void take_as_lines(struct intake *in)
{
    struct span rest = span_of(in->buffer, in->len);

    in->mode = INTAKE_JSON;
    in->line = 1;
    while (rest.len > 0) {
        const uint8_t *end = memchr(rest.data, '\n', rest.len);
        size_t len = end ? (size_t)(end - rest.data) : rest.len;

        if (len > 0)
            (void)take_line(in, span_of(rest.data, len));
        in->line++;
        len += end != NULL;
        rest = span_of(rest.data + len, rest.len - len);
    }
}

static void take_document(struct intake *in)
{
    struct span text = span_of(in->buffer, in->len);
    const char *problem;
    bool partial;
    json_object *item;

    in->line = in->open_line = 1;
    while (text.len > 0 && isspace(text.data[0]))
        text = span_of(text.data + 1, text.len - 1);
    if (text.len > 0 && text.data[0] == '<')
        item = plist_parse(text, &problem);
    else
        item = item_parse(text, &partial, &problem);
    if (item)
        take(in, item, in->format);
    else if (text.len > 0 && text.data[0] == '<')
        complain_at(in, problem);
    else
        take_as_lines(in);
    json_object_put(item);
}

void intake_end(struct intake *in)
{
    struct err why;

    if (in->mode != INTAKE_DOCUMENT && in->len > 0)
        (void)end_line(in, span_of(in->buffer, in->len), &why);
    if (in->mode == INTAKE_DOCUMENT && in->len > 0)
        take_document(in);
    close_item(in);
    in->len = 0;
    if (in->mode == INTAKE_UNDECIDED && in->stats.mapping.unknown > 0)
        complain_at(in, "none of its lines is of a form that is known");
}

bool intake_is_whole(const struct intake *in)
{
    return in->mode == INTAKE_DOCUMENT || (in->format && in->format->snapshot);
}
