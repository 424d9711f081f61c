#include "context/mapping.h"

#include <json-c/json.h>
#include <stdio.h>

#include "base/nanotime.h"
#include "context/convert.h"
#include "context/moment.h"

#define PATH_MAX_BYTES 96
#define CHOICE_MAX 64

/* Where paths of a mapping begin. */
struct scope {
    json_object *item;   /* the element */
    json_object *around; /* the item that holds it */
    const char *key;     /* of the element where it is an object's, else NULL */
};

struct taking {
    const struct mapping_options *options;
    const struct format *format;
    struct mapping_stats *stats;
    struct context_record record;
};

/* ---- paths */

static json_object *member(json_object *object, const char *key, size_t len)
{
    char name[PATH_MAX_BYTES];
    json_object *value;

    if (!json_object_is_type(object, json_type_object) || len >= sizeof(name))
        return NULL;
    memcpy(name, key, len);
    name[len] = '\0';
    return json_object_object_get_ex(object, name, &value) ? value : NULL;
}

/* A name with a dot in it is tried as it stands before it is taken apart. */
static json_object *walk(json_object *object, const char *path)
{
    while (object && *path) {
        size_t len = strlen(path);
        json_object *whole = member(object, path, len);
        const char *dot = strchr(path, '.');

        if (whole || !dot)
            return whole;
        object = member(object, path, (size_t)(dot - path));
        path = dot + 1;
    }
    return object;
}

static json_object *find(const struct scope *s, const char *path)
{
    if (*path == '^')
        return walk(s->around, path + 1);
    return strcmp(path, "@") == 0 ? s->item : walk(s->item, path);
}

/* "path" is there, or "path=text" is that text. */
static bool is_met(const struct scope *s, const char *need)
{
    const char *equals = strchr(need, '=');
    char path[PATH_MAX_BYTES];
    json_object *value;

    if (!equals)
        return find(s, need) != NULL;
    if ((size_t)(equals - need) >= sizeof(path))
        return false;
    memcpy(path, need, (size_t)(equals - need));
    path[equals - need] = '\0';
    value = find(s, path);
    return value && strcmp(json_object_get_string(value), equals + 1) == 0;
}

/* ---- values */

static void complain(struct taking *t, const char *sentence)
{
    t->options->on_broken(t->options->ctx, sentence);
}

/* A value that is none: the documented form is strict, others are what they are. */
static int refuse(struct taking *t, const struct err *why)
{
    if (t->format->id == CONTEXT_FORMAT_NDJSON) {
        complain(t, why->text);
        return -1;
    }
    t->stats->bad_values++;
    return 0;
}

static int add_time(struct taking *t, const struct mapping_row *row, struct span text)
{
    uint64_t scale = row->how == CONVERT_MILLISECONDS ? NS_PER_MS : NS_PER_S, ns;
    bool good = row->how == CONVERT_TIME ? moment_parse(text, t->options->utc_offset_s, &ns)
                                         : moment_parse_number(text, scale, &ns);
    struct err why;

    if (good) {
        record_set_time(&t->record, row->field, nanotime_whole_us(ns));
        return 0;
    }
    if (convert_is_nothing(text))
        return 0;
    (void)err_set(&why, "%s is not a time: \"%.*s\"", row->path,
                  text.len < CHOICE_MAX ? (int)text.len : CHOICE_MAX,
                  (const char *)text.data);
    return refuse(t, &why);
}

static int add_text(struct taking *t, enum context_field field, struct span text)
{
    struct err why;

    if (record_add(&t->record, field, text, &why) == 0)
        return 0;
    return refuse(t, &why);
}

/* A time of day, of the day that the settings name or of the next one when it steps back. */
static int add_clock(struct taking *t, const struct mapping_row *row, struct span text)
{
    uint64_t ns;
    struct err why;

    if (t->record.time_ns)
        return 0;
    if (moment_parse_clock(text, t->options->utc_offset_s, t->options->day, &ns)) {
        record_set_time(&t->record, row->field, nanotime_whole_us(ns));
        return 0;
    }
    (void)err_set(&why, "%s is not a time of day of a known date (context[].date)",
                  row->path);
    complain(t, why.text);
    return -1;
}

/* Was something done shortly before the time of the record? */
static int add_recent(struct taking *t, const struct mapping_row *row, struct span text)
{
    uint64_t ns, now_ns = t->record.time_ns;

    if (!moment_parse(text, t->options->utc_offset_s, &ns) || now_ns == 0)
        return 0;
    return add_text(
        t, row->field,
        span_of_text(now_ns <= ns + CONTEXT_RECENT_S * NS_PER_S ? "true" : "false"));
}

static int add_value(struct taking *t, const struct mapping_row *row, struct span text)
{
    struct span host, port, value;

    switch (row->how) {
    case CONVERT_TEXT:
        if (convert_is_nothing(text) && !span_equal(text, span_of_text("0")))
            return 0;
        return add_text(t, row->field, text);
    case CONVERT_TIME:
    case CONVERT_SECONDS:
    case CONVERT_MILLISECONDS:
        return add_time(t, row, text);
    case CONVERT_CHOICE:
    case CONVERT_FIND:
        return convert_choose(text, row->argument, row->how == CONVERT_FIND, &value)
                   ? add_text(t, row->field, value)
                   : 0;
    case CONVERT_HOST:
    case CONVERT_PORT:
        convert_split(text, &host, &port);
        return add_text(t, row->field, row->how == CONVERT_HOST ? host : port);
    case CONVERT_STATION:
        return memchr(text.data, '-', text.len) || memchr(text.data, ':', text.len) ||
                       memchr(text.data, '.', text.len)
                   ? add_text(t, row->field, text)
                   : 0;
    case CONVERT_LAST:
        return add_text(t, row->field, convert_last(text));
    case CONVERT_PRESENT:
        return add_text(t, row->field, span_of_text(row->argument));
    case CONVERT_CLOCK:
        return add_clock(t, row, text);
    case CONVERT_RECENT:
        return add_recent(t, row, text);
    }
    return 0;
}

static struct span text_of(json_object *value)
{
    const char *text = json_object_get_string(value);

    if (json_object_is_type(value, json_type_string))
        return span_of(text, (size_t)json_object_get_string_len(value));
    return text ? span_of_text(text) : span_of("", 0);
}

/* An array gives each of its elements to a list, and its first to anything else; what is looked for
 * in it may be in any. */
static int add_member(struct taking *t, const struct mapping_row *row, json_object *value)
{
    size_t count;

    if (row->how == CONVERT_PRESENT || row->how == CONVERT_FIND ||
        !json_object_is_type(value, json_type_array))
        return add_value(t, row, text_of(value));
    count = json_object_array_length(value);
    for (size_t i = 0; i < count; i++) {
        json_object *one = json_object_array_get_idx(value, i);

        if (one && add_value(t, row, text_of(one)) < 0)
            return -1;
    }
    return 0;
}

static int fill(struct taking *t, const struct mapping *m, const struct scope *s)
{
    for (size_t i = 0; i < m->row_count; i++) {
        const struct mapping_row *row = &m->rows[i];
        json_object *value;

        if (strcmp(row->path, "@key") == 0) {
            if (s->key && add_value(t, row, span_of_text(s->key)) < 0)
                return -1;
            continue;
        }
        value = find(s, row->path);
        if (value && add_member(t, row, value) < 0)
            return -1;
    }
    return 0;
}

/* ---- records */

static bool names_anybody(const struct context_record *r)
{
    for (enum context_field f = FIELD_DEVICE_ID; f <= FIELD_DEVICE_IMSI; f++)
        if (record_text(r, f))
            return true;
    return false;
}

/* The feed's own device is an address or an id. */
static void add_device(struct taking *t)
{
    struct address address;
    struct err why;

    if (!t->options->device || names_anybody(&t->record))
        return;
    (void)record_add(&t->record,
                     address_parse(t->options->device, &address) ? FIELD_DEVICE_IP
                                                                 : FIELD_DEVICE_ID,
                     span_of_text(t->options->device), &why);
}

static enum context_kind kind_of(struct taking *t, const struct mapping *m,
                                 const struct scope *s)
{
    json_object *value;
    enum context_kind kind;

    if (m->kind != CONTEXT_KINDS)
        return m->kind;
    value = member(s->item, "kind", 4);
    kind = value ? context_kind_find(json_object_get_string(value)) : CONTEXT_KINDS;
    if (kind == CONTEXT_KINDS)
        complain(t, "kind is none of lease, inventory, app, app_net, app_state, edr, "
                    "proxy, analysis, compliance, alert and ca");
    return kind;
}

static void make_record(struct taking *t, const struct mapping *m, const struct scope *s)
{
    enum context_kind kind = kind_of(t, m, s);
    struct err why;

    if (kind == CONTEXT_KINDS)
        return;
    record_init(&t->record, kind);
    t->record.telemetry = t->format->telemetry;
    t->record.format = t->format->name;
    if (fill(t, m, s) < 0)
        return;
    add_device(t);
    if (record_finish(&t->record, &why) < 0)
        complain(t, why.text);
    else
        t->options->on_record(t->options->ctx, &t->record, t->format);
}

static bool applies(const struct mapping *m, const struct scope *s)
{
    for (size_t i = 0; i < MAPPING_NEEDS_MAX && m->needs[i]; i++)
        if (!is_met(s, m->needs[i]))
            return false;
    return true;
}

static unsigned take_each(struct taking *t, const struct mapping *m, json_object *item)
{
    json_object *list = walk(item, m->each);
    struct scope s = {.around = item};
    unsigned n = 0;

    if (json_object_is_type(list, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(list); i++) {
            s.item = json_object_array_get_idx(list, i);
            if (s.item && applies(m, &s)) {
                make_record(t, m, &s);
                n++;
            }
        }
    } else if (json_object_is_type(list, json_type_object)) {
        json_object_object_foreach(list, key, value)
        {
            s.item = value;
            s.key = key;
            if (value && applies(m, &s)) {
                make_record(t, m, &s);
                n++;
            }
        }
    }
    return n;
}

static unsigned take_mapping(struct taking *t, const struct mapping *m, json_object *item)
{
    struct scope s = {.item = item, .around = item};

    if (m->each)
        return take_each(t, m, item);
    if (!applies(m, &s))
        return 0;
    make_record(t, m, &s);
    return 1;
}

/* Members of the documented form that mean nothing. */
static void count_unknown(struct taking *t, json_object *item)
{
    char path[PATH_MAX_BYTES];

    json_object_object_foreach(item, key, value)
    {
        if (!json_object_is_type(value, json_type_object)) {
            if (context_field_find(key, strlen(key)) == CONTEXT_FIELDS &&
                strcmp(key, "kind") != 0)
                t->stats->unknown_fields++;
            continue;
        }
        json_object_object_foreach(value, inner, unused)
        {
            int len = snprintf(path, sizeof(path), "%s.%s", key, inner);

            (void)unused;
            if (len < 0 || (size_t)len >= sizeof(path) ||
                (context_field_find(path, (size_t)len) == CONTEXT_FIELDS &&
                 strcmp(path, "state.last_interaction") != 0))
                t->stats->unknown_fields++;
        }
    }
}

static unsigned take_format(struct taking *t, const struct format *format,
                            json_object *item)
{
    struct scope whole = {.item = item, .around = item};
    unsigned n = 0;

    t->format = format;
    for (size_t i = 0; i < FORMAT_PASSES_MAX && format->passes[i]; i++)
        if (is_met(&whole, format->passes[i]))
            return 1;
    for (size_t i = 0; i < format->mapping_count; i++)
        n += take_mapping(t, &format->mappings[i], item);
    if (n > 0 && format->id == CONTEXT_FORMAT_NDJSON)
        count_unknown(t, item);
    return n;
}

/* The first format that knows the item. */
static unsigned take_item(struct taking *t, json_object *item)
{
    unsigned n = 0;

    if (!json_object_is_type(item, json_type_object))
        return 0;
    if (t->options->format)
        return take_format(t, t->options->format, item);
    for (size_t i = 0; i < context_format_count && n == 0; i++)
        if (context_formats[i]->shape == SHAPE_JSON)
            n = take_format(t, context_formats[i], item);
    return n;
}

static unsigned take_elements(struct taking *t, json_object *array)
{
    unsigned n = 0;

    for (size_t i = 0; i < json_object_array_length(array); i++) {
        json_object *one = json_object_array_get_idx(array, i);

        if (take_item(t, one) == 0)
            t->stats->unknown++;
        n++;
    }
    return n;
}

static void take_envelope(struct taking *t, json_object *item)
{
    unsigned n = 0;

    if (take_item(t, item) > 0)
        return;
    if (json_object_is_type(item, json_type_object)) {
        json_object_object_foreach(item, key, value)
        {
            (void)key;
            if (json_object_is_type(value, json_type_array))
                n += take_elements(t, value);
        }
    }
    if (n == 0)
        t->stats->unknown++;
}

void mapping_take(const struct mapping_options *options, json_object *item,
                  struct mapping_stats *stats)
{
    struct taking t = {.options = options, .stats = stats};

    if (!json_object_is_type(item, json_type_array)) {
        take_envelope(&t, item);
        return;
    }
    for (size_t i = 0; i < json_object_array_length(item); i++)
        take_envelope(&t, json_object_array_get_idx(item, i));
}
