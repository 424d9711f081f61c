/*
 * What crosses from a worker to the one correlator. A message is lent: what it points at is valid
 * until the call returns, or until the queue is told to drop it.
 */
#pragma once

#include "session/session.h"
#include "session/session_end.h"

struct counters; /* stats.h */

enum message_kind {
    MESSAGE_SESSION, /* a session is decided */
    MESSAGE_END,     /* the totals of one that was */
    MESSAGE_STEP,    /* packet time stepped back: what is pending belongs to the old time */
    MESSAGE_COUNTERS, /* the worker's counters, as a stats event is due */
    MESSAGE_LOOK, /* the same, for who looks how the program is: nothing depends on it */
    MESSAGE_MARK, /* nothing, but it has come so far */
    MESSAGE_LAST, /* nothing more will come; with the last counters */
};

struct message {
    enum message_kind kind;
    /*
     * Messages of several workers are taken in this order. In a replay it is the number of the
     * frame, which means the same to all workers; 0 live, where they are taken as they come.
     */
    uint64_t order;
    uint64_t now_ns; /* packet time that was reached before this; 0: says nothing of it */
    union {
        const struct session *session;
        const struct session_end *end;
        const struct counters *counters;
    };
};

typedef void (*message_fn)(void *ctx, const struct message *message);
