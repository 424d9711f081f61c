#include "status.h"

#include "base/nanotime.h"

void status_init(struct status *s, const struct config *config, const struct sensor *sensor,
                 uint64_t clock_ns)
{
    *s = (struct status){.config = config, .sensor = sensor, .start_ns = clock_ns};
    status_sample(s, clock_ns);
}

uint64_t status_counter(const struct status *s, const char *stage, const char *name)
{
    return stats_value(&s->counters.rows, stage, name);
}

/* Live the interfaces count frames, in a replay the reader of files does. */
static void count_input(const struct status *s, struct status_sample *sample)
{
    const struct counters *c = &s->counters;

    sample->frames = status_counter(s, "capture", "frames");
    sample->bytes = status_counter(s, "capture", "bytes");
    for (size_t i = 0; i < c->source_count; i++) {
        sample->frames += c->sources[i].frames;
        sample->bytes += c->sources[i].bytes;
    }
}

void status_sample(struct status *s, uint64_t clock_ns)
{
    struct status_sample sample = {.clock_ns = clock_ns};

    sensor_count(s->sensor, &s->counters);
    count_input(s, &sample);
    sample.sessions = s->sensor->correlator.stats.sessions;
    sample.alerts = s->sensor->output->stats.alerts;
    if (s->sample_count == STATUS_RATE_SAMPLES) {
        s->sample_count--;
        memmove(s->samples, s->samples + 1, s->sample_count * sizeof(s->samples[0]));
    }
    s->samples[s->sample_count++] = sample;
}

const struct status_sample *status_newest(const struct status *s)
{
    return &s->samples[s->sample_count - 1];
}

uint64_t status_uptime_ns(const struct status *s)
{
    return nanotime_since(s->start_ns, status_newest(s)->clock_ns);
}

struct status_rates status_rates(const struct status *s)
{
    const struct status_sample *from = &s->samples[0], *to = status_newest(s);
    double seconds =
        (double)nanotime_since(from->clock_ns, to->clock_ns) / (double)NS_PER_S;

    if (seconds <= 0)
        return (struct status_rates){0};
    return (struct status_rates){
        .frames = (double)(to->frames - from->frames) / seconds,
        .bytes = (double)(to->bytes - from->bytes) / seconds,
        .sessions = (double)(to->sessions - from->sessions) / seconds,
        .alerts = (double)(to->alerts - from->alerts) / seconds,
    };
}

static uint64_t lost_alerts(const struct alert_output *o)
{
    return o->stats.alerts_lost + o->socket.spool.stats.shed[SINK_ALERT] +
           o->syslog.delivery.spool.stats.shed[SINK_ALERT];
}

struct status_drops status_drops(const struct status *s)
{
    const struct counters *c = &s->counters;
    const struct alert_output *o = s->sensor->output;
    struct status_drops drops = {
        .shed = c->dropped + stats_dropped(s->sensor),
        .lines = o->stats.lines_lost + delivery_lost(&o->socket) +
                 delivery_lost(&o->syslog.delivery),
        .alerts = lost_alerts(o),
    };

    drops.shed -= drops.lines; /* which are among them */
    for (size_t i = 0; i < c->source_count; i++)
        drops.kernel += c->sources[i].dropped;
    return drops;
}

void status_tables(const struct status *s, struct status_table out[STATUS_TABLES])
{
    const struct config_limits *limits = &s->config->limits;
    const struct status_table tables[STATUS_TABLES] = {
        {"flows", status_counter(s, "flow", "live"), status_counter(s, "flow", "capacity")},
        {"handshakes", status_counter(s, "flow", "connections_live"), limits->handshakes},
        {"devices", status_counter(s, "tables", "devices"), limits->devices},
        {"keys", status_counter(s, "tables", "keys"), limits->keys},
        {"held_back", status_counter(s, "detect", "held_back"), 0},
        {"waiting", status_counter(s, "detect", "waiting"), 0},
    };

    memcpy(out, tables, sizeof(tables));
}

static void fill_output(const struct delivery *d, struct status_output *out)
{
    *out = (struct status_output){
        .name = d->spool.options.name,
        .target = d->receiver.options.target,
        .up = d->receiver.state == RECEIVER_UP,
        .alerts_waiting = delivery_pending(d, SINK_ALERT),
        .events_waiting = delivery_pending(d, SINK_OBSERVATION),
        .spool_bytes = spool_bytes(&d->spool),
        .lost = delivery_lost(d),
    };
}

size_t status_outputs(const struct status *s, struct status_output out[STATUS_OUTPUTS])
{
    const struct alert_output *o = s->sensor->output;
    size_t n = 0;

    if (o->has_file)
        out[n++] = (struct status_output){.name = "file",
                                          .target = o->options.file.path,
                                          .up = o->file.held_len == 0 && !o->failing,
                                          .lost = o->stats.lines_lost};
    if (o->has_socket)
        fill_output(&o->socket, &out[n++]);
    if (o->has_syslog)
        fill_output(&o->syslog.delivery, &out[n++]);
    return n;
}
