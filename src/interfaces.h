/*
 * The interfaces of a live run. They are opened before privileges are dropped, a ring for each
 * worker, all rings of an interface in one group that shares the frames out. While it runs the main
 * loop looks after them: one that was removed, or was not there at the start, is opened anew when it
 * appears, in the loop's thread, which needs CAP_NET_RAW for that and nothing else. One that goes
 * down and comes up again keeps its rings.
 *
 * Rings change hands through one atomic pointer for each worker and interface; whoever has a ring
 * has it alone. Workers look there between two batches of frames.
 *
 * What happens to an interface is counted and said, a few times at once and then every 10 s.
 */
#pragma once

#include <stdatomic.h>

#include "capture/source_live.h"

struct interfaces_options {
    const char *const *names; /* copied */
    size_t name_count;        /* 1 to LIVE_INTERFACES_MAX */
    struct ring_options
        ring; /* its filter outlives the interfaces; the buffer is all workers' */
    unsigned workers;
    bool wait; /* for interfaces that are not there yet */
    uint64_t (*wall_ns)(void);
};

/* What one worker and the loop hand each other. */
struct interface_place {
    _Atomic(struct ring *) fresh; /* for the worker to take */
    atomic_bool stale;            /* the loop: let it go */
    atomic_bool lent;             /* the worker has it, or may take it */
};

enum interface_state {
    INTERFACE_WAITING, /* nothing is open */
    INTERFACE_OPEN,
    INTERFACE_LEAVING, /* some workers still have a ring */
};

struct interface {
    char *name;
    enum interface_state state;
    enum ring_failure failure; /* why it waits */
    unsigned index;            /* of the interface its rings were opened on; 0: "any" */
    atomic_bool up;
    atomic_uint_fast64_t outages;
    bool said_up; /* what was said last */
    unsigned credits;
    uint64_t credit_ns;
    struct interface_place *places; /* one for each worker */
};

struct interfaces {
    struct interfaces_options options;
    struct interface *items;
    size_t count;
    int fd; /* for questions to the system */
    uint64_t next_ns;
};

/* -1 with a sentence when an interface cannot be opened (and is not to be waited for). */
int interfaces_open(struct interfaces *d, const struct interfaces_options *options,
                    struct err *why);

/* When no worker runs any more. */
void interfaces_fini(struct interfaces *d);

/* The loop, often, with its own clock. */
void interfaces_tend(struct interfaces *d, uint64_t clock_ns);

/* A worker: the ring that is there for it, now its own, or NULL. */
struct ring *interfaces_take(struct interfaces *d, size_t i, unsigned worker);

/* A worker: is the ring to be given up? / it is closed. */
bool interfaces_is_stale(const struct interfaces *d, size_t i, unsigned worker);
void interfaces_give_up(struct interfaces *d, size_t i, unsigned worker);

/* Anyone: is it up, and how often was it not. */
bool interfaces_is_up(const struct interfaces *d, size_t i);
uint64_t interfaces_outages(const struct interfaces *d, size_t i);
