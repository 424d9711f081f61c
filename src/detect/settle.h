/*
 * What is to be looked at again, and when: a heap of times in packet time. Equal times come out in
 * the order in which they were put in.
 *
 * Limit: SETTLE_MAX entries; what is put into a full queue is lost and counted.
 */
#pragma once

#include "detect/memory.h"

#define SETTLE_MAX 262144u

/* Whose id it is. */
enum settle_kind {
    SETTLE_KEY,
    SETTLE_DEVICE,
    SETTLE_ISSUER,
    SETTLE_REMOVAL, /* a key that accepts what it refused */
    SETTLE_FLEET,   /* an app and destination */
    SETTLE_GENUINE, /* a destination's own certificates */
};

struct settle_entry {
    uint64_t time_ns;
    uint64_t order;
    struct memory_id id;
    enum settle_kind kind;
};

/* What was put and taken since somebody copied the queue (detect/memory_watch.h does so of tables). */
struct settle_watch {
    struct settle_entry *put;
    size_t put_count, put_room;
    uint64_t *taken; /* orders */
    size_t taken_count, taken_room;
    bool all; /* notes were lost: the whole queue is to be copied anew */
};

struct settle_queue {
    struct settle_watch *watch; /* borrowed; NULL: nobody keeps a copy */
    struct settle_entry *entries;
    size_t count, size;
    uint64_t next_order;
    uint64_t lost;
};

void settle_put(struct settle_queue *q, uint64_t time_ns, const struct memory_id *id,
                enum settle_kind kind);

/* Put an entry back that was taken from a copy, with the order that it had. */
void settle_restore(struct settle_queue *q, const struct settle_entry *entry);

/* Watch the queue from now on / the copy is up to date. */
void settle_watch_begin(struct settle_watch *w, struct settle_queue *q);
void settle_watch_copied(struct settle_watch *w);
void settle_watch_fini(struct settle_watch *w);

/* Take the first entry whose time is at most `until_ns`; false when there is none. */
bool settle_take(struct settle_queue *q, uint64_t until_ns, struct settle_entry *out);

/* Time of the first entry, UINT64_MAX when there is none. */
uint64_t settle_next_ns(const struct settle_queue *q);

void settle_fini(struct settle_queue *q);
