/*
 * Forgetting a part of what a state database holds: what was not used for long, a device, a
 * destination, with all that was remembered of them in pairs. Rows are dropped between state_begin
 * and state_commit; what is in use stays consistent, as the memory treats what is missing as unknown.
 */
#pragma once

#include "base/address.h"
#include "detect/state.h"

struct state_prune {
    uint64_t older_than_s; /* used before this second of packet time; 0: not by age */
    const struct address *device;  /* NULL: none */
    const char *destination;       /* NULL: none */
    uint64_t dropped[STATE_KINDS]; /* out: rows by kind */
};

/* 0, or -1 with a sentence: the database cannot be read or written. */
int state_prune(struct state *s, struct state_prune *prune, struct err *why);
