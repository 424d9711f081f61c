/*
 * Where context records are kept: facts, found by a handle (an address, a MAC, a serial number, an
 * app) and a time. A fact is a record packed to its size; it never changes and lives until its
 * kind's share of the memory is full: then the oldest facts of that kind go, so that a flood of
 * connection events cannot push out the inventory.
 *
 * Each fact holds for a span of time: what the record says, else a span of its kind's own
 * (store_reach). A look-up is always about a point in time. A record that is there already, to the
 * byte, is counted as a duplicate and changes nothing.
 */
#pragma once

#include "context/record.h"

struct context_fact;

/* A fact's place under one handle. */
struct context_link {
    struct context_link *next;
    struct context_link **back;
    uint64_t hash;
    struct context_fact *fact;
};

struct context_fact {
    uint64_t from_ns, until_ns; /* when it holds, both inclusive */
    uint64_t time_ns;           /* as told; 0: not told, it holds always */
    uint64_t sequence;          /* order of arrival, from 1 */
    uint64_t hash;              /* of its content */
    struct context_fact *newer; /* of its kind */
    size_t bytes;
    uint32_t line;
    uint16_t feed;
    uint16_t link_count, link_room;
    bool telemetry; /* as in struct context_record */
    const char *format;
    enum context_kind kind;
    uint16_t at[CONTEXT_TEXTS]; /* into text, plus 1; 0: absent */
    struct context_link *links;
    char *text;
};

struct store_stats {
    uint64_t taken[CONTEXT_KINDS];
    uint64_t shed[CONTEXT_KINDS];
    uint64_t duplicates;
    uint64_t no_memory;
};

struct store {
    struct context_link **index;
    uint64_t index_mask;
    uint64_t seed;
    size_t most_bytes;
    size_t bytes[CONTEXT_KINDS];
    size_t counts[CONTEXT_KINDS];
    struct context_fact *oldest[CONTEXT_KINDS], *newest[CONTEXT_KINDS];
    uint64_t sequence;
    struct store_stats stats;
};

int store_init(struct store *s, size_t most_bytes, uint64_t seed, struct err *why);
void store_fini(struct store *s);

/* Keep a finished record. NULL when it was there already or memory is out. */
const struct context_fact *store_put(struct store *s, const struct context_record *r,
                                     uint16_t feed, uint32_t line);

/* How many facts had to go, of all kinds; lost for want of memory included. */
uint64_t store_shed(const struct store *s);

/* The value, NULL when it is absent. */
const char *fact_text(const struct context_fact *f, enum context_field field);

/* True or false as told, `otherwise` when it is not. */
bool fact_bool(const struct context_fact *f, enum context_field field, bool otherwise);

/* The list holds exactly this value. */
bool fact_holds(const struct context_fact *f, enum context_field field, const char *value);

/*
 * Walk the facts of a kind that have `value` in `field` and touch the time from `from_ns` to
 * `until_ns`; begin with store_walk, then store_next until it is NULL. In order of the time of the
 * step (an hour for events), the latest arrival first.
 */
struct store_walk {
    const struct store *store;
    const struct context_link *link;
    uint64_t hash;
    uint64_t from_ns, until_ns;
    uint64_t step, last_step;
    enum context_kind kind;
    enum context_field field;
    const char *value;
};

struct store_walk store_walk(const struct store *s, enum context_kind kind,
                             enum context_field field, const char *value,
                             const uint64_t span_ns[2]);
const struct context_fact *store_next(struct store_walk *w);

/* Facts of that kind that name no device at all (field CONTEXT_TEXTS in store_walk). */
#define STORE_ANY_DEVICE CONTEXT_TEXTS
