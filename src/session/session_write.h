/*
 * Session events: one JSON line for each session when it is decided.
 *
 * What is not known is left out, never null; the order of the keys never changes. Times have
 * microseconds, probabilities four digits. The line carries all that detection uses of a session,
 * so that session_read gives the same record back.
 */
#pragma once

#include "session/cipher_texts.h"
#include "session/event.h"

/*
 * Write the event `pinsight.session`. Like any line it may be too long, see json_out.h. `texts` are
 * the caller's for all of its events.
 */
void session_write(const struct session *s, const struct observer *observer,
                   struct cipher_texts *texts, struct json_out *out);
