/*
 * What is remembered across runs: shown, exported, forgotten in part.
 */
#include <stdio.h>
#include <stdlib.h>

#include "alert/alert_store.h"
#include "alert/alert_words.h"
#include "alert/paragraph.h"
#include "base/log.h"
#include "base/nanotime.h"
#include "config/value.h"
#include "detect/state_prune.h"
#include "keeper.h"
#include "verbs.h"

#define BUFFER_BYTES (512u * 1024u)
#define INDENT 15

struct view {
    const struct cli *cli;
    const char *path;
    struct state *state;
    struct json_out json;
    char *buffer; /* BUFFER_BYTES */
    FILE *out;
    bool failed;
};

static void put_lines(void *ctx, struct span lines)
{
    struct view *v = ctx;

    v->failed = fwrite(lines.data, 1, lines.len, v->out) != lines.len || v->failed;
}

static int fail(int code, const struct err *why)
{
    log_error("%s", why->text);
    return code;
}

/* ---- what there is */

struct summary {
    uint64_t rows[STATE_KINDS], bytes[STATE_KINDS];
    uint64_t total_bytes;
    struct correlator *correlator; /* its own fields alone are filled */
};

static bool take_correlator(void *ctx, const struct state_row *row)
{
    return layout_unpack(state_memory_layout(STATE_CORRELATOR), row->value, NULL,
                         ((struct summary *)ctx)->correlator);
}

static int sum_up(struct view *v, struct summary *s, struct err *why)
{
    for (int kind = STATE_CORRELATOR; kind < STATE_KINDS; kind++)
        if (state_count(v->state, (enum state_kind)kind, &s->rows[kind], &s->bytes[kind],
                        why) < 0)
            return -1;
    s->total_bytes = state_bytes(v->state);
    return state_each(v->state, STATE_CORRELATOR, take_correlator, s, why);
}

static bool take_alert(void *ctx, const struct state_row *row)
{
    alert_store_take(ctx, row->value);
    return true;
}

/* ---- show, as text */

static void show_alert(void *ctx, const struct finding *f, const char *const *files,
                       size_t file_count)
{
    struct view *v = ctx;
    char time[NANOTIME_TEXT_MAX], id[9];
    struct text text = text_in(v->buffer, BUFFER_BYTES);
    struct paragraph p = {.out = &text, .indent = 4};
    struct text first = text_in(id, sizeof(id));

    (void)files;
    (void)file_count;
    text_add_hex(&first, span_of(f->alert_id, 4));
    paragraph_format(&p, "  %s  %.19s  %s %s: %s", id, nanotime_describe(f->start_ns, time),
                     alert_severity_name(f->severity), finding_type_name(f->type),
                     f->message);
    paragraph_end(&p);
    put_lines(v, span_of(text.data, text.len));
}

static void show_counts(struct view *v, const struct summary *s)
{
    const struct watermark *w = &s->correlator->watermark;
    char time[NANOTIME_TEXT_MAX] = "none";

    if (w->set)
        (void)nanotime_describe(w->decided_ns, time);
    (void)fprintf(v->out,
                  "%s: %.1f MB\n"
                  "  the last session that it knows was decided at %s\n",
                  v->path, (double)s->total_bytes / 1e6, time);
    for (int kind = STATE_CORRELATOR; kind < STATE_KINDS; kind++)
        if (s->rows[kind] > 0)
            (void)fprintf(v->out, "  %-20s %8llu  %10.1f kB\n",
                          state_kind_name((enum state_kind)kind),
                          (unsigned long long)s->rows[kind], (double)s->bytes[kind] / 1e3);
}

static void count_open(void *ctx, const struct finding *f, const char *const *files,
                       size_t file_count)
{
    (void)f;
    (void)files;
    (void)file_count;
    ++*(size_t *)ctx;
}

static void show_text(struct view *v, const struct summary *s, struct alert_store *alerts)
{
    size_t open = 0;

    show_counts(v, s);
    alert_store_each(alerts, count_open, &open);
    (void)fprintf(v->out, "%zu open alerts and notices%s\n", open,
                  open ? " (pinsight explain ID tells why)" : "");
    alert_store_each(alerts, show_alert, v);
}

/* ---- show, as JSON */

static void write_alert(void *ctx, const struct finding *f, const char *const *files,
                        size_t file_count)
{
    struct json_out *out = &((struct view *)ctx)->json;

    (void)files;
    (void)file_count;
    json_out_object(out, NULL);
    event_uuid("alert_id", f->alert_id, out);
    json_out_text(out, "type", finding_type_name(f->type));
    json_out_number(out, "revision", f->revision);
    json_out_text(out, "severity", alert_severity_name(f->severity));
    if (f->has_device)
        json_out_address(out, "device", &f->device);
    json_out_fact(out, "destination", f->destination);
    json_out_time(out, "start", f->start_ns);
    json_out_time(out, "end", f->end_ns);
    json_out_text(out, "message", f->message);
    json_out_end(out);
}

static void show_json(struct view *v, const struct summary *s, struct alert_store *alerts)
{
    const struct watermark *w = &s->correlator->watermark;
    struct json_out *out = &v->json;

    json_out_begin(out);
    json_out_text(out, "path", v->path);
    json_out_number(out, "bytes", s->total_bytes);
    if (w->set)
        json_out_time(out, "watermark", w->decided_ns);
    json_out_object(out, "kinds");
    for (int kind = STATE_CORRELATOR; kind < STATE_KINDS; kind++) {
        json_out_object(out, state_kind_name((enum state_kind)kind));
        json_out_number(out, "rows", s->rows[kind]);
        json_out_number(out, "bytes", s->bytes[kind]);
        json_out_end(out);
    }
    json_out_end(out);
    json_out_array(out, "open_alerts");
    alert_store_each(alerts, write_alert, v);
    json_out_end(out);
    (void)json_out_finish(out);
    json_out_flush(out);
}

static int show(struct view *v)
{
    struct summary s = {.correlator = calloc(1, sizeof(*s.correlator))};
    struct alert_filter filter = {.only_open = true};
    struct alert_store alerts = {.reader = NULL};
    int code = EXIT_OK;
    struct err why;

    if (!s.correlator || alert_store_init(&alerts, &filter, &why) < 0) {
        log_error("state: no memory");
        code = EXIT_RUN;
    } else if (sum_up(v, &s, &why) < 0 ||
               state_each(v->state, STATE_ALERT, take_alert, &alerts, &why) < 0) {
        code = fail(EXIT_INPUT, &why);
    } else if (v->cli->json) {
        show_json(v, &s, &alerts);
    } else {
        show_text(v, &s, &alerts);
    }
    alert_store_fini(&alerts);
    free(s.correlator);
    return code;
}

/* ---- export */

static void begin_line(struct view *v, const struct state_row *row)
{
    json_out_begin(&v->json);
    json_out_text(&v->json, "kind", state_kind_name(row->kind));
    json_out_hex(&v->json, "row", span_of(row->id, sizeof(row->id)));
    if (row->used_s)
        json_out_seconds(&v->json, "used", (int64_t)row->used_s);
}

static bool export_record(void *ctx, const struct state_row *row)
{
    const struct layout *l = state_memory_layout(row->kind);
    struct view *v = ctx;
    void *record = calloc(1, l->size);
    bool read = record && layout_unpack(l, row->value, NULL, record);

    if (read) {
        begin_line(v, row);
        layout_write_json(l, record, &v->json);
        (void)json_out_finish(&v->json);
    }
    if (record)
        layout_release(l, record);
    free(record);
    return read;
}

/* Hits are a name and a number, which stands in the place of the turn. */
static bool export_hits(void *ctx, const struct state_row *row)
{
    struct view *v = ctx;

    begin_line(v, row);
    json_out_span(&v->json, "entry", row->value);
    json_out_number(&v->json, "hits", row->turn);
    (void)json_out_finish(&v->json);
    return true;
}

/* Its row is the session, its value the key that waits for it. */
static bool export_awaited(void *ctx, const struct state_row *row)
{
    struct view *v = ctx;

    begin_line(v, row);
    json_out_hex(&v->json, "key", row->value);
    (void)json_out_finish(&v->json);
    return true;
}

/* The event stands as it is, with its line's end, behind the key. */
static bool export_alert(void *ctx, const struct state_row *row)
{
    static const char head[] = "{\"kind\":\"alert\",\"event\":", tail[] = "}\n";
    struct view *v = ctx;
    size_t len = row->value.len;

    while (len > 0 && row->value.data[len - 1] == '\n')
        len--;
    json_out_flush(&v->json);
    put_lines(v, span_of(head, sizeof(head) - 1));
    put_lines(v, span_of(row->value.data, len));
    put_lines(v, span_of(tail, sizeof(tail) - 1));
    return true;
}

static int export_all(struct view *v)
{
    struct err why;

    for (int i = STATE_CORRELATOR; i < STATE_KINDS; i++) {
        enum state_kind kind = (enum state_kind)i;
        bool (*take)(void *, const struct state_row *) = export_record;

        if (kind == STATE_HITS)
            take = export_hits;
        else if (kind == STATE_ALERT)
            take = export_alert;
        else if (kind == STATE_AWAITED)
            take = export_awaited;
        else if (!state_memory_layout(kind))
            continue;
        if (state_each(v->state, kind, take, v, &why) < 0)
            return fail(EXIT_INPUT, &why);
    }
    json_out_flush(&v->json);
    return EXIT_OK;
}

/* ---- prune */

struct forgetting {
    struct alert_filter filter;
    struct alert_reader *reader;
    struct doomed_alert {
        uint8_t id[STATE_ID_BYTES];
    } * ids;
    size_t count;
};

static bool take_forgotten(void *ctx, const struct state_row *row)
{
    struct forgetting *f = ctx;
    struct alert_read read = {.line = NULL};
    struct alert_session session;
    struct doomed_alert *ids = f->ids;
    struct err why;

    if (alert_read_line(f->reader, row->value, &read, &session, &why) == ALERT_LINE_ALERT &&
        alert_filter_wants(&f->filter, &read.finding)) {
        ids = realloc(ids, (f->count + 1) * sizeof(*ids));
        if (ids) {
            f->ids = ids;
            memcpy(ids[f->count++].id, row->id, sizeof(row->id));
        }
    }
    alert_read_release(&read);
    return ids != NULL || f->count == 0;
}

/* The events of alerts of a device or a destination. */
static int prune_alerts(struct view *v, struct state_prune *prune, struct err *why)
{
    struct forgetting f = {
        .filter = {.device = v->cli->device, .destination = v->cli->destination},
        .reader = alert_reader_new()};
    int result = f.reader ? 0 : err_set(why, "state: no memory");

    if (result == 0 && (f.filter.device || f.filter.destination))
        result = state_each(v->state, STATE_ALERT, take_forgotten, &f, why);
    for (size_t i = 0; i < f.count && result == 0; i++) {
        result = state_drop(v->state, STATE_ALERT, f.ids[i].id, why);
        prune->dropped[STATE_ALERT]++;
    }
    free(f.ids);
    alert_reader_free(f.reader);
    return result;
}

static void tell_pruned(const struct view *v, const struct state_prune *prune,
                        uint64_t before)
{
    uint64_t sum = 0;

    for (int kind = 0; kind < STATE_KINDS; kind++) {
        if (prune->dropped[kind] > 0)
            (void)fprintf(v->out, "  %-20s %8llu\n", state_kind_name((enum state_kind)kind),
                          (unsigned long long)prune->dropped[kind]);
        sum += prune->dropped[kind];
    }
    if (v->cli->dry_run)
        (void)fprintf(v->out, "%llu rows would be forgotten\n", (unsigned long long)sum);
    else
        (void)fprintf(v->out, "%llu rows are forgotten; %.1f MB were %.1f MB\n",
                      (unsigned long long)sum, (double)state_bytes(v->state) / 1e6,
                      (double)before / 1e6);
}

static int prune_step(struct view *v, struct state_prune *prune, struct err *why)
{
    if (state_begin(v->state, why) < 0 || prune_alerts(v, prune, why) < 0 ||
        state_prune(v->state, prune, why) < 0) {
        state_undo(v->state);
        return -1;
    }
    if (!v->cli->dry_run)
        return state_commit(v->state, why) < 0 ? -1 : state_shrink(v->state, why);
    state_undo(v->state);
    return 0;
}

/* Age counts from the newest that is known: packet time, not the wall clock. */
static int set_age(struct view *v, struct state_prune *prune, struct err *why)
{
    struct summary s = {.correlator = calloc(1, sizeof(*s.correlator))};
    uint64_t age_ns, highest_ns;
    int result = -1;

    if (!value_parse_duration(v->cli->older_than, &age_ns))
        (void)err_set(why, "--older-than: expected a duration such as 30d, found \"%s\"",
                      v->cli->older_than);
    else if (s.correlator && sum_up(v, &s, why) == 0)
        result = 0;
    if (result == 0) {
        highest_ns = s.correlator->watermark.highest_ns;
        prune->older_than_s = highest_ns > age_ns ? (highest_ns - age_ns) / NS_PER_S : 0;
    }
    free(s.correlator);
    return result;
}

static int prune(struct view *v)
{
    struct state_prune prune = {.destination = v->cli->destination};
    uint64_t before = state_bytes(v->state);
    struct address device;
    struct err why;

    if (v->cli->device && !address_parse(v->cli->device, &device)) {
        log_error("--device: expected an address, found \"%s\"", v->cli->device);
        return EXIT_USAGE;
    }
    if (v->cli->older_than && set_age(v, &prune, &why) < 0)
        return fail(EXIT_USAGE, &why);
    prune.device = v->cli->device ? &device : NULL;
    if (prune_step(v, &prune, &why) < 0)
        return fail(EXIT_RUN, &why);
    tell_pruned(v, &prune, before);
    return EXIT_OK;
}

/* ---- the verb */

/* To change it, it must be one, and nobody else may use it. */
static int open_state(struct view *v, const struct state_options *options)
{
    struct err why;

    v->state = state_open_to_read(options, &why);
    if (!v->state)
        return fail(EXIT_INPUT, &why);
    if (v->cli->verb != CLI_STATE_PRUNE)
        return EXIT_OK;
    state_close(v->state);
    v->state = state_open(options, &why);
    return v->state ? EXIT_OK : fail(EXIT_RUN, &why);
}

static int open_output(struct view *v, const struct config *config)
{
    const char *path = v->cli->verb == CLI_STATE_EXPORT ? config->output.path : NULL;

    v->out = path && strcmp(path, "-") != 0 ? fopen(path, "we") : stdout;
    if (v->out)
        return EXIT_OK;
    log_error("%s: it cannot be written", path);
    return EXIT_RUN;
}

static int run(struct view *v)
{
    int code;

    if (v->cli->verb == CLI_STATE_EXPORT)
        code = export_all(v);
    else
        code = v->cli->verb == CLI_STATE_PRUNE ? prune(v) : show(v);
    if (fflush(v->out) == 0 && !v->failed)
        return code;
    log_error("state: the output cannot be written");
    return EXIT_RUN;
}

int verb_state(const struct cli *cli, const struct config *config)
{
    const char *path = keeper_path(config, false);
    struct view v = {.cli = cli, .path = path ? path : KEEPER_LIVE_PATH};
    char version[STATE_VERSION_MAX];
    struct state_options options = {.path = v.path,
                                    .version = state_memory_version(version)};
    int code = open_state(&v, &options);

    if (code == EXIT_OK)
        code = open_output(&v, config);
    v.buffer = malloc(BUFFER_BYTES);
    if (code == EXIT_OK && v.buffer) {
        json_out_init(&v.json, v.buffer, BUFFER_BYTES, put_lines, &v);
        code = run(&v);
    }
    if (v.out && v.out != stdout)
        (void)fclose(v.out);
    free(v.buffer);
    state_close(v.state);
    return code;
}
