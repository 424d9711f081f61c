/*
 * How the program is, for who asks while it runs: since when, how much per second, what was
 * dropped, how full tables and spools are, the last alert, the blind spots. As text and as JSON.
 *
 * Looked at once a second (status_sample), with a clock that only grows; rates are those of the
 * last STATUS_RATE_SAMPLES samples. What is told is what the workers told last.
 */
#pragma once

#include "base/json_out.h"
#include "base/text.h"
#include "sensor.h"

#define STATUS_RATE_SAMPLES 11 /* ten seconds */
#define STATUS_TEXT_MAX 16384
/* The writer's buffer: one line with every counter takes half of it at most. */
#define STATUS_JSON_MAX (128u * 1024u)

/* Totals at one time. */
struct status_sample {
    uint64_t clock_ns;
    uint64_t frames, bytes, sessions, alerts;
};

struct status {
    const struct config *config; /* borrowed, as the sensor */
    const struct sensor *sensor;
    uint64_t start_ns;
    struct status_sample samples[STATUS_RATE_SAMPLES]; /* the oldest first */
    size_t sample_count;
    struct counters counters; /* as of the last sample */
};

void status_init(struct status *s, const struct config *config, const struct sensor *sensor,
                 uint64_t clock_ns);

void status_sample(struct status *s, uint64_t clock_ns);

/* The counter of that name, 0 when there is none. */
uint64_t status_counter(const struct status *s, const char *stage, const char *name);

/* The newest sample, and what came per second since the oldest. */
struct status_rates {
    double frames, bytes, sessions, alerts;
};
const struct status_sample *status_newest(const struct status *s);
struct status_rates status_rates(const struct status *s);

/* Frames that the kernel dropped; records and table entries shed; lines and alerts not written. */
struct status_drops {
    uint64_t kernel, shed, lines, alerts;
};
struct status_drops status_drops(const struct status *s);

/* What is somewhere and how much may be: capacity 0 for what has none of its own. */
struct status_table {
    const char *name;
    uint64_t count, capacity;
};
#define STATUS_TABLES 6
void status_tables(const struct status *s, struct status_table out[STATUS_TABLES]);

/* A receiver of events; waiting ones are in its spool. */
struct status_output {
    const char *name, *target;
    bool up;
    uint64_t alerts_waiting, events_waiting, spool_bytes, lost;
};
#define STATUS_OUTPUTS 3
size_t status_outputs(const struct status *s, struct status_output out[STATUS_OUTPUTS]);

uint64_t status_uptime_ns(const struct status *s);

/* ---- status_text.c, status_json.c */

void status_write_text(const struct status *s, struct text *out);

/* One line; false when it did not fit. */
bool status_write_json(const struct status *s, struct json_out *out);
