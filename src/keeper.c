#include "keeper.h"

#include <stdlib.h>

#include "alert/alert_json.h"
#include "base/log.h"
#include "base/nanotime.h"

const char *keeper_path(const struct config *config, bool live)
{
    const char *path = config->state.path;

    if (!path)
        path = live ? KEEPER_LIVE_PATH : NULL;
    return path && strcmp(path, ":memory:") != 0 ? path : NULL;
}

int keeper_open(struct keeper *k, const struct config *config, bool live, uint64_t seed,
                struct err *why)
{
    *k = (struct keeper){.live = live, .interval_ns = config->state.interval_ns};
    k->options = (struct state_options){.path = keeper_path(config, live), .seed = seed};
    if (!k->options.path)
        return 0;
    k->options.version = state_memory_version(k->version);
    k->event = malloc(KEEPER_EVENT_MAX);
    if (!k->event)
        return err_set(why, "state %s: no memory", k->options.path);
    k->state = state_open(&k->options, why);
    return k->state ? 0 : -1;
}

uint64_t keeper_seed(const struct keeper *k, uint64_t otherwise)
{
    return k->state ? state_seed(k->state) : otherwise;
}

bool keeper_goes_on(const struct keeper *k)
{
    return k->state && k->correlator && k->correlator->watermark.set;
}

/* ---- going on */

/* As it lies in the database: how many bytes, then the last of them. */
static bool read_position(void *ctx, const struct state_row *row)
{
    struct keeper *k = ctx;
    struct span value = row->value;

    if (!span_uint(&value, 8, &k->position.bytes) || value.len > SINK_FILE_TAIL_BYTES)
        return false;
    k->position.tail_len = (uint16_t)value.len;
    if (value.len)
        memcpy(k->position.tail, value.data, value.len);
    k->has_position = true;
    return true;
}

/* The sink, then the bytes. */
static bool read_waiting(void *ctx, const struct state_row *row)
{
    struct keeper *k = ctx;
    struct span value = row->value;
    uint8_t sink;

    return span_u8(&value, &sink) && sink > 0 && sink < OUTBOX_SINKS &&
           outbox_put(&k->outbox, (enum outbox_sink)sink, value);
}

int keeper_load(struct keeper *k, struct correlator *correlator, struct err *why)
{
    struct err reason;

    if (!k->state)
        return 0;
    k->correlator = correlator;
    if (state_memory_init(&k->memory, k->state, correlator, why) < 0)
        return -1;
    if (state_memory_load(&k->memory, &reason) == 0 &&
        state_each(k->state, STATE_POSITION, read_position, k, &reason) == 0 &&
        state_each(k->state, STATE_OUTBOX, read_waiting, k, &reason) == 0) {
        if (!k->live)
            correlator_resume(correlator);
        return 0;
    }
    state_memory_fini(&k->memory);
    outbox_clear(&k->outbox);
    k->has_position = false;
    k->correlator = NULL;
    return state_begin_anew(k->state, "is damaged", why) < 0 ? -1 : 1;
}

/* What the earlier run may have written into the file before it ended. */
static bool gather_file(const struct outbox *from, struct outbox *to)
{
    for (size_t i = 0; i < from->count; i++)
        if (from->items[i].sink == OUTBOX_FILE &&
            !outbox_put(to, OUTBOX_FILE, outbox_bytes(from, i)))
            return false;
    return true;
}

static int resume_file(struct keeper *k, struct err *why)
{
    struct outbox file = {0};
    int result = 0;

    if (!k->has_position || !k->output->has_file)
        return 0;
    if (gather_file(&k->outbox, &file))
        result = sink_file_resume(&k->output->file, &k->position,
                                  span_of(file.bytes, file.len), !k->live, why);
    outbox_fini(&file);
    return result;
}

/* ---- committing */

static int begin(struct keeper *k, struct err *why)
{
    if (!k->begun && state_begin(k->state, why) < 0)
        return -1;
    k->begun = true;
    return 0;
}

static int put_position(struct keeper *k, struct err *why)
{
    uint8_t value[8 + SINK_FILE_TAIL_BYTES];
    struct sink_file_position p;
    struct state_row row = {.kind = STATE_POSITION};

    if (!k->output->has_file || !sink_file_tell(&k->output->file, &p))
        return 0;
    for (size_t i = 0; i < 8; i++)
        value[i] = (uint8_t)(p.bytes >> (56 - 8 * i));
    memcpy(value + 8, p.tail, p.tail_len);
    row.value = span_of(value, (size_t)8 + p.tail_len);
    return state_put(k->state, &row, why);
}

static int put_waiting(struct keeper *k, struct err *why)
{
    uint8_t *value = NULL;
    int result = 0;

    for (size_t i = 0; i < k->outbox.count && result == 0; i++) {
        struct span bytes = outbox_bytes(&k->outbox, i);
        struct state_row row = {.kind = STATE_OUTBOX, .turn = ++k->sequence};
        uint8_t *grown = realloc(value, bytes.len + 1);

        if (!grown) {
            result = err_set(why, "state %s: no memory", k->options.path);
            break;
        }
        value = grown;
        value[0] = (uint8_t)k->outbox.items[i].sink;
        memcpy(value + 1, bytes.data, bytes.len);
        row.value = span_of(value, bytes.len + 1);
        memcpy(row.id, &row.turn, sizeof(row.turn));
        result = state_put(k->state, &row, why);
    }
    free(value);
    return result;
}

static int trim_alerts(struct keeper *k, struct err *why)
{
    if (k->alerts_since_trim < KEEPER_ALERTS_MAX / 100)
        return 0;
    k->alerts_since_trim = 0;
    return state_trim(k->state, STATE_ALERT, KEEPER_ALERTS_MAX, why);
}

static int write_step(struct keeper *k, struct err *why)
{
    if (begin(k, why) < 0 || state_memory_save(&k->memory, why) < 0 ||
        put_position(k, why) < 0 || put_waiting(k, why) < 0 || trim_alerts(k, why) < 0 ||
        state_commit(k->state, why) < 0)
        return -1;
    k->begun = false;
    state_memory_saved(&k->memory);
    k->stats.commits++;
    return 0;
}

/* What waited is sent. What a sink keeps in memory only is not there yet. */
static int write_sent(struct keeper *k, struct err *why)
{
    if (k->output->has_file && k->output->file.held_len > 0)
        return 0;
    if (begin(k, why) < 0 || state_drop_kind(k->state, STATE_OUTBOX, why) < 0 ||
        put_position(k, why) < 0 || state_commit(k->state, why) < 0)
        return -1;
    k->begun = false;
    return 0;
}

static void complain(struct keeper *k, const struct err *why)
{
    state_undo(k->state);
    k->begun = false;
    k->stats.failures++;
    if (!k->failing)
        log_warn("%s; what is learned is not kept until it can be written again",
                 why->text);
    k->failing = true;
}

static bool send_waiting(struct keeper *k)
{
    struct err why;
    bool sent = true;

    for (size_t i = 0; i < k->outbox.count; i++)
        if (alert_output_send(k->output, k->outbox.items[i].sink,
                              outbox_bytes(&k->outbox, i), &why) < 0)
            sent = false;
    outbox_clear(&k->outbox);
    return sent;
}

void keeper_commit(struct keeper *k)
{
    bool waiting = k->outbox.count > 0, sent;
    struct err why;

    if (!k->state || !k->output || (!k->changed && !waiting && !k->begun))
        return;
    if (alert_output_flush(k->output, &why) < 0)
        return; /* the run ends, and the next one begins before what was not written */
    if (write_step(k, &why) < 0) {
        complain(k, &why);
    } else {
        k->failing = false;
        k->changed = false;
    }
    if (!waiting)
        return;
    sent = send_waiting(k);
    if (sent && !k->failing && write_sent(k, &why) < 0)
        complain(k, &why);
}

int keeper_join(struct keeper *k, struct alert_output *output, struct err *why)
{
    if (!k->state)
        return 0;
    k->output = output;
    if (resume_file(k, why) < 0)
        return -1;
    k->stats.resent = k->outbox.count;
    if (k->outbox.count > 0 && send_waiting(k) && write_sent(k, why) < 0)
        return -1;
    output->outbox = &k->outbox;
    return 0;
}

static bool is_due(const struct keeper *k, uint64_t now_ns)
{
    if (k->outbox.count > 0)
        return true;
    if (!k->live && k->correlator->stats.sessions < k->due_sessions)
        return false;
    return now_ns >= k->due_ns || now_ns + k->interval_ns < k->due_ns;
}

void keeper_rest(struct keeper *k, uint64_t now_ns)
{
    if (!is_due(k, now_ns))
        return;
    k->due_ns = now_ns + k->interval_ns;
    k->due_sessions = k->correlator->stats.sessions + KEEPER_SESSIONS_MIN;
    keeper_commit(k);
}

/* ---- alerts as events */

struct catch
{
    struct keeper *keeper;
    const struct finding *finding;
};

static void keep_event(void *ctx, struct span line)
{
    struct catch *c = ctx;
    struct keeper *k = c->keeper;
    struct state_row row = {.kind = STATE_ALERT,
                            .turn = c->finding->time_ns,
                            .used_s = c->finding->time_ns / NS_PER_S,
                            .value = line};
    struct err why;

    memcpy(row.id, c->finding->alert_id, sizeof(row.id));
    if (begin(k, &why) < 0 || state_put(k->state, &row, &why) < 0)
        complain(k, &why);
    k->alerts_since_trim++;
}

void keeper_note(struct keeper *k, const struct finding *f)
{
    struct catch catch = {k, f};
    struct json_out out;

    if (!k->state)
        return;
    json_out_init(&out, k->event, KEEPER_EVENT_MAX, keep_event, &catch);
    if (alert_json_write(f, &k->output->options.observer, &out))
        json_out_flush(&out);
}

bool keeper_can_pause(const struct keeper *k)
{
    return k->state && !k->live;
}

void keeper_note_rules(struct keeper *k)
{
    if (k->state)
        state_memory_renew_hits(&k->memory);
}

void keeper_close(struct keeper *k)
{
    if (k->output)
        k->output->outbox = NULL;
    if (k->correlator)
        state_memory_fini(&k->memory);
    outbox_fini(&k->outbox);
    state_close(k->state);
    free(k->event);
    *k = (struct keeper){0};
}
