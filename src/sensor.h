/*
 * From decided sessions to what is written: wires judgement (detect/correlate.h) to output
 * (alert/), and owns them. Messages of the lanes go in (lane.h), in the order of message.h. It
 * knows no clock and no thread.
 *
 * What is written depends on the messages and on the times they carry, never on how often
 * sensor_tick is called: each session and each session's end has a time of its own at which it
 * is due.
 */
#pragma once

#include "advice.h"
#include "alert/alert.h"
#include "authorities.h"
#include "config/config.h"
#include "detect/correlate.h"
#include "ends.h"
#include "keeper.h"
#include "message.h"
#include "stats.h"

struct sensor {
    const struct config *config;
    struct authorities authorities;
    struct context *context; /* owned */
    struct correlator correlator;
    struct ends ends;
    struct keeper keeper;
    struct advice advice;
    struct alert_output *output;
    struct counters *lanes; /* of each lane, for the next report */
    struct counters *looks; /* the latest of each lane */
    bool *lane_is_fresh;    /* told since the last report */
    bool *lane_is_heard;    /* told anything since sensor_listen_anew */
    unsigned lane_count;
    uint64_t order;      /* of the message before */
    unsigned untold;     /* sessions taken since time went on */
    uint64_t step_order; /* of the last step */
    uint64_t now_ns;
    uint64_t lane_drops;
    bool live;
    bool paused;
    bool stats_on;
    bool report_asked;
    uint64_t write_failures;
    struct err why; /* of the last failed write */
};

struct sensor_options {
    const struct config *config; /* borrowed, outlives the sensor */
    unsigned lanes;
    bool live;
    bool stats;
    bool quiet;
    uint64_t seed;
};

/* -1 with a sentence: 3 is the exit code then, all of it is the configuration's. */
int sensor_init(struct sensor *s, const struct sensor_options *options, struct err *why);

/* Load what the configuration names (authorities) and nothing else; -1 with a sentence. */
int sensor_test(const struct config *config, struct err *why);

/*
 * Judge by this configuration from here on; what was learned stays. `next` is taken, as it is made by
 * authorities_load_next; the configuration is borrowed, the one before is used no more. -1 with a
 * sentence: nothing changed, and nothing was taken.
 */
int sensor_adopt(struct sensor *s, const struct config *config, struct authorities *next,
                 struct err *why);

/* Write that a configuration is in effect. */
void sensor_tell_config(struct sensor *s, const struct config_report *report);

/* Take the next message. */
void sensor_take(struct sensor *s, const struct message *message);

/* All messages until this packet time have been taken: write what is due. */
void sensor_tick(struct sensor *s, uint64_t now_ns);

/*
 * Somebody asked to stop. A replay with a state database stops here: what comes after it is not
 * taken, and nothing that is pending is decided, so that the next run goes on. Everything else
 * drains.
 */
void sensor_pause(struct sensor *s);

/* The input ended: everything that is pending goes out. -1 as of sensor_check. */
int sensor_drain(struct sensor *s);

/* Write a stats event as soon as each lane has told its counters, whether or not it was due. */
void sensor_ask_report(struct sensor *s);

/* True when each lane has told counters since sensor_listen_anew: none of them hangs. */
bool sensor_heard_all(const struct sensor *s);
void sensor_listen_anew(struct sensor *s);

/* The latest counters of all lanes, and behind them those of the sensor. */
void sensor_count(const struct sensor *s, struct counters *out);

/*
 * Give the sinks time, of a clock that only grows and has nothing to do with packets, several times
 * a second. `closing`: nothing more comes.
 */
void sensor_poll(struct sensor *s, uint64_t clock_ns, bool closing);

/* Hand to the system what waits in memory / go on with new files of the same names. */
void sensor_flush(struct sensor *s);
void sensor_reopen(struct sensor *s);

/* 0, or -1 with the sentence in `s->why` when something could not be written. */
int sensor_check(const struct sensor *s);

/* True when a table shed something, a line was lost or memory was out. */
bool sensor_dropped(const struct sensor *s);

void sensor_fini(struct sensor *s);
