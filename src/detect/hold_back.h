/*
 * Sessions wait here for `hold_back` of packet time, so that they leave in the order of
 * (decided, id) whatever worker they came from, and so that each can be seen beside those that
 * followed it closely.
 *
 * They wait twice: first for those that were decided before them and come later (a heap), then, in
 * order, for those that follow (a line). What enters the line and what leaves it is therefore a
 * matter of the sessions' times alone, not of the moment at which they are told.
 *
 * Limit: HOLD_BACK_MAX sessions; a full queue lets the oldest go early and counts it.
 */
#pragma once

#include "session/session.h"

#define HOLD_BACK_MAX 32768u
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

    struct held_session *line; /* in order; the first at `line_first` */
    size_t line_first, line_count, line_size;
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

/* Move the first one into the line; lent, NULL when there is none or memory is out. */
struct session *hold_back_line_up(struct hold_back *h);

/* The first of the line if it was decided at or before `until_ns`, else NULL. Stays in the line. */
struct session *hold_back_next(const struct hold_back *h, uint64_t until_ns);

/* Take the first of the line out; the caller gives it back. NULL when the line is empty. */
struct session *hold_back_leave(struct hold_back *h);
