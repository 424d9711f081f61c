/*
 * Link layers of Ethernet's family and of capture tools, and what stands between them and IP: tags
 * and labels. serial.c and wifi.c hold the others.
 */
#include "decode/link.h"

#include "decode/ip.h"

#define ETHERNET_LENGTH_MAX 1500 /* IEEE 802.3: up to here the type field is a length */

#define LLC_SNAP UINT64_C(0xaaaa03000000)

enum {
    PROTOCOL_LLC = 4, /* of Linux cooked captures: no EtherType but an 802.2 frame */
    MAC_LEN = 6,
    ETHERTYPE_IPV4 = 0x0800,
    MACSEC_CHANNEL = 0x20,
    MACSEC_CHANGED = 0x0c, /* encrypted, or altered otherwise */
};

/* https://www.tcpdump.org/linktypes.html */
static const struct link_row links[] = {
    {1, 0, STEP_ETHERNET},
    {113, 0, STEP_SLL},
    {276, 0, STEP_SLL2},
    {101, 0, STEP_IP},
    {12, 0, STEP_IP}, /* DLT_RAW of one system and another, found in files all the same */
    {14, 0, STEP_IP},
    {228, 0, STEP_IPV4},
    {229, 0, STEP_IPV6},
    {0, 0, STEP_NULL},
    {108, 0, STEP_NULL},
    {9, 0, STEP_PPP_HDLC},
    {50, 0, STEP_PPP_HDLC},
    {51, 0, STEP_PPPOE},
    {204, 1, STEP_PPP_HDLC}, /* direction */
    {166, 1, STEP_PPP},      /* direction in place of the address */
    {104, 0, STEP_CISCO_HDLC},
    {205, 1, STEP_CISCO_HDLC}, /* direction */
    {107, 0, STEP_FRAME_RELAY},
    {206, 1, STEP_FRAME_RELAY}, /* direction */
    {105, 0, STEP_WIFI},
    {127, 0, STEP_RADIOTAP},
    {119, 0, STEP_PRISM},
    {163, 0, STEP_AVS},
    {192, 0, STEP_PPI},
    {258, 0, STEP_PKTAP},
    {149, 0, STEP_PKTAP}, /* a user's type, which Apple took */
    {239, 0, STEP_NFLOG},
    {117, 0, STEP_PFLOG},
    {100, 0, STEP_LLC},
    {109, 12, STEP_IP},        /* address family, security index, flags */
    {8, 16, STEP_IP},          /* direction, compressed header */
    {138, 16, STEP_ETHERTYPE}, /* two addresses of 8 */
    {219, 0, STEP_MPLS},
    {226, 24, STEP_IP},       /* version, family, hook, length, groups */
    {240, 4, STEP_ETHERNET},  /* NetAnalyzer's header */
    {241, 12, STEP_ETHERNET}, /* the same and the preamble */
    {274, 8, STEP_ETHERNET},  /* preamble and start of frame */
};

static const struct link_row unknown_link = {UINT32_MAX, 0, END_UNKNOWN_LINK};

static const struct {
    uint16_t type;
    enum step step;
} ethertypes
    [] =
        {
            {0x0800, STEP_IPV4},
            {0x86dd, STEP_IPV6},
            {0x8100, STEP_VLAN},
            {0x88a8, STEP_VLAN},
            {0x9100, STEP_VLAN},
            {0x9200, STEP_VLAN},
            {0x8847, STEP_MPLS},
            {0x8848, STEP_MPLS},
            {0x8864, STEP_PPPOE},
            {0x880b, STEP_PPP_HDLC},
            {0x8926, STEP_VN_TAG},
            {0x88e7, STEP_PROVIDER_BACKBONE},
            {0x88e5, STEP_MACSEC},
            {0x6558, STEP_ETHERNET}, /* transparent Ethernet bridging: in tunnels */
};

const struct link_row *link_find(uint32_t link_type)
{
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
        if (links[i].number == link_type)
            return &links[i];
    return &unknown_link;
}

enum step link_ethertype(uint16_t type)
{
    for (size_t i = 0; i < sizeof(ethertypes) / sizeof(ethertypes[0]); i++)
        if (ethertypes[i].type == type)
            return ethertypes[i].step;
    return END_NOT_IP;
}

enum step link_ethernet(struct layers *l)
{
    struct span rest = l->rest, source, destination;
    uint16_t type;

    if (!span_take(&rest, MAC_LEN, &destination) || !span_take(&rest, MAC_LEN, &source) ||
        !span_u16(&rest, &type))
        return layers_short(l);
    l->rest = rest;
    l->packet->destination_mac = destination.data;
    l->packet->source_mac = source.data;
    l->packet->vlan_count = 0;
    /* Most frames hold IPv4: the way through the table is spared them. */
    if (type == ETHERTYPE_IPV4)
        return ip_v4(l);
    return type <= ETHERNET_LENGTH_MAX ? STEP_LLC : link_ethertype(type);
}

enum step link_bare_ethertype(struct layers *l)
{
    uint16_t type;

    if (!span_u16(&l->rest, &type))
        return layers_short(l);
    return type <= ETHERNET_LENGTH_MAX ? STEP_LLC : link_ethertype(type);
}

/* IEEE 802.1Q, 9.6: priority 3 bits, drop eligible 1, VLAN 12; then the EtherType. */
enum step link_vlan(struct layers *l)
{
    struct packet *p = l->packet;
    uint16_t tag;

    if (!span_u16(&l->rest, &tag))
        return layers_short(l);
    if (p->vlan_count < PACKET_VLANS_MAX)
        p->vlans[p->vlan_count++] = tag & 0x0fff;
    return STEP_ETHERTYPE;
}

/* Cisco's VN-Tag: direction 1 bit, pointer 1, destination 14, looped 1, 3 spare, source 12. */
enum step link_vn_tag(struct layers *l)
{
    return span_skip(&l->rest, 4) ? STEP_ETHERTYPE : layers_short(l);
}

/* IEEE 802.1Q, 9.7 (802.1ah): flags 1, service 3, then the customer's frame. */
enum step link_provider_backbone(struct layers *l)
{
    return span_skip(&l->rest, 4) ? STEP_ETHERNET : layers_short(l);
}

/*
 * IEEE 802.1AE: control 1, association 2 bits, short length 1, packet number 4, channel 8 where
 * flagged. Without encryption the frame goes on as it was; the check value behind it is padding.
 */
enum step link_macsec(struct layers *l)
{
    uint8_t control;

    if (!span_u8(&l->rest, &control) || !span_skip(&l->rest, 5))
        return layers_short(l);
    if (control & MACSEC_CHANGED)
        return END_NOT_IP;
    if ((control & MACSEC_CHANNEL) && !span_skip(&l->rest, 8))
        return layers_short(l);
    return STEP_ETHERTYPE;
}

/* IEEE 802.2 with SNAP: dsap aa, ssap aa, control 03, organisation 3, EtherType. */
enum step link_llc(struct layers *l)
{
    uint64_t snap;

    if (!span_uint(&l->rest, 6, &snap))
        return layers_short(l);
    return snap == LLC_SNAP ? STEP_ETHERTYPE : END_NOT_IP;
}

/*
 * RFC 3032: label 20, class 3, bottom of stack 1, time to live 8. What follows the bottom is not
 * named: IP shows in the first four bits; else it is Ethernet, where 4 and 6 do not begin an
 * address, perhaps behind a control word that begins with 0 (RFC 4448).
 */
enum step link_mpls(struct layers *l)
{
    struct span look;
    uint32_t label;
    uint8_t first;

    do {
        if (!span_u32(&l->rest, &label))
            return layers_short(l);
    } while (!(label & 0x100));
    look = l->rest;
    if (!span_u8(&look, &first))
        return layers_short(l);
    if (first >> 4 == 4 || first >> 4 == 6)
        return STEP_IP;
    if (first >> 4 == 0 && !span_skip(&l->rest, 4))
        return layers_short(l);
    return STEP_ETHERNET;
}

/* The address family, in the byte order of the machine that captured; of BSDs, Darwin and Linux. */
enum step link_null(struct layers *l)
{
    uint32_t family;

    if (!span_u32(&l->rest, &family))
        return layers_short(l);
    return family == 0 ? END_NOT_IP : STEP_IP;
}

/* Take an address field of `len` bytes with room for 8. */
static bool take_sll_address(struct layers *l, size_t len)
{
    struct span address;

    if (!span_take(&l->rest, 8, &address))
        return false;
    if (len == MAC_LEN)
        l->packet->source_mac = address.data;
    return true;
}

/* Packet type 2, hardware type 2, address length 2, address 8, protocol 2. */
enum step link_sll(struct layers *l)
{
    uint16_t type, hardware, len, protocol;

    if (!span_u16(&l->rest, &type) || !span_u16(&l->rest, &hardware) ||
        !span_u16(&l->rest, &len) || !take_sll_address(l, len) ||
        !span_u16(&l->rest, &protocol))
        return layers_short(l);
    return protocol == PROTOCOL_LLC ? STEP_LLC : link_ethertype(protocol);
}

/* Protocol 2, reserved 2, interface 4, hardware type 2, packet type 1, address length 1, address 8. */
enum step link_sll2(struct layers *l)
{
    uint16_t protocol, hardware;
    uint8_t type, len;

    if (!span_u16(&l->rest, &protocol) || !span_skip(&l->rest, 6) ||
        !span_u16(&l->rest, &hardware) || !span_u8(&l->rest, &type) ||
        !span_u8(&l->rest, &len) || !take_sll_address(l, len))
        return layers_short(l);
    return protocol == PROTOCOL_LLC ? STEP_LLC : link_ethertype(protocol);
}

/* OpenBSD's packet filter log: length 1 without the padding to four, address family 1, ... */
enum step link_pflog(struct layers *l)
{
    static const size_t padding[4] = {0, 3, 2, 1};
    struct span look = l->rest;
    uint8_t len;

    if (!span_u8(&look, &len) || !span_skip(&l->rest, len) ||
        !span_skip(&l->rest, padding[len % 4]))
        return layers_short(l);
    return STEP_IP;
}

/*
 * Linux netfilter log: family 1, version 1, resource 2, then entries of length 2 (with these four
 * bytes), type 2 and value padded to four, in the byte order of the machine.
 */
enum step link_nflog(struct layers *l)
{
    static const size_t padding[4] = {0, 3, 2, 1};
    struct span look = l->rest, entry;
    uint16_t len, type;

    if (!span_skip(&l->rest, 4))
        return layers_short(l);
    for (;;) {
        look = l->rest;
        if (!span_u16le(&look, &len) || !span_u16le(&look, &type))
            return layers_short(l);
        if (len < 4)
            return END_MALFORMED;
        if (type == 9) { /* the packet */
            layers_trim(l, len);
            return span_skip(&l->rest, 4) ? STEP_IP : layers_short(l);
        }
        if (!span_take(&l->rest, len, &entry) || !span_skip(&l->rest, padding[len % 4]))
            return layers_short(l);
    }
}

/* Per-packet information: version 1, flags 1, length 2, link type 4, all little-endian, fields. */
enum step link_ppi(struct layers *l)
{
    struct span look = l->rest;
    uint16_t version_flags, len;
    uint32_t link_type;

    if (!span_u16(&look, &version_flags) || !span_u16le(&look, &len) ||
        !span_u32le(&look, &link_type) || !span_skip(&l->rest, len))
        return layers_short(l);
    return link_begin(l, link_find(link_type));
}
