/*
 * Session events: one JSON line for each session when it is decided.
 *
 * What is not known is left out, never null; the order of the keys never changes. Times have
 * microseconds, probabilities four digits. The line carries all that detection uses of a session,
 * so that session_read gives the same record back.
 */
#pragma once

#include "session/event.h"

/* Write the event `pinsight.session`. Like any line it may be too long, see json_out.h. */
void session_write(const struct session *s, const struct observer *observer,
                   struct json_out *out);
