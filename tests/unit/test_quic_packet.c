#include "tap.h"

#include "quic_vectors.h"
#include "quic_wire.h"
#include "tls/quic_packet.h"

/* How many truncations of a datagram of one packet are packets all the same. */
static size_t truncations_taken(struct span datagram)
{
    size_t taken = 0;

    for (size_t len = 0; len < datagram.len; len++) {
        struct span cut = exact(span_first(datagram, len));
        struct quic_packet packet;

        taken += quic_packet_next(&cut, &packet);
    }
    return taken;
}

static void initials_of_the_rfcs_are_read(void)
{
    static const char *const datagrams[] = {VECTOR_CLIENT_V1, VECTOR_CLIENT_V2};

    for (size_t i = 0; i < 2; i++) {
        struct span datagram = hex(datagrams[i]);
        struct quic_packet packet;

        if (!ok(quic_packet_next(&datagram, &packet), "version %zu: a packet", i + 1))
            continue;
        is_int(packet.type, QUIC_INITIAL, "an Initial");
        is_int(packet.number, i ? QUIC_VERSION_2 : 1, "of the version");
        is_span(packet.destination, hex("8394c8f03e515708"), "destination");
        is_int(packet.source.len, 0, "no source");
        is_int(packet.header.len, 18, "header");
        is_int(packet.payload.len, 1182, "payload");
        ok(span_empty(datagram), "nothing is left");
        is_int(truncations_taken(hex(datagrams[i])), 0, "no truncation is a packet");
    }
}

static void a_server_tells_its_id(void)
{
    struct span datagram = hex(VECTOR_SERVER_V1);
    struct quic_packet packet;

    ok(quic_packet_next(&datagram, &packet), "the server's Initial");
    is_int(packet.destination.len, 0, "no destination");
    is_span(packet.source, hex("f067a5502a4262b5"), "source");
    is_int(truncations_taken(hex(VECTOR_SERVER_V1)), 0, "no truncation is a packet");
}

static void retries_are_read(void)
{
    static const char *const datagrams[] = {VECTOR_RETRY_V1, VECTOR_RETRY_V2};

    for (size_t i = 0; i < 2; i++) {
        struct span datagram = hex(datagrams[i]);
        struct quic_packet packet;

        ok(quic_packet_next(&datagram, &packet), "version %zu", i + 1);
        is_int(packet.type, QUIC_RETRY, "a Retry");
        is_span(packet.source, hex("f067a5502a4262b5"), "source");
        is_int(packet.payload.len, 5 + 16, "token and tag");
    }
}

static void negotiations_are_read(void)
{
    struct span datagram = hex("80 00000000 04 11223344 02 5566 00000001 6b3343cf");
    struct quic_packet packet;

    ok(quic_packet_next(&datagram, &packet), "a version negotiation");
    is_int(packet.type, QUIC_NEGOTIATION, "is told by its version");
    ok(packet.version == NULL, "and has none");
    is_span(packet.payload, hex("00000001 6b3343cf"), "versions");
    datagram = hex("80 00000000 04 11223344 02 5566 00000001 6b3343");
    ok(!quic_packet_next(&datagram, &packet) && datagram.len == 20,
       "half a version is none");
    datagram = hex("80 00000000 04 11223344 02 5566");
    ok(!quic_packet_next(&datagram, &packet), "no version is none");
}

static void several_packets_share_a_datagram(void)
{
    static struct quic_wire wire;
    struct quic_wire_long p = {.version = 1,
                               .type = QUIC_HANDSHAKE,
                               .destination = span_of_text("to"),
                               .source = span_of_text("from")};
    static const enum quic_packet_type types[] = {QUIC_HANDSHAKE, QUIC_ZERO_RTT,
                                                  QUIC_SHORT};
    struct span datagram;
    struct quic_packet packet;

    quic_wire_long(&wire, &p, 40);
    p.type = QUIC_ZERO_RTT;
    quic_wire_long(&wire, &p, 50);
    quic_wire_short(&wire, span_of_text("to"), 30);
    datagram = quic_wire_done(&wire);
    for (size_t i = 0; i < 3; i++) {
        ok(quic_packet_next(&datagram, &packet), "packet %zu", i);
        is_int(packet.type, types[i], "of its type");
    }
    is_int(packet.payload.len, 32, "the short one takes the rest");
    ok(!quic_packet_next(&datagram, &packet), "then there is none");
}

static void what_is_no_packet_is_refused(void)
{
    static const char *const rows[][2] = {
        {"c0 00000002 00 00 00 14 0000000000000000000000000000000000000000",
         "unknown version"},
        {"c0 00000001 15 000000000000000000000000000000000000000000 00 00 14"
         "0000000000000000000000000000000000000000",
         "an id of 21 bytes"},
        {"c0 00000001 00 00 00 10 00000000000000000000000000000000", "no room for a tag"},
        {"c0 00000001 00 00 ff ffffffffffffff 14 0000000000000000000000000000000000000000",
         "a token longer than the datagram"},
        {"f0 00000001 00 00 112233", "a Retry without tag"},
        {"40 1122", "a short packet without tag"},
        {"", "nothing"},
    };
    struct quic_packet packet;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct span datagram = hex(rows[i][0]), before = datagram;

        ok(!quic_packet_next(&datagram, &packet) && datagram.len == before.len,
           "%s is refused", rows[i][1]);
    }
}

/* RFC 9000 A.1 */
static void numbers_have_four_lengths(void)
{
    static const struct {
        const char *bytes;
        uint64_t value;
    } rows[] = {
        {"c2197c5eff14e88c", UINT64_C(151288809941952652)},
        {"9d7f3e7d", 494878333},
        {"7bbd", 15293},
        {"25", 37},
        {"4025", 37},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct span bytes = hex(rows[i].bytes), whole = bytes;
        uint64_t value = 0;

        ok(quic_varint(&bytes, &value) && span_empty(bytes), "%s is read", rows[i].bytes);
        is_int(value, rows[i].value, "and is the number");
        for (size_t len = 0; len < whole.len; len++) {
            struct span cut = exact(span_first(whole, len));

            ok(!quic_varint(&cut, &value), "cut to %zu it is refused", len);
        }
    }
}

int main(void)
{
    initials_of_the_rfcs_are_read();
    a_server_tells_its_id();
    retries_are_read();
    negotiations_are_read();
    several_packets_share_a_datagram();
    what_is_no_packet_is_refused();
    numbers_have_four_lengths();
    return done_testing();
}
