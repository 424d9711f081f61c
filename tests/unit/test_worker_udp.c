#include "tap.h"

#include "dtls_wire.h"
#include "frames.h"
#include "hellos.h"
#include "quic_wire.h"
#include "session/session_end.h"
#include "worker.h"

#define MS UINT64_C(1000000)
#define START (UINT64_C(1700000000) * 1000 * MS)
#define CLIENT_PORT 50000u
#define SERVER_HELLO                                                                       \
    "020000560303eefce7f7b37ba1d1632e96677825ddf73988cfc79825df566dc5430b9a045a1200130100" \
    "00"                                                                                   \
    "2e00330024001d00209d3c940d89690b84d08a60993c144eca684d1081287c834d5311bcf32bb9da1a00" \
    "2b"                                                                                   \
    "00020304"

/* A worker and what it told. */
struct bench {
    struct worker worker;
    struct certificate_cache *certificates;
    struct prints *prints;
    struct session last;
    size_t sessions, ends;
    struct session_end end;
    uint64_t time_ns;
};

static struct quic_wire frames, wire;

static void on_session(void *ctx, const struct session *s)
{
    struct bench *l = ctx;

    l->sessions++;
    l->last = *s;
}

static void on_end(void *ctx, const struct session_end *end)
{
    struct bench *l = ctx;

    l->ends++;
    l->end = *end;
}

static void line_init(struct bench *l, bool with_ends)
{
    struct worker_options options = {
        .decode = {.fragment_bytes = 1 << 16, .fragment_timeout_ns = 1000 * MS},
        .outcome = {.post_close_strong_ns = 300 * MS,
                    .post_close_weak_ns = 5000 * MS,
                    .enc_alert_close_ns = 5000 * MS,
                    .stall_ns = 30000 * MS},
        .max_flows = 64,
        .max_connections = 16,
        .held_bytes = 1 << 20,
        .message_bytes = 1 << 20,
        .flow_timeout_ns = 120000 * MS,
        .shares = 1,
        .on_session = on_session,
        .on_session_end = with_ends ? on_end : NULL,
        .ctx = l,
    };
    struct certificate_options certificates = {.capacity = 16};
    struct err why;

    *l = (struct bench){.time_ns = START};
    l->certificates = certificate_cache_new(&certificates, &why);
    l->prints = prints_new(16, 1, &why);
    options.tools = (struct session_tools){l->certificates, l->prints};
    if (!ok(worker_init(&l->worker, &options, &why) == 0, "a worker"))
        exit(1);
}

static void line_fini(struct bench *l)
{
    worker_drain(&l->worker);
    is_int(l->worker.tls.budget.bytes, 0, "no memory is kept");
    worker_fini(&l->worker);
    prints_free(l->prints);
    certificate_cache_free(l->certificates);
}

/* A datagram between the client's port and the server's. */
static void push(struct bench *l, bool by_client, struct span bytes)
{
    struct span packet = by_client ? ipv4_between(INNER_CLIENT INNER_SERVER, 17, 0x4000,
                                                  udp(CLIENT_PORT, 443, bytes))
                                   : ipv4_between(INNER_SERVER INNER_CLIENT, 17, 0x4000,
                                                  udp(443, CLIENT_PORT, bytes));
    struct span whole = ethernet(0x0800, packet);
    struct frame frame = {.time_ns = l->time_ns,
                          .link_type = 1,
                          .bytes = whole,
                          .wire_len = (uint32_t)whole.len,
                          .file = "test"};

    worker_push(&l->worker, &frame);
    l->time_ns += MS;
}

/* ---- QUIC */

static struct quic_wire_long packet_of(bool by_client)
{
    struct span client = span_of_text("client"), server = span_of_text("server"),
                original = span_of_text("original");

    return (struct quic_wire_long){.version = 1,
                                   .destination = by_client ? original : client,
                                   .source = by_client ? client : server,
                                   .original = original,
                                   .sender =
                                       by_client ? QUIC_FROM_CLIENT : QUIC_FROM_SERVER};
}

static void push_hello(struct bench *l, bool by_client, int copies)
{
    struct quic_wire_long p = packet_of(by_client);

    frames.len = wire.len = 0;
    quic_wire_crypto(&frames, 0, hex(by_client ? HELLO_GO : SERVER_HELLO));
    quic_wire_initial(&wire, &p, quic_wire_done(&frames));
    while (copies--)
        push(l, by_client, quic_wire_done(&wire));
}

static void push_close(struct bench *l, bool by_client, uint64_t error)
{
    struct quic_wire_long p = packet_of(by_client);

    frames.len = wire.len = 0;
    p.number = 1;
    quic_wire_close(&frames, error);
    quic_wire_padding(&frames, 8);
    quic_wire_initial(&wire, &p, quic_wire_done(&frames));
    push(l, by_client, quic_wire_done(&wire));
}

static void push_short(struct bench *l, bool by_client)
{
    wire.len = 0;
    quic_wire_short(&wire, span_of_text(by_client ? "server" : "client"), 40);
    push(l, by_client, quic_wire_done(&wire));
}

static void a_quic_connection_is_one_session(void)
{
    struct bench l;

    line_init(&l, false);
    push_hello(&l, true, 2);
    push_hello(&l, false, 2);
    for (int i = 0; i < 10; i++) {
        push_short(&l, false);
        push_short(&l, true);
    }
    push_hello(&l, true, 1);
    is_int(l.sessions, 1, "it is told once, as soon as it is used");
    is_int(l.last.protocol, SESSION_QUIC, "QUIC");
    is_int(l.last.transport, PACKET_UDP, "over UDP");
    is_int(l.last.outcome, OUTCOME_ACCEPTED, "accepted");
    ok(l.last.established, "established");
    is_int(l.last.version, VERSION_TLS13, "TLS 1.3");
    is_int(l.last.cipher, 0x1301, "the server's suite");
    is_text(l.last.server_name, "www.example.org", "the client's name for it");
    is_int(l.last.client_port, CLIENT_PORT, "the client's port");
    ok(l.last.ja4[0] == 'q' && l.last.ja3[0] && l.last.ja3s[0], "fingerprints");
    is_int(l.last.hello_segments, 1, "one datagram carried the hello");
    line_fini(&l);
    is_int(l.sessions, 1, "the end of the capture tells nothing new");
}

static void totals_follow(void)
{
    struct bench l;

    line_init(&l, true);
    push_hello(&l, true, 1);
    push_hello(&l, false, 1);
    for (int i = 0; i < 5; i++) {
        push_short(&l, false);
        push_short(&l, true);
    }
    is_int(l.sessions, 1, "a session");
    is_int(l.ends, 0, "whose connection goes on");
    line_fini(&l);
    is_int(l.ends, 1, "its end comes once");
    is_int(l.end.client_packets + l.end.server_packets, 12, "with all packets");
    is_int(l.end.protocol, SESSION_QUIC, "of QUIC");
}

static void silence_stalls(void)
{
    struct bench l;

    line_init(&l, false);
    push_hello(&l, true, 3);
    is_int(l.sessions, 0, "a hello without answer is waited for");
    worker_tick(&l.worker, l.time_ns + 31000 * MS);
    is_int(l.sessions, 1, "for 30 seconds");
    is_int(l.last.outcome, OUTCOME_STALLED, "then it stalled");
    ok(!l.last.one_sided, "which is no matter of the capture");
    line_fini(&l);
}

static void a_close_is_never_a_refusal(void)
{
    struct bench l;

    line_init(&l, false);
    push_hello(&l, true, 1);
    push_hello(&l, false, 1);
    push_close(&l, true, 0x0130);
    is_int(l.sessions, 1, "a visible close decides");
    is_int(l.last.outcome, OUTCOME_UNKNOWN, "that nothing is known");
    is_int(l.last.alert_count, 1, "the alert is noted");
    is_int(l.last.alerts[0].description, 48, "with its code");
    is_int(l.last.close_how, CLOSE_ALERT, "and the close");
    line_fini(&l);
    line_init(&l, false);
    push_hello(&l, true, 1);
    push_close(&l, false, 0x0128);
    is_int(l.last.outcome, OUTCOME_SERVER_FAULT, "the server's close is the server's");
    line_fini(&l);
}

static void an_open_end_is_in_progress(void)
{
    struct bench l;

    line_init(&l, false);
    push_hello(&l, true, 1);
    push_hello(&l, false, 1);
    line_fini(&l);
    is_int(l.sessions, 1, "the capture's end tells it");
    is_int(l.last.outcome, OUTCOME_IN_PROGRESS, "in progress");
}

static void a_hello_in_pieces_that_never_ends_is_counted(void)
{
    struct quic_wire_long p = packet_of(true);
    struct bench l;

    line_init(&l, false);
    frames.len = wire.len = 0;
    quic_wire_crypto(&frames, 0, span_first(hex(HELLO_GO), 100));
    quic_wire_initial(&wire, &p, quic_wire_done(&frames));
    push(&l, true, quic_wire_done(&wire));
    line_fini(&l);
    is_int(l.sessions, 0, "no session");
    is_int(l.worker.stats.without_hello, 1, "but a count");
}

/* ---- DTLS, and what is neither */

static void dtls_message(struct bench *l, bool by_client, uint8_t type, const char *body)
{
    static struct dtls_wire out;
    struct dtls_wire_message m = {type, 0, hex(body)};

    out = (struct dtls_wire){.version = VERSION_DTLS12};
    dtls_wire_fragment(&out, &m, 0, m.body.len);
    push(l, by_client, dtls_wire_done(&out));
}

static void dtls_record(struct bench *l, bool by_client, uint8_t type)
{
    static struct dtls_wire out;
    static const uint8_t body[60];

    out = (struct dtls_wire){.version = VERSION_DTLS12};
    dtls_wire_record(&out, type, 1, span_of(body, sizeof(body)));
    push(l, by_client, dtls_wire_done(&out));
}

#define RANDOM "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"

static void a_dtls_connection_is_one_session(void)
{
    struct bench l;

    line_init(&l, false);
    push(&l, true, hex("0001 0000 2112a442 0102030405060708090a0b0c"));
    dtls_message(&l, true, HANDSHAKE_CLIENT_HELLO,
                 "fefd" RANDOM "00 00 0004 c02bc02f 0100");
    dtls_message(&l, false, HANDSHAKE_SERVER_HELLO, "fefd" RANDOM "00 c02b 00");
    dtls_record(&l, true, RECORD_HANDSHAKE);
    dtls_record(&l, false, RECORD_HANDSHAKE);
    dtls_record(&l, true, RECORD_APPLICATION_DATA);
    is_int(l.sessions, 0, "data of one side does not decide");
    dtls_record(&l, false, RECORD_APPLICATION_DATA);
    is_int(l.sessions, 1, "data of both does");
    is_int(l.last.protocol, SESSION_DTLS, "DTLS");
    is_int(l.last.outcome, OUTCOME_ACCEPTED, "accepted");
    is_int(l.last.version, VERSION_DTLS12, "its version");
    is_int(l.last.cipher, 0xc02b, "its suite");
    ok(l.last.ja4[0] == 'd', "its fingerprint");
    for (int i = 0; i < 5; i++)
        dtls_record(&l, i % 2, RECORD_APPLICATION_DATA);
    line_fini(&l);
    is_int(l.sessions, 1, "once");
}

static void other_datagrams_give_nothing(void)
{
    struct bench l;

    line_init(&l, false);
    for (int i = 0; i < 20; i++)
        push(&l, i % 2,
             hex("1a2b 0100 0001 0000 0000 0000 03777777 0474657374 00 0001 0001"));
    is_int(l.worker.stats.other_connections, 1, "a flow that is neither is counted once");
    is_int(l.worker.stats.other_on_443, 1, "and that it is on the port of HTTPS");
    line_fini(&l);
    is_int(l.sessions, 0, "and told never");
}

int main(void)
{
    a_quic_connection_is_one_session();
    totals_follow();
    silence_stalls();
    a_close_is_never_a_refusal();
    an_open_end_is_in_progress();
    a_hello_in_pieces_that_never_ends_is_counted();
    a_dtls_connection_is_one_session();
    other_datagrams_give_nothing();
    return done_testing();
}
