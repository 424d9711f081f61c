/*
 * Totals of direct sessions: a session record ends with the decision, when hardly any data has
 * flowed; what a connection carried in all is known at its end. Here a direct session of a key waits
 * for that, so that a key that sends far more than it receives is told.
 *
 * Limit: TOTALS_MAX sessions; a newer one takes the place of one that waits, which is counted.
 */
#pragma once

#include "base/err.h"
#include "detect/memory.h"
#include "session/session_end.h"

#define TOTALS_MAX 4096u

struct totals_entry {
    uint8_t session_id[SESSION_ID_BYTES];
    struct memory_id key;
    bool waits;
};

struct totals {
    struct totals_entry *entries; /* owned, TOTALS_MAX of them, by session id */
    uint64_t shed;
};

/* -1 with a sentence when memory is out. */
int totals_init(struct totals *t, struct err *why);
void totals_fini(struct totals *t);

/* A direct session of this key: its end is of interest. */
void totals_await(struct totals *t, const uint8_t session_id[SESSION_ID_BYTES],
                  const struct memory_id *key);

/* The key whose session ended, once; false when nobody waits for it. */
bool totals_take(struct totals *t, const struct session_end *end, struct memory_id *key);

/* The client sent at least `least` bytes, and more than `ratio` times what it got. */
bool totals_is_upload(const struct session_end *end, double ratio, uint64_t least);
