#include "frames.h"

#define LLC "aaaa03 000000 0800"
#define THREE "020000000001 020000000002 020000000003 1000"

static struct decoder d;

static const struct {
    const char *name;
    uint32_t link_type;
    const char *header;
} before_ip[] = {
    {"a data frame", 105, "0801 0000" THREE LLC},
    {"a data frame with quality of service", 105, "8801 0000" THREE "0000" LLC},
    {"a data frame with high throughput control", 105,
     "8881 0000" THREE "0000 00000000" LLC},
    {"a data frame of four addresses", 105, "0803 0000" THREE "020000000004" LLC},
    {"radiotap", 127, "00 00 0800 00000000 0801 0000" THREE LLC},
    {"radiotap with flags", 127, "00 00 0900 02000000 10 0801 0000" THREE LLC},
    {"radiotap with a padded 802.11 header", 127,
     "00 00 1100 03000000 0000000000000000 20 8801 0000" THREE "0000 0000" LLC},
    {"radiotap with two words of flags", 127,
     "00 00 1900 03000080 00000000 00000000 0000000000000000 20 8801 0000" THREE
     "0000 0000" LLC},
    {"Prism's header of a little-endian machine", 119,
     "44000000 0c000000 00000000 0801 0000" THREE LLC},
    {"Prism's header of a big-endian machine", 119,
     "00000044 0000000c 00000000 0801 0000" THREE LLC},
    {"AVS under Prism's number", 119, "80211001 0000000c 00000000 0801 0000" THREE LLC},
    {"AVS", 163, "80211001 0000000c 00000000 0801 0000" THREE LLC},
};

static void each_frame_leads_to_ip(void)
{
    for (size_t i = 0; i < sizeof(before_ip) / sizeof(before_ip[0]); i++) {
        struct span frame = put_before(before_ip[i].header, segment());

        ok(holds_segment(&d, before_ip[i].link_type, frame), "%s leads to IP",
           before_ip[i].name);
        ok(every_cut_is_seen(&d, before_ip[i].link_type, frame), "every cut of %s is seen",
           before_ip[i].name);
    }
}

static void the_ends_depend_on_the_direction(void)
{
    static const struct {
        const char *header;
        const char *destination;
        const char *source;
    } directions[] = {
        {"0800 0000" THREE LLC, "020000000001", "020000000002"},
        {"0801 0000" THREE LLC, "020000000003", "020000000002"},
        {"0802 0000" THREE LLC, "020000000001", "020000000003"},
        {"0803 0000" THREE "020000000004" LLC, "020000000003", "020000000004"},
    };
    struct packet p = {0};

    for (size_t i = 0; i < 4; i++) {
        ok(decode_one(&d, 105, put_before(directions[i].header, segment()), &p),
           "direction %zu", i);
        is_span(span_of(p.destination_mac, 6), hex(directions[i].destination),
                "its receiver");
        is_span(span_of(p.source_mac, 6), hex(directions[i].source), "its sender");
    }
}

static void frames_without_readable_data_lead_nowhere(void)
{
    static const char *const others[] = {
        "8000 0000" THREE LLC,                                       /* a beacon */
        "4801 0000" THREE LLC,                                       /* no data */
        "0841 0000" THREE LLC,                                       /* encrypted */
        "0805 0000" THREE LLC,                                       /* fragments follow */
        "0801 0000 020000000001 020000000002 020000000003 1100" LLC, /* a later fragment */
        "8801 0000" THREE "8000" LLC,                                /* an aggregate */
    };
    struct packet p;
    uint64_t before = d.stats.not_ip;

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        ok(!decode_one(&d, 105, put_before(others[i], segment()), &p),
           "frame %zu leads nowhere", i);
    is_int(d.stats.not_ip, before + 6, "all are counted");
}

static void impossible_headers_are_refused(void)
{
    struct packet p;

    ok(!decode_one(&d, 127, hex("00 00 0400 00000000"), &p),
       "a radiotap header shorter than its first word");
    ok(!decode_one(&d, 127, hex("00 00 0800 00000080"), &p),
       "one that announces words and has none");
    ok(!decode_one(&d, 119, hex("44000000 ffffffff"), &p), "a Prism header without end");
}

int main(void)
{
    begin_decoder(&d);
    each_frame_leads_to_ip();
    the_ends_depend_on_the_direction();
    frames_without_readable_data_lead_nowhere();
    impossible_headers_are_refused();
    ok(stats_add_up(&d.stats), "every frame was counted once");
    decoder_fini(&d);
    return done_testing();
}
