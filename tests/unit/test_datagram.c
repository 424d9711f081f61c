#include "tap.h"

#include "datagram.h"
#include "dtls_wire.h"
#include "hellos.h"
#include "quic_wire.h"

struct line {
    struct tls_context tls;
    struct datagram_context context;
    struct datagram_flow flow;
    size_t events;
};

static void on_event(void *ctx, const struct tls_event *event)
{
    struct line *l = ctx;

    (void)event;
    l->events++;
}

static void line_init(struct line *l)
{
    struct err why;

    *l = (struct line){.tls.budget.most_bytes = 1 << 20};
    if (datagram_context_init(&l->context, &l->tls, &why) < 0)
        ok(false, "a context: %s", why.text);
}

static bool line_fini(struct line *l)
{
    datagram_flow_clear(&l->flow, &l->context);
    datagram_context_fini(&l->context);
    return l->tls.budget.bytes == 0;
}

static enum datagram_kind push(struct line *l, int side, struct span bytes)
{
    struct datagram d = {side, exact(bytes), 1000};

    return datagram_push(&l->flow, &l->context, &d, on_event, l);
}

static struct span quic_initial(void)
{
    static struct quic_wire frames, wire;
    struct quic_wire_long p = {.version = 1,
                               .destination = span_of_text("original"),
                               .source = span_of_text("client"),
                               .original = span_of_text("original")};

    frames.len = wire.len = 0;
    quic_wire_crypto(&frames, 0, hex(HELLO_GO));
    quic_wire_initial(&wire, &p, quic_wire_done(&frames));
    return quic_wire_done(&wire);
}

static struct span dtls_hello(void)
{
    static struct dtls_wire wire;
    struct dtls_wire_message m = {
        1, 0,
        hex("fefd a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
            "00 00 0004 c02bc02f 0100")};

    wire = (struct dtls_wire){.version = 0xfefd};
    dtls_wire_fragment(&wire, &m, 0, m.body.len);
    return dtls_wire_done(&wire);
}

#define STUN "0001 0000 2112a442 0102030405060708090a0b0c"

static void quic_and_dtls_are_told_by_content(void)
{
    struct line l;

    line_init(&l);
    is_int(push(&l, 1, quic_initial()), DATAGRAM_QUIC, "an Initial that opens is QUIC");
    is_int(datagram_client(&l.flow), 1, "its sender is the client");
    is_int(l.events, 1, "its hello is told");
    is_int(datagram_hello_count(&l.flow), 1, "of one datagram");
    ok(line_fini(&l), "no memory is kept");
    line_init(&l);
    is_int(push(&l, 0, dtls_hello()), DATAGRAM_DTLS, "a DTLS hello is DTLS");
    is_int(datagram_client(&l.flow), 0, "its sender is the client");
    is_int(l.events, 2, "record and hello are told");
    ok(line_fini(&l), "no memory is kept");
}

static void other_protocols_are_given_up(void)
{
    static const struct {
        const char *name, *bytes;
    } rows[] = {
        {"DNS", "1a2b 0100 0001 0000 0000 0000 03777777 0474657374 00 0001 0001"},
        {"DNS with a high id",
         "c100 0000 0001 0000 0000 0000 03777777 0474657374 00 0001 0001"},
        {"NTP", "23 00 06 ec 00000000 00000000 00000000"},
        {"RTP", "80 00 0001 00000001 00000002 d5d5d5d5"},
        {"RTCP", "80 c8 0006 00000001 00000002 00000003"},
        {"WireGuard", "01 000000 11223344 a1a2a3a4a5a6a7a8"},
        {"WireGuard data", "04 000000 11223344 0000000000000000"},
        {"OpenVPN", "38 a1a2a3a4a5a6a7a8 00 00000000"},
        {"SIP", "494e56495445207369703a61406220534950"},
        {"QUIC of long ago", "09 a1a2a3a4a5a6a7a8 51303339 01"},
        {"an unknown version of QUIC", "c0 51303530 08 a1a2a3a4a5a6a7a8 00 00 4014"},
        {"a short QUIC packet", "41 a1a2a3a4a5a6a7a8 b1b2b3b4b5b6b7b8b9babbbcbdbebf"},
        {"a STUN message without cookie", "0001 0000 11223344 0102030405060708090a0b0c"},
        {"TLS without D", "16 0301 0005 01 000001 00"},
        {"zeros", "00000000000000000000000000000000"},
        {"a byte", "16"},
        {"nothing", ""},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct line l;

        line_init(&l);
        is_int(push(&l, 0, hex(rows[i].bytes)), DATAGRAM_OTHER, "%s", rows[i].name);
        is_int(push(&l, 0, quic_initial()), DATAGRAM_OTHER, "%s stays so", rows[i].name);
        is_int(l.events, 0, "%s tells nothing", rows[i].name);
        ok(line_fini(&l), "%s keeps no memory", rows[i].name);
    }
}

static void what_comes_before_is_waited_for(void)
{
    struct line l;
    int count = 0;

    line_init(&l);
    for (int i = 0; i < 10; i++)
        is_int(push(&l, i % 2, hex(STUN)), DATAGRAM_UNDECIDED, "STUN may precede DTLS");
    is_int(push(&l, 0, dtls_hello()), DATAGRAM_DTLS, "which comes");
    is_int(datagram_hello_count(&l.flow), 1, "STUN does not count for the hello");
    ok(line_fini(&l), "no memory is kept");
    line_init(&l);
    while (push(&l, 0, hex(STUN)) == DATAGRAM_UNDECIDED)
        count++;
    is_int(count, DATAGRAM_LOOKS_MAX - 1, "but not without end");
    ok(line_fini(&l), "no memory is kept");
}

static void an_initial_that_does_not_open_may_be_followed(void)
{
    static struct quic_wire wire;
    struct quic_wire_long p = {.version = 1,
                               .type = QUIC_HANDSHAKE,
                               .destination = span_of_text("client"),
                               .source = span_of_text("server")};
    struct line l;

    line_init(&l);
    wire.len = 0;
    quic_wire_long(&wire, &p, 100);
    is_int(push(&l, 0, quic_wire_done(&wire)), DATAGRAM_UNDECIDED,
           "a server's packet first");
    is_int(push(&l, 1, quic_initial()), DATAGRAM_QUIC, "then the client's");
    is_int(datagram_client(&l.flow), 1, "who is told from it");
    ok(line_fini(&l), "no memory is kept");
}

static void sessions_get_what_the_flow_knows(void)
{
    struct connection c = {.port = {443, 40000}};
    struct session s = {.client_packets = 3};
    struct line l;

    line_init(&l);
    (void)push(&l, 1, quic_initial());
    datagram_begin_session(&l.flow, &c, &s);
    is_int(s.protocol, SESSION_QUIC, "a QUIC session");
    is_int(s.transport, PACKET_UDP, "over UDP");
    is_int(s.client_port, 40000, "from the client");
    datagram_finish_session(&l.flow, &s);
    ok(!s.established && !s.one_sided, "unanswered Initials are no missing direction");
    l.flow.quic.directions[1].used_ns = 5000;
    datagram_finish_session(&l.flow, &s);
    ok(s.one_sided, "a client that goes on without answer is one");
    s.server_packets = 1;
    l.flow.quic.directions[0].used_ns = 6000;
    l.flow.quic.directions[0].close_ns = 7000;
    datagram_finish_session(&l.flow, &s);
    ok(s.established && !s.one_sided, "packets both ways: established");
    is_int(s.version, VERSION_TLS13, "QUIC has no other version of TLS");
    is_int(s.close_by, SIDE_SERVER, "a visible close is the session's");
    is_int(s.close_how, CLOSE_ALERT, "by an alert");
    ok(line_fini(&l), "no memory is kept");
}

static void ndpi_is_kept_off_what_may_be_quic(void)
{
    static const struct {
        const char *bytes;
        uint16_t port;
        bool may_be;
    } rows[] = {
        {"c0 51303530 08 a1a2a3a4a5a6a7a8", 443, true},
        {"c0 51303530 08 a1a2a3a4a5a6a7a8", 4433, true},
        {"41 a1a2a3a4a5a6a7a8", 443, true},
        {"41 a1a2a3a4a5a6a7a8", 53, false},
        {"1a2b 0100", 53, false},
        {"1a2b 0100", 443, false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct packet packet = {.payload = hex(rows[i].bytes)};
        struct connection c = {.port = {40000, rows[i].port}};

        ok(datagram_may_be_quic(&c, &packet) == rows[i].may_be, "%s at port %u",
           rows[i].bytes, rows[i].port);
    }
}

int main(void)
{
    quic_and_dtls_are_told_by_content();
    other_protocols_are_given_up();
    what_comes_before_is_waited_for();
    an_initial_that_does_not_open_may_be_followed();
    sessions_get_what_the_flow_knows();
    ndpi_is_kept_off_what_may_be_quic();
    return done_testing();
}
