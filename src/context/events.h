/*
 * What feeds tell of a device in a span of time: the facts of one kind that are found by any of the
 * device's handles (context/context.h), each once.
 *
 *     struct context_events e = context_events(c, &answer, CONTEXT_EDR, from_ns, until_ns);
 *     while ((fact = context_events_next(&e)) != NULL) ...
 */
#pragma once

#include "context/context.h"

struct context_events {
    const struct store *store;
    const struct context_answer *device;
    enum context_kind kind;
    uint64_t span_ns[2];
    size_t handle;
    bool walking;
    bool anybody; /* those that name no device come last */
    struct store_walk walk;
};

/* Facts that hold at some time from `from_ns` to `until_ns`. Facts that name no device at all are
 * about every one, where the kind may leave it out (app_net). */
struct context_events context_events(const struct context *c,
                                     const struct context_answer *device,
                                     enum context_kind kind, uint64_t from_ns,
                                     uint64_t until_ns);
const struct context_fact *context_events_next(struct context_events *e);

/* The analysis of an app that is nearest in time, NULL when nobody analysed it. */
const struct context_fact *context_find_analysis(const struct context *c, const char *app,
                                                 uint64_t time_ns);
