/*
 * The life of the alert of a key: opened, updated, closed, retracted; one for each key at a time, and
 * while it is open its type never steps down.
 */
#pragma once

#include "detect/report.h"

/*
 * The key shows `type`: open an alert, or issue a revision of the one that is open when the type
 * takes precedence, the severity rises or dedup_h has passed. A device opens
 * device_alert_cap_per_day a day, those on an allow-list not counted.
 */
void alert_life_raise(struct correlator *c, struct report *r, enum finding_type type);

/* Close (behaviour ended) or retract (evidence refutes it) the open alert of a key, if there is one. */
void alert_life_end(struct correlator *c, struct parties *p, enum finding_state state,
                    const char *why);

/* The time has come to look whether the open alert of a key still has news: close it, or look again
 * later. */
void alert_life_expire(struct correlator *c, const struct memory_id *key_id);
