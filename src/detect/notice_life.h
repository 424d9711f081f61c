/*
 * The life of a notice: one for each scope (a device, an app, a destination), with the devices that
 * it concerns. It is issued when it first fires; what fires in the quiet time that follows adds its
 * devices, which the next revision lists. It is closed when they accept inspection again, and
 * never turns into a detection.
 *
 * Limit: FINDING_RELATED_MAX devices a notice; more are not told.
 */
#pragma once

#include "detect/report.h"

/* Fires: issue `n`, or a revision when `quiet_h` has passed since the last. `n->related` names the
 * devices at hand. `*record` is made when it is NULL. */
void notice_life_raise(struct correlator *c, struct notice_record **record,
                       const struct notice *n, double quiet_h);

/* The device accepted inspection of the destination with the app: close what that refutes. */
void notice_life_heal(struct correlator *c, const struct parties *p,
                      const struct session *s);

/* It is over: close an open notice, for all its devices. */
void notice_life_end(struct correlator *c, struct notice_record *r, const struct notice *n);

/* How many devices it concerns, these ones included. Accepts NULL for the record. */
uint32_t notice_life_count(const struct notice_record *r, const struct address *devices,
                           size_t count);

void notice_life_free(struct notice_record *r);
