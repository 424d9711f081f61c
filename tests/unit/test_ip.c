#include "frames.h"

static struct decoder d;

static void a_segment_in_ipv4_is_found(void)
{
    struct packet p = {0};
    char text[ADDRESS_TEXT_MAX];

    ok(decode_one(&d, 1, ethernet(0x0800, segment()), &p),
       "TCP in IPv4 in Ethernet decodes");
    is_text(address_describe(&p.source, text), "192.0.2.1", "its source");
    is_text(address_describe(&p.destination, text), "198.51.100.1", "its destination");
    is_int(p.ttl, 64, "its time to live");
    is_int(p.ecn, 3, "its ECN bits");
    is_int(p.tunnel.kind, TUNNEL_NONE, "and no tunnel");
}

static void options_of_ipv4_are_passed_over(void)
{
    struct span s =
        put_before("46 00 0035 0000 0000 40 06 0000" INNER_CLIENT INNER_SERVER "01010100",
                   tcp("hello"));

    ok(holds_segment(&d, 101, s), "a header with options is passed over");
}

static void padding_is_dropped(void)
{
    static struct wire w;

    w.len = 0;
    wire_span(&w, ethernet(0x0800, segment()));
    wire_fill(&w, 0xee, 18);
    ok(holds_segment(&d, 1, exact(wire_done(&w))),
       "padding behind the packet is no payload");
}

static void the_network_packet_is_handed_on(void)
{
    static struct wire w;
    struct packet p = {0};

    w.len = 0;
    wire_span(&w, ethernet(0x0800, segment()));
    wire_fill(&w, 0xee, 18);
    ok(decode_one(&d, 1, exact(wire_done(&w)), &p), "a padded packet of IPv4");
    is_span(p.network, segment(), "from its header to its end");
    ok(decode_one(&d, 101, ipv6(6, tcp("hello")), &p), "a packet of IPv6");
    is_span(p.network, ipv6(6, tcp("hello")), "from its header to its end");
    ok(decode_one(&d, 101, ipv4(4, segment()), &p), "a packet in a tunnel");
    is_span(p.network, segment(), "the inner one");
}

static void a_reassembled_packet_has_no_network_part(void)
{
    struct span whole = tcp("hello");
    struct packet p = {0};

    ok(!decode_one(
           &d, 101,
           ipv4_between(INNER_CLIENT INNER_SERVER, 6, 0x2000, span_first(whole, 16)), &p),
       "the first fragment waits");
    ok(span_take(&whole, 16, &(struct span){0}) &&
           decode_one(&d, 101, ipv4_between(INNER_CLIENT INNER_SERVER, 6, 2, whole), &p),
       "the second completes it");
    ok(span_empty(p.network), "the datagram never stood in one packet");
}

static void offload_leaves_the_length_zero(void)
{
    struct span s = put_before("45 00 0000 0000 0000 40 06 0000" INNER_CLIENT INNER_SERVER,
                               tcp("hello"));

    ok(holds_segment(&d, 101, s), "a total length of 0 means to the end of the frame");
}

static void contradictions_are_malformed(void)
{
    static const char *const bad[] = {
        "35 00 001d 0000 0000 40 06 0000" INNER_CLIENT INNER_SERVER, /* version 3 */
        "44 00 001d 0000 0000 40 06 0000" INNER_CLIENT
            INNER_SERVER, /* 16 bytes of header */
        "45 00 0013 0000 0000 40 06 0000" INNER_CLIENT INNER_SERVER, /* total length 19 */
        "46 00 0014 0000 0000 40 06 0000" INNER_CLIENT
            INNER_SERVER, /* less than its header */
    };
    struct packet p;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint64_t before = d.stats.malformed;

        ok(!decode_one(&d, 228, put_before(bad[i], tcp("hello")), &p) &&
               d.stats.malformed == before + 1,
           "contradiction %zu of IPv4 is refused", i);
    }
}

static void a_frame_that_forgot_its_length_was_cut(void)
{
    struct span whole = ethernet(0x0800, segment());
    struct packet p;

    ok(decode_one(&d, 1, exact(span_first(whole, whole.len - 2)), &p),
       "a frame shorter than its packet decodes");
    is_int(p.payload.len, 3, "with what is there");
    is_int(p.payload_len, 5, "and the length that the packet says");
}

static void a_segment_in_ipv6_is_found(void)
{
    struct packet p = {0};
    char text[ADDRESS_TEXT_MAX];

    ok(decode_one(&d, 1, ethernet(0x86dd, ipv6(PACKET_TCP, tcp("hello"))), &p),
       "TCP in IPv6 decodes");
    is_text(address_describe(&p.source, text), "2001:db8::1", "its source");
    is_text(address_describe(&p.destination, text), "2001:db8::2", "its destination");
    is_int(p.ttl, 63, "its hop limit");
    is_int(p.ecn, 2, "its ECN bits");
    is_span(p.payload, span_of_text("hello"), "its payload");
}

static void extension_headers_are_passed_over(void)
{
    struct packet p;
    struct span s = tcp("hello");

    s = put_before("06 00 010400000000", s);           /* destination */
    s = put_before("3c 01 0000 00000000 00000000", s); /* authentication, 12 bytes */
    s = put_before("33 00 0000 00000000", s);          /* fragment, alone */
    s = put_before("2c 01 00000000 0000 0000000000000000", s); /* routing, 16 bytes */
    s = put_before("2b 00 010400000000", s);                   /* hop by hop */
    ok(decode_one(&d, 229, ipv6(0, s), &p),
       "five kinds of extension headers are passed over");
    is_span(p.payload, span_of_text("hello"), "to the payload");
    ok(!decode_one(&d, 229, ipv6(59, span_of(NULL, 0)), &p), "no next header ends it");
}

static void extension_headers_have_a_ceiling(void)
{
    struct span s = tcp("hello");
    struct packet p;
    uint64_t before = d.stats.too_deep;

    for (int i = 0; i < 60; i++)
        s = put_before(i ? "3c 00 010400000000" : "06 00 010400000000", s);
    ok(!decode_one(&d, 229, ipv6(60, s), &p) && d.stats.too_deep == before + 1,
       "sixty extension headers are too many");
}

static void an_outer_length_outranks_an_inner_one(void)
{
    struct packet p;
    struct span s = put_before("45 00 0040 0000 0000 40 06 0000" INNER_CLIENT INNER_SERVER,
                               tcp("hello"));

    ok(decode_one(&d, 1, outer(4, s), &p),
       "an inner packet that is longer than its tunnel's");
    is_int(p.payload_len, 5, "ends where the outer one does");
}

static void fragments_are_put_together(void)
{
    struct span whole = tcp("hello, this is fragmented");
    struct span first, rest = whole;
    struct packet p;

    if (!span_take(&rest, 32, &first))
        abort();
    ok(!decode_one(&d, 101, ipv4_between(INNER_CLIENT INNER_SERVER, 6, 0x2000, first), &p),
       "the first fragment is held");
    ok(decode_one(&d, 101, ipv4_between(INNER_CLIENT INNER_SERVER, 6, 4, rest), &p),
       "the last one completes the segment");
    is_span(p.payload, span_of_text("hello, this is fragmented"), "all of it");
    is_int(d.stats.reassembled, 1, "which is counted");
    ok(!decode_one(&d, 229, ipv6(44, put_before("06 00 0020 00000007", rest)), &p),
       "in IPv6 the last may come first");
    ok(decode_one(&d, 229, ipv6(44, put_before("06 00 0001 00000007", first)), &p),
       "and the first completes it");
    is_span(p.payload, span_of_text("hello, this is fragmented"), "all of it");
    is_int(d.stats.fragments, 4, "four fragments were seen");
    is_int(d.stats.fragments_held, 2, "two of them ended a frame");
}

static void impossible_fragments_are_malformed(void)
{
    uint64_t before = d.stats.malformed;
    struct packet p;

    ok(!decode_one(&d, 101, ipv4_between(INNER_CLIENT INNER_SERVER, 6, 0x2000, tcp("x")),
                   &p),
       "a fragment of 25 bytes with others behind it is refused");
    ok(!decode_one(&d, 101, ipv4_between(INNER_CLIENT INNER_SERVER, 6, 0x1fff, tcp("x")),
                   &p),
       "so is one that ends behind 65535");
    is_int(d.stats.malformed, before + 2, "both are counted");
}

static void truncation_is_seen(void)
{
    struct span six = put_before("06 00 010400000000", tcp("hello"));

    ok(every_cut_is_seen(&d, 1, ethernet(0x0800, segment())), "every cut of IPv4 is seen");
    ok(every_cut_is_seen(&d, 1, ethernet(0x86dd, ipv6(60, six))),
       "every cut of IPv6 is seen");
}

int main(void)
{
    begin_decoder(&d);
    a_segment_in_ipv4_is_found();
    options_of_ipv4_are_passed_over();
    padding_is_dropped();
    the_network_packet_is_handed_on();
    offload_leaves_the_length_zero();
    contradictions_are_malformed();
    a_frame_that_forgot_its_length_was_cut();
    a_segment_in_ipv6_is_found();
    extension_headers_are_passed_over();
    extension_headers_have_a_ceiling();
    an_outer_length_outranks_an_inner_one();
    fragments_are_put_together();
    impossible_fragments_are_malformed();
    truncation_is_seen();
    ok(stats_add_up(&d.stats), "every frame was counted once");
    a_reassembled_packet_has_no_network_part();
    decoder_fini(&d);
    return done_testing();
}
