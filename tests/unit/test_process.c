#include "frames.h"

#define NAME_APP "636f6d2e6578616d706c652e6170700000000000"    /* com.example.app */
#define NAME_SYSTEM "6e73757273696f6e640000000000000000000000" /* nsursiond */
#define NO_NAME "0000000000000000000000000000000000000000"
#define PKTAP_TO_NAME                                                                      \
    "00000000 00000000 00000000 00000000 00000000 00000000"                                \
    "00000000 02000000 00000000 00000000 01000000"

static struct decoder d;

static void the_trailer_of_a_phone_names_the_app(void)
{
    static struct wire w;
    struct packet p = {0};

    w.len = 0;
    wire_span(&w, ethernet(0x0800, segment()));
    wire_span(&w, hex("01072021 00002724" NAME_APP "00000000"));
    ok(decode_one(&d, 1, exact(wire_done(&w)), &p), "a frame with a trailer decodes");
    is_text(p.process, "com.example.app", "the app is named");
    is_span(p.payload, span_of_text("hello"), "and the payload is without the trailer");
}

static void padding_may_stand_before_the_trailer(void)
{
    static struct wire w;
    struct packet p = {0};

    w.len = 0;
    wire_span(&w, segment());
    wire_fill(&w, 0, 3);
    wire_span(&w, hex("01072021 00002724 6f6c6465722e61707000000000000000 00000000"));
    ok(decode_one(&d, 101, exact(wire_done(&w)), &p),
       "a packet with a padded, older trailer");
    is_text(p.process, "older.app", "the app is named");
}

static void a_name_from_the_wire_is_made_printable(void)
{
    static struct wire w;
    struct packet p = {0};

    w.len = 0;
    wire_span(&w, segment());
    wire_span(&w,
              hex("01072021 00002724 ffffffffffffffffffffffffffffffffffffffff 00000000"));
    ok(decode_one(&d, 101, exact(wire_done(&w)), &p),
       "a name of twenty bytes that are no text");
    is_int(strlen(p.process), 80, "becomes eighty characters");
}

static void other_bytes_behind_a_packet_are_no_name(void)
{
    static struct wire w;
    struct packet p = {0};

    w.len = 0;
    wire_span(&w, ethernet(0x0800, segment()));
    wire_fill(&w, 0, 40);
    ok(decode_one(&d, 1, exact(wire_done(&w)), &p) && !p.process, "zeros name nobody");
}

static void pktap_names_the_process(void)
{
    struct packet p = {0};
    struct span frame = put_before("6c000000 01000000 0c000000" PKTAP_TO_NAME NAME_SYSTEM
                                   "00000000 0600 0000 02000000" NAME_APP,
                                   segment());

    ok(holds_segment(&d, 258, frame), "PKTAP of raw IP leads to it");
    ok(decode_one(&d, 258, frame, &p), "it decodes");
    is_text(p.process, "com.example.app", "the effective process is named");
    ok(every_cut_is_seen(&d, 258, frame), "every cut is seen");
    frame = put_before("6c000000 01000000 01000000" PKTAP_TO_NAME NAME_SYSTEM
                       "00000000 0600 0000 02000000" NO_NAME,
                       ethernet(0x0800, segment()));
    ok(decode_one(&d, 149, frame, &p), "PKTAP of Ethernet, under the number of a user");
    is_text(p.process, "nsursiond", "without an effective process the other is named");
}

static void pktap_without_a_packet_leads_nowhere(void)
{
    struct packet p;

    ok(!decode_one(&d, 258,
                   put_before("6c000000 00000000 0c000000" PKTAP_TO_NAME NAME_APP
                              "00000000 0600 0000 02000000" NO_NAME,
                              segment()),
                   &p),
       "a record that holds no packet");
    ok(!decode_one(&d, 258,
                   put_before("6c000000 01000000 02010000" PKTAP_TO_NAME NAME_APP
                              "00000000 0600 0000 02000000" NO_NAME,
                              segment()),
                   &p),
       "PKTAP in PKTAP is refused");
}

int main(void)
{
    begin_decoder(&d);
    the_trailer_of_a_phone_names_the_app();
    padding_may_stand_before_the_trailer();
    a_name_from_the_wire_is_made_printable();
    other_bytes_behind_a_packet_are_no_name();
    pktap_names_the_process();
    pktap_without_a_packet_leads_nowhere();
    ok(stats_add_up(&d.stats), "every frame was counted once");
    decoder_fini(&d);
    return done_testing();
}
