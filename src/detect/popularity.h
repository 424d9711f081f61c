/*
 * How many devices use a destination, of late: counted anew in each window of rare_window_d, and what
 * the window before had counts until this one has more. A device counts once for a key and window; of
 * several apps of one device the set of the latest eight devices tells.
 */
#pragma once

#include "config/tuning.h"
#include "detect/records.h"

/* The number of the window; 1 for ever when rare_window_d is 0. */
uint32_t popularity_window(const struct tuning *t, uint64_t now_ns);

/* The device of this key used the destination. */
void popularity_note(struct destination *d, struct key *key, uint32_t window,
                     uint64_t now_ns);

/* How many devices did, in this window or the one before. */
uint32_t popularity_of(const struct destination *d, uint32_t window);
