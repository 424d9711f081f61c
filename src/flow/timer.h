/*
 * When to look at a connection again: a heap of (time, number) in packet time.
 *
 * A number stands in it at most once; the owner keeps its place in `places`, an array with one
 * entry for each number. Setting a later time than the one that stands is lazy: the earlier time
 * stays, and the owner, when asked, sets again.
 */
#pragma once

#include "base/err.h"
#include "base/span.h"

struct timer_entry {
    uint64_t time_ns;
    uint32_t number;
};

struct timer_heap {
    struct timer_entry *entries;
    uint32_t *places; /* 1-based position of a number, 0 when it is not there */
    uint32_t count;
    uint32_t capacity;
};

/* Room for the numbers 0 to `capacity` - 1. */
int timer_heap_init(struct timer_heap *h, uint32_t capacity, struct err *why);
void timer_heap_fini(struct timer_heap *h);

/* Fire `number` at `time_ns` or, if it already stands earlier, then. */
void timer_heap_set(struct timer_heap *h, uint32_t number, uint64_t time_ns);
void timer_heap_remove(struct timer_heap *h, uint32_t number);

/* True when a number stands at `now_ns` or before: asked with every packet. */
static inline bool timer_heap_is_due(const struct timer_heap *h, uint64_t now_ns)
{
    return h->count > 0 && h->entries[0].time_ns <= now_ns;
}

/* Take the first number whose time is at most `now_ns`; false when there is none. */
bool timer_heap_next(struct timer_heap *h, uint64_t now_ns, struct timer_entry *out);
