#include "tls/conn.h"

#include <stdlib.h>

/* What one call of tls_conn_push works with. */
struct push {
    struct tls_conn *conn;
    struct tls_context *context;
    struct tls_direction *direction;
    int flow_side;
    bool gap;
    tls_event_fn tell;
    void *ctx;
};

static void clear_pending(struct tls_pending *p, struct tls_context *context)
{
    context->budget.bytes -= p->size;
    free(p->data);
    *p = (struct tls_pending){0};
}

void tls_conn_clear(struct tls_conn *c, struct tls_context *context)
{
    clear_pending(&c->directions[0].pending, context);
    clear_pending(&c->directions[1].pending, context);
}

static enum tls_side side_of(const struct push *p)
{
    return p->conn->has_client && p->conn->client == p->flow_side ? TLS_CLIENT : TLS_SERVER;
}

static void tell(const struct push *p, struct tls_event event)
{
    event.side = side_of(p);
    p->tell(p->ctx, &event);
}

static void set_client(struct tls_conn *c, int flow_side)
{
    if (c->has_client)
        return;
    c->has_client = true;
    c->client = (uint8_t)flow_side;
}

/* ---- handshake messages */

static void lose_messages(struct push *p, bool truncated, uint64_t time_ns)
{
    if (p->direction->messages_lost)
        return;
    p->direction->messages_lost = true;
    clear_pending(&p->direction->pending, p->context);
    tell(p, (struct tls_event){.kind = TLS_EVENT_MESSAGE_LOST,
                               .time_ns = time_ns,
                               .truncated = truncated});
}

/* A second hello in the clear answers a HelloRetryRequest, whether that was captured or not. */
static void on_second_client_hello(struct push *p, uint64_t time_ns)
{
    struct tls_conn *c = p->conn;

    if (c->client != p->flow_side || c->seen_server_hello || c->seen_retry ||
        !c->offers_tls13)
        return;
    c->seen_retry = true;
    tell(p, (struct tls_event){.kind = TLS_EVENT_HELLO_RETRY, .time_ns = time_ns});
}

static void on_client_hello(struct push *p, enum hello_kind kind, struct span body,
                            uint64_t time_ns)
{
    struct client_hello hello;

    if (p->conn->seen_client_hello) {
        on_second_client_hello(p, time_ns);
        return;
    }
    if (!client_hello_parse(kind, body, &hello)) {
        p->context->stats.malformed_messages++;
        return;
    }
    set_client(p->conn, p->flow_side);
    if (p->conn->client != p->flow_side)
        return;
    p->conn->seen_client_hello = true;
    p->conn->offers_tls13 = client_hello_version(&hello) >= VERSION_TLS13;
    p->context->stats.client_hellos++;
    tell(p, (struct tls_event){.kind = TLS_EVENT_CLIENT_HELLO,
                               .time_ns = time_ns,
                               .client_hello = &hello});
}

static void on_server_hello(struct push *p, struct span body, uint64_t time_ns)
{
    struct server_hello hello;

    if (p->conn->seen_server_hello)
        return; /* a renegotiation */
    if (!server_hello_parse(body, &hello)) {
        p->context->stats.malformed_messages++;
        return;
    }
    set_client(p->conn, !p->flow_side);
    if (p->conn->client == p->flow_side)
        return;
    if (hello.hello_retry) {
        p->conn->seen_retry = true;
        p->context->stats.hello_retries++;
    } else {
        p->conn->seen_server_hello = true;
        p->conn->is_tls13 = version_is_tls13(hello.version);
        p->context->stats.server_hellos++;
    }
    tell(p, (struct tls_event){.kind = hello.hello_retry ? TLS_EVENT_HELLO_RETRY
                                                         : TLS_EVENT_SERVER_HELLO,
                               .time_ns = time_ns,
                               .server_hello = &hello});
}

static void on_message(struct push *p, const struct handshake *message, uint64_t time_ns)
{
    struct tls_event event = {.time_ns = time_ns};

    switch (message->type) {
    case HANDSHAKE_CLIENT_HELLO:
        on_client_hello(p, HELLO_TLS, message->body, time_ns);
        return;
    case HANDSHAKE_SERVER_HELLO:
        on_server_hello(p, message->body, time_ns);
        return;
    case HANDSHAKE_HELLO_RETRY_REQUEST:
        event.kind = TLS_EVENT_HELLO_RETRY;
        p->conn->seen_retry = true;
        break;
    case HANDSHAKE_CERTIFICATE:
        p->conn->seen_certificate = true;
        event.kind = TLS_EVENT_CERTIFICATE;
        event.message = message->body;
        break;
    case HANDSHAKE_CERTIFICATE_REQUEST:
        event.kind = TLS_EVENT_CERTIFICATE_REQUEST;
        break;
    case HANDSHAKE_SERVER_HELLO_DONE:
        p->conn->seen_done = true;
        event.kind = TLS_EVENT_SERVER_HELLO_DONE;
        break;
    default:
        return;
    }
    tell(p, event);
}

/* Hand on all whole messages at the front of `flight`; what is left begins a message. */
static void read_messages(struct push *p, struct span *flight, uint64_t time_ns)
{
    struct handshake message;
    enum progress progress;

    while ((progress = handshake_next(flight, &message)) == READY) {
        on_message(p, &message, time_ns);
        if (p->direction->messages_lost)
            return;
    }
    if (progress == BROKEN) {
        p->context->stats.malformed_messages++;
        lose_messages(p, false, time_ns);
    }
}

static bool keep(struct push *p, struct span bytes)
{
    struct tls_pending *pending = &p->direction->pending;
    struct tls_budget *budget = &p->context->budget;
    size_t need = pending->len + bytes.len;

    if (need > pending->size) {
        size_t size = pending->size ? pending->size : 2048;
        uint8_t *data;

        while (size < need)
            size *= 2;
        if (need > HANDSHAKE_MAX + RECORD_LENGTH_MAX ||
            budget->bytes + size - pending->size > budget->most_bytes ||
            !(data = realloc(pending->data, size)))
            return false;
        budget->bytes += size - pending->size;
        pending->data = data;
        pending->size = (uint32_t)size;
    }
    memcpy(pending->data + pending->len, bytes.data, bytes.len);
    pending->len = (uint32_t)need;
    return true;
}

static void on_handshake_bytes(struct push *p, struct span piece, uint64_t time_ns)
{
    struct tls_pending *pending = &p->direction->pending;
    struct span flight = piece;
    size_t before;

    if (p->direction->messages_lost)
        return;
    if (pending->len == 0) {
        read_messages(p, &flight, time_ns);
        if (!p->direction->messages_lost && !span_empty(flight) && !keep(p, flight)) {
            p->context->stats.shed_messages++;
            lose_messages(p, false, time_ns);
        }
        return;
    }
    if (!keep(p, piece)) {
        p->context->stats.shed_messages++;
        lose_messages(p, false, time_ns);
        return;
    }
    flight = span_of(pending->data, pending->len);
    before = flight.len;
    read_messages(p, &flight, time_ns);
    if (p->direction->messages_lost || flight.len == before)
        return;
    if (span_empty(flight)) {
        clear_pending(pending, p->context);
    } else {
        memmove(pending->data, flight.data, flight.len);
        pending->len = (uint32_t)flight.len;
    }
}

/* ---- records */

static void on_change_cipher_spec(struct push *p, uint64_t time_ns)
{
    struct tls_conn *c = p->conn;

    /* RFC 8446 D.4: means nothing in TLS 1.3, where it may come before the version is known. */
    if (c->is_tls13 || c->seen_retry || (!c->seen_server_hello && c->offers_tls13))
        return;
    p->direction->protected = true;
    /* Without a certificate it goes on from an earlier session, unless the capture lost it. */
    if (side_of(p) == TLS_SERVER && c->seen_server_hello && !c->seen_certificate &&
        !c->seen_done && !p->direction->messages_lost)
        tell(p, (struct tls_event){.kind = TLS_EVENT_RESUMED, .time_ns = time_ns});
}

static bool is_encrypted(const struct push *p, const struct record_header *header)
{
    if (header->type == RECORD_APPLICATION_DATA)
        return true;
    return header->type != RECORD_CHANGE_CIPHER_SPEC && p->direction->protected;
}

/* Told most often of all: written where it is told from, field by field. */
static void tell_record(const struct push *p, const struct record_header *header,
                        bool encrypted, uint64_t time_ns)
{
    struct tls_event event = {.kind = TLS_EVENT_RECORD, .side = side_of(p)};

    event.time_ns = time_ns;
    event.record.type = header->type;
    event.record.version = header->version;
    event.record.length = header->length;
    event.encrypted = encrypted;
    p->tell(p->ctx, &event);
}

static bool on_header(void *ctx, const struct record_header *header, uint64_t time_ns)
{
    struct push *p = ctx;
    bool encrypted = is_encrypted(p, header);

    p->context->stats.records++;
    tell_record(p, header, encrypted, time_ns);
    p->direction->type = header->type;
    p->direction->alert_have = 0;
    if (header->type == RECORD_CHANGE_CIPHER_SPEC)
        on_change_cipher_spec(p, time_ns);
    if (encrypted)
        return false;
    return header->type == RECORD_HANDSHAKE ||
           (header->type == RECORD_ALERT && header->length == 2);
}

static void on_body(void *ctx, struct span piece, uint64_t time_ns)
{
    struct push *p = ctx;
    struct tls_direction *d = p->direction;
    uint8_t byte;

    if (d->type == RECORD_HANDSHAKE) {
        on_handshake_bytes(p, piece, time_ns);
        return;
    }
    while (d->alert_have < sizeof(d->alert) && span_u8(&piece, &byte))
        d->alert[d->alert_have++] = byte;
}

static void on_end(void *ctx, uint64_t time_ns)
{
    struct push *p = ctx;
    struct tls_direction *d = p->direction;

    if (d->type != RECORD_ALERT || d->alert_have < sizeof(d->alert))
        return;
    p->context->stats.alerts++;
    tell(p, (struct tls_event){.kind = TLS_EVENT_ALERT,
                               .time_ns = time_ns,
                               .alert_level = d->alert[0],
                               .alert_description = d->alert[1]});
}

static void on_absent(void *ctx, uint32_t count)
{
    struct push *p = ctx;

    (void)count;
    if (p->direction->type == RECORD_HANDSHAKE)
        lose_messages(p, !p->gap, 0);
}

static void on_lost(void *ctx, enum record_lost why)
{
    struct push *p = ctx;

    p->context->stats.lost_streams++;
    clear_pending(&p->direction->pending, p->context);
    tell(p, (struct tls_event){.kind = TLS_EVENT_LOST,
                               .lost = why,
                               .truncated = why == RECORD_LOST_GAP && !p->gap});
}

/* ---- SSL 2 hello: a two-byte length with its high bit set, then the message (RFC 5246 E.2) */

static void push_sslv2(struct push *p, struct span *bytes, uint64_t time_ns)
{
    struct tls_pending *pending = &p->direction->pending;
    struct span piece, message;
    uint16_t length;

    while (p->direction->sslv2 && span_take(bytes, 1, &piece)) {
        if (!keep(p, piece))
            break;
        message = span_of(pending->data, pending->len);
        if (!span_u16(&message, &length) || message.len < (length & 0x7fffu))
            continue;
        p->direction->sslv2 = false;
        on_client_hello(p, HELLO_SSL2, message, time_ns);
        clear_pending(pending, p->context);
    }
}

void tls_conn_begin(struct tls_conn *c, int flow_side, bool from_server, bool sslv2)
{
    set_client(c, from_server ? !flow_side : flow_side);
    c->directions[flow_side].sslv2 = sslv2;
}

void tls_conn_push(struct tls_conn *c, struct tls_context *context, int flow_side,
                   const struct chunk *chunk, const struct tls_listener *listener)
{
    struct span bytes = chunk->bytes;
    struct push p = {.conn = c,
                     .context = context,
                     .direction = &c->directions[flow_side],
                     .flow_side = flow_side,
                     .gap = chunk->gap,
                     .tell = listener->tell,
                     .ctx = listener->ctx};
    struct record_handler handler = {.ctx = &p,
                                     .header = on_header,
                                     .body = on_body,
                                     .end = on_end,
                                     .absent = on_absent,
                                     .lost = on_lost};

    if (p.direction->sslv2)
        push_sslv2(&p, &bytes, chunk->time_ns);
    record_push(&p.direction->reader, &handler, bytes, chunk->absent, chunk->time_ns);
}
