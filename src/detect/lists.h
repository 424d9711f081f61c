/*
 * The lists that make a session expected: AllowedAppList, AllowedDestinationList, the shipped allow-lists
 * and inspection.bypass. Which entry holds, how often each was of use, which have run out.
 *
 * A use is a session: of a bypassed destination, or refused or direct of an allowed app or destination.
 */
#pragma once

#include "config/settings.h"
#include "detect/records.h"

/* Zeroed, it has no entries. */
struct lists {
    const struct rules *rules;
    const struct match_list *bypass; /* NULL: none */
    uint64_t *hits; /* owned: of all lists one behind the other, as lists_get counts */
};

/* -1 with a sentence when memory is out; `rules` and `bypass` are borrowed. */
int lists_init(struct lists *l, const struct rules *rules, const struct match_list *bypass,
               struct err *why);
void lists_fini(struct lists *l);

/* The allow-list entry that holds for a key, its destination's first; NULL: none. */
const struct match_entry *lists_allow(const struct rules *rules, const struct suspicion *s,
                                      uint64_t now_ns, bool *is_app);

/* A session of this key was refused or went direct: count it where it is allowed. */
void lists_count_allowed(struct lists *l, const struct suspicion *s, uint64_t now_ns);

/* A session to a destination that `entry` of the bypass list holds. */
void lists_count_bypass(struct lists *l, const struct match_entry *entry);

struct list_entry_use {
    const struct match_entry *entry;
    uint64_t hits;
    bool is_expired;
    bool is_shipped; /* not the operator's own */
};

/* All entries: how many, and one of them at packet time `now_ns`. */
size_t lists_count(const struct lists *l);
struct list_entry_use lists_get(const struct lists *l, size_t i, uint64_t now_ns);

/* What became of the operator's entries, and of the shipped ones. */
struct lists_sum {
    uint64_t entries, hits, unused, expired;
};

void lists_sum_up(const struct lists *l, uint64_t now_ns, struct lists_sum *own,
                  struct lists_sum *shipped);
