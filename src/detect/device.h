/*
 * What sessions tell of a device beside refusals: its addresses, its MAC, and whether it is one device
 * at all.
 */
#pragma once

#include "detect/identity.h"
#include "detect/records.h"

/* Take a session of the device. False when memory is out: a further address is then not kept. */
bool device_note(struct device *d, const struct session *s,
                 const struct identity_answer *who);

/* How many further addresses are kept. */
size_t device_other_count(const struct device *d);

/* Systems of different kinds answer to one address in turn: several devices stand behind it. */
bool device_is_translated(const struct tuning *t, const struct device *d);

/*
 * What is known of it may be several devices', or only a part of one's: translated addresses, and
 * addresses that are one device's for the sake of a MAC that the device made up itself.
 */
bool device_is_ambiguous(const struct tuning *t, const struct device *d);
