/*
 * The main loop: what the workers tell goes into the sensor until the input ends, the packet limit
 * is reached or a signal asks to stop. It alone reads the clock and takes signals.
 *
 * TERM and INT drain, or pause what the next run goes on with, and end; a second one ends at once. USR1 writes a stats event. HUP goes on
 * with new output files, then calls `reload`.
 */
#pragma once

#include "complaints.h"
#include "crew.h"
#include "monitor.h"
#include "notify.h"
#include "sensor.h"

struct loop_options {
    bool progress;             /* show it on standard error */
    void (*reload)(void *ctx); /* the configuration is to be read again; may be NULL */
    void *ctx;
};

/* What is to be done besides, by the wall clock. */
struct pulse {
    struct sensor *sensor;
    struct monitor *monitor;            /* NULL: none */
    struct notify *notify;              /* NULL: nobody is told */
    struct crew *crew;                  /* whose counters it tells; may be NULL */
    const struct loop_options *options; /* set by loop_run; NULL: nothing is served yet */
    uint64_t next_ns;
    /* Live: */
    struct complaints complaints;
    uint64_t next_look_ns;
    uint64_t next_report_ns;
};

/*
 * Call it often: each few milliseconds it gives the sinks and the monitor time. A replay waits
 * there for slow receivers as long as they take something, live nobody does.
 */
void loop_pulse(struct pulse *p);

/* At the end, when the sensor was drained: give receivers the time to take what is left. */
void loop_settle(struct pulse *p);

/* The clock of all that is not packets. */
uint64_t loop_clock_ns(void);

/* The time of day, with which frames are stamped. */
uint64_t loop_wall_ns(void);

/*
 * For who reads a pipe: while it is silent, signals, receivers and the monitor are served. What the
 * pulse names may still be empty then; the pulse must not move.
 */
struct read_wait loop_read_wait(struct pulse *p);

/* Do what a signal asked for, between two things that the sensor takes; true when all is to end. */
bool loop_look_at_signals(struct pulse *p);

/* TERM or INT came. */
bool loop_is_stopped(void);

/* From now on signals are taken. */
void loop_take_signals(void);

/* 0, or -1 with a sentence: the output could not be written, or a thread not be started. */
int loop_run(struct pulse *p, const struct loop_options *options, struct err *why);
