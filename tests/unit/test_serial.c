#include "frames.h"

static struct decoder d;

static const struct {
    const char *name;
    uint32_t link_type;
    const char *header;
} before_ip[] = {
    {"PPP", 9, "ff03 0021"},
    {"PPP with address and control agreed away", 9, "0021"},
    {"PPP with a protocol of one byte", 9, "ff03 21"},
    {"PPP on a serial line", 50, "ff03 0021"},
    {"Cisco's framing on a serial line", 50, "0f00 0800"},
    {"Cisco's framing", 104, "8f00 0800"},
    {"MPLS on PPP", 9, "ff03 0281 0001013f"},
    {"PPP with a direction", 204, "01 ff03 0021"},
    {"PPP of a daemon", 166, "01 0021"},
    {"PPPoE as link", 51, "1100 0001 0033 0021"},
    {"Cisco's framing with a direction", 205, "01 0f00 0800"},
    {"frame relay", 107, "1841 03 cc"},
    {"frame relay with padding", 107, "1841 03 00 cc"},
    {"frame relay with SNAP", 107, "1841 03 80 000000 0800"},
    {"frame relay with an address of four bytes", 107, "18404041 03 cc"},
    {"Cisco's frame relay", 107, "1841 0800"},
    {"frame relay with a direction", 206, "00 1841 03 cc"},
};

static void each_line_leads_to_ip(void)
{
    for (size_t i = 0; i < sizeof(before_ip) / sizeof(before_ip[0]); i++) {
        struct span frame = put_before(before_ip[i].header, segment());

        ok(holds_segment(&d, before_ip[i].link_type, frame), "%s leads to IP",
           before_ip[i].name);
        ok(every_cut_is_seen(&d, before_ip[i].link_type, frame), "every cut of %s is seen",
           before_ip[i].name);
    }
}

static void ipv6_is_found_too(void)
{
    struct packet p;
    struct span six = ipv6(PACKET_TCP, tcp("hello"));

    ok(decode_one(&d, 9, put_before("ff03 0057", six), &p), "IPv6 on PPP");
    ok(decode_one(&d, 107, put_before("1841 03 8e", six), &p), "IPv6 on frame relay");
}

static void other_protocols_are_no_ip(void)
{
    struct packet p;
    uint64_t before = d.stats.not_ip;

    ok(!decode_one(&d, 9, put_before("ff03 c021", segment()), &p), "link control is no IP");
    ok(!decode_one(&d, 107, put_before("1841 03 08", segment()), &p), "nor is Q.933");
    is_int(d.stats.not_ip, before + 2, "both are counted");
}

int main(void)
{
    begin_decoder(&d);
    each_line_leads_to_ip();
    ipv6_is_found_too();
    other_protocols_are_no_ip();
    ok(stats_add_up(&d.stats), "every frame was counted once");
    decoder_fini(&d);
    return done_testing();
}
