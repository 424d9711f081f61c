/*
 * Sessions wait here for `hold_back` of packet time, so that they leave in the order of
 * (decided, id) whatever worker they came from, and so that each can be seen beside those that
 * followed it closely.
 *
 * Limit: HOLD_BACK_MAX sessions; a full queue lets the oldest go early and counts it.
 */
#pragma once

#include "session/session.h"

#define HOLD_BACK_MAX 65536u
#define HOLD_BACK_SPARE 64u

/* The time stands beside the pointer, so that sorting seldom looks at the session. */
struct held_session {
    uint64_t decided_ns;
    struct session *session;
};

struct hold_back {
    struct held_session *heap;
    size_t count;
    size_t size;
    struct session *spare[HOLD_BACK_SPARE]; /* given back, to be used again */
    size_t spare_count;
    uint64_t early; /* left before their time because the queue was full */
};

void hold_back_init(struct hold_back *h);
void hold_back_fini(struct hold_back *h);

/* Keep a copy of `s` (with its own references); false when memory is out. */
bool hold_back_put(struct hold_back *h, const struct session *s);

/* True when the queue must let one go before the next is put. */
bool hold_back_full(const struct hold_back *h);

/* The first in order if it was decided at or before `until_ns`, else NULL. Stays in the queue. */
struct session *hold_back_first(const struct hold_back *h, uint64_t until_ns);

/* Take the first one out; the caller gives it back. NULL when empty. */
struct session *hold_back_take(struct hold_back *h);

/* Give a session back that was taken: its references are released. */
void hold_back_give(struct hold_back *h, struct session *s);
