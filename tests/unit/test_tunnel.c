#include "frames.h"

static struct decoder d;

/* What stands between the outer IP header and segment(), or an Ethernet frame that holds it. */
static const struct {
    const char *name;
    unsigned int protocol;
    const char *header;
    bool ethernet;
    enum tunnel_kind kind;
    uint32_t id;
} on_ip[] = {
    {"IP in IP", 4, "", false, TUNNEL_IPIP, 0},
    {"MPLS in IP", 137, "0001013f", false, TUNNEL_IPIP, 0},
    {"Ethernet in IP", 143, "", true, TUNNEL_IPIP, 0},
    {"EtherIP", 97, "3000", true, TUNNEL_IPIP, 0},
    {"GRE", 47, "0000 0800", false, TUNNEL_GRE, 0},
    {"GRE with a checksum", 47, "8000 0800 00000000", false, TUNNEL_GRE, 0},
    {"GRE with a key", 47, "2000 0800 0000002a", false, TUNNEL_GRE, 42},
    {"GRE with a sequence", 47, "1000 0800 00000001", false, TUNNEL_GRE, 0},
    {"GRE with all of them", 47, "b000 0800 00000000 0000002a 00000001", false, TUNNEL_GRE,
     42},
    {"GRE with routing", 47, "4000 0800 00000000 0800 00 04 0a000003 0000 00 00", false,
     TUNNEL_GRE, 0},
    {"Ethernet in GRE", 47, "2000 6558 00002a01", true, TUNNEL_GRE, 0x2a01},
    {"MPLS in GRE", 47, "0000 8847 0001013f", false, TUNNEL_GRE, 0},
    {"a redirected packet in GRE", 47, "0000 883e", false, TUNNEL_GRE, 0},
    {"a redirected packet behind its header", 47, "0000 883e 80000000", false, TUNNEL_GRE,
     0},
    {"PPP in GRE", 47, "3081 880b 0037 002a 00000001 00000001 ff03 0021", false, TUNNEL_GRE,
     42},
    {"PPP in GRE without acknowledgement", 47, "3001 880b 0033 002a 00000001 21", false,
     TUNNEL_GRE, 42},
    {"ERSPAN I", 47, "0000 88be", true, TUNNEL_ERSPAN, 0},
    {"ERSPAN II", 47, "1000 88be 00000001 1064 102a 00000001", true, TUNNEL_ERSPAN, 42},
    {"ERSPAN III", 47, "1000 22eb 00000001 2064 102a 00000000 0000 0000", true,
     TUNNEL_ERSPAN, 42},
    {"ERSPAN III with a subheader", 47,
     "1000 22eb 00000001 2064 102a 00000000 0000 0001 0000000000000000", true,
     TUNNEL_ERSPAN, 42},
    {"ERSPAN III of an IP packet", 47, "1000 22eb 00000001 2064 102a 00000000 0000 0800",
     false, TUNNEL_ERSPAN, 42},
};

static const struct {
    const char *name;
    unsigned int port;
    const char *header;
    bool ethernet;
    enum tunnel_kind kind;
    uint32_t id;
} on_udp[] = {
    {"VXLAN", 4789, "08000000 00002a00", true, TUNNEL_VXLAN, 42},
    {"VXLAN with a group policy", 4789, "88000001 00002a00", true, TUNNEL_VXLAN, 42},
    {"VXLAN on Linux's first port", 8472, "08000000 00002a00", true, TUNNEL_VXLAN, 42},
    {"VXLAN with its next protocol", 4790, "0c000001 00002a00", false, TUNNEL_VXLAN, 42},
    {"VXLAN with Ethernet as its next protocol", 4790, "0c000003 00002a00", true,
     TUNNEL_VXLAN, 42},
    {"GENEVE", 6081, "00006558 00002a00", true, TUNNEL_GENEVE, 42},
    {"GENEVE with options", 6081, "02006558 00002a00 0102030400000000", true, TUNNEL_GENEVE,
     42},
    {"IP in GENEVE", 6081, "00000800 00002a00", false, TUNNEL_GENEVE, 42},
    {"GTP-U", 2152, "30 ff 0031 0000002a", false, TUNNEL_GTPU, 42},
    {"GTP-U with a sequence", 2152, "32 ff 0035 0000002a 0001 00 00", false, TUNNEL_GTPU,
     42},
    {"GTP-U with a PDU session container", 2152,
     "34 ff 0039 0000002a 0000 00 85 01 0001 00", false, TUNNEL_GTPU, 42},
    {"GTP-U with two extensions", 2152,
     "36 ff 0041 0000002a 0001 00 85 01 0001 c0 02 000000000000 00", false, TUNNEL_GTPU,
     42},
    {"CAPWAP of Ethernet", 5247, "00 1000 00 00000000", true, TUNNEL_CAPWAP, 0},
    {"CAPWAP of 802.11", 5247,
     "00 1003 00 00000000 0801 0000 020000000001 020000000002 020000000003 1000 aaaa03 "
     "000000 0800",
     false, TUNNEL_CAPWAP, 0},
    {"CAPWAP of swapped 802.11", 5247,
     "00 1003 00 00000000 0108 0000 020000000001 020000000002 020000000003 0010 aaaa03 "
     "000000 0800",
     false, TUNNEL_CAPWAP, 0},
};

/* The frame leads to the segment through this tunnel, between the outer ends. */
static void expect(const char *name, struct span frame, enum tunnel_kind kind, uint32_t id)
{
    struct packet p = {0};
    char source[ADDRESS_TEXT_MAX], destination[ADDRESS_TEXT_MAX];

    ok(holds_segment(&d, 1, frame), "%s leads to the segment", name);
    if (!decode_one(&d, 1, frame, &p))
        return;
    ok(p.tunnel.kind == kind && p.tunnel.id == id, "%s has its kind and id", name);
    ok(strcmp(address_describe(&p.tunnel.source, source), "10.0.0.1") == 0 &&
           strcmp(address_describe(&p.tunnel.destination, destination), "10.0.0.2") == 0,
       "%s lies between the outer addresses", name);
}

static void tunnels_on_ip_are_opened(void)
{
    for (size_t i = 0; i < sizeof(on_ip) / sizeof(on_ip[0]); i++) {
        struct span inner = on_ip[i].ethernet ? ethernet(0x0800, segment()) : segment();
        struct span frame = outer(on_ip[i].protocol, put_before(on_ip[i].header, inner));

        expect(on_ip[i].name, frame, on_ip[i].kind, on_ip[i].id);
        ok(every_cut_is_seen(&d, 1, frame), "every cut of %s is seen", on_ip[i].name);
    }
}

static void tunnels_on_udp_are_opened(void)
{
    for (size_t i = 0; i < sizeof(on_udp) / sizeof(on_udp[0]); i++) {
        struct span inner = on_udp[i].ethernet ? ethernet(0x0800, segment()) : segment();
        struct span carried = put_before(on_udp[i].header, inner);
        struct span frame = outer(PACKET_UDP, udp(50000, on_udp[i].port, carried));

        expect(on_udp[i].name, frame, on_udp[i].kind, on_udp[i].id);
        ok(every_cut_is_seen(&d, 1, frame), "every cut of %s is seen", on_udp[i].name);
    }
}

static void six_and_four_carry_each_other(void)
{
    struct packet p = {0};
    struct span six = ipv6(PACKET_TCP, tcp("hello"));

    ok(decode_one(&d, 1, outer(41, six), &p) && p.tunnel.kind == TUNNEL_IPIP,
       "IPv6 in IPv4");
    ok(holds_segment(&d, 229, ipv6(4, segment())), "IPv4 in IPv6");
    ok(decode_one(&d, 229, ipv6(41, six), &p) && p.tunnel.kind == TUNNEL_IPIP,
       "IPv6 in IPv6");
    ok(decode_one(
           &d, 1,
           outer(PACKET_UDP, udp(2152, 2152, put_before("30 ff 0045 00000007", six))), &p),
       "IPv6 in GTP-U");
    is_int(p.tunnel.id, 7, "with its tunnel");
}

static void teredo_is_opened(void)
{
    static const char *const before[] = {
        "", "0000 1234 01020304", "0001 00 00 0102030405060708 00",
        "0001 02 03 0102 010203 0102030405060708 00 0000 1234 01020304"};
    struct span six = ipv6(PACKET_TCP, tcp("hello"));

    for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
        struct packet p = {0};
        struct span frame = outer(PACKET_UDP, udp(3544, 50000, put_before(before[i], six)));

        ok(decode_one(&d, 1, frame, &p) && p.tunnel.kind == TUNNEL_TEREDO &&
               span_equal(p.payload, span_of_text("hello")),
           "Teredo, form %zu", i);
    }
}

static void the_innermost_tunnel_is_told(void)
{
    struct packet p = {0};
    struct span inner = ipv4_between("0b000001 0b000002", 47, 0,
                                     put_before("2000 0800 00000007", segment()));
    struct span frame =
        outer(PACKET_UDP, udp(1, 2152, put_before("30 ff 004d 0000002a", inner)));
    char text[ADDRESS_TEXT_MAX];

    ok(decode_one(&d, 1, frame, &p), "GRE in GTP-U");
    is_int(p.tunnel.kind, TUNNEL_GRE, "is GRE");
    is_int(p.tunnel.id, 7, "with its key");
    is_text(address_describe(&p.tunnel.source, text), "11.0.0.1", "and its ends");
}

/* Datagrams on a tunnel's port whose content is something else. */
static const struct {
    const char *name;
    unsigned int port;
    const char *content;
} ordinary[] = {
    {"VXLAN without its flag", 4789, "00000000 00002a00 ffff"},
    {"VXLAN with reserved bits", 4789, "08000001 00002a00 ffff"},
    {"VXLAN with a last byte", 4789, "08000000 00002a01 ffff"},
    {"half a VXLAN header", 4789, "08000000"},
    {"VXLAN with an unknown next protocol", 4790, "0c000004 00002a00 ffff"},
    {"GENEVE of another version", 6081, "40006558 00002a00 ffff"},
    {"GENEVE of an unknown protocol", 6081, "00001234 00002a00 ffff"},
    {"GENEVE with options beyond its end", 6081, "3f006558 00002a00 ffff"},
    {"a GTP-U echo", 2152, "32 01 0004 00000000 0001 0000"},
    {"GTP version 2", 2152, "48 20 0004 00000000 0001 0000"},
    {"GTP-U with a length beyond its end", 2152, "30 ff 00ff 0000002a 4500"},
    {"GTP-U of no IP packet", 2152, "30 ff 0004 0000002a 11000000"},
    {"GTP-U with an extension of no length", 2152,
     "34 ff 0008 0000002a 0000 00 85 00 0001 00"},
    {"GTP-U without its optional fields", 2152, "34 ff 0002 0000002a 0000"},
    {"GTP-U with nothing in it", 2152, "30 ff 0000 0000002a"},
    {"a Teredo port with something else", 3544, "16030100"},
    {"a Teredo authentication without end", 3544, "0001 ff ff 00"},
    {"a Teredo origin without end", 3544, "0000 00"},
    {"Teredo with a length beyond its end", 3544,
     "60000000 0100 06 40 20010000000000000000000000000001 "
     "20010000000000000000000000000002"},
    {"a CAPWAP keep-alive", 5247, "00 1000 08 00000000 ffff"},
    {"CAPWAP with encryption", 5247, "01 000000 00000000 ffff"},
    {"CAPWAP of an unknown radio", 5247, "00 1005 00 00000000 ffff"},
    {"half a CAPWAP header", 5247, "00 1000"},
};

static void other_content_is_left_alone(void)
{
    for (size_t i = 0; i < sizeof(ordinary) / sizeof(ordinary[0]); i++) {
        struct span content = hex(ordinary[i].content);
        struct packet p = {0};

        ok(decode_one(&d, 1, outer(PACKET_UDP, udp(50000, ordinary[i].port, content)),
                      &p) &&
               p.protocol == PACKET_UDP && p.tunnel.kind == TUNNEL_NONE,
           "%s is an ordinary datagram", ordinary[i].name);
        is_span(p.payload, content, "with all of its payload");
    }
}

static void unknown_content_of_gre_is_counted(void)
{
    static const char *const others[] = {"0000 1234", "0002 0800", "2001 880b 0004 0001",
                                         "1000 88be 00000001 2064 102a 00000001",
                                         "1000 22eb 00000001 1064 102a 00000000 0000 0000"};
    uint64_t before = d.stats.other_protocol;
    struct packet p;

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        ok(!decode_one(&d, 1, outer(47, put_before(others[i], segment())), &p),
           "GRE of kind %zu is not opened", i);
    is_int(d.stats.other_protocol, before + 5, "all are counted");
}

static void tunnels_have_a_ceiling(void)
{
    struct span s = segment();
    struct packet p;
    uint64_t before = d.stats.too_deep;

    for (int i = 0; i < 8; i++)
        s = ipv4(4, s);
    ok(holds_segment(&d, 101, s), "eight tunnels are opened");
    ok(!decode_one(&d, 101, ipv4(4, s), &p), "a ninth is too many");
    is_int(d.stats.too_deep, before + 1, "and counted");
}

/* Fragments of one subscriber must not complete those of another with the same addresses. */
static void fragments_keep_to_their_tunnel(void)
{
    struct span first =
        ipv4_between(INNER_CLIENT INNER_SERVER, 6, 0x2000, exact(span_first(tcp(""), 24)));
    struct span last = ipv4_between(INNER_CLIENT INNER_SERVER, 6, 3, hex("68656c6c6f"));
    struct packet p;

    ok(!decode_one(&d, 1,
                   outer(PACKET_UDP, udp(1, 2152, put_before("30ff002c00000001", first))),
                   &p),
       "the first fragment in tunnel 1 is held");
    ok(!decode_one(&d, 1,
                   outer(PACKET_UDP, udp(1, 2152, put_before("30ff001900000002", last))),
                   &p),
       "the last one in tunnel 2 does not complete it");
    ok(decode_one(&d, 1,
                  outer(PACKET_UDP, udp(1, 2152, put_before("30ff001900000001", last))),
                  &p),
       "that in tunnel 1 does");
    is_span(p.payload, span_of_text("hello"), "with its payload");
}

int main(void)
{
    begin_decoder(&d);
    tunnels_on_ip_are_opened();
    tunnels_on_udp_are_opened();
    six_and_four_carry_each_other();
    teredo_is_opened();
    the_innermost_tunnel_is_told();
    other_content_is_left_alone();
    unknown_content_of_gre_is_counted();
    tunnels_have_a_ceiling();
    fragments_keep_to_their_tunnel();
    ok(stats_add_up(&d.stats), "every frame was counted once");
    decoder_fini(&d);
    return done_testing();
}
