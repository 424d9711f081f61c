/*
 * UDP flows: which carry QUIC, DTLS, or TLS inside RDP's transport, told by content and not by
 * port, and what became of them.
 * Stands between flow and the session as preamble and tls/conn.h do for TCP.
 *
 * A flow is given up at its first datagram that is neither, but for STUN and the like, which come
 * before DTLS on a flow of WebRTC: of these DATAGRAM_LOOKS_MAX are looked at.
 *
 * The state lives in the connection's slot; heap memory is that of tls/quic_conn.h and
 * tls/dtls_conn.h and is given back by datagram_flow_clear.
 */
#pragma once

#include "flow/flow.h"
#include "outcome/datagram_outcome.h"
#include "session/session.h"
#include "tls/rdp_udp.h"

#define DATAGRAM_LOOKS_MAX 64

enum datagram_kind {
    DATAGRAM_UNDECIDED,
    DATAGRAM_QUIC,
    DATAGRAM_DTLS,
    DATAGRAM_RDP,
    DATAGRAM_OTHER,
};

struct datagram_flow {
    enum datagram_kind kind;
    uint8_t looks; /* datagrams that decided nothing */
    union {
        struct quic_conn quic; /* also while UNDECIDED */
        struct dtls_conn dtls;
        struct rdp_udp rdp;
    };
};

/* One worker's; the `tls` of each is borrowed. */
struct datagram_context {
    struct quic_context quic;
    struct dtls_context dtls;
    struct rdp_udp_context rdp;
};

int datagram_context_init(struct datagram_context *context, struct tls_context *tls,
                          struct err *why);
void datagram_context_fini(struct datagram_context *context);

/* Take a datagram; what it says is told as events. Returns what the flow is. */
enum datagram_kind datagram_push(struct datagram_flow *flow,
                                 struct datagram_context *context,
                                 const struct datagram *datagram, tls_event_fn tell,
                                 void *ctx);

/* True for a packet of a flow that is OTHER, but may well be QUIC that was not seen to begin. */
bool datagram_may_be_quic(const struct connection *c, const struct packet *packet);

/* Flow side of the client; known as soon as an event was told. */
int datagram_client(const struct datagram_flow *flow);

/* How many datagrams carried the ClientHello. */
uint8_t datagram_hello_count(const struct datagram_flow *flow);

/* Whose session it is and of which kind: for the first event. */
void datagram_begin_session(const struct datagram_flow *flow, const struct connection *c,
                            struct session *session);

struct outcome_decision datagram_decide(const struct datagram_flow *flow,
                                        const struct outcome_state *state,
                                        const struct outcome_tuning *tuning,
                                        const struct outcome_question *question);

/* What only the flow knows, for a session that is decided. */
void datagram_finish_session(const struct datagram_flow *flow, struct session *session);

/* Give its memory back. */
void datagram_flow_clear(struct datagram_flow *flow, struct datagram_context *context);
