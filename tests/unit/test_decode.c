#include "frames.h"

static void the_frame_is_passed_on(void)
{
    struct decoder d;
    struct packet p = {0};
    struct frame frame = {.time_ns = 42,
                          .bytes = segment(),
                          .wire_len = 60,
                          .link_type = 101,
                          .file = "capture",
                          .process = "browser"};

    begin_decoder(&d);
    ok(decode_frame(&d, &frame, &p), "a frame decodes");
    is_int(p.time_ns, 42, "its time");
    is_int(p.wire_len, 60, "its length on the wire");
    is_text(p.file, "capture", "its file");
    is_text(p.process, "browser", "and its process are passed on");
    decoder_fini(&d);
}

static void link_types_may_alternate(void)
{
    struct decoder d;

    begin_decoder(&d);
    for (int i = 0; i < 3; i++) {
        ok(holds_segment(&d, 1, ethernet(0x0800, segment())), "a frame of Ethernet");
        ok(holds_segment(&d, 101, segment()), "then one of raw IP");
    }
    is_int(d.stats.packets, 6, "six packets");
    decoder_fini(&d);
}

static void a_frame_longer_than_its_wire_is_taken_as_it_is(void)
{
    struct decoder d;
    struct packet p;

    begin_decoder(&d);
    ok(decode_cut(&d, 101, segment(), 0, &p) && p.payload_len == 5,
       "a wire length of 0 harms nothing");
    decoder_fini(&d);
}

static void every_end_is_counted_once(void)
{
    struct decoder d;
    struct packet p;

    begin_decoder(&d);
    (void)decode_one(&d, 1, ethernet(0x0800, segment()), &p);
    (void)decode_one(&d, 1, ethernet(0x0800, ipv4(17, udp(1, 2, hex("00")))), &p);
    (void)decode_one(&d, 1, ethernet(0x0800, ipv4(1, hex("00"))), &p);
    (void)decode_one(&d, 1, ethernet(0x0806, hex("00")), &p);
    (void)decode_one(&d, 999, hex("00"), &p);
    (void)decode_cut(&d, 1, hex("0200"), 60, &p);
    (void)decode_one(&d, 1, hex("0200"), &p);
    (void)decode_one(&d, 1,
                     ethernet(0x0800, ipv4_between(INNER_CLIENT INNER_SERVER, 6, 0x2000,
                                                   hex("0000000000000000"))),
                     &p);
    is_int(d.stats.frames, 8, "eight frames");
    is_int(d.stats.tcp, 1, "one of TCP");
    is_int(d.stats.udp, 1, "one of UDP");
    is_int(d.stats.other_protocol, 1, "one of another protocol");
    is_int(d.stats.not_ip, 1, "one that is no IP");
    is_int(d.stats.unknown_link, 1, "one of an unknown link");
    is_int(d.stats.truncated, 1, "one that was cut");
    is_int(d.stats.malformed, 1, "one that is malformed");
    is_int(d.stats.fragments_held, 1, "and a fragment");
    ok(stats_add_up(&d.stats), "make up the frames");
    decode_tick(&d, UINT64_C(100000000000));
    is_int(d.stats.fragment_drops, 1, "time gives up the fragment");
    decoder_fini(&d);
}

static void an_empty_frame_is_malformed(void)
{
    static const uint32_t link_types[] = {0,   1,   9,   12,  50,  51,  100, 101, 104,
                                          105, 107, 108, 113, 117, 119, 127, 149, 163,
                                          192, 219, 228, 229, 239, 258, 274, 276};
    struct decoder d;
    struct packet p;

    begin_decoder(&d);
    for (size_t i = 0; i < sizeof(link_types) / sizeof(link_types[0]); i++)
        (void)decode_one(&d, link_types[i], span_of(NULL, 0), &p);
    is_int(d.stats.malformed, sizeof(link_types) / sizeof(link_types[0]),
           "an empty frame is malformed, whatever the link");
    decoder_fini(&d);
}

int main(void)
{
    the_frame_is_passed_on();
    link_types_may_alternate();
    a_frame_longer_than_its_wire_is_taken_as_it_is();
    every_end_is_counted_once();
    an_empty_frame_is_malformed();
    return done_testing();
}
