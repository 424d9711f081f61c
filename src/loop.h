/*
 * The main loop: frames from the source into the sensor until the input ends, the packet limit is
 * reached or a signal asks to stop. It alone reads the clock (progress) and takes signals.
 *
 * TERM and INT drain and end; a second one ends at once. USR1 writes a stats event.
 */
#pragma once

#include "capture/source.h"
#include "lane.h"
#include "sensor.h"

struct loop_options {
    uint64_t packet_limit; /* 0 for none */
    bool progress;         /* show it on standard error */
};

/* 0, or -1 with a sentence in the sensor when the output could not be written. */
int loop_run(struct source *source, struct lane *lane, struct sensor *sensor,
             const struct loop_options *options);
