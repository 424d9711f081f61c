#include "base/nanotime.h"
#include "status.h"

static void write_rates(const struct status *s, struct json_out *out)
{
    const struct status_sample *now = status_newest(s);
    struct status_rates rates = status_rates(s);

    json_out_object(out, "totals");
    json_out_number(out, "packets", now->frames);
    json_out_number(out, "bytes", now->bytes);
    json_out_number(out, "sessions", now->sessions);
    json_out_number(out, "alerts", now->alerts);
    json_out_end(out);
    json_out_object(out, "per_second");
    json_out_real(out, "packets", rates.frames, 3);
    json_out_real(out, "bytes", rates.bytes, 3);
    json_out_real(out, "sessions", rates.sessions, 3);
    json_out_real(out, "alerts", rates.alerts, 3);
    json_out_end(out);
}

static void write_drops(const struct status *s, struct json_out *out)
{
    struct status_drops drops = status_drops(s);

    json_out_object(out, "dropped");
    json_out_number(out, "kernel", drops.kernel);
    json_out_number(out, "shed", drops.shed);
    json_out_number(out, "lines", drops.lines);
    json_out_number(out, "alerts", drops.alerts);
    json_out_end(out);
}

static void write_tables(const struct status *s, struct json_out *out)
{
    struct status_table tables[STATUS_TABLES];

    status_tables(s, tables);
    json_out_object(out, "tables");
    for (size_t i = 0; i < STATUS_TABLES; i++) {
        json_out_object(out, tables[i].name);
        json_out_number(out, "count", tables[i].count);
        if (tables[i].capacity)
            json_out_number(out, "capacity", tables[i].capacity);
        json_out_end(out);
    }
    json_out_end(out);
}

static void write_sources(const struct status *s, struct json_out *out)
{
    json_out_array(out, "sources");
    for (size_t i = 0; i < s->counters.source_count; i++) {
        const struct stats_source *source = &s->counters.sources[i];

        json_out_object(out, NULL);
        json_out_text(out, "name", source->name);
        json_out_bool(out, "up", source->up);
        json_out_number(out, "frames", source->frames);
        json_out_number(out, "received", source->received);
        json_out_number(out, "dropped", source->dropped);
        json_out_number(out, "ring_freezes", source->freezes);
        json_out_number(out, "bytes", source->bytes);
        json_out_number(out, "cut", source->cut);
        json_out_number(out, "oversize", source->oversize);
        json_out_number(out, "early", source->early);
        json_out_number(out, "outages", source->outages);
        json_out_end(out);
    }
    json_out_end(out);
}

static void write_outputs(const struct status *s, struct json_out *out)
{
    struct status_output outputs[STATUS_OUTPUTS];
    size_t count = status_outputs(s, outputs);

    json_out_array(out, "outputs");
    for (size_t i = 0; i < count; i++) {
        json_out_object(out, NULL);
        json_out_text(out, "name", outputs[i].name);
        json_out_text(out, "target", outputs[i].target);
        json_out_bool(out, "up", outputs[i].up);
        json_out_number(out, "alerts_waiting", outputs[i].alerts_waiting);
        json_out_number(out, "events_waiting", outputs[i].events_waiting);
        json_out_number(out, "spool_bytes", outputs[i].spool_bytes);
        json_out_number(out, "lost", outputs[i].lost);
        json_out_end(out);
    }
    json_out_end(out);
}

static void write_last_alert(const struct status *s, struct json_out *out)
{
    const struct last_alert *last = &s->sensor->output->last;

    if (last->time_ns == 0)
        return;
    json_out_object(out, "last_alert");
    json_out_time(out, "time", last->time_ns);
    json_out_number(out, "severity", (uint64_t)last->severity);
    json_out_text(out, "message", last->message);
    json_out_end(out);
}

bool status_write_json(const struct status *s, struct json_out *out)
{
    const struct observer *observer = &s->sensor->output->options.observer;

    json_out_begin(out);
    json_out_text(out, "name", observer->name);
    json_out_text(out, "version", observer->version);
    json_out_decimal(out, "uptime", (int64_t)(status_uptime_ns(s) / NS_PER_MS), 3);
    if (s->counters.now_ns)
        json_out_time(out, "packet_time", s->counters.now_ns);
    write_rates(s, out);
    write_drops(s, out);
    write_last_alert(s, out);
    write_sources(s, out);
    write_outputs(s, out);
    write_tables(s, out);
    stats_json_blind_spots(&s->sensor->output->blind, out);
    stats_json_stages(s->counters.rows.rows, s->counters.rows.count, out);
    return json_out_finish(out);
}
