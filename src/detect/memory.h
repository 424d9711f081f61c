/*
 * Bounded tables of the correlator: fixed-size records found by a 128-bit id, the least recently
 * used dropped when a table is full.
 *
 * Use is noted in steps of MEMORY_STEP_S seconds of packet time: a record that is used more often
 * does not move. The owner of a table sets `now_s`.
 *
 * An id is a keyed hash (seeded at start, so that the network cannot choose collisions) over what
 * names the record; two names never share one in practice. A record begins with a
 * `struct memory_entry` and is zeroed when made. It stays where it is until it is dropped, so
 * pointers to it hold until the next memory_get of the same table. The index is small and apart from
 * the records, so that a look-up touches one line of each.
 *
 * Who keeps a copy elsewhere watches a table (detect/memory_watch.h): a record that was looked up may
 * have been changed by who looked it up.
 */
#pragma once

#include "base/err.h"
#include "base/span.h"

#define MEMORY_STEP_S 60u
#define MEMORY_CHUNK 256u        /* records made at once */
#define MEMORY_ID_PARTS_MAX 1024 /* bytes of all parts of an id; what is longer is cut */

struct memory_watch;

struct memory_id {
    uint64_t low;
    uint64_t high;
};

struct memory_entry {
    struct memory_id id;
    uint32_t number; /* in its table, from 1 */
    uint32_t used_s;
    uint32_t older;
    uint32_t newer;
};

struct memory_slot {
    uint32_t number; /* 0 for none */
    uint32_t tag;    /* a part of the id, so that a look-up seldom sees a wrong record */
};

struct memory_table {
    unsigned char **chunks; /* records, MEMORY_CHUNK to a chunk, made as they are needed */
    struct memory_slot *index; /* open addressing */
    uint32_t index_mask;
    uint32_t used;           /* numbers ever handed out */
    uint32_t oldest, newest; /* order of use */
    size_t entry_size;
    size_t count;
    size_t most;
    uint64_t dropped;
    uint32_t now_s;
    struct memory_watch *watch; /* borrowed: who keeps a copy; NULL: nobody */
    void (*drop)(void *ctx,
                 struct memory_entry *entry); /* before a record goes; may be NULL */
    void *ctx;
};

void memory_table_init(struct memory_table *t, size_t entry_size, size_t most,
                       void (*drop)(void *ctx, struct memory_entry *entry), void *ctx);
void memory_table_fini(struct memory_table *t);

/* The record of that id, now the newest; NULL when it is not there. */
void *memory_find(struct memory_table *t, const struct memory_id *id);

/* The same, made when it is not there (then `*made` is true). NULL only when memory is out. */
void *memory_get(struct memory_table *t, const struct memory_id *id, bool *made);

/* Look without changing the order of use. */
void *memory_peek(const struct memory_table *t, const struct memory_id *id);

/* The records in the order of use: the one after `after`, the oldest for NULL; NULL at the end. */
struct memory_entry *memory_next(const struct memory_table *t,
                                 const struct memory_entry *after);

/* The record of that number, which was handed out. */
struct memory_entry *memory_entry_of(const struct memory_table *t, uint32_t number);

/*
 * A record will be asked for soon: have the memory fetched, first that of the index, then that of
 * the record. Changes nothing.
 */
void memory_fetch_index(const struct memory_table *t, const struct memory_id *id);
void memory_fetch_record(const struct memory_table *t, const struct memory_id *id);

/* Id over ids, in their order: of what several records have in common. */
struct memory_id memory_id_join(uint64_t seed, const struct memory_id *ids, size_t count);

/* Id over several parts; the order and the lengths of the parts count. */
struct memory_id memory_id_of(uint64_t seed, const struct span *parts, size_t count);

static inline bool memory_id_equal(const struct memory_id *a, const struct memory_id *b)
{
    return a->low == b->low && a->high == b->high;
}

/*
 * A small set of ids with the second in which each was last added; a full set replaces the one
 * that was added longest ago. Of an id 32 bits are kept.
 */
#define ID_SET_MAX 8

struct id_set {
    uint32_t ids[ID_SET_MAX];
    uint32_t times_s[ID_SET_MAX];
    uint8_t count;
};

/* True when it was not there. */
bool id_set_add(struct id_set *s, uint64_t id, uint64_t time_ns);
bool id_set_has(const struct id_set *s, uint64_t id, uint64_t since_ns);

/* How many were added at or after `since_ns`, `except` not counted. */
size_t id_set_count(const struct id_set *s, uint64_t since_ns, uint64_t except);
