#include "session/session_build.h"

#include "base/nanotime.h"
#include "base/text.h"
#include "session/session_id.h"

/* The tunnel as the client's packets named it; where none was seen, with the server's id. */
static struct tunnel tunnel_of(const struct connection *c, int client_side)
{
    struct tunnel tunnel = c->tunnel;

    if (c->tunnel_side != client_side) {
        tunnel.source = c->tunnel.destination;
        tunnel.destination = c->tunnel.source;
    }
    tunnel.id = c->tunnel_id[c->met[client_side] ? client_side : !client_side];
    return tunnel;
}

void session_begin(struct session *s, const struct connection *c, int client_side)
{
    s->protocol = SESSION_TLS;
    s->transport = PACKET_TCP;
    s->start_ns = c->start_ns;
    memcpy(s->vlans, c->vlans, sizeof(s->vlans));
    s->vlan_count = c->vlan_count;
    s->tunnel = tunnel_of(c, client_side);
    s->capture_file = c->file;
    s->client = c->address[client_side];
    s->server = c->address[!client_side];
    s->client_port = c->port[client_side];
    s->server_port = c->port[!client_side];
    if (c->process[0]) {
        (void)strncpy(s->package, c->process, sizeof(s->package) - 1);
        s->package_source = "capture";
    }
}

void session_begin_unidentified(struct session *s, const struct connection *c,
                                int client_side, struct span first_bytes)
{
    struct session_ends ends;

    session_begin(s, c, client_side);
    s->protocol = SESSION_UNIDENTIFIED;
    ends = session_ends_of(s);
    session_id_of(MARK_FIRST_BYTES, first_bytes, &ends, &s->tunnel, s->id);
}

static uint32_t since_us(const struct session *s, uint64_t time_ns)
{
    uint64_t us = nanotime_since(s->start_ns, time_ns) / NS_PER_US;

    return us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
}

bool session_has_hello(const struct session *s)
{
    return s->ja4[0] != '\0' || s->has_server_hello;
}

/* ---- hellos */

static void note_ciphers(struct session *s, const struct client_hello *hello)
{
    struct span ciphers = hello->ciphers;
    uint16_t cipher;

    s->supported_cipher_count = 0;
    if (hello->kind == HELLO_SSL2)
        return;
    while (s->supported_cipher_count < SESSION_CIPHERS_MAX && span_u16(&ciphers, &cipher))
        if (!hello_is_grease(cipher))
            s->supported_ciphers[s->supported_cipher_count++] = cipher;
}

/* ProtocolNameList (RFC 7301 3.1): a name with a newline after each, whole names only. */
static void note_alpn(struct session *s, struct span list)
{
    struct text out = text_in(s->alpn_offered, sizeof(s->alpn_offered));
    char name[SESSION_ALPN_MAX];
    struct span one;

    while (span_vec(&list, 1, &one)) {
        (void)text_from_span(name, sizeof(name), one);
        if (strlen(name) + 1 >= out.size - out.len)
            return;
        text_add(&out, name);
        text_add_char(&out, '\n');
    }
}

static void note_client_hello(struct session *s, const struct tls_event *e,
                              struct prints *prints)
{
    static const enum ja4_transport transports[] = {
        [SESSION_TLS] = JA4_TCP, [SESSION_QUIC] = JA4_QUIC, [SESSION_DTLS] = JA4_DTLS};
    const struct client_hello *hello = e->client_hello;
    struct session_ends ends = session_ends_of(s);
    struct client_prints made;

    session_id_of(MARK_CLIENT_HELLO, hello->random, &ends, &s->tunnel, s->id);
    memcpy(s->random_prefix, hello->random.data,
           hello->random.len < sizeof(s->random_prefix) ? hello->random.len
                                                        : sizeof(s->random_prefix));
    (void)text_from_span(s->server_name, sizeof(s->server_name), hello->server_name);
    prints_of_client(prints, hello, transports[s->protocol], &made);
    memcpy(s->ja3, made.ja3, sizeof(s->ja3));
    memcpy(s->ja4, made.ja4, sizeof(s->ja4));
    memcpy(s->app_key, made.app_key, sizeof(s->app_key));
    note_ciphers(s, hello);
    note_alpn(s, hello->alpn);
    s->ech = hello->has_ech;
    s->psk_offered = hello->has_psk;
    s->early_data = hello->has_early_data;
    s->hello_ns = e->time_ns;
}

static void note_negotiated(struct session *s, const struct server_hello *hello,
                            struct prints *prints)
{
    /* A library's own numbering of drafts says no more than 1.3; so it is with DTLS before 1.0. */
    s->version = hello->version >> 8 == 0xfb          ? VERSION_TLS13
                 : hello->version == VERSION_DTLS_BAD ? VERSION_DTLS10
                                                      : hello->version;
    s->cipher = hello->cipher;
    s->group = hello->group;
    prints_of_server(prints, hello, s->ja3s);
}

static void note_server_hello(struct session *s, const struct tls_event *e,
                              struct prints *prints)
{
    const struct server_hello *hello = e->server_hello;
    struct session_ends ends = session_ends_of(s);

    if (!s->ja4[0])
        session_id_of(MARK_SERVER_HELLO, hello->random, &ends, &s->tunnel, s->id);
    s->has_server_hello = true;
    note_negotiated(s, hello, prints);
    (void)text_from_span(s->next_protocol, sizeof(s->next_protocol), hello->alpn);
    if (s->hello_ns)
        s->hello_to_server_hello_us =
            (uint32_t)(nanotime_since(s->hello_ns, e->time_ns) / NS_PER_US);
}

static void note_certificates(struct session *s, const struct tls_event *e,
                              struct certificate_cache *cache)
{
    int count;

    if (e->side != TLS_SERVER || s->certificate_count)
        return;
    count = certificate_read_message(cache, e->message, false, s->certificates);
    s->certificate_count = (uint8_t)(count > 0 ? count : 0);
}

/* ---- records */

static struct session_record record_of(const struct session *s, const struct tls_event *e)
{
    return (struct session_record){.type = e->record.type,
                                   .encrypted = e->encrypted,
                                   .length = e->record.length,
                                   .at_us = since_us(s, e->time_ns)};
}

/* The smallest protected Finished: TLS 1.3 with an 8-byte tag 45, TLS 1.2 handshake records 32. */
static bool can_be_finished(const struct session_record *r)
{
    return r->encrypted && (r->type == RECORD_HANDSHAKE || r->length >= 45);
}

static void note_client_record(struct session *s, const struct tls_event *e)
{
    struct session_record record = record_of(s, e);

    if (!s->has_server_hello && e->record.type == RECORD_HANDSHAKE)
        return;
    if (can_be_finished(&record))
        s->client_spoke = true;
    if (s->record_count < SESSION_RECORDS_MAX)
        s->records[s->record_count++] = record;
}

static void note_server_record(struct session *s, const struct tls_event *e)
{
    if (e->record.type == RECORD_CHANGE_CIPHER_SPEC)
        return;
    if (!s->client_spoke) {
        if (s->flight_count < SESSION_FLIGHT_MAX)
            s->flight[s->flight_count++] = record_of(s, e);
        s->flight_bytes += e->record.length;
    } else if (e->record.type == RECORD_APPLICATION_DATA && version_is_tls13(s->version) &&
               s->ticket_count < SESSION_TICKETS_MAX) {
        s->tickets[s->ticket_count++] = e->record.length;
    }
}

static void note_alert(struct session *s, enum side from, const struct tls_event *e)
{
    struct session_alert *alert;

    if (s->alert_count == SESSION_ALERTS_MAX)
        return;
    alert = &s->alerts[s->alert_count++];
    *alert = (struct session_alert){.from = from,
                                    .encrypted = e->kind == TLS_EVENT_RECORD,
                                    .level = e->alert_level,
                                    .description = e->alert_description,
                                    .at_us = since_us(s, e->time_ns)};
}

static void note_record(struct session *s, const struct tls_event *e)
{
    if (e->record.type == RECORD_ALERT && e->encrypted)
        note_alert(s, e->side == TLS_CLIENT ? SIDE_CLIENT : SIDE_SERVER, e);
    if (e->side == TLS_CLIENT)
        note_client_record(s, e);
    else
        note_server_record(s, e);
}

void session_note(struct session *s, const struct tls_event *e,
                  const struct session_tools *tools)
{
    switch (e->kind) {
    case TLS_EVENT_CLIENT_HELLO:
        note_client_hello(s, e, tools->prints);
        break;
    case TLS_EVENT_SERVER_HELLO:
        note_server_hello(s, e, tools->prints);
        break;
    case TLS_EVENT_HELLO_RETRY:
        s->hello_retry = true;
        if (e->server_hello)
            note_negotiated(s, e->server_hello,
                            tools->prints); /* until the final one comes */
        break;
    case TLS_EVENT_CERTIFICATE:
        note_certificates(s, e, tools->certificates);
        break;
    case TLS_EVENT_CERTIFICATE_REQUEST:
        s->certificate_request = true;
        break;
    case TLS_EVENT_RECORD:
        note_record(s, e);
        break;
    case TLS_EVENT_ALERT:
        note_alert(s, e->side == TLS_CLIENT ? SIDE_CLIENT : SIDE_SERVER, e);
        break;
    case TLS_EVENT_LOST:
    case TLS_EVENT_MESSAGE_LOST:
        s->truncated = s->truncated || e->truncated;
        break;
    case TLS_EVENT_SERVER_HELLO_DONE:
    case TLS_EVENT_RESUMED:
        break;
    }
}

void session_note_close(struct session *s, enum side by, enum close_how how,
                        uint64_t time_ns)
{
    if (s->close_how != CLOSE_NONE)
        return;
    s->close_by = by;
    s->close_how = how;
    s->close_after_us = since_us(s, time_ns);
}

void session_note_proxy(struct session *s, const char *target, uint16_t port)
{
    s->is_explicit_proxy = true;
    (void)text_from_span(s->proxy_target, sizeof(s->proxy_target), span_of_text(target));
    s->proxy_port = port;
}

/* ---- the decision */

/* The client's side of the flow. */
static int client_side_of(const struct session *s, const struct connection *c)
{
    return address_equal(&c->address[0], &s->client) && c->port[0] == s->client_port ? 0
                                                                                     : 1;
}

static void note_opening(struct session *s, const struct connection *c)
{
    const struct flow_opening *o = &c->opening;

    s->syn_ack.seen = o->syn_ack_seen;
    s->syn_ack.ttl = o->ttl;
    s->syn_ack.window = o->window;
    s->syn_ack.mss = o->mss;
    s->syn_ack.window_scale = o->window_scale;
    memcpy(s->syn_ack.options, o->options, sizeof(s->syn_ack.options));
    s->rtt_us = (uint32_t)(o->rtt_ns / NS_PER_US);
    s->client_ttl = c->ttl[client_side_of(s, c)];
}

void session_finish(struct session *s, const struct connection *c,
                    const struct outcome_state *state,
                    const struct outcome_decision *decision)
{
    int client = client_side_of(s, c);
    uint64_t closed =
        state->short_ns ? state->short_ns : outcome_closed_ns(state, TLS_CLIENT);

    note_opening(s, c);
    s->has_macs = c->has_mac[0] && c->has_mac[1];
    memcpy(s->client_mac, c->mac[client], 6);
    memcpy(s->server_mac, c->mac[!client], 6);
    s->client_bytes = c->bytes[client];
    s->server_bytes = c->bytes[!client];
    s->client_packets = c->packets[client];
    s->server_packets = c->packets[!client];
    s->end_ns = c->last_ns;
    s->decided_ns = decision->decided_ns;
    s->outcome = decision->outcome;
    s->outcome_raw = decision->outcome;
    s->shape = decision->shape;
    s->established = outcome_is_established(state);
    s->resumed = state->resumed;
    if (state->finished_ns && closed)
        s->finished_to_close_us =
            (uint32_t)(nanotime_since(state->finished_ns, closed) / NS_PER_US);
    if (decision->outcome == OUTCOME_REJECTED_ALERT)
        session_note_close(s, SIDE_CLIENT, CLOSE_ALERT, state->client_alert_ns);
    s->one_sided = c->packets[0] == 0 || c->packets[1] == 0;
    s->gaps = c->gaps;
    s->midstream = c->midstream;
    s->start_ns = nanotime_whole_us(s->start_ns);
    s->end_ns = nanotime_whole_us(s->end_ns);
    s->decided_ns = nanotime_whole_us(s->decided_ns);
}

void session_note_end(const struct session *s, const struct connection *c,
                      const uint64_t records[2], struct session_end *out)
{
    int client = client_side_of(s, c);
    uint64_t end_ns = nanotime_whole_us(c->last_ns);

    *out = (struct session_end){
        .protocol = s->protocol,
        .ends = session_ends_of(s),
        .client_bytes = c->bytes[client],
        .server_bytes = c->bytes[!client],
        .client_packets = c->packets[client],
        .server_packets = c->packets[!client],
        .client_records = records[TLS_CLIENT],
        .server_records = records[TLS_SERVER],
        .start_ns = s->start_ns,
        .end_ns = end_ns,
        .decided_ns = end_ns > s->decided_ns ? end_ns : s->decided_ns,
        .close_by = s->close_by,
        .close_how = s->close_how == CLOSE_NONE ? CLOSE_TIMEOUT : s->close_how,
    };
    memcpy(out->session_id, s->id, sizeof(out->session_id));
}
