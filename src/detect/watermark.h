/*
 * How far a correlator has come: the last session that it took in. Whoever begins again with the
 * memory of an earlier run reads the same input from its beginning, and lets pass what that run has
 * taken in already; the packets before only rebuild connections and the hold-back.
 *
 * Sessions are taken in by (decided, id) between two steps of the input's clock. An input that is
 * not the earlier one but goes on where that ended is told by its times: what was decided later than
 * anything before is new, whatever it is.
 */
#pragma once

#include "session/session.h"

struct watermark {
    bool set; /* false: nothing was taken in yet, and all below is 0 */
    uint32_t clock_steps;
    uint64_t decided_ns;
    uint64_t start_ns;
    uint8_t id[SESSION_ID_BYTES];
    uint64_t highest_ns; /* latest decision before any step */
    uint32_t ends;       /* totals of connections that were written since */
};

/* The session, after so many steps of the clock, is taken in. */
void watermark_advance(struct watermark *w, uint32_t clock_steps, const struct session *s);

enum watermark_side {
    WATERMARK_BEFORE, /* was taken in by the earlier run */
    WATERMARK_AT,     /* is the last one that was */
    WATERMARK_BEYOND, /* and all that follow: new */
};

/* On which side of the earlier run's mark, which is set, a session lies. */
enum watermark_side watermark_side_of(const struct watermark *w, uint32_t clock_steps,
                                      const struct session *s);
