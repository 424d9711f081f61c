/*
 * What one worker captures from: a ring of each interface, as they are given to it and taken away.
 * It knows no clock and no other worker.
 *
 * Of one ring frames are handed out as they lie there. Of several they are handed out in the order
 * of their times, because a tap sends each direction to an interface of its own: a frame waits until
 * no other ring can still show an earlier one (ring_delay_ns), and is copied for that.
 *
 * A ring in trouble is left alone until the caller's next round; its counters stay when it goes.
 */
#pragma once

#include <poll.h>

#include "capture/ring.h"

#define LIVE_INTERFACES_MAX 16

struct live_place {
    struct ring *ring;        /* NULL: there is none now */
    struct ring_stats before; /* of the rings that were here */
    uint64_t empty_ns;        /* the wall clock when nothing was in it; 0: a frame was */
    bool in_trouble;          /* its last answer was an error */
    bool waits;               /* it showed nothing, but the kernel has frames for it */
};

struct live {
    size_t count;
    size_t open; /* rings there are */
    bool holds;  /* a frame waits for its turn, or to be shown */
    struct live_place places[LIVE_INTERFACES_MAX];
};

void live_init(struct live *l, size_t interfaces);

/* The ring is now the source's / is closed, for good or until the next one. */
void live_put(struct live *l, size_t interface, struct ring *ring);
void live_lose(struct live *l, size_t interface);

/*
 * Hand out at most `most` frames, which at `wall_ns` are all there are when fewer come; how many.
 */
unsigned live_take(struct live *l, unsigned most, uint64_t wall_ns, frame_fn fn, void *ctx);

/* What to wait for when nothing came; how many. */
size_t live_wants(const struct live *l, struct pollfd out[LIVE_INTERFACES_MAX]);

/* What an interface has counted so far, rings that are gone included. */
struct ring_stats live_count(struct live *l, size_t interface);

void live_fini(struct live *l);
