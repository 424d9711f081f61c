#include "tls/dtls_conn.h"

/* HelloVerifyRequest (RFC 6347 4.3.2); it does not count in the server's message numbers. */
#define HANDSHAKE_HELLO_VERIFY 3

/* Protected lengths of DTLS 1.3 that carry no data (RFC 9147 7): an alert; an ACK of n records. */
enum {
    PROTECTION = 1 + 16, /* content type and tag */
    ALERT_LENGTH = 2 + PROTECTION,
    ACK_ENTRY = 16,
    DATA_EPOCH = 3,
};

/* What one call of dtls_conn_push works with. */
struct push {
    struct dtls_conn *conn;
    struct dtls_context *context;
    struct dtls_direction *direction;
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

static void clear_direction(struct dtls_direction *d, struct tls_budget *budget)
{
    for (size_t i = 0; i < DTLS_WAITING_MAX; i++) {
        gather_clear(&d->waiting[i].bytes, budget);
        d->waiting[i].is_used = false;
    }
}

void dtls_conn_clear(struct dtls_conn *c, struct dtls_context *context)
{
    clear_direction(&c->directions[0], &context->tls->budget);
    clear_direction(&c->directions[1], &context->tls->budget);
}

/* ---- handshake messages */

static void on_client_hello(struct push *p, struct span body)
{
    struct client_hello hello;

    if (p->conn->seen_client_hello || !is_client(p))
        return; /* the second one, with the cookie that was asked for */
    if (!client_hello_parse(HELLO_DTLS, body, &hello)) {
        p->context->tls->stats.malformed_messages++;
        return;
    }
    p->conn->seen_client_hello = true;
    p->context->tls->stats.client_hellos++;
    tell(p, (struct tls_event){.kind = TLS_EVENT_CLIENT_HELLO, .client_hello = &hello});
}

static void on_server_hello(struct push *p, struct span body)
{
    struct tls_stats *stats = &p->context->tls->stats;
    struct server_hello hello;

    if (p->conn->seen_server_hello || is_client(p))
        return;
    if (!server_hello_parse(body, &hello)) {
        stats->malformed_messages++;
        return;
    }
    if (hello.hello_retry) {
        stats->hello_retries++;
    } else {
        p->conn->seen_server_hello = true;
        p->conn->is_dtls13 = hello.version == VERSION_DTLS13;
        stats->server_hellos++;
    }
    tell(p, (struct tls_event){.kind = hello.hello_retry ? TLS_EVENT_HELLO_RETRY
                                                         : TLS_EVENT_SERVER_HELLO,
                               .server_hello = &hello});
}

static void on_message(struct push *p, uint8_t type, struct span body)
{
    struct tls_event event = {.message = body};

    switch (type) {
    case HANDSHAKE_CLIENT_HELLO:
        on_client_hello(p, body);
        return;
    case HANDSHAKE_SERVER_HELLO:
        on_server_hello(p, body);
        return;
    case HANDSHAKE_HELLO_VERIFY:
        p->context->stats.hello_verifies++;
        return;
    case HANDSHAKE_CLIENT_KEY_EXCHANGE:
        p->direction->has_replied = true;
        return;
    case HANDSHAKE_CERTIFICATE:
        p->conn->seen_certificate = p->conn->seen_certificate || !is_client(p);
        event.kind = TLS_EVENT_CERTIFICATE;
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

static bool was_told(const struct push *p, const struct dtls_fragment *f)
{
    return f->number < 64 && (p->direction->told >> f->number & 1);
}

static void tell_message(struct push *p, const struct dtls_fragment *f, struct span body)
{
    if (f->number < 64 && f->type != HANDSHAKE_HELLO_VERIFY)
        p->direction->told |= UINT64_C(1) << f->number;
    on_message(p, f->type, body);
}

/* The message that a fragment belongs to; a free place when none is known; NULL when all wait. */
static struct dtls_waiting *find_waiting(struct dtls_direction *d,
                                         const struct dtls_fragment *f)
{
    struct dtls_waiting *found = NULL;

    for (size_t i = 0; i < DTLS_WAITING_MAX; i++) {
        struct dtls_waiting *w = &d->waiting[i];

        if (!w->is_used)
            found = found ? found : w;
        else if (w->number == f->number && w->type == f->type && w->length == f->length)
            return w;
    }
    return found;
}

static void push_waiting(struct push *p, const struct dtls_fragment *f)
{
    struct tls_budget *budget = &p->context->tls->budget;
    struct dtls_waiting *w = find_waiting(p->direction, f);
    struct span whole;

    p->context->stats.fragments++;
    if (!w || f->length > DTLS_MESSAGE_MAX ||
        !gather_put(&w->bytes, budget, f->length, f->offset, f->body)) {
        p->context->stats.shed_fragments++;
        return;
    }
    w->is_used = true;
    w->number = f->number;
    w->type = f->type;
    w->length = f->length;
    whole = gather_ready(&w->bytes);
    if (whole.len < w->length)
        return;
    tell_message(p, f, whole);
    gather_clear(&w->bytes, budget);
    w->is_used = false;
}

/* The first hello tells who is the client. */
static void note_sides(struct push *p, uint8_t type)
{
    struct dtls_conn *c = p->conn;

    if (c->has_client || (type != HANDSHAKE_CLIENT_HELLO &&
                          type != HANDSHAKE_SERVER_HELLO && type != HANDSHAKE_HELLO_VERIFY))
        return;
    c->has_client = true;
    c->client = (uint8_t)(type == HANDSHAKE_CLIENT_HELLO ? p->flow_side : !p->flow_side);
    p->context->stats.connections++;
}

static void read_fragments(struct push *p, struct span body)
{
    struct dtls_fragment f;

    while (!span_empty(body)) {
        if (!dtls_fragment_next(&body, &f)) {
            p->context->tls->stats.malformed_messages++;
            return;
        }
        if (was_told(p, &f))
            continue;
        if (f.body.len == f.length)
            tell_message(p, &f, f.body);
        else
            push_waiting(p, &f);
    }
}

/* ---- records */

/* RFC 5246 7.3: the server that resumes is the first to change, without a certificate. */
static void on_change_cipher_spec(struct push *p)
{
    const struct dtls_conn *c = p->conn;

    if (!is_client(p) && c->seen_server_hello && !c->is_dtls13 && !c->seen_certificate &&
        !c->seen_done && !c->directions[c->client].has_replied)
        tell(p, (struct tls_event){.kind = TLS_EVENT_RESUMED});
}

static void on_alert(struct push *p, struct span body)
{
    uint8_t level, description;

    if (!span_u8(&body, &level) || !span_u8(&body, &description) || !span_empty(body))
        return;
    p->context->tls->stats.alerts++;
    tell(p, (struct tls_event){.kind = TLS_EVENT_ALERT,
                               .alert_level = level,
                               .alert_description = description});
}

static bool carries_data13(const struct dtls_record *record)
{
    return record->epoch == DATA_EPOCH && record->body.len > ALERT_LENGTH &&
           (record->body.len - ALERT_LENGTH) % ACK_ENTRY != 0;
}

static void on_protected(struct push *p, const struct dtls_record *record)
{
    struct dtls_direction *d = p->direction;
    bool is_data = record->is_unified ? carries_data13(record)
                                      : record->type == RECORD_APPLICATION_DATA;

    if (is_data) {
        d->data_ns = d->data_ns ? d->data_ns : p->time_ns;
    } else if (record->is_unified || record->type == RECORD_HANDSHAKE) {
        d->finished_ns = d->finished_ns ? d->finished_ns : p->time_ns;
    }
}

static void on_record(struct push *p, const struct dtls_record *record)
{
    bool is_protected = record->is_unified || record->epoch > 0;

    p->context->tls->stats.records++;
    tell(p, (struct tls_event){.kind = TLS_EVENT_RECORD,
                               .record = {.type = record->type,
                                          .version = record->version,
                                          .length = (uint16_t)record->body.len},
                               .encrypted = is_protected});
    if (is_protected)
        on_protected(p, record);
    else if (record->type == RECORD_HANDSHAKE)
        read_fragments(p, record->body);
    else if (record->type == RECORD_CHANGE_CIPHER_SPEC)
        on_change_cipher_spec(p);
    else if (record->type == RECORD_ALERT)
        on_alert(p, record->body);
}

static bool first_fragment(struct span datagram, uint8_t *type)
{
    struct dtls_record record;
    struct dtls_fragment f;

    if (!dtls_record_next(&datagram, &record) || record.is_unified || record.epoch ||
        record.type != RECORD_HANDSHAKE || !dtls_fragment_next(&record.body, &f))
        return false;
    *type = f.type;
    return true;
}

bool dtls_conn_begins(struct span datagram)
{
    uint8_t type;

    return first_fragment(datagram, &type) &&
           (type == HANDSHAKE_CLIENT_HELLO || type == HANDSHAKE_SERVER_HELLO ||
            type == HANDSHAKE_HELLO_VERIFY);
}

void dtls_conn_push(struct dtls_conn *c, struct dtls_context *context,
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
    struct dtls_record record;
    uint8_t type;

    if (first_fragment(rest, &type)) {
        note_sides(&p, type);
        if (is_client(&p) && !c->seen_client_hello && c->hello_datagrams < UINT8_MAX)
            c->hello_datagrams++;
    }
    while (!span_empty(rest) && dtls_record_next(&rest, &record))
        on_record(&p, &record);
}

void dtls_conn_note_media(struct dtls_conn *c, const struct datagram *datagram)
{
    struct dtls_direction *d = &c->directions[datagram->flow_side];

    if (d->finished_ns && !d->media_ns)
        d->media_ns = datagram->time_ns;
}
