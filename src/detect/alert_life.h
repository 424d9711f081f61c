/*
 * The life of the alert of a key: opened, updated, closed, retracted; one for each key at a time, and
 * while it is open its type never steps down.
 */
#pragma once

#include "detect/report.h"

/*
 * The key shows `type`: open an alert, or issue a revision of the one that is open when the type
 * takes precedence, the severity rises or dedup_h has passed. Where enough devices show the same, a
 * fleet alert takes it (detect/fleet.h).
 *
 * A device opens device_alert_cap_per_day a day, those on an allow-list not counted. What it raises
 * beyond is counted: the last alert of its share says so at once by a revision, and how many they
 * were at the end of the day.
 */
void alert_life_raise(struct correlator *c, struct report *r, enum finding_type type);

/* Something became known late about the key, whose alert is open: a revision of it, whatever it
 * changes. One that a list allows now is told as low, since it was told before. */
void alert_life_revise(struct correlator *c, struct report *r, enum finding_type type);

/* Close (behaviour ended) or retract (evidence refutes it) the open alert of a key, if there is one. */
void alert_life_end(struct correlator *c, struct parties *p, enum finding_state state,
                    const char *why);

/* The fleet alert of that id tells what the alert of this key told: close it, if it is open. */
void alert_life_supersede(struct correlator *c, const struct memory_id *key_id,
                          const uint8_t fleet_id[16]);

/* The day of a device that had its share has ended: say how many alerts were withheld. */
void alert_life_sum_up(struct correlator *c, const struct memory_id *device_id);

/* The time has come to look whether the open alert of a key still has news: close it, or look again
 * later. */
void alert_life_expire(struct correlator *c, const struct memory_id *key_id);
