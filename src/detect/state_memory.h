/*
 * The correlator's memory in a state database: read at the start, and brought up to date from time
 * to time by what changed since. What is written, and how it lies, is a table of kinds (a row for
 * each of its tables, each of its queues), and the fields of each record (detect/record_layouts.h).
 *
 * The memory is written between two sessions (correlator_options.on_rest), so what is read again is
 * a moment between two sessions, and a correlator that goes on from it finds what it would have
 * found. Names of authorities and entries of lists are kept as text: what is no longer configured
 * is forgotten.
 *
 * Limits: those of the tables, since a row stands for a record; a record that is larger than
 * LAYOUT_PACKED_MAX is left out and counted.
 */
#pragma once

#include "detect/correlate.h"
#include "detect/layout.h"
#include "detect/memory_watch.h"
#include "detect/state.h"

#define STATE_TABLES_MAX 24
#define STATE_QUEUES_MAX 4
#define STATE_VERSION_MAX 32

struct state_memory {
    struct state *state;           /* borrowed */
    struct correlator *correlator; /* borrowed */
    struct memory_watch tables[STATE_TABLES_MAX];
    struct settle_watch queues[STATE_QUEUES_MAX];
    uint64_t *hits; /* of the lists' entries, as written */
    size_t hit_count;
    struct totals_entry *awaited; /* TOTALS_MAX of them, as written */
    uint64_t written;             /* rows, ever */
    uint64_t too_long;            /* records left out */
};

/* What tells this version's records from another's; returns `out`. */
const char *state_memory_version(char out[STATE_VERSION_MAX]);

/* How the rows of a kind lie; NULL for kinds that are no records. */
const struct layout *state_memory_layout(enum state_kind kind);

/* Watch a correlator that is empty. -1 with a sentence when memory is out. */
int state_memory_init(struct state_memory *m, struct state *state,
                      struct correlator *correlator, struct err *why);
void state_memory_fini(struct state_memory *m);

/* The correlator stays when the memory goes: it is watched no more. */
void state_memory_leave(struct state_memory *m);

/* The correlator has other lists now: count the hits of theirs, all as if they were written. */
void state_memory_renew_hits(struct state_memory *m);

/* Read everything into the empty correlator. -1 with a sentence: the database is damaged, and the
 * correlator is to be made anew. */
int state_memory_load(struct state_memory *m, struct err *why);

/* Write what changed, between state_begin and state_commit. */
int state_memory_save(struct state_memory *m, struct err *why);

/* That is committed. Before this, the next save writes it again. */
void state_memory_saved(struct state_memory *m);
