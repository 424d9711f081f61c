/*
 * What a session is only beside others: superseded by a sibling that won the race, or an encrypted
 * hello that was refused and is tried again. Sets the session's outcome; `outcome_raw` stays.
 *
 * Sessions are noted when they enter the hold-back, so when one leaves it, those that followed it
 * closely are known. They are kept in a cache of fixed size, found by program, server address and
 * name of a device; a newer session takes the place of the oldest in its set. The places do not
 * depend on a seed, so that two runs forget alike.
 */
#pragma once

#include "base/err.h"
#include "config/tuning.h"
#include "session/session.h"

#define SIBLING_SETS 16384u
#define SIBLING_WAYS 4u

struct sibling;

struct siblings {
    struct sibling *cache; /* SIBLING_SETS sets of SIBLING_WAYS */
    bool any_ech;          /* a client offered an encrypted hello: retries are looked for */
};

int siblings_init(struct siblings *b, struct err *why);
void siblings_fini(struct siblings *b);

/* `s` enters the hold-back. */
void siblings_note(struct siblings *b, const struct session *s);

/* `s` leaves the hold-back: set its final outcome. */
void siblings_judge(const struct siblings *b, const struct tuning *t, struct session *s);
