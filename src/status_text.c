#include "alert/alert_words.h"
#include "alert/blind_text.h"
#include "base/nanotime.h"
#include "status.h"

#define MINUTE 60u
#define HOUR 3600u
#define DAY 86400u

/* "3 d 4 h", "12 m 5 s" */
static void write_duration(uint64_t ns, struct text *out)
{
    unsigned long long s = ns / NS_PER_S;

    if (s >= DAY)
        text_add_format(out, "%llu d %llu h", s / DAY, s % DAY / HOUR);
    else if (s >= HOUR)
        text_add_format(out, "%llu h %llu m", s / HOUR, s % HOUR / MINUTE);
    else if (s >= MINUTE)
        text_add_format(out, "%llu m %llu s", s / MINUTE, s % MINUTE);
    else
        text_add_format(out, "%llu s", s);
}

/* "1.2 GB" */
static void write_bytes(double bytes, struct text *out)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    size_t unit = 0;

    while (bytes >= 1000 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        bytes /= 1000;
        unit++;
    }
    text_add_format(out, unit ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
}

static void write_head(const struct status *s, struct text *out)
{
    const struct observer *observer = &s->sensor->output->options.observer;
    char time[NANOTIME_TEXT_MAX];

    text_add_format(out, "pinsight %s, sensor ", observer->version);
    text_add_span(out, span_of_text(observer->name));
    text_add(out, ", running for ");
    write_duration(status_uptime_ns(s), out);
    text_add(out, "\n");
    if (s->counters.now_ns)
        text_add_format(out, "packets seen up to %s\n",
                        nanotime_describe(s->counters.now_ns, time));
}

static void write_rates(const struct status *s, struct text *out)
{
    const struct status_sample *now = status_newest(s);
    struct status_rates rates = status_rates(s);
    char buffer[32];
    struct text bytes = text_in(buffer, sizeof(buffer));

    text_add(out, "\n            total        a second\n");
    write_bytes((double)now->bytes, &bytes);
    text_add_format(out, "packets     %-13llu%.0f\n", (unsigned long long)now->frames,
                    rates.frames);
    text_add_format(out, "traffic     %-13s", bytes.data);
    write_bytes(rates.bytes, out);
    text_add_format(out, "\nsessions    %-13llu%.1f\nalerts      %-13llu%.1f\n",
                    (unsigned long long)now->sessions, rates.sessions,
                    (unsigned long long)now->alerts, rates.alerts);
}

static void write_drops(const struct status *s, struct text *out)
{
    struct status_drops drops = status_drops(s);

    text_add_format(
        out,
        "dropped     %llu packets by the kernel, %llu records for want of room, "
        "%llu events unwritten, %llu alerts lost\n",
        (unsigned long long)drops.kernel, (unsigned long long)drops.shed,
        (unsigned long long)drops.lines, (unsigned long long)drops.alerts);
}

static void write_last_alert(const struct status *s, struct text *out)
{
    const struct last_alert *last = &s->sensor->output->last;
    char time[NANOTIME_TEXT_MAX];

    if (last->time_ns == 0) {
        text_add(out, "last alert  none\n");
        return;
    }
    text_add_format(out, "last alert  %s, %s: ", nanotime_describe(last->time_ns, time),
                    alert_severity_name(last->severity));
    text_add_span(out, span_of_text(last->message));
    text_add(out, "\n");
}

static void write_sources(const struct status *s, struct text *out)
{
    for (size_t i = 0; i < s->counters.source_count; i++) {
        const struct stats_source *source = &s->counters.sources[i];

        text_add_format(out, "%s", i ? "            " : "interfaces  ");
        text_add_span(out, span_of_text(source->name));
        text_add_format(out, ": %s, %llu frames, %llu dropped, %llu outages\n",
                        source->up ? "up" : "down", (unsigned long long)source->frames,
                        (unsigned long long)source->dropped,
                        (unsigned long long)source->outages);
    }
}

static void write_outputs(const struct status *s, struct text *out)
{
    struct status_output outputs[STATUS_OUTPUTS];
    size_t count = status_outputs(s, outputs);

    for (size_t i = 0; i < count; i++) {
        const struct status_output *o = &outputs[i];

        text_add_format(out, "%s%s ", i ? "            " : "outputs     ", o->name);
        text_add_span(out, span_of_text(o->target));
        text_add(out, o->up ? ": up" : ": DOWN");
        if (o->alerts_waiting || o->events_waiting) {
            text_add_format(out, ", %llu alerts and %llu other events wait in ",
                            (unsigned long long)o->alerts_waiting,
                            (unsigned long long)o->events_waiting);
            write_bytes((double)o->spool_bytes, out);
        }
        if (o->lost)
            text_add_format(out, ", %llu events lost", (unsigned long long)o->lost);
        text_add(out, "\n");
    }
}

static void write_tables(const struct status *s, struct text *out)
{
    struct status_table tables[STATUS_TABLES];

    status_tables(s, tables);
    text_add(out, "tables      ");
    for (size_t i = 0; i < STATUS_TABLES; i++) {
        text_add_format(out, "%s%s %llu", i ? ", " : "", tables[i].name,
                        (unsigned long long)tables[i].count);
        if (tables[i].capacity)
            text_add_format(out, " of %llu", (unsigned long long)tables[i].capacity);
    }
    text_add(out, "\n");
}

void status_write_text(const struct status *s, struct text *out)
{
    write_head(s, out);
    write_rates(s, out);
    text_add(out, "\n");
    write_last_alert(s, out);
    write_drops(s, out);
    write_sources(s, out);
    write_outputs(s, out);
    write_tables(s, out);
    text_add(out, "\n");
    blind_text_write(&s->sensor->output->blind,
                     status_counter(s, "preamble", "other_on_443"), out);
}
