#include "alert/alert.h"

#include "alert/alert_json.h"
#include "alert/alert_text.h"
#include "base/log.h"
#include "session/session_write.h"

static uint64_t count_lines(struct span lines)
{
    uint64_t n = 0;

    for (size_t i = 0; i < lines.len; i++)
        n += lines.data[i] == '\n';
    return n;
}

/* A failure of the file. Its sentence waits for take_failure. */
static void note_failure(struct alert_output *o, struct span lines)
{
    o->failed = true;
    o->stats.write_errors++;
    o->stats.lines_lost += count_lines(lines);
}

/* An alert that waits in the outbox. */
static bool waits(struct alert_output *o, enum outbox_sink sink, struct span bytes)
{
    return o->outbox && o->class == SINK_ALERT && outbox_put(o->outbox, sink, bytes);
}

static void write_file(struct alert_output *o, struct span lines)
{
    if (sink_write(&o->file.sink, o->class, lines, &o->why) < 0) {
        note_failure(o, lines);
        return;
    }
    o->stats.bytes += lines.len;
    o->failing = false;
}

/* Finished lines leave the buffer. */
static void on_lines(void *ctx, struct span lines)
{
    struct alert_output *o = ctx;

    if (o->has_file && o->options.format != ALERT_FORMAT_TEXT &&
        !waits(o, OUTBOX_FILE, lines))
        write_file(o, lines);
    if (o->has_socket && !waits(o, OUTBOX_SOCKET, lines))
        (void)sink_write(&o->socket.sink, o->class, lines, &o->why);
}

/* A patient output says once that it cannot write, and goes on. */
static int take_failure(struct alert_output *o, struct err *why)
{
    if (!o->failed)
        return 0;
    o->failed = false;
    if (!o->options.file.patient)
        return err_set(why, "%s", o->why.text);
    if (!o->failing)
        log_warn("%s; events are lost until it can be written again", o->why.text);
    o->failing = true;
    return 0;
}

/* ---- start */

static int open_sinks(struct alert_output *o, struct err *why)
{
    const struct alert_options *options = &o->options;

    if (options->file.path) {
        if (sink_file_init(&o->file, &options->file, why) < 0)
            return -1;
        o->has_file = true;
        o->colour = sink_file_is_terminal(&o->file);
    }
    if (options->socket) {
        if (sink_socket_init(&o->socket, options->socket, why) < 0)
            return -1;
        o->has_socket = true;
    }
    if (options->syslog) {
        if (sink_syslog_init(&o->syslog, options->syslog, why) < 0)
            return -1;
        o->has_syslog = true;
    }
    o->options.socket = NULL;
    o->options.syslog = NULL;
    return 0;
}

static void close_sinks(struct alert_output *o)
{
    if (o->has_file)
        sink_close(&o->file.sink);
    if (o->has_socket)
        sink_close(&o->socket.sink);
    if (o->has_syslog)
        sink_syslog_fini(&o->syslog);
    o->has_file = o->has_socket = o->has_syslog = false;
}

int alert_output_init(struct alert_output *o, const struct alert_options *options,
                      struct err *why)
{
    memset(o, 0, sizeof(*o));
    o->options = *options;
    o->class = SINK_OBSERVATION;
    json_out_init(&o->out, o->buffer, sizeof(o->buffer), on_lines, o);
    if (open_sinks(o, why) < 0) {
        close_sinks(o);
        return -1;
    }
    return 0;
}

/* ---- events */

/* An event of this time comes next: what is of an earlier day, say, goes into the old file. */
static void begin_event(struct alert_output *o, uint64_t time_ns)
{
    struct err why;

    if (!o->has_file || !sink_file_is_due(&o->file, time_ns))
        return;
    json_out_flush(&o->out);
    if (sink_file_rotate(&o->file, &why) < 0)
        log_warn("%s; going on with the old file", why.text);
}

/* Somebody takes JSON. */
static bool wants_json(const struct alert_output *o)
{
    return o->has_socket || (o->has_file && o->options.format != ALERT_FORMAT_TEXT);
}

/* Count the line that was just written, or that it was too long. */
static int count_line(struct alert_output *o, uint64_t lines_before, uint64_t *counter,
                      struct err *why)
{
    if (o->out.lines > lines_before)
        ++*counter;
    else
        o->stats.too_long++;
    return take_failure(o, why);
}

int alert_output_session(struct alert_output *o, const struct session *s, struct err *why)
{
    uint64_t before = o->out.lines;

    blind_spots_count(&o->blind, s);
    if (o->options.sessions == ALERT_SESSIONS_NO || !wants_json(o))
        return 0;
    begin_event(o, s->decided_ns);
    session_write(s, &o->options.observer, &o->texts, &o->out);
    return count_line(o, before, &o->stats.sessions, why);
}

int alert_output_session_end(struct alert_output *o, const struct session_end *end,
                             struct err *why)
{
    uint64_t before = o->out.lines;

    if (o->options.sessions != ALERT_SESSIONS_FULL || !wants_json(o))
        return 0;
    begin_event(o, end->end_ns);
    session_end_write(end, &o->options.observer, &o->out);
    return count_line(o, before, &o->stats.session_ends, why);
}

/* The block is built in the buffer, from which all lines have gone. */
static bool write_text(struct alert_output *o, const struct finding *f)
{
    struct text text = text_in(o->buffer, ALERT_TEXT_MAX);

    alert_text_write(f, o->colour, &text);
    if (!waits(o, OUTBOX_FILE, span_of(text.data, text.len)))
        write_file(o, span_of(text.data, text.len));
    return !text.cut;
}

static bool write_json(struct alert_output *o, const struct finding *f)
{
    bool fits = alert_json_write(f, &o->options.observer, &o->out);

    json_out_flush(&o->out);
    return fits;
}

static bool write_syslog(struct alert_output *o, const struct finding *f)
{
    char buffer[SYSLOG_MESSAGE_MAX + 1];
    struct text message = text_in(buffer, sizeof(buffer));

    if (!sink_syslog_message(&o->syslog, f, &message))
        return false;
    return waits(o, OUTBOX_SYSLOG, span_of(message.data, message.len)) ||
           sink_write(&o->syslog.delivery.sink, SINK_ALERT,
                      span_of(message.data, message.len), &o->why) == 0;
}

static bool write_alert(struct alert_output *o, const struct finding *f)
{
    bool fits = true;

    o->class = SINK_ALERT;
    if (o->has_file && o->options.format == ALERT_FORMAT_TEXT)
        fits = write_text(o, f);
    if (wants_json(o))
        fits = write_json(o, f) && fits;
    if (o->has_syslog)
        fits = write_syslog(o, f) && fits;
    o->class = SINK_OBSERVATION;
    return fits;
}

static void remember_alert(struct alert_output *o, const struct finding *f)
{
    o->last.time_ns = f->time_ns;
    o->last.severity = f->severity;
    memcpy(o->last.message, f->message, sizeof(o->last.message));
}

int alert_output_finding(struct alert_output *o, const struct finding *f, struct err *why)
{
    uint64_t errors;
    bool fits;

    if ((f->informational || f->severity <= 1) && !o->options.informational) {
        o->stats.informational++;
        return 0;
    }
    begin_event(o, f->time_ns);
    remember_alert(o, f);
    json_out_flush(&o->out);
    errors = o->stats.write_errors;
    fits = write_alert(o, f);
    if (!fits)
        o->stats.too_long++;
    else if (o->stats.write_errors > errors)
        o->stats.alerts_lost++;
    else
        o->stats.alerts++;
    return take_failure(o, why);
}

int alert_output_send(struct alert_output *o, enum outbox_sink sink, struct span bytes,
                      struct err *why)
{
    uint64_t errors = o->stats.write_errors;

    o->class = SINK_ALERT;
    if (sink == OUTBOX_FILE && o->has_file)
        write_file(o, bytes);
    else if (sink == OUTBOX_SOCKET && o->has_socket)
        (void)sink_write(&o->socket.sink, SINK_ALERT, bytes, &o->why);
    else if (sink == OUTBOX_SYSLOG && o->has_syslog)
        (void)sink_write(&o->syslog.delivery.sink, SINK_ALERT, bytes, &o->why);
    o->class = SINK_OBSERVATION;
    o->stats.alerts_lost += o->stats.write_errors > errors;
    return take_failure(o, why);
}

int alert_output_stats(struct alert_output *o, const struct stats_report *report,
                       struct err *why)
{
    uint64_t before = o->out.lines;
    struct stats_report whole = *report;

    whole.sequence = ++o->reports;
    whole.blind = o->blind;
    if (!wants_json(o))
        return 0;
    begin_event(o, report->time_ns);
    (void)stats_json_write(&whole, &o->options.observer, &o->out);
    return count_line(o, before, &o->stats.reports, why);
}

int alert_output_config(struct alert_output *o, const struct config_report *report,
                        struct err *why)
{
    uint64_t before = o->out.lines;

    if (!wants_json(o))
        return 0;
    begin_event(o, report->time_ns);
    (void)config_json_write(report, &o->options.observer, &o->out);
    json_out_flush(&o->out);
    return count_line(o, before, &o->stats.configs, why);
}

int alert_output_flush(struct alert_output *o, struct err *why)
{
    json_out_flush(&o->out);
    if (o->has_file && sink_flush(&o->file.sink, &o->why) < 0)
        o->failed = true;
    return take_failure(o, why);
}

int alert_output_reopen(struct alert_output *o, struct err *why)
{
    int result = alert_output_flush(o, why);

    if (o->has_file && sink_reopen(&o->file.sink, why) < 0)
        result = -1;
    if (o->has_socket && sink_reopen(&o->socket.sink, why) < 0)
        result = -1;
    if (o->has_syslog && sink_reopen(&o->syslog.delivery.sink, why) < 0)
        result = -1;
    return result;
}

int alert_output_fini(struct alert_output *o, struct err *why)
{
    int result = alert_output_flush(o, why);

    close_sinks(o);
    return result;
}

/* ---- time */

static void flush_if_due(struct alert_output *o, uint64_t now_ns)
{
    struct err why;

    if (now_ns < o->next_flush_ns)
        return;
    o->next_flush_ns = now_ns + o->options.flush_ns;
    json_out_flush(&o->out);
    if (o->options.file.patient)
        (void)take_failure(o, &why);
}

void alert_output_poll(struct alert_output *o, uint64_t now_ns, bool closing)
{
    flush_if_due(o, now_ns);
    if (o->has_file)
        sink_poll(&o->file.sink, now_ns, closing);
    if (o->has_socket)
        sink_poll(&o->socket.sink, now_ns, closing);
    if (o->has_syslog)
        sink_poll(&o->syslog.delivery.sink, now_ns, closing);
}

static uint64_t pending(const struct delivery *d)
{
    return delivery_pending(d, SINK_ALERT) + delivery_pending(d, SINK_OBSERVATION);
}

uint64_t alert_output_pending(const struct alert_output *o)
{
    return (o->has_socket ? pending(&o->socket) : 0) +
           (o->has_syslog ? pending(&o->syslog.delivery) : 0);
}

static bool is_behind(const struct delivery *d)
{
    return d->receiver.state == RECEIVER_UP &&
           spool_bytes(&d->spool) > d->spool.options.bytes / 4;
}

bool alert_output_is_behind(const struct alert_output *o)
{
    return (o->has_socket && is_behind(&o->socket)) ||
           (o->has_syslog && is_behind(&o->syslog.delivery));
}

static bool is_missed(const struct delivery *d)
{
    return d->receiver.state != RECEIVER_UP || pending(d) == 0;
}

bool alert_output_is_alone(const struct alert_output *o)
{
    return (!o->has_socket || is_missed(&o->socket)) &&
           (!o->has_syslog || is_missed(&o->syslog.delivery));
}

size_t alert_output_wants(const struct alert_output *o,
                          struct pollfd out[ALERT_OUTPUT_WANTS_MAX])
{
    size_t n = 0;

    if (o->has_socket)
        n += receiver_wants(&o->socket.receiver, &out[n]);
    if (o->has_syslog)
        n += receiver_wants(&o->syslog.delivery.receiver, &out[n]);
    return n;
}
