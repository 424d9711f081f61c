/*
 * What changed in a table of detect/memory.h since somebody copied it: which records were looked up
 * or made, which were dropped, and the order of use, so that a copy can be brought up to date by
 * what changed alone.
 *
 * The watch is told by the table; it holds numbers of records, never pointers. When it has no room
 * or no memory for a note it forgets all of them and says so (`all`): then the whole table is to be
 * copied anew.
 *
 * Limit: WATCH_GONE_MAX dropped records between two copies; what is touched is bounded by the table.
 */
#pragma once

#include "detect/memory.h"

#define WATCH_GONE_MAX 262144u

struct memory_watch {
    uint64_t *turns; /* by number: when it became the newest; the highest bit: touched */
    uint32_t turns_room;
    uint32_t *touched; /* numbers, each once */
    size_t touched_count, touched_room;
    struct memory_id
        *gone; /* each may be there again meanwhile: look at `touched` after them */
    size_t gone_count, gone_room;
    uint64_t turn; /* the latest */
    bool all;      /* notes were lost */
};

/* Watch a table, from now on; what it holds already counts as touched. */
void memory_watch_begin(struct memory_watch *w, struct memory_table *t);
void memory_watch_fini(struct memory_watch *w);

/* The turn of a record: the higher, the later it was used. */
uint64_t memory_watch_turn(const struct memory_watch *w, uint32_t number);

/* A record that comes from a copy has the turn that it had. */
void memory_watch_restore(struct memory_watch *w, uint32_t number, uint64_t turn);

/* The copy is up to date. */
void memory_watch_copied(struct memory_watch *w);

/* For the table: a record became the newest / may be changed / is dropped. */
void memory_watch_used(struct memory_watch *w, uint32_t number);
void memory_watch_touched(struct memory_watch *w, uint32_t number);
void memory_watch_gone(struct memory_watch *w, const struct memory_id *id);
