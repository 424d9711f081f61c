#include "datagram.h"

#include "session/session_build.h"

int datagram_context_init(struct datagram_context *context, struct tls_context *tls,
                          struct err *why)
{
    *context = (struct datagram_context){.quic.tls = tls, .dtls.tls = tls, .rdp.tls = tls};
    context->quic.cipher = quic_cipher_new(why);
    return context->quic.cipher ? 0 : -1;
}

void datagram_context_fini(struct datagram_context *context)
{
    quic_cipher_free(context->quic.cipher);
    context->quic.cipher = NULL;
}

/* ---- what a datagram may be */

/* A message of STUN (RFC 8489 5): type, length, the magic cookie. */
static bool is_stun(struct span bytes)
{
    uint16_t type, len;
    uint32_t cookie;

    return span_u16(&bytes, &type) && type < 0x4000 && span_u16(&bytes, &len) &&
           len % 4 == 0 && span_u32(&bytes, &cookie) && cookie == 0x2112a442;
}

/* RTP and RTCP begin with version 2 in their first two bits (RFC 7983). */
static bool is_media(struct span bytes)
{
    uint8_t first;

    return span_u8(&bytes, &first) && first >> 6 == 2;
}

static bool is_long_quic(struct span bytes)
{
    struct quic_packet packet;

    return quic_packet_next(&bytes, &packet) && packet.type != QUIC_SHORT;
}

static bool is_dtls(struct span bytes)
{
    struct dtls_record record;

    return dtls_record_next(&bytes, &record) && !record.is_unified;
}

/* ---- flows */

/* A datagram of a flow that is not yet known; true when it is one to wait after. */
static bool look(struct datagram_flow *flow, struct datagram_context *context,
                 const struct datagram *datagram, tls_event_fn tell, void *ctx)
{
    if (is_long_quic(datagram->bytes)) {
        quic_conn_push(&flow->quic, &context->quic, datagram, tell, ctx);
        if (flow->quic.has_client)
            flow->kind = DATAGRAM_QUIC;
        return true;
    }
    if (dtls_conn_begins(datagram->bytes)) {
        quic_conn_clear(&flow->quic, &context->quic);
        flow->dtls = (struct dtls_conn){.has_client = false};
        flow->kind = DATAGRAM_DTLS;
        dtls_conn_push(&flow->dtls, &context->dtls, datagram, tell, ctx);
        return true;
    }
    if (rdp_udp_begins(datagram->bytes)) {
        quic_conn_clear(&flow->quic, &context->quic);
        flow->rdp = (struct rdp_udp){.is_version3 = false};
        flow->kind = DATAGRAM_RDP;
        rdp_udp_push(&flow->rdp, &context->rdp, datagram, tell, ctx);
        return true;
    }
    return is_stun(datagram->bytes) || is_dtls(datagram->bytes);
}

enum datagram_kind datagram_push(struct datagram_flow *flow,
                                 struct datagram_context *context,
                                 const struct datagram *datagram, tls_event_fn tell,
                                 void *ctx)
{
    switch (flow->kind) {
    case DATAGRAM_UNDECIDED:
        if (!look(flow, context, datagram, tell, ctx) ||
            (flow->kind == DATAGRAM_UNDECIDED && ++flow->looks >= DATAGRAM_LOOKS_MAX))
            flow->kind = DATAGRAM_OTHER;
        break;
    case DATAGRAM_QUIC:
        quic_conn_push(&flow->quic, &context->quic, datagram, tell, ctx);
        break;
    case DATAGRAM_DTLS:
        if (is_media(datagram->bytes))
            dtls_conn_note_media(&flow->dtls, datagram);
        else
            dtls_conn_push(&flow->dtls, &context->dtls, datagram, tell, ctx);
        break;
    case DATAGRAM_RDP:
        rdp_udp_push(&flow->rdp, &context->rdp, datagram, tell, ctx);
        break;
    case DATAGRAM_OTHER:
        break;
    }
    return flow->kind;
}

bool datagram_may_be_quic(const struct connection *c, const struct packet *packet)
{
    struct span bytes = packet->payload;
    uint8_t first;

    if (!span_u8(&bytes, &first))
        return true;
    return first & QUIC_FIXED_BIT &&
           (first & 0x80 || c->port[0] == 443 || c->port[1] == 443);
}

int datagram_client(const struct datagram_flow *flow)
{
    if (flow->kind == DATAGRAM_DTLS)
        return flow->dtls.client;
    return flow->kind == DATAGRAM_RDP ? flow->rdp.client : flow->quic.client;
}

uint8_t datagram_hello_count(const struct datagram_flow *flow)
{
    if (flow->kind == DATAGRAM_DTLS)
        return flow->dtls.hello_datagrams;
    return flow->kind == DATAGRAM_RDP ? 1 : flow->quic.hello_datagrams;
}

void datagram_flow_clear(struct datagram_flow *flow, struct datagram_context *context)
{
    if (flow->kind == DATAGRAM_DTLS)
        dtls_conn_clear(&flow->dtls, &context->dtls);
    else if (flow->kind == DATAGRAM_RDP)
        rdp_udp_clear(&flow->rdp, &context->rdp);
    else
        quic_conn_clear(&flow->quic, &context->quic);
}

/* ---- the session */

void datagram_begin_session(const struct datagram_flow *flow, const struct connection *c,
                            struct session *session)
{
    session_begin(session, c, datagram_client(flow));
    if (flow->kind == DATAGRAM_RDP)
        session->protocol = SESSION_TLS;
    else
        session->protocol = flow->kind == DATAGRAM_DTLS ? SESSION_DTLS : SESSION_QUIC;
    session->transport = PACKET_UDP;
}

struct outcome_decision datagram_decide(const struct datagram_flow *flow,
                                        const struct outcome_state *state,
                                        const struct outcome_tuning *tuning,
                                        const struct outcome_question *question)
{
    if (flow->kind == DATAGRAM_RDP)
        return outcome_decide(state, tuning, question->ask, question->now_ns);
    if (flow->kind == DATAGRAM_DTLS)
        return outcome_decide_dtls(&flow->dtls, state, tuning, question);
    return outcome_decide_quic(&flow->quic, state, tuning, question);
}

static void note_close(const struct quic_direction *d, enum side by,
                       struct session *session)
{
    if (d->close_ns)
        session_note_close(session, by, CLOSE_ALERT, d->close_ns);
}

static void finish_quic(const struct quic_conn *conn, struct session *session)
{
    const struct quic_direction *client = &conn->directions[conn->client];
    const struct quic_direction *server = &conn->directions[!conn->client];

    session->established = client->used_ns && server->used_ns;
    /* A server that never answers is no missing direction, unless the client goes on all the same. */
    session->one_sided =
        session->client_packets == 0 ||
        (session->server_packets == 0 && (client->seen_handshake || client->used_ns));
    if (session->established && session->version == 0)
        session->version = VERSION_TLS13; /* QUIC has no other (RFC 9001 4.2) */
    note_close(client, SIDE_CLIENT, session);
    note_close(server, SIDE_SERVER, session);
}

static void finish_dtls(const struct dtls_conn *conn, struct session *session)
{
    const struct dtls_direction *client = &conn->directions[conn->client];
    const struct dtls_direction *server = &conn->directions[!conn->client];

    session->established = (client->finished_ns && server->finished_ns) ||
                           (client->data_ns && server->data_ns);
    session->one_sided = session->client_packets == 0 ||
                         (session->server_packets == 0 &&
                          (client->has_replied || client->finished_ns || client->data_ns));
}

void datagram_finish_session(const struct datagram_flow *flow, struct session *session)
{
    if (flow->kind == DATAGRAM_DTLS)
        finish_dtls(&flow->dtls, session);
    else if (flow->kind == DATAGRAM_QUIC)
        finish_quic(&flow->quic, session);
}
