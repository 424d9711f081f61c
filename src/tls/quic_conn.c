#include "tls/quic_conn.h"

#include "tls/quic_frame.h"

/* So many short packets to an id that was not announced are no accident: the id was changed. */
#define OTHER_IDS_MIN 3

/* What one call of quic_conn_push works with. */
struct push {
    struct quic_conn *conn;
    struct quic_context *context;
    struct quic_direction *direction;
    int flow_side;
    uint64_t time_ns;
    tls_event_fn tell;
    void *ctx;
};

static bool is_client(const struct push *p)
{
    return p->conn->client == p->flow_side;
}

static void tell(const struct push *p, struct tls_event event)
{
    event.side = is_client(p) ? TLS_CLIENT : TLS_SERVER;
    event.time_ns = p->time_ns;
    p->tell(p->ctx, &event);
}

static struct span span_of_id(const struct quic_id *id)
{
    return span_of(id->bytes, id->len);
}

static void store_id(struct quic_id *id, struct span bytes)
{
    id->len = (uint8_t)bytes.len;
    if (bytes.len)
        memcpy(id->bytes, bytes.data, bytes.len);
}

void quic_conn_clear(struct quic_conn *c, struct quic_context *context)
{
    gather_clear(&c->directions[0].crypto, &context->tls->budget);
    gather_clear(&c->directions[1].crypto, &context->tls->budget);
}

/* ---- hellos */

static void end_messages(struct push *p)
{
    p->direction->messages_done = true;
    gather_clear(&p->direction->crypto, &p->context->tls->budget);
}

static void lose_messages(struct push *p)
{
    end_messages(p);
    tell(p, (struct tls_event){.kind = TLS_EVENT_MESSAGE_LOST});
}

static bool on_client_hello(struct push *p, struct span body)
{
    struct client_hello hello;

    if (!client_hello_parse(HELLO_TLS, body, &hello))
        return false;
    p->conn->seen_client_hello = true;
    p->context->tls->stats.client_hellos++;
    tell(p, (struct tls_event){.kind = TLS_EVENT_CLIENT_HELLO, .client_hello = &hello});
    p->direction->messages_done =
        true; /* the one after a HelloRetryRequest tells no more */
    return true;
}

static bool on_server_hello(struct push *p, struct span body)
{
    struct tls_stats *stats = &p->context->tls->stats;
    struct server_hello hello;

    if (!server_hello_parse(body, &hello))
        return false;
    if (hello.hello_retry) {
        stats->hello_retries++;
        tell(p, (struct tls_event){.kind = TLS_EVENT_HELLO_RETRY, .server_hello = &hello});
        return true;
    }
    p->conn->seen_server_hello = true;
    stats->server_hellos++;
    tell(p, (struct tls_event){.kind = TLS_EVENT_SERVER_HELLO, .server_hello = &hello});
    p->direction->messages_done = true;
    return true;
}

static bool on_message(struct push *p, const struct handshake *message)
{
    if (is_client(p) && message->type == HANDSHAKE_CLIENT_HELLO)
        return on_client_hello(p, message->body);
    if (!is_client(p) && message->type == HANDSHAKE_SERVER_HELLO)
        return on_server_hello(p, message->body);
    return false;
}

/* Read all whole messages at the front of `flight`; false when they are damaged. */
static bool read_messages(struct push *p, struct span *flight)
{
    struct handshake message;
    enum progress progress;

    while ((progress = handshake_next(flight, &message)) == READY) {
        if (!on_message(p, &message))
            return false;
        if (p->direction->messages_done)
            return true;
    }
    return progress == NEED_MORE;
}

/* Read the front of the stream: where it stands in the packet, or gathered; what is left waits. */
static void read_front(struct push *p, struct span bytes, bool gathered)
{
    struct quic_direction *d = p->direction;
    struct tls_context *tls = p->context->tls;
    struct span flight = bytes;
    size_t taken;

    if (!read_messages(p, &flight)) {
        tls->stats.malformed_messages++;
        lose_messages(p);
        return;
    }
    if (d->messages_done) {
        end_messages(p);
        return;
    }
    taken = bytes.len - flight.len;
    d->done += taken;
    if (gathered) {
        if (taken)
            gather_drop(&d->crypto, &tls->budget, taken);
    } else if (!gather_put(&d->crypto, &tls->budget, QUIC_CRYPTO_MAX, 0, flight)) {
        tls->stats.shed_messages++;
        lose_messages(p);
    }
}

static void on_crypto(struct push *p, const struct quic_frame *frame)
{
    struct quic_direction *d = p->direction;
    struct tls_context *tls = p->context->tls;
    struct span data = frame->data;
    uint64_t offset = frame->offset;

    if (d->messages_done)
        return;
    if (offset < d->done) {
        if (d->done - offset >= data.len || !span_skip(&data, (size_t)(d->done - offset)))
            return;
        offset = d->done;
    }
    if (offset == d->done && d->crypto.end == 0) {
        read_front(p, data, false);
        return;
    }
    if (!gather_put(&d->crypto, &tls->budget, QUIC_CRYPTO_MAX, offset - d->done, data)) {
        tls->stats.shed_messages++;
        lose_messages(p);
        return;
    }
    read_front(p, gather_ready(&d->crypto), true);
}

/* ---- Initial packets */

static void on_close(struct push *p, const struct quic_frame *frame)
{
    struct quic_direction *d = p->direction;

    if (d->close_ns)
        return;
    p->context->stats.closes++;
    d->close_ns = p->time_ns ? p->time_ns : 1;
    d->close_error = frame->error <= UINT16_MAX ? (uint16_t)frame->error : UINT16_MAX;
    if (frame->type != QUIC_FRAME_CLOSE || d->close_error >> 8 != QUIC_ERROR_ALERT >> 8)
        return;
    p->context->tls->stats.alerts++;
    tell(p,
         (struct tls_event){.kind = TLS_EVENT_ALERT,
                            .alert_level = 2, /* QUIC has fatal ones only (RFC 9001 4.8) */
                            .alert_description = (uint8_t)(d->close_error & 0xff)});
}

static void read_frames(struct push *p, struct span frames)
{
    struct quic_frame frame;

    while (!span_empty(frames)) {
        if (!quic_frame_next(&frames, &frame)) {
            p->context->stats.malformed++;
            return;
        }
        if (frame.type == QUIC_FRAME_CRYPTO)
            on_crypto(p, &frame);
        else if (frame.type == QUIC_FRAME_CLOSE ||
                 frame.type == QUIC_FRAME_CLOSE_APPLICATION)
            on_close(p, &frame);
    }
}

static bool open_packet(struct push *p, const struct quic_keys *keys,
                        const struct quic_packet *packet, struct quic_opened *out)
{
    struct quic_sealed sealed = {.header = packet->header,
                                 .payload = packet->payload,
                                 .largest = p->direction->largest};

    return quic_cipher_open(p->context->cipher, keys, &sealed, out);
}

/* With keys that follow from `id`; they are given out when they fit. */
static bool open_from(struct push *p, const struct quic_packet *packet, struct span id,
                      struct quic_keys *keys, struct quic_opened *out)
{
    const struct quic_version *version = packet->version;
    enum quic_sender sender =
        !p->conn->has_client || is_client(p) ? QUIC_FROM_CLIENT : QUIC_FROM_SERVER;

    for (size_t i = 0; i < QUIC_SALTS_MAX && version->salts[i]; i++) {
        quic_keys_derive(version->salts[i], version->labels, id, sender, keys);
        if (open_packet(p, keys, packet, out))
            return true;
    }
    return false;
}

/*
 * A client that changes the version before it took the server's id was told by a version
 * negotiation to begin anew. One that does so afterwards follows the server (RFC 9368 2.3).
 */
static bool begins(const struct push *p, const struct quic_packet *packet)
{
    return is_client(p) && p->direction->keys_version != packet->number &&
           span_equal(span_of_id(&p->conn->original), packet->destination);
}

/* With the keys that follow from the id of the client's first Initial, in the packet's version. */
static bool open_known(struct push *p, const struct quic_packet *packet,
                       struct quic_opened *out)
{
    struct quic_direction *d = p->direction;
    struct quic_keys keys;

    if (!p->conn->has_client || begins(p, packet))
        return false;
    if (d->keys_version == packet->number)
        return open_packet(p, &d->keys, packet, out);
    if (!open_from(p, packet, span_of_id(&p->conn->original), &keys, out))
        return false;
    d->keys = keys;
    d->keys_version = packet->number;
    return true;
}

/* A client begins, or begins anew: the streams of both sides start at their beginning. */
static void begin(struct push *p, const struct quic_packet *packet,
                  const struct quic_keys *keys)
{
    struct quic_conn *c = p->conn;
    struct quic_direction *server = &c->directions[!p->flow_side];

    if (!c->has_client) {
        p->context->stats.connections++;
    } else {
        p->context->stats.restarts++;
        c->left = c->original;
        c->left_version = p->direction->keys_version;
    }
    if (p->direction->keys_version != packet->number) {
        c->seen_client_hello = false;
        c->hello_datagrams = 0;
    }
    c->has_client = true;
    c->client = (uint8_t)p->flow_side;
    store_id(&c->original, packet->destination);
    quic_conn_clear(c, p->context);
    p->direction->keys = *keys;
    p->direction->keys_version = packet->number;
    p->direction->done = 0;
    p->direction->messages_done = c->seen_client_hello;
    server->messages_done = c->seen_server_hello;
    server->keys_version = 0;
    server->done = 0;
    server->largest = 0;
}

/* With keys that follow from the packet's own destination: a client's Initial before any answer. */
static bool open_new(struct push *p, const struct quic_packet *packet,
                     struct quic_opened *out)
{
    struct quic_conn *c = p->conn;
    struct quic_keys keys;

    if (c->has_client && !begins(p, packet) &&
        (!is_client(p) || span_equal(span_of_id(&c->original), packet->destination)))
        return false;
    if (!open_from(p, packet, packet->destination, &keys, out))
        return false;
    begin(p, packet, &keys);
    return true;
}

static void note_id(struct push *p, const struct quic_packet *packet)
{
    store_id(&p->direction->id, packet->source);
    p->direction->has_id = true;
}

/* A late copy of what the client began with at first. */
static bool is_left(const struct push *p, const struct quic_packet *packet)
{
    return is_client(p) && packet->number == p->conn->left_version &&
           span_equal(span_of_id(&p->conn->left), packet->destination);
}

static void on_initial(struct push *p, const struct quic_packet *packet)
{
    struct quic_conn *c = p->conn;
    struct quic_opened opened;

    if (c->failures >= QUIC_FAILURES_MAX || is_left(p, packet))
        return;
    if (!open_known(p, packet, &opened) && !open_new(p, packet, &opened)) {
        c->failures++;
        p->context->stats.not_opened++;
        return;
    }
    p->context->stats.initials++;
    if (opened.number > p->direction->largest)
        p->direction->largest = opened.number;
    if (is_client(p) && !c->seen_client_hello && c->hello_datagrams < UINT8_MAX)
        c->hello_datagrams++;
    note_id(p, packet);
    read_frames(p, opened.frames);
}

/* ---- all other packets */

/* A short packet names the id that its receiver gave itself (RFC 9000 17.3.1). */
static bool is_known_short(const struct push *p, const struct quic_packet *packet)
{
    const struct quic_direction *receiver = &p->conn->directions[!p->flow_side];
    struct span look = packet->payload, id;

    if (!receiver->has_id)
        return false;
    if (receiver->id.len == 0)
        return (packet->first & QUIC_FIXED_BIT) != 0;
    return span_take(&look, receiver->id.len, &id) &&
           span_equal(id, span_of_id(&receiver->id));
}

/* Behind other packets of the datagram may stand padding, which is no packet at all. */
static void on_short(struct push *p, const struct quic_packet *packet, bool alone)
{
    struct quic_direction *d = p->direction;

    if (!p->conn->has_client || d->used_ns)
        return;
    if (!is_known_short(p, packet)) {
        if (!alone || !(packet->first & QUIC_FIXED_BIT) || ++d->other_ids < OTHER_IDS_MIN)
            return;
    }
    d->used_ns = p->time_ns ? p->time_ns : 1;
}

static void on_packet(struct push *p, const struct quic_packet *packet, bool alone)
{
    switch (packet->type) {
    case QUIC_INITIAL:
        on_initial(p, packet);
        return;
    case QUIC_HANDSHAKE:
        p->direction->seen_handshake = true;
        if (p->conn->has_client)
            note_id(p, packet);
        return;
    case QUIC_RETRY:
        p->context->stats.retries++;
        return;
    case QUIC_NEGOTIATION:
        p->context->stats.negotiations++;
        return;
    case QUIC_SHORT:
        on_short(p, packet, alone);
        return;
    case QUIC_ZERO_RTT:
        return;
    }
}

void quic_conn_push(struct quic_conn *c, struct quic_context *context,
                    const struct datagram *datagram, tls_event_fn tell_event, void *ctx)
{
    struct push p = {.conn = c,
                     .context = context,
                     .direction = &c->directions[datagram->flow_side],
                     .flow_side = datagram->flow_side,
                     .time_ns = datagram->time_ns,
                     .tell = tell_event,
                     .ctx = ctx};
    struct span rest = datagram->bytes;
    struct quic_packet packet;

    while (!span_empty(rest) && quic_packet_next(&rest, &packet))
        on_packet(&p, &packet, packet.payload.data == datagram->bytes.data + 1);
}
