/* Takes the events of one connection into struct outcome_state. */
#include "outcome/outcome.h"
#include "outcome/record_sizes.h"

/* TLS 1.3 sizes are judged against the suite; without a ServerHello against the smallest ones. */
static const struct cipher_traits traits_unknown = {.tag = 16, .verify_hash = 32};

static uint64_t first_of(uint64_t a, uint64_t b)
{
    if (!a || !b)
        return a ? a : b;
    return a < b ? a : b;
}

uint64_t outcome_closed_ns(const struct outcome_state *s, enum tls_side side)
{
    return first_of(s->fin_ns[side], s->rst_ns[side]);
}

static struct cipher_traits traits_of(const struct outcome_state *s)
{
    return s->server_hello ? s->traits : traits_unknown;
}

static void on_finished(struct outcome_state *s, uint64_t time_ns)
{
    s->phase = CLIENT_FINISHED;
    s->finished_ns = time_ns;
}

static void on_application_data(struct outcome_state *s, uint64_t time_ns)
{
    s->phase = CLIENT_USEFUL;
    s->useful_ns = time_ns;
}

/*
 * Padding as its Finished shows it. Without a ServerHello the suite is not known: 53 bytes are
 * SHA-256, 85 are SHA-384 with padding, and 69 may be either, of which padding says less.
 */
static uint8_t padding_of(const struct outcome_state *s, uint16_t length)
{
    struct cipher_traits other = {.tag = 16, .verify_hash = 48};

    if (length == record_size_finished(traits_of(s), RECORD_PAD_JSSE) ||
        (!s->server_hello && length == record_size_finished(other, RECORD_PAD_JSSE)))
        return RECORD_PAD_JSSE;
    return 0;
}

/* A client record of TLS 1.3 that is protected and not yet known to follow a Finished. */
static void on_first_protected(struct outcome_state *s, uint16_t length, uint64_t time_ns)
{
    struct cipher_traits traits = traits_of(s);
    uint16_t finished = record_size_finished(traits, 0);
    bool early = s->psk_offered && s->early_data_offered;

    if (early && length == record_size_end_of_early_data(traits))
        return;
    if (early && length != finished &&
        length != record_size_finished(traits, RECORD_PAD_JSSE) &&
        length != record_size_alert(traits, 0))
        return; /* 0-RTT data */
    if (length >= finished) {
        s->pad = padding_of(s, length);
        on_finished(s, time_ns);
        return;
    }
    if (s->phase == CLIENT_SMALL)
        return;
    s->phase = CLIENT_SMALL;
    s->small_ns = time_ns;
    s->small_length = length;
    s->empty_certificate = length == record_size_empty_certificate(traits, 0) ||
                           length == record_size_empty_certificate(traits, RECORD_PAD_JSSE);
}

static void on_client_record13(struct outcome_state *s, const struct tls_event *e)
{
    if (e->record.type != RECORD_APPLICATION_DATA)
        return;
    if (s->phase == CLIENT_SILENT || s->phase == CLIENT_SMALL) {
        on_first_protected(s, e->record.length, e->time_ns);
    } else if (s->phase == CLIENT_FINISHED) {
        if (e->record.length > record_size_alert(traits_of(s), s->pad))
            on_application_data(s, e->time_ns);
        else if (!s->short_ns)
            s->short_ns = e->time_ns;
    }
}

static void on_client_record12(struct outcome_state *s, const struct tls_event *e)
{
    if (e->record.type == RECORD_APPLICATION_DATA) {
        if (s->phase != CLIENT_USEFUL)
            on_application_data(s, e->time_ns);
    } else if (e->record.type == RECORD_HANDSHAKE) {
        if (e->encrypted && s->phase < CLIENT_FINISHED)
            on_finished(s, e->time_ns);
        else if (s->phase == CLIENT_SILENT)
            s->phase = CLIENT_REPLIED;
    } else if (e->record.type == RECORD_ALERT && e->encrypted && !s->short_ns) {
        s->short_ns = e->time_ns;
    }
}

/* Without a ServerHello: a client that could speak 1.3 and sends no handshake record does. */
static bool speaks_tls13(const struct outcome_state *s)
{
    return s->server_hello ? s->is_tls13
                           : s->retried || (s->offers_tls13 && s->phase != CLIENT_REPLIED);
}

static void on_client_record(struct outcome_state *s, const struct tls_event *e)
{
    if (!s->server_hello && s->has_server_packets && !s->server_lost &&
        !s->server_messages_lost)
        return; /* the ServerHello is still to come: hello, retry, 0-RTT data */
    if (speaks_tls13(s) &&
        !(e->record.type == RECORD_HANDSHAKE && !s->server_hello && s->client_hello))
        on_client_record13(s, e);
    else
        on_client_record12(s, e);
}

static bool is_alert_sized(const struct outcome_state *s, const struct tls_event *e)
{
    if (s->is_tls13)
        return e->record.type == RECORD_APPLICATION_DATA &&
               e->record.length <= record_size_alert(traits_of(s), RECORD_PAD_JSSE);
    return e->record.type == RECORD_ALERT;
}

static void on_server_record(struct outcome_state *s, const struct tls_event *e)
{
    if (!e->encrypted)
        return;
    if (!s->is_tls13 && e->record.type == RECORD_APPLICATION_DATA)
        s->server_spoke = true;
    if (s->phase == CLIENT_SILENT && s->is_tls13)
        s->flight_encrypted_bytes += e->record.length;
    if (s->phase < CLIENT_FINISHED)
        return;
    if (is_alert_sized(s, e)) {
        if (!s->server_alert_ns)
            s->server_alert_ns = e->time_ns;
        return;
    }
    s->server_late_records++;
    if (e->record.type == RECORD_APPLICATION_DATA)
        s->server_late_bytes += e->record.length;
}

static void on_alert(struct outcome_state *s, const struct tls_event *e)
{
    bool is_client = e->side == TLS_CLIENT;

    if (is_client && !s->client_alert_ns) {
        s->client_alert_ns = e->time_ns;
        s->client_alert = e->alert_description;
        s->client_alert_level = e->alert_level;
    } else if (!is_client && !s->server_alert_ns) {
        s->server_alert_ns = e->time_ns;
        s->server_alert = e->alert_description;
        s->server_alert_level = e->alert_level;
    }
}

static void on_server_hello(struct outcome_state *s, const struct tls_event *e)
{
    const struct server_hello *hello = e->server_hello;

    /* What the client said before was no answer to it, even if the capture showed no packet of the
     * server until now: a SYN-ACK that the ClientHello overtook. */
    if (!s->server_hello && s->phase == CLIENT_REPLIED)
        s->phase = CLIENT_SILENT;
    s->server_hello = true;
    s->server_hello_ns = e->time_ns;
    s->is_tls13 = version_is_tls13(hello->version);
    s->traits = cipher_traits_of(hello->cipher);
    s->resumed = s->is_tls13 && hello->has_psk;
}

static void on_retry(struct outcome_state *s)
{
    s->retried = true;
    s->early_data_offered = false; /* RFC 8446 4.2.10: not after a retry */
    if (!s->server_hello && s->phase == CLIENT_REPLIED)
        s->phase =
            CLIENT_SILENT; /* what looked like a reply of TLS 1.2 was the second hello */
}

static void on_lost(struct outcome_state *s, const struct tls_event *e)
{
    if (e->side == TLS_CLIENT) {
        s->client_lost = true;
        return;
    }
    s->server_lost = true;
    if (!s->server_hello && e->lost == RECORD_LOST_FORMAT)
        s->server_is_not_tls = true;
}

static bool offers_tls13(const struct client_hello *hello)
{
    uint16_t version = client_hello_version(hello);

    return hello->kind == HELLO_DTLS ? version == VERSION_DTLS13 : version >= VERSION_TLS13;
}

/* Its own record, told before it, was no reply to anything. */
static void on_client_hello(struct outcome_state *s, const struct client_hello *hello)
{
    s->client_hello = true;
    s->offers_tls13 = offers_tls13(hello);
    s->psk_offered = hello->has_psk;
    s->early_data_offered = hello->has_early_data;
    if (!s->server_hello && s->phase == CLIENT_REPLIED)
        s->phase = CLIENT_SILENT;
}

void outcome_push(struct outcome_state *s, const struct tls_event *event)
{
    switch (event->kind) {
    case TLS_EVENT_CLIENT_HELLO:
        on_client_hello(s, event->client_hello);
        break;
    case TLS_EVENT_SERVER_HELLO:
        on_server_hello(s, event);
        break;
    case TLS_EVENT_HELLO_RETRY:
        on_retry(s);
        break;
    case TLS_EVENT_CERTIFICATE:
        if (event->side == TLS_SERVER)
            s->certificate = true;
        else
            s->client_certificate = event->message.len > 3; /* more than an empty list */
        break;
    case TLS_EVENT_CERTIFICATE_REQUEST:
        s->certificate_request = true;
        break;
    case TLS_EVENT_SERVER_HELLO_DONE:
        s->server_hello_done = true;
        break;
    case TLS_EVENT_RESUMED:
        s->resumed = true;
        break;
    case TLS_EVENT_RECORD:
        if (event->side == TLS_CLIENT)
            on_client_record(s, event);
        else
            on_server_record(s, event);
        break;
    case TLS_EVENT_ALERT:
        on_alert(s, event);
        break;
    case TLS_EVENT_LOST:
        on_lost(s, event);
        break;
    case TLS_EVENT_MESSAGE_LOST:
        if (event->side == TLS_SERVER)
            s->server_messages_lost = true;
        break;
    }
}

void outcome_close(struct outcome_state *s, enum tls_side side, bool by_reset,
                   bool acknowledged, uint64_t time_ns)
{
    uint64_t *when = by_reset ? s->rst_ns : s->fin_ns;

    if (side == TLS_CLIENT && !outcome_closed_ns(s, TLS_CLIENT))
        s->flight_acknowledged = acknowledged;
    if (!when[side])
        when[side] = time_ns ? time_ns : 1;
}
