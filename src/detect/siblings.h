/*
 * What a session is only beside others: superseded by a sibling that won the race, or an encrypted
 * hello that was refused and is tried again. Sets the session's outcome; `outcome_raw` stays.
 *
 * Sessions are noted when they enter the hold-back, so when one leaves it, those that followed it
 * closely are known. For each program, server address and name of a device the latest SIBLINGS_MAX
 * sessions are kept, in a bounded table.
 */
#pragma once

#include "config/tuning.h"
#include "detect/memory.h"
#include "session/session.h"

#define SIBLINGS_MAX 6

struct siblings {
    struct memory_table table;
    uint64_t seed;
};

void siblings_init(struct siblings *b, size_t most, uint64_t seed);
void siblings_fini(struct siblings *b);

/* `s` enters the hold-back. */
void siblings_note(struct siblings *b, const struct session *s);

/* `s` leaves the hold-back: set its final outcome. */
void siblings_judge(const struct siblings *b, const struct tuning *t, struct session *s);
