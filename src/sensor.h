/*
 * The whole way: wires packets (worker.h) to judgement (detect/correlate.h) to output (alert/),
 * and owns them. It knows no clock: time comes with the frames.
 */
#pragma once

#include "alert/alert.h"
#include "config/config.h"
#include "detect/correlate.h"
#include "ends.h"
#include "worker.h"

struct sensor {
    const struct config *config;
    struct certificate_cache *certificates;
    struct prints *prints;
    struct worker worker;
    struct correlator correlator;
    struct ends ends;
    struct alert_output *output;
    const char **authority_names;
    bool stats_on;
    bool quiet;
    bool warned_authority;
    bool checked_expiry;
    int write_failures;
    uint64_t next_stats_ns;
    uint64_t clock_steps;
    struct err why; /* of the last failed write */
};

struct sensor_options {
    const struct config *config; /* borrowed, outlives the sensor */
    bool verify_checksums;
    bool stats;
    bool quiet;
    uint64_t seed;
};

/* -1 with a sentence: 3 is the exit code then, all of it is the configuration's. */
int sensor_init(struct sensor *s, const struct sensor_options *options, struct err *why);

/* Load what the configuration names (authorities) and nothing else; -1 with a sentence. */
int sensor_test(const struct config *config, struct err *why);

/* Take one frame; -1 when the output cannot be written any more. */
int sensor_push(struct sensor *s, const struct frame *frame);

/* The input ended: everything that is pending goes out. */
int sensor_drain(struct sensor *s);

/* Write a stats event now. */
void sensor_report(struct sensor *s);

/* True when a table shed something, a line was lost or memory was out. */
bool sensor_dropped(const struct sensor *s);

void sensor_fini(struct sensor *s);
