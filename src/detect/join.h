/*
 * What feeds tell about a finding: who the device is and whose word that is. Look-ups are by the
 * device's address and the time of the sessions at hand.
 *
 * A join lends texts of the context (context/context.h) and points into itself: it is not copied,
 * and holds until event time moves on.
 */
#pragma once

#include "config/rules.h"
#include "detect/parties.h"

struct join {
    bool asked;
    bool known; /* some feed knows the device */
    struct context_answer device;
    struct finding_identity identity;
    struct finding_context entries[FINDING_CONTEXT_MAX];
    size_t entry_count;
    uint64_t newest; /* the latest arrival among what it rests on */
};

/* Ask about a key's device at the time of its latest evidence; once, later calls change nothing. */
void join_look(const struct correlator *c, const struct parties *p, struct join *out);

/* Ask about a device alone. */
void join_device(const struct correlator *c, const struct device *device, uint64_t time_ns,
                 struct join *out);

/* The platform that an inventory names, PLATFORM_UNKNOWN when none does. */
enum platform join_platform(const struct join *join);
