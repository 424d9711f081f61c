/*
 * One socket of one interface: the ring that libpcap shares with the kernel. It is opened here, by
 * whoever may (CAP_NET_RAW), and belongs to the worker that is given it.
 *
 * In: an interface's name. Out: frames whose bytes lie in the ring until the callback returns, in
 * batches; with ring_hold instead one frame, copied, so that rings can be read in order of time.
 * Nothing blocks: whoever finds the ring empty polls its descriptor (an idle ring can hold libpcap's
 * own waiting for ever).
 *
 * Several workers get a ring each, which share one interface's frames (capture/fanout.h). Before the
 * last has joined, several see the same frame: so all frames before `ring_begin` are passed over.
 *
 * An interface that goes down leaves the ring as it is: frames come again when it is up. One that
 * is removed ends it.
 */
#pragma once

#include "base/err.h"
#include "capture/frame.h"

struct ring_options {
    const char *filter; /* BPF expression, NULL for none */
    uint32_t snaplen;
    uint64_t buffer_bytes;
    bool promiscuous;
    bool immediate; /* each frame at once instead of in blocks */
};

/* Why a ring could not be opened. */
enum ring_failure {
    RING_OPEN,      /* it could */
    RING_MISSING,   /* there is no such interface */
    RING_DOWN,      /* there is, but it is down */
    RING_FORBIDDEN, /* the process may not */
    RING_BROKEN,    /* anything else */
};

struct ring_stats {
    uint64_t received; /* frames that the filter let through, those dropped included */
    uint64_t dropped;  /* by the kernel, for want of room */
    uint64_t freezes;  /* times when the ring was full */
    uint64_t frames;   /* handed out */
    uint64_t bytes;
    uint64_t cut; /* of them, longer than the snap length */
    uint64_t
        oversize;   /* of them, longer than the interface can send: merged by the driver */
    uint64_t early; /* passed over, before ring_begin */
};

typedef void (*frame_fn)(void *ctx, const struct frame *frame);

struct ring;

/* NULL with a sentence and the reason. `name` is borrowed and outlives the ring. */
struct ring *ring_open(const char *name, const struct ring_options *options,
                       enum ring_failure *failure, struct err *why);
void ring_close(struct ring *r); /* accepts NULL */

/* All workers have joined: frames count from this time on. */
void ring_begin(struct ring *r, uint64_t begin_ns);

/* Hand out at most `most` frames; how many, 0 when there are none, -1 when it is in trouble. */
int ring_take(struct ring *r, unsigned most, frame_fn fn, void *ctx);

/* The first frame, lent until ring_drop, stands in `out` then: 1; otherwise as ring_take. */
int ring_hold(struct ring *r, const struct frame **out);
void ring_drop(struct ring *r);

int ring_fd(const struct ring *r);
uint32_t ring_link_type(const struct ring *r);
unsigned ring_index(const struct ring *r); /* of the interface; 0 for "any" */
uint32_t ring_mtu(const struct ring *r);   /* 0: none known */

/* How long a frame may lie in the ring before it can be seen. */
uint64_t ring_delay_ns(const struct ring *r);

/* Ask the kernel what it dropped; then tell all. */
const struct ring_stats *ring_count(struct ring *r);

/*
 * True when the kernel has taken frames that it has not shown yet: on a busy machine the timer that
 * hands a block over can be late by much more than ring_delay_ns. What it never shows is waited for
 * once. Of "any" it cannot be told.
 */
bool ring_waits(struct ring *r, uint64_t wall_ns);
