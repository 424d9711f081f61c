#include "frames.h"

static struct decoder d;

/* Link types whose header, given in digits, stands right before IP. */
static const struct {
    const char *name;
    uint32_t link_type;
    const char *header;
} before_ip[] = {
    {"raw IP", 101, ""},
    {"DLT_RAW of Linux", 12, ""},
    {"DLT_RAW of OpenBSD", 14, ""},
    {"IPv4", 228, ""},
    {"Ethernet", 1, "020000000002 020000000001 0800"},
    {"Ethernet with LLC and SNAP", 1, "020000000002 020000000001 0035 aaaa03 000000 0800"},
    {"802.1Q", 1, "020000000002 020000000001 8100 2064 0800"},
    {"802.1Q with LLC and SNAP", 1,
     "020000000002 020000000001 8100 2064 0035 aaaa03 000000 0800"},
    {"802.1ad", 1, "020000000002 020000000001 88a8 2064 8100 0065 0800"},
    {"QinQ before it was standardised", 1,
     "020000000002 020000000001 9100 2064 8100 0065 0800"},
    {"VN-Tag", 1, "020000000002 020000000001 8926 00000000 0800"},
    {"MACsec without encryption", 1,
     "020000000002 020000000001 88e5 2000 00000001 0200000000010001 0800"},
    {"provider backbone bridging", 1,
     "020000000002 020000000001 88e7 00000001 020000000004 020000000003 0800"},
    {"MPLS", 1,
     "020000000002 020000000001 8847 0001003f"
     "0002013f"},
    {"Ethernet over MPLS", 1,
     "020000000002 020000000001 8847 0001013f 00000000 020000000004 020000000003 0800"},
    {"Ethernet over MPLS without control word", 1,
     "020000000002 020000000001 8847 0001013f 120000000004 020000000003 0800"},
    {"PPPoE", 1, "020000000002 020000000001 8864 1100 0001 0033 0021"},
    {"loopback of a little-endian machine", 0, "02000000"},
    {"loopback of a big-endian machine", 0, "00000002"},
    {"loopback of OpenBSD", 108, "00000002"},
    {"Linux cooked", 113, "0000 0001 0006 0200000000010000 0800"},
    {"Linux cooked with 802.1Q", 113, "0000 0001 0006 0200000000010000 8100 0064 0800"},
    {"Linux cooked with LLC", 113,
     "0000 0001 0006 0200000000010000 0004 aaaa03 000000 0800"},
    {"Linux cooked, version 2", 276, "0800 0000 00000002 0001 00 06 0200000000010000"},
    {"LLC on ATM", 100, "aaaa03 000000 0800"},
    {"OpenBSD's packet filter log", 117, "05 02 00 00 00 000000"},
    {"OpenBSD's encapsulation", 109, "00000002 00000000 00000000"},
    {"Linux netfilter log", 239,
     "02 00 0000 0800 0100 00000000 0500 0200 01000000 3500 0900"},
    {"per-packet information with Ethernet", 192,
     "00 00 0800 01000000 020000000002 020000000001 0800"},
    {"IP over FireWire", 138, "0000000000000002 0000000000000001 0800"},
    {"MPLS as link", 219, "0001013f"},
    {"NetAnalyzer", 240, "00000000 020000000002 020000000001 0800"},
    {"Ethernet with its preamble", 274, "55555555555555d5 020000000002 020000000001 0800"},
};

static void each_link_leads_to_ip(void)
{
    for (size_t i = 0; i < sizeof(before_ip) / sizeof(before_ip[0]); i++) {
        struct span frame = put_before(before_ip[i].header, segment());

        ok(holds_segment(&d, before_ip[i].link_type, frame), "%s leads to IP",
           before_ip[i].name);
        ok(every_cut_is_seen(&d, before_ip[i].link_type, frame), "every cut of %s is seen",
           before_ip[i].name);
    }
}

static void addresses_and_tags_are_kept(void)
{
    struct packet p = {0};

    ok(decode_one(&d, 1,
                  put_before("020000000002 020000000001 88a8 2064 8100 0065 8100 0066 0800",
                             segment()),
                  &p),
       "three tags");
    is_int(p.vlan_count, 2, "two of them are kept");
    is_int(p.vlans[0], 100, "the outer one");
    is_int(p.vlans[1], 101, "and the next");
    is_span(span_of(p.destination_mac, 6), hex("020000000002"), "the receiver's address");
    is_span(span_of(p.source_mac, 6), hex("020000000001"), "the sender's");
    ok(decode_one(&d, 113, put_before("0000 0001 0006 0200000000010000 0800", segment()),
                  &p),
       "Linux cooked knows one address");
    is_span(span_of(p.source_mac, 6), hex("020000000001"), "the sender's");
    ok(!p.destination_mac, "and not the receiver's");
    is_int(p.vlan_count, 0, "no tag is left from the frame before");
    ok(decode_one(&d, 101, segment(), &p) && !p.source_mac, "raw IP knows none");
}

static void a_tag_of_a_carried_frame_replaces_the_carriers(void)
{
    struct packet p = {0};
    struct span inner = ethernet(0x8100, put_before("0007 0800", segment()));

    ok(decode_one(&d, 1,
                  put_before("120000000002 120000000001 8100 0064 88e7 00000001", inner),
                  &p),
       "a frame in a frame");
    is_int(p.vlan_count, 1, "one tag");
    is_int(p.vlans[0], 7, "the inner one");
    is_span(span_of(p.source_mac, 6), hex("020000000001"), "and the inner address");
}

static void what_is_no_ip_is_counted_so(void)
{
    static const char *const others[] = {
        "ffffffffffff 020000000001 0806 0001 0800 06 04 0001 020000000001 0a000001",
        "0180c2000000 020000000001 0026 424203 0000",
        "020000000002 020000000001 88cc 0207",
        "020000000002 020000000001 88e5 2c00 00000001 0200000000010001 0800",
        "020000000002 020000000001 8864 1165 0001 0033 0021",
    };
    struct packet p;
    uint64_t before = d.stats.not_ip;

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        ok(!decode_one(&d, 1, put_before(others[i], segment()), &p), "frame %zu is no IP",
           i);
    is_int(d.stats.not_ip, before + 5, "all are counted");
}

static void unknown_links_are_counted(void)
{
    struct packet p;
    uint64_t before = d.stats.unknown_link;

    ok(!decode_one(&d, 147, segment(), &p), "a user's link type is unknown");
    ok(!decode_one(&d, UINT32_MAX, segment(), &p), "so is one that no registry has");
    is_int(d.stats.unknown_link, before + 2, "both are counted");
}

static void nesting_has_a_ceiling(void)
{
    struct span s = segment();
    struct packet p;
    uint64_t before = d.stats.too_deep;

    for (int i = 0; i < 100; i++)
        s = put_before(i ? "0064 8100" : "0064 0800", s);
    ok(!decode_one(&d, 1, ethernet(0x8100, s), &p), "a hundred tags are too many");
    s = segment();
    for (int i = 0; i < 60; i++)
        s = put_before("00 00 0800 c0000000", s);
    ok(!decode_one(&d, 192, s, &p), "so are sixty capture headers");
    is_int(d.stats.too_deep, before + 2, "both are counted");
}

static void impossible_netfilter_entries_end(void)
{
    struct packet p;

    ok(!decode_one(&d, 239, hex("02 00 0000 0000 0100"), &p),
       "an entry of no length is refused");
}

int main(void)
{
    begin_decoder(&d);
    each_link_leads_to_ip();
    addresses_and_tags_are_kept();
    a_tag_of_a_carried_frame_replaces_the_carriers();
    what_is_no_ip_is_counted_so();
    unknown_links_are_counted();
    nesting_has_a_ceiling();
    impossible_netfilter_entries_end();
    ok(stats_add_up(&d.stats), "every frame was counted once");
    decoder_fini(&d);
    return done_testing();
}
