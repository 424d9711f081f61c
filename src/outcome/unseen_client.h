/*
 * The outcome where nothing of the client was captured: a mirror of one direction.
 *
 * What the server acknowledges tells how many bytes the client sent after the ServerHello; the
 * records of TLS 1.3 have few sizes, so the sum tells an alert from a Finished and both from data
 * (RFC 8446 5.2). When the client closed is not known, so the close is dated by the server's.
 * A sum that fits nothing, or nothing but a close, is unknown: never a fault of the server.
 */
#pragma once

#include "outcome/outcome.h"

/* The server's latest acknowledgement; what counts is how far it goes on from that of its hello. */
void outcome_note_acknowledged(struct outcome_state *s, uint32_t acknowledgement);

/* True when nothing of the client was captured, but the server's acknowledgements. */
bool outcome_is_unseen(const struct outcome_state *s);

/* True when the sum of its bytes holds a Finished. */
bool outcome_unseen_finished(const struct outcome_state *s);

struct outcome_decision outcome_decide_unseen(const struct outcome_state *s,
                                              const struct outcome_tuning *tuning,
                                              enum outcome_ask ask, uint64_t now_ns);
