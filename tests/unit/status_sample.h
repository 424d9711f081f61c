/*
 * A sensor as far as a status needs one, with something in every field: eleven seconds old, one
 * interface, a receiver that is away.
 */
#pragma once

#include "base/nanotime.h"
#include "status.h"

#define SAMPLE_START (100 * NS_PER_S)

struct sample {
    struct config config;
    struct sensor sensor;
    struct counters look;
    struct alert_output output;
    struct status status;
};

static inline void sample_count_more(struct sample *s, uint64_t frames)
{
    static const char *const names[] = {"live", "capacity", "connections_live", "created"};
    struct stats_rows *rows = &s->look.rows;

    s->look.source_count = 1;
    s->look.sources[0].name = "eth0";
    s->look.sources[0].up = true;
    s->look.sources[0].received += frames + 2;
    s->look.sources[0].dropped += 2;
    s->look.sources[0].frames += frames;
    s->look.sources[0].bytes += frames * 1000;
    s->look.now_ns = UINT64_C(1795232898537000000);
    rows->count = 0;
    for (size_t i = 0; i < 4; i++)
        rows->rows[rows->count++] = (struct stats_row){
            .stage = "flow", .name = names[i], .value = 10 * (i + 1), .is_level = i < 3};
    rows->rows[rows->count++] =
        (struct stats_row){.stage = "protocols", .name = "DNS.x", .value = 3};
    rows->rows[rows->count++] =
        (struct stats_row){.stage = "protocols", .name = "NTP", .value = 4};
    s->sensor.correlator.stats.sessions += frames / 10;
}

static inline void sample_outputs(struct alert_output *o)
{
    o->options.observer = (struct observer){.name = "sensor-a", .version = "1.0.0"};
    o->options.file.path = "/var/log/events";
    o->has_file = o->has_socket = true;
    o->socket.spool.options.name = "socket";
    o->socket.receiver.options.target = "/run/taker";
    o->socket.spool.waiting[SINK_ALERT] = 3;
    o->socket.spool.waiting[SINK_OBSERVATION] = 40;
    o->socket.spool.queues[SINK_ALERT].bytes = 12345;
    o->socket.spool.stats.shed[SINK_OBSERVATION] = 7;
    o->stats.alerts = 5;
    o->stats.lines_lost = 1;
    o->last = (struct last_alert){.time_ns = UINT64_C(1795232898537000000),
                                  .severity = 73,
                                  .message = "An app pins."};
    o->blind = (struct blind_spots){
        .sessions = 200, .without_verdict = 50, .one_sided = 10, .resumed = 45};
}

/* Large: give it static memory. */
static inline void sample_status(struct sample *s)
{
    memset(s, 0, sizeof(*s));
    s->config.limits =
        (struct config_limits){.handshakes = 100, .devices = 200, .keys = 300};
    s->sensor.output = &s->output;
    s->sensor.looks = &s->look;
    s->sensor.lane_count = 1;
    sample_outputs(&s->output);
    sample_count_more(s, 1000);
    status_init(&s->status, &s->config, &s->sensor, SAMPLE_START);
    for (unsigned i = 1; i <= 11; i++) {
        sample_count_more(s, 100);
        status_sample(&s->status, SAMPLE_START + i * NS_PER_S);
    }
}
