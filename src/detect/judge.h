/*
 * What follows from what a key, an app or a device has shown: which detection, which notice, or
 * nothing yet.
 */
#pragma once

#include "detect/parties.h"

/* A session of this key was refused, accepted elsewhere or went direct: look at it again. `final`:
 * the wait for the device to accept something else is over. */
void judge_key(struct correlator *c, const struct memory_id *key_id, bool final);

/* The device has refused and, for the time of the wait, accepted nothing. */
void judge_device(struct correlator *c, struct device *device);

/* A server of this destination demanded a client certificate. */
void judge_mtls(struct correlator *c, struct parties *p, const struct session *s);
