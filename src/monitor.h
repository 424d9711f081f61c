/*
 * Whoever asks how the program is, gets his answer here: the status (status.h), the control socket
 * (control.h) and the metrics (metrics.h), as the settings `stats.control` and `stats.listen` want
 * them. The main loop gives it time.
 */
#pragma once

#include "control.h"
#include "metrics.h"

/* Where a live sensor listens, and `pinsight status` asks, when nobody says otherwise. */
#define MONITOR_CONTROL_DEFAULT "/run/pinsight/control"

struct monitor {
    struct status status;
    struct control control;
    struct metrics *metrics; /* NULL: not wanted */
    bool has_control;
    uint64_t next_sample_ns;
};

/*
 * Open what is wanted; -1 with a sentence. A live sensor opens the default control socket where it
 * can, if no other is named. The monitor must not move.
 */
int monitor_open(struct monitor *m, const struct config *config,
                 const struct sensor *sensor, uint64_t clock_ns, struct err *why);
void monitor_close(struct monitor *m);

/* True when nobody can ask. */
bool monitor_is_idle(const struct monitor *m);

/* True once a second: let the workers tell their counters before the next poll. */
bool monitor_is_due(const struct monitor *m, uint64_t clock_ns);

/* Look at the counters if it is due, and answer, for a bounded time. */
void monitor_poll(struct monitor *m, uint64_t clock_ns);

#define MONITOR_WANTS_MAX (CONTROL_WANTS_MAX + 1)
/* What to wait for before the next poll; how many. */
size_t monitor_wants(const struct monitor *m, struct pollfd out[MONITOR_WANTS_MAX]);
