/*
 * A reload (HUP): the configuration, its rules, lists and authorities are loaded beside those in
 * effect, and take their place all at once, or not at all: then it says why, with file and line, and
 * the old ones stay. Flows, sessions under way and all that detection has learned stay as well.
 *
 * What was sized or opened at the start cannot change: sections capture, context, output, limits,
 * state, stats, user and sensor. A change there is said, and waits for the next start.
 *
 * Each configuration that takes effect has a number and a digest, over every setting as --dump-config
 * writes it, every rule file and the keys of the authorities; an event tells them: live at the
 * start, and after each reload. A replay writes none at its start, because its output depends on
 * packets and not on where files lie.
 */
#pragma once

#include "cli.h"
#include "crew.h"
#include "sensor.h"

struct reload_options {
    const struct cli *cli;
    const struct config *config; /* of the start; borrowed */
    struct crew *crew;           /* NULL: nobody reads packets */
    struct sensor *sensor;
    uint64_t (*wall_ns)(void);
};

struct reload {
    struct reload_options options;
    struct config *config; /* in effect; NULL: that of the start */
    char *text;            /* the one in effect, as --dump-config writes it */
    uint64_t generation;
    uint64_t failures;
};

/* -1 with a sentence. Live it writes the event. */
int reload_init(struct reload *r, const struct reload_options *options, struct err *why);

/* Do it; says on standard error what came of it. `reload` is a struct reload. */
void reload_run(void *reload);

/* After the sensor, which uses the configuration. */
void reload_fini(struct reload *r);
