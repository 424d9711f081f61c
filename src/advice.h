/*
 * What the operator should know about the sensor's own place, each thing once and in one sentence on
 * standard error: nothing is configured, an authority is never seen or runs out, entries of lists have
 * run out, the sensor stands behind the inspection.
 */
#pragma once

#include "authorities.h"
#include "config/config.h"
#include "detect/correlate.h"

struct advice {
    const struct config *config;
    const struct authorities *authorities;
    const struct correlator *correlator;
    bool quiet; /* nothing is said */
    bool said_authority;
    bool said_lists;
    bool said_upstream;
    uint64_t next_day_ns; /* when dates are looked at again */
    bool *said_expiry;    /* owned; by number of the authority */
};

struct advice_options {
    const struct config *config; /* borrowed, as are the others */
    const struct authorities *authorities;
    const struct correlator *correlator;
    bool quiet;
};

/* Says at once what the configuration alone shows. -1 with a sentence when memory is out. */
int advice_init(struct advice *a, const struct advice_options *options, struct err *why);
/* At a reload: there are so many authorities, and dates are looked at again. */
int advice_renew(struct advice *a, size_t authorities, struct err *why);
void advice_fini(struct advice *a);

/* It is `now_ns` of packet time. */
void advice_tick(struct advice *a, uint64_t now_ns);

/* The input ended: say of which entries of the operator's lists nobody had any use. */
void advice_end(const struct advice *a, uint64_t now_ns);
