/*
 * What spoils live capture, said to the operator in one sentence with what helps: frames that the
 * kernel dropped, frames cut by the snap length, frames that a driver merged, a mirror that shows one
 * direction only. Looked at once a second; the same is said again at the earliest after
 * COMPLAINTS_QUIET_NS and then tells all that came in between. Traffic cannot make it say more.
 */
#pragma once

#include "alert/stats_json.h"
#include "stats.h"

#define COMPLAINTS_QUIET_NS UINT64_C(60000000000)
/* One-sided sessions say something about the mirror when there are so many sessions. */
#define COMPLAINTS_SESSIONS 200u

struct complaint {
    uint64_t said; /* what the counter was then */
    uint64_t next_ns;
};

struct complaints {
    struct complaint dropped[STATS_SOURCES_MAX];
    struct complaint cut[STATS_SOURCES_MAX];
    struct complaint oversize[STATS_SOURCES_MAX];
    bool said_one_sided;
    uint64_t count; /* sentences */
};

void complaints_look(struct complaints *c, const struct counters *counters,
                     const struct blind_spots *blind, uint64_t clock_ns);
