/*
 * One revision of a finding as an alert event: one JSON line in the Elastic Common Schema.
 *
 * What is not known is left out; the order of the keys never changes; numbers have a fixed number
 * of digits. `event.id` is a UUIDv5 over alert and revision, so a replay gives the same.
 */
#pragma once

#include "detect/finding.h"
#include "session/event.h"

/* Write the line; false when it did not fit, see base/json_out.h. */
bool alert_json_write(const struct finding *f, const struct observer *observer,
                      struct json_out *out);

/*
 * The same without evidence, clauses, parts of the risk and long lists, for receivers with a bound
 * on messages. Texts that come from the wire are left out too when it does not fit with them.
 */
bool alert_json_write_compact(const struct finding *f, const struct observer *observer,
                              struct json_out *out);

/* `context`: what feeds tell and whose word it is; nothing without feeds. */
void alert_context_write(const struct finding *f, struct json_out *out);
