/*
 * How a connection over UDP ended. QUIC hides nearly all of it and DTLS has no close, so less can be
 * said than over TCP.
 *
 * QUIC: 1-RTT packets of both sides mean that the client accepted what it was shown; it is never
 * said that a client refused. DTLS: data of both sides, or media after both Finished, is
 * acceptance; alerts in the clear count as they do over TCP; in DTLS 1.3 nothing else is said.
 */
#pragma once

#include "outcome/outcome.h"
#include "tls/dtls_conn.h"
#include "tls/quic_conn.h"

/* When and why it is asked. */
struct outcome_question {
    enum outcome_ask ask;
    uint64_t now_ns;
};

/* `s` has taken the events of the connection, without its records over QUIC. */
struct outcome_decision outcome_decide_quic(const struct quic_conn *conn,
                                            const struct outcome_state *s,
                                            const struct outcome_tuning *tuning,
                                            const struct outcome_question *question);

struct outcome_decision outcome_decide_dtls(const struct dtls_conn *conn,
                                            const struct outcome_state *s,
                                            const struct outcome_tuning *tuning,
                                            const struct outcome_question *question);
