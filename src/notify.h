/*
 * What systemd is told (sd_notify, by its datagram protocol): READY, RELOADING, STOPPING, a line of
 * STATUS, and the watchdog. Outside of a unit (no NOTIFY_SOCKET) nothing is told.
 *
 * The watchdog is fed by progress and not by a timer: by the main loop, and only when every worker
 * has told its counters since the last time. A loop or a worker that hangs is found out.
 *
 * The socket is opened at the start, before privileges are dropped; nothing blocks.
 */
#pragma once

#include "sensor.h"

struct notify {
    int fd; /* -1: nobody listens */
    struct sensor *sensor;
    uint64_t watchdog_ns; /* 0: nobody waits */
    uint64_t next_ns;
    bool stopping;
};

/* -1 with a sentence when NOTIFY_SOCKET cannot be reached. The sensor may be empty still. */
int notify_open(struct notify *n, struct sensor *sensor, struct err *why);
void notify_close(struct notify *n);

/* All is open, privileges are dropped / it goes on after a reload, which came to its end. */
void notify_ready(struct notify *n);
void notify_reloading(struct notify *n, uint64_t clock_ns);
/* Said once. */
void notify_stopping(struct notify *n);

/* Call it often. */
void notify_poll(struct notify *n, uint64_t clock_ns);
