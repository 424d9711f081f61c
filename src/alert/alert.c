#include "alert/alert.h"

#include "alert/alert_json.h"
#include "alert/alert_text.h"
#include "session/session_write.h"

static uint64_t count_lines(struct span lines)
{
    uint64_t n = 0;

    for (size_t i = 0; i < lines.len; i++)
        n += lines.data[i] == '\n';
    return n;
}

/* Finished lines leave the buffer. The sentence of a failure waits for take_failure. */
static void on_lines(void *ctx, struct span lines)
{
    struct alert_output *o = ctx;

    if (sink_write(&o->file.sink, lines, &o->why) == 0) {
        o->stats.bytes += lines.len;
        return;
    }
    o->failed = true;
    o->stats.write_errors++;
    o->stats.lines_lost += count_lines(lines);
}

static int take_failure(struct alert_output *o, struct err *why)
{
    if (!o->failed)
        return 0;
    o->failed = false;
    return err_set(why, "%s", o->why.text);
}

int alert_output_init(struct alert_output *o, const struct alert_options *options,
                      struct err *why)
{
    memset(o, 0, sizeof(*o));
    o->options = *options;
    if (sink_file_init(&o->file, options->path, options->append, why) < 0)
        return -1;
    o->colour = sink_file_is_terminal(&o->file);
    json_out_init(&o->out, o->buffer, sizeof(o->buffer), on_lines, o);
    return 0;
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
    if (o->options.sessions == ALERT_SESSIONS_NO || o->options.format == ALERT_FORMAT_TEXT)
        return 0;
    session_write(s, &o->options.observer, &o->out);
    return count_line(o, before, &o->stats.sessions, why);
}

int alert_output_session_end(struct alert_output *o, const struct session_end *end,
                             struct err *why)
{
    uint64_t before = o->out.lines;

    if (o->options.sessions != ALERT_SESSIONS_FULL ||
        o->options.format == ALERT_FORMAT_TEXT)
        return 0;
    session_end_write(end, &o->options.observer, &o->out);
    return count_line(o, before, &o->stats.session_ends, why);
}

/* The block is built in the buffer, which holds nothing else in this format. */
static bool write_text(struct alert_output *o, const struct finding *f)
{
    struct text text = text_in(o->buffer, ALERT_TEXT_MAX);

    alert_text_write(f, o->colour, &text);
    on_lines(o, span_of(text.data, text.len));
    return !text.cut;
}

static bool write_json(struct alert_output *o, const struct finding *f)
{
    bool fits = alert_json_write(f, &o->options.observer, &o->out);

    json_out_flush(&o->out);
    return fits;
}

int alert_output_finding(struct alert_output *o, const struct finding *f, struct err *why)
{
    bool is_text = o->options.format == ALERT_FORMAT_TEXT;

    if ((f->informational || f->severity <= 1) && !o->options.informational) {
        o->stats.informational++;
        return 0;
    }
    if (!(is_text ? write_text(o, f) : write_json(o, f)))
        o->stats.too_long++;
    else if (o->failed)
        o->stats.alerts_lost++;
    else
        o->stats.alerts++;
    return take_failure(o, why);
}

int alert_output_stats(struct alert_output *o, const struct stats_report *report,
                       struct err *why)
{
    uint64_t before = o->out.lines;
    struct stats_report whole = *report;

    whole.sequence = ++o->reports;
    whole.blind = o->blind;
    if (o->options.format == ALERT_FORMAT_TEXT)
        return 0;
    (void)stats_json_write(&whole, &o->options.observer, &o->out);
    return count_line(o, before, &o->stats.reports, why);
}

int alert_output_flush(struct alert_output *o, struct err *why)
{
    json_out_flush(&o->out);
    if (sink_flush(&o->file.sink, &o->why) < 0)
        o->failed = true;
    return take_failure(o, why);
}

int alert_output_reopen(struct alert_output *o, struct err *why)
{
    if (alert_output_flush(o, why) < 0)
        return -1;
    return sink_reopen(&o->file.sink, why);
}

int alert_output_fini(struct alert_output *o, struct err *why)
{
    int result = alert_output_flush(o, why);

    sink_close(&o->file.sink);
    return result;
}
