#include "frames.h"

static struct decoder d;

static void tcp_fields_are_read(void)
{
    struct packet p = {0};

    ok(decode_one(&d, 101, segment(), &p), "a TCP segment decodes");
    is_int(p.source_port, 40000, "source port");
    is_int(p.destination_port, 443, "destination port");
    is_int(p.sequence, 1000, "sequence");
    is_int(p.acknowledgement, 2000, "acknowledgement");
    is_int(p.tcp_flags, TCP_PSH | TCP_ACK, "flags");
    is_int(p.window, 512, "window");
    is_span(p.tcp_options, hex("01010101"), "options");
    is_span(p.payload, span_of_text("hello"), "payload");
    is_int(p.payload_len, 5, "its length");
    is_int(p.time_ns, 1, "the frame's time");
    is_text(p.file, "test", "and the capture's name");
}

static void udp_fields_are_read(void)
{
    struct packet p = {.sequence = 7, .tcp_flags = 7};

    ok(decode_one(&d, 101, ipv4(PACKET_UDP, udp(5000, 443, span_of_text("hello"))), &p),
       "a UDP datagram decodes");
    is_int(p.protocol, PACKET_UDP, "its protocol");
    is_int(p.source_port, 5000, "source port");
    is_int(p.destination_port, 443, "destination port");
    is_span(p.payload, span_of_text("hello"), "payload");
    ok(p.sequence == 0 && p.tcp_flags == 0 && p.tcp_options.len == 0,
       "nothing of TCP is left from the packet before");
}

static void udp_length_decides(void)
{
    struct packet p = {0};

    ok(decode_one(&d, 101,
                  ipv4(PACKET_UDP, put_before("1388 01bb 000a 0000", hex("61626364"))), &p),
       "a datagram shorter than its packet");
    is_int(p.payload.len, 2, "ends where it says");
    ok(decode_one(&d, 101,
                  ipv4(PACKET_UDP, put_before("1388 01bb 0000 0000", hex("61626364"))),
                  &p) &&
           p.payload.len == 4,
       "length 0 means to the end of the packet");
    ok(!decode_one(&d, 101, ipv4(PACKET_UDP, hex("1388 01bb 0007 0000")), &p),
       "a length below that of the header is refused");
    ok(!decode_one(&d, 101, ipv4(PACKET_UDP, hex("1388 01bb 0009 0000")), &p),
       "so is one beyond the packet");
}

static void impossible_tcp_is_refused(void)
{
    struct packet p;
    uint64_t before = d.stats.malformed;

    ok(!decode_one(
           &d, 101,
           ipv4(PACKET_TCP, hex("9c40 01bb 000003e8 000007d0 40 18 0200 0000 0000")), &p),
       "a header of 16 bytes");
    ok(!decode_one(
           &d, 101,
           ipv4(PACKET_TCP, hex("9c40 01bb 000003e8 000007d0 60 18 0200 0000 0000")), &p),
       "options beyond the packet");
    ok(!decode_one(&d, 101, ipv4(PACKET_TCP, hex("9c40 01bb 000003e8 000007d0 50")), &p),
       "half a header");
    is_int(d.stats.malformed, before + 3, "all are counted as malformed");
}

static void a_snap_length_may_cut(void)
{
    struct span whole = segment();
    struct packet p = {0};
    uint64_t before = d.stats.truncated;

    ok(decode_cut(&d, 101, exact(span_first(whole, 47)), whole.len, &p),
       "a cut in the payload leaves a packet");
    is_int(p.payload.len, 3, "with what was captured");
    is_int(p.payload_len, 5, "and its length on the wire");
    ok(decode_cut(&d, 101, exact(span_first(whole, 42)), whole.len, &p),
       "a cut in the options leaves a packet");
    is_int(p.tcp_options.len, 2, "with half of them");
    is_int(p.payload_len, 5, "and the payload's length on the wire");
    ok(!decode_cut(&d, 101, exact(span_first(whole, 39)), whole.len, &p),
       "a cut in the header leaves none");
    is_int(d.stats.truncated, before + 1, "which is counted as truncated");
}

static void other_protocols_are_counted(void)
{
    struct packet p;
    uint64_t before = d.stats.other_protocol;

    ok(!decode_one(&d, 101, ipv4(1, hex("08000000")), &p), "ICMP is neither TCP nor UDP");
    is_int(d.stats.other_protocol, before + 1, "and counted");
}

/* Real packets with right checksums: TCP with an odd payload, UDP in IPv6. */
static const char right_tcp[] = "45000029 12340000 4006 7c65 c0000201 c6336401"
                                "9c4001bb000003e8000007d0 5018 0200 afe1 0000 68";

static void checksums_are_verified_on_demand(void)
{
    const struct decode_options options = {.verify_checksums = true};
    struct decoder strict;
    struct packet p;
    struct err why;
    static uint8_t bytes[41];

    if (decoder_init(&strict, &options, &why) < 0)
        abort();
    ok(decode_one(&strict, 101, hex(right_tcp), &p), "right checksums pass");
    memcpy(bytes, hex(right_tcp).data, sizeof(bytes));
    bytes[40] ^= 1;
    ok(!decode_one(&strict, 101, exact(span_of(bytes, 41)), &p),
       "a wrong one of TCP does not");
    ok(decode_one(&d, 101, exact(span_of(bytes, 41)), &p), "unless nobody asked");
    bytes[40] ^= 1;
    bytes[8] ^= 1;
    ok(!decode_one(&strict, 101, exact(span_of(bytes, 41)), &p),
       "a wrong one of IPv4 does not");
    ok(decode_cut(&strict, 101, exact(span_first(hex(right_tcp), 40)), 41, &p),
       "what the capture cut cannot be verified");
    ok(decode_one(&strict, 229, ipv6(PACKET_UDP, udp(1, 2, span_of_text("x"))), &p),
       "UDP may have none");
    is_int(strict.stats.bad_checksum, 2, "both wrong ones are counted");
    ok(stats_add_up(&strict.stats), "every frame was counted once");
    decoder_fini(&strict);
}

int main(void)
{
    begin_decoder(&d);
    tcp_fields_are_read();
    udp_fields_are_read();
    udp_length_decides();
    impossible_tcp_is_refused();
    a_snap_length_may_cut();
    other_protocols_are_counted();
    checksums_are_verified_on_demand();
    ok(stats_add_up(&d.stats), "every frame was counted once");
    decoder_fini(&d);
    return done_testing();
}
