/*
 * What follows from what a key, an app or a device has shown: which detection, which notice, or
 * nothing yet.
 */
#pragma once

#include "detect/report.h"

/* A key at one time: all that its type follows from. */
struct judgement {
    uint64_t since_ns;   /* the stretch of refusals began then */
    bool selective;      /* the device accepted another destination in that stretch */
    bool client_refuses; /* neither the device as a whole nor the site is likely at fault */
    bool only_refused;   /* the device never accepted, and refused nothing else */
    bool other_alert;    /* the alert for another app of the device says it already */
    bool opaque;         /* direct sessions where inspection is the rule */
    bool final;          /* the wait for the device to accept something else is over */
    enum finding_type type; /* FINDING_TYPE_COUNT: no detection */
    struct report report;
};

/* Judge the key of `j->report.parties`, which has a suspicion, at c->now_ns. Changes nothing. */
void judge_look(struct correlator *c, struct judgement *j);

/* A session of this key was refused, accepted elsewhere or went direct: look at it again. `final`:
 * the wait for the device to accept something else is over. */
void judge_key(struct correlator *c, const struct memory_id *key_id, bool final);

/* The device has refused and, for the time of the wait, accepted nothing. */
void judge_device(struct correlator *c, struct device *device);

/* A server of this destination demanded a client certificate. */
void judge_mtls(struct correlator *c, struct parties *p, const struct session *s);
