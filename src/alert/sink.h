/*
 * Where events go. A sink takes whole lines in the order in which they are given.
 *
 * What comes in is lent until the call returns. `write`, `flush` and `reopen` return 0, or -1 with
 * a sentence; after -1 the sink can still be used, what was in the failed call is lost and is
 * counted by the caller. `poll` gives a sink time: the caller's, of a clock that only grows.
 */
#pragma once

#include "base/err.h"
#include "base/span.h"

/* When room ends, observations (sessions, counters) are let go of before alerts. */
enum sink_class { SINK_ALERT, SINK_OBSERVATION, SINK_CLASSES };

struct sink;

struct sink_kind {
    int (*write)(struct sink *sink, enum sink_class class, struct span lines,
                 struct err *why);
    int (*flush)(struct sink *sink, struct err *why);
    /* Begin anew under the same name: after the old file was renamed. Keeps the old on failure. */
    int (*reopen)(struct sink *sink, struct err *why);
    /* `closing`: nothing will be written any more. */
    void (*poll)(struct sink *sink, uint64_t now_ns, bool closing);
    void (*close)(struct sink *sink);
};

/* The first member of every sink. */
struct sink {
    const struct sink_kind *kind;
};

static inline int sink_write(struct sink *sink, enum sink_class class, struct span lines,
                             struct err *why)
{
    return sink->kind->write(sink, class, lines, why);
}

static inline int sink_flush(struct sink *sink, struct err *why)
{
    return sink->kind->flush(sink, why);
}

static inline int sink_reopen(struct sink *sink, struct err *why)
{
    return sink->kind->reopen(sink, why);
}

static inline void sink_poll(struct sink *sink, uint64_t now_ns, bool closing)
{
    sink->kind->poll(sink, now_ns, closing);
}

static inline void sink_close(struct sink *sink)
{
    sink->kind->close(sink);
}
