/*
 * What carries packets inside packets. Headers on IP are told by its protocol number, those on UDP
 * by port and content together: where the content is not the tunnel's, the datagram is ordinary.
 */
#include "decode/tunnel.h"

#include "decode/link.h"

enum {
    GRE_CHECKSUM = 0x8000,
    GRE_ROUTING = 0x4000,
    GRE_KEY = 0x2000,
    GRE_SEQUENCE = 0x1000,
    GRE_ACKNOWLEDGEMENT = 0x0080, /* of version 1 */
    GRE_VERSION = 0x0007,
    GRE_PPP = 0x880b,
    GRE_ERSPAN_2 = 0x88be,
    GRE_ERSPAN_3 = 0x22eb,
    GRE_WCCP = 0x883e,
    VXLAN_VALID = 0x08,
    VXLAN_POLICY = 0x80, /* group policy: then a group stands in the reserved bytes */
    VXLAN_NEXT = 0x04,   /* generic protocol extension: a next protocol is given */
    GTPU_VERSION_1 = 0x30,
    GTPU_VERSION_MASK = 0xf8,
    GTPU_EXTENSION = 0x04,
    GTPU_OPTIONAL =
        0x07, /* extension, sequence, N-PDU number: any of them brings all fields */
    GTPU_USER_DATA = 255,
    CAPWAP_NATIVE = 0x100,
    CAPWAP_NOT_A_FRAME = 0x88, /* a fragment, or a keep-alive */
    CAPWAP_BINDING_WIFI = 1,
    CAPWAP_DATA_FRAME = 0x08,
};

/* Note that a tunnel begins here and go on with `next`. */
static enum step enter(struct layers *l, enum tunnel_kind kind, uint32_t id, enum step next)
{
    struct packet *p = l->packet;

    if (l->tunnels == TUNNELS_MAX)
        return END_TOO_DEEP;
    l->tunnels++;
    p->tunnel = (struct tunnel){
        .kind = kind, .id = id, .source = p->source, .destination = p->destination};
    return next;
}

/* RFC 2003, RFC 4213, RFC 2473: a packet in a packet; its version is in its first bits. */
enum step tunnel_ip(struct layers *l)
{
    return enter(l, TUNNEL_IPIP, 0, STEP_IP);
}

/* RFC 4023 */
enum step tunnel_mpls(struct layers *l)
{
    return enter(l, TUNNEL_IPIP, 0, STEP_MPLS);
}

/* RFC 3378: version 4 bits, reserved 12, then an Ethernet frame. */
enum step tunnel_ether_ip(struct layers *l)
{
    uint16_t version;

    if (!span_u16(&l->rest, &version))
        return layers_short(l);
    return version == 0x3000 ? enter(l, TUNNEL_IPIP, 0, STEP_ETHERNET) : END_OTHER_PROTOCOL;
}

/* RFC 8986, 4.9: an Ethernet frame as it is. */
enum step tunnel_ethernet(struct layers *l)
{
    return enter(l, TUNNEL_IPIP, 0, STEP_ETHERNET);
}

/* RFC 1701: address family 2, offset 1, length 1, that many bytes; a family and length 0 end it. */
static bool skip_gre_routing(struct layers *l)
{
    uint16_t family;
    uint8_t offset, len;

    do {
        if (!span_u16(&l->rest, &family) || !span_u8(&l->rest, &offset) ||
            !span_u8(&l->rest, &len) || !span_skip(&l->rest, len))
            return false;
    } while (family != 0 || len != 0);
    return true;
}

static enum step gre_payload(struct layers *l, uint16_t flags, uint16_t protocol,
                             uint32_t key)
{
    enum step next;

    /* Type I has no sequence number and no header of its own. */
    if (protocol == GRE_ERSPAN_2)
        return flags & GRE_SEQUENCE ? STEP_ERSPAN_2
                                    : enter(l, TUNNEL_ERSPAN, 0, STEP_ETHERNET);
    if (protocol == GRE_ERSPAN_3)
        return STEP_ERSPAN_3;
    next = protocol == GRE_WCCP ? STEP_WCCP : link_ethertype(protocol);
    return next == END_NOT_IP ? END_OTHER_PROTOCOL : enter(l, TUNNEL_GRE, key, next);
}

/* RFC 2637, 4.1: payload length 2, call 2, sequence 4 and acknowledgement 4 where flagged. */
static enum step gre_version_1(struct layers *l, uint16_t flags, uint16_t protocol)
{
    uint16_t len, call;

    if (protocol != GRE_PPP || !(flags & GRE_KEY) || !(flags & GRE_SEQUENCE))
        return END_OTHER_PROTOCOL;
    if (!span_u16(&l->rest, &len) || !span_u16(&l->rest, &call) ||
        !span_skip(&l->rest, 4) ||
        ((flags & GRE_ACKNOWLEDGEMENT) && !span_skip(&l->rest, 4)))
        return layers_short(l);
    layers_trim(l, len);
    return enter(l, TUNNEL_GRE, call, STEP_PPP_HDLC);
}

/*
 * RFC 2784, RFC 2890: flags 2, protocol 2, and where flagged checksum 2 + offset 2, key 4,
 * sequence 4, routing
 */
enum step tunnel_gre(struct layers *l)
{
    uint16_t flags, protocol;
    uint32_t key = 0;

    if (!span_u16(&l->rest, &flags) || !span_u16(&l->rest, &protocol))
        return layers_short(l);
    if ((flags & GRE_VERSION) == 1)
        return gre_version_1(l, flags, protocol);
    if ((flags & GRE_VERSION) != 0)
        return END_OTHER_PROTOCOL;
    if (((flags & (GRE_CHECKSUM | GRE_ROUTING)) && !span_skip(&l->rest, 4)) ||
        ((flags & GRE_KEY) && !span_u32(&l->rest, &key)) ||
        ((flags & GRE_SEQUENCE) && !span_skip(&l->rest, 4)) ||
        ((flags & GRE_ROUTING) && !skip_gre_routing(l)))
        return layers_short(l);
    return gre_payload(l, flags, protocol, key);
}

/* Version 4 bits, VLAN 12, class 3, encapsulation 2, truncated 1, session 10, then 4 bytes. */
enum step tunnel_erspan_2(struct layers *l)
{
    uint32_t header;

    if (!span_u32(&l->rest, &header) || !span_skip(&l->rest, 4))
        return layers_short(l);
    if (header >> 28 != 1)
        return END_OTHER_PROTOCOL;
    return enter(l, TUNNEL_ERSPAN, header & 0x3ff, STEP_ETHERNET);
}

/*
 * As type II to the session, then time 4, group 2, and in 2 bytes: frame type in bits 10 to 14
 * (0 Ethernet, 2 IP), lowest bit: 8 bytes more.
 */
enum step tunnel_erspan_3(struct layers *l)
{
    uint32_t header;
    uint16_t last;

    if (!span_u32(&l->rest, &header) || !span_skip(&l->rest, 6) ||
        !span_u16(&l->rest, &last) || ((last & 1) && !span_skip(&l->rest, 8)))
        return layers_short(l);
    if (header >> 28 != 2)
        return END_OTHER_PROTOCOL;
    return enter(l, TUNNEL_ERSPAN, header & 0x3ff,
                 (last >> 10 & 0x1f) == 2 ? STEP_IP : STEP_ETHERNET);
}

/* A redirected packet, in version 2 behind 4 bytes of flags and buckets that do not begin with 4. */
enum step tunnel_wccp(struct layers *l)
{
    struct span look = l->rest;
    uint8_t first;

    if (!span_u8(&look, &first))
        return layers_short(l);
    if (first >> 4 != 4 && !span_skip(&l->rest, 4))
        return layers_short(l);
    return STEP_IP;
}

/* RFC 7348: flags 1, reserved 3 (or 1, and group 2), network 3, reserved 1. */
static enum step vxlan(struct layers *l)
{
    uint64_t reserved, network;
    uint8_t flags, last;

    if (!span_u8(&l->rest, &flags) || !span_uint(&l->rest, 3, &reserved) ||
        !span_uint(&l->rest, 3, &network) || !span_u8(&l->rest, &last))
        return END_PACKET;
    if ((flags & ~VXLAN_POLICY) != VXLAN_VALID || last != 0 ||
        (!(flags & VXLAN_POLICY) && reserved != 0))
        return END_PACKET;
    return enter(l, TUNNEL_VXLAN, (uint32_t)network, STEP_ETHERNET);
}

/* draft-ietf-nvo3-vxlan-gpe: flags 1, reserved 2, next protocol 1, network 3, reserved 1. */
static enum step vxlan_gpe(struct layers *l)
{
    static const enum step next[] = {END_PACKET, STEP_IPV4, STEP_IPV6, STEP_ETHERNET};
    uint64_t network;
    uint16_t reserved;
    uint8_t flags, protocol, last;

    if (!span_u8(&l->rest, &flags) || !span_u16(&l->rest, &reserved) ||
        !span_u8(&l->rest, &protocol) || !span_uint(&l->rest, 3, &network) ||
        !span_u8(&l->rest, &last))
        return END_PACKET;
    if ((flags & ~VXLAN_NEXT) != VXLAN_VALID || reserved != 0 || last != 0 ||
        protocol == 0 || protocol >= sizeof(next) / sizeof(next[0]))
        return END_PACKET;
    return enter(l, TUNNEL_VXLAN, (uint32_t)network, next[protocol]);
}

/*
 * RFC 8926: version 2 bits, options length 6 bits in words, control 1, critical 1, reserved 6,
 * protocol 2, network 3, reserved 1, options
 */
static enum step geneve(struct layers *l)
{
    uint64_t network;
    uint16_t protocol;
    uint8_t first, second, last;
    enum step next;

    if (!span_u8(&l->rest, &first) || !span_u8(&l->rest, &second) ||
        !span_u16(&l->rest, &protocol) || !span_uint(&l->rest, 3, &network) ||
        !span_u8(&l->rest, &last) || !span_skip(&l->rest, (size_t)(first & 0x3f) * 4))
        return END_PACKET;
    next = link_ethertype(protocol);
    if (first >> 6 != 0 || (second & 0x3f) != 0 || last != 0 || next == END_NOT_IP)
        return END_PACKET;
    return enter(l, TUNNEL_GENEVE, (uint32_t)network, next);
}

/*
 * 3GPP TS 29.281, 5.1: sequence 2, N-PDU number 1, type of the first extension 1; then extensions:
 * length 1 in words with this byte and the next, content, type of the next 1.
 */
static bool skip_gtpu_extensions(struct layers *l, uint8_t flags)
{
    uint8_t type, len;

    if (!(flags & GTPU_OPTIONAL))
        return true;
    if (!span_skip(&l->rest, 3) || !span_u8(&l->rest, &type))
        return false;
    while ((flags & GTPU_EXTENSION) && type != 0)
        if (!span_u8(&l->rest, &len) || len == 0 ||
            !span_skip(&l->rest, (size_t)len * 4 - 2) || !span_u8(&l->rest, &type))
            return false;
    return true;
}

/* 3GPP TS 29.281, 5.1: version and flags 1, type 1, length 2, tunnel 4, optional fields. */
static enum step gtpu(struct layers *l)
{
    struct span look;
    uint16_t len;
    uint8_t flags, type, first;
    uint32_t endpoint;

    if (!span_u8(&l->rest, &flags) || !span_u8(&l->rest, &type) ||
        !span_u16(&l->rest, &len) || !span_u32(&l->rest, &endpoint))
        return END_PACKET;
    if ((flags & GTPU_VERSION_MASK) != GTPU_VERSION_1 || type != GTPU_USER_DATA ||
        (len > l->rest.len && l->cut == 0))
        return END_PACKET;
    layers_trim(l, len);
    if (!skip_gtpu_extensions(l, flags))
        return END_PACKET;
    look = l->rest;
    if (!span_u8(&look, &first) || (first >> 4 != 4 && first >> 4 != 6))
        return END_PACKET;
    return enter(l, TUNNEL_GTPU, endpoint, STEP_IP);
}

/*
 * RFC 4380, 5.1.1: authentication (0001, client length 1, value length 1, both, nonce 8,
 * confirmation 1) and origin (0000, port 2, address 4) may stand before the IPv6 packet.
 */
static enum step teredo(struct layers *l)
{
    struct span look = l->rest, header;
    uint16_t kind, port, payload_len;
    uint8_t client, value, first;

    if (span_u16(&look, &kind) && kind == 1) {
        if (!span_u8(&look, &client) || !span_u8(&look, &value) ||
            !span_skip(&look, client) || !span_skip(&look, value) || !span_skip(&look, 9))
            return END_PACKET;
        l->rest = look;
    }
    look = l->rest;
    if (span_u16(&look, &kind) && kind == 0) {
        if (!span_u16(&look, &port) || !span_skip(&look, 4))
            return END_PACKET;
        l->rest = look;
    }
    header = l->rest;
    if (!span_u8(&header, &first) || first >> 4 != 6 || !span_skip(&header, 3) ||
        !span_u16(&header, &payload_len) || !span_skip(&header, 34))
        return END_PACKET;
    if (payload_len > header.len && l->cut == 0)
        return END_PACKET;
    return enter(l, TUNNEL_TEREDO, 0, STEP_IPV6);
}

/*
 * RFC 5415, 4.3: version 4 bits, type 4, header length 5 in words, radio 5, binding 5, flags 9, then
 * fragment 4 and what the flags say. A native frame is one of 802.11, whose numbers one vendor's
 * access points write big-endian: then its first bits are not those of a version 0 data frame.
 */
static enum step capwap(struct layers *l)
{
    struct span look = l->rest;
    uint32_t header;
    uint8_t first, second;
    bool native;

    if (!span_u32(&look, &header) ||
        !span_skip(&l->rest, (size_t)(header >> 19 & 0x1f) * 4))
        return END_PACKET;
    native = header & CAPWAP_NATIVE;
    if (header >> 24 != 0 || (header >> 19 & 0x1f) < 2 || (header & CAPWAP_NOT_A_FRAME) ||
        (native && (header >> 9 & 0x1f) != CAPWAP_BINDING_WIFI))
        return END_PACKET;
    look = l->rest;
    if (!native || !span_u8(&look, &first) || !span_u8(&look, &second))
        return enter(l, TUNNEL_CAPWAP, 0, native ? END_OTHER_PROTOCOL : STEP_ETHERNET);
    l->wifi_swapped =
        (first & 0x0f) != CAPWAP_DATA_FRAME && (second & 0x0f) == CAPWAP_DATA_FRAME;
    l->wifi_padded = false;
    return enter(l, TUNNEL_CAPWAP, 0, STEP_WIFI);
}

static const struct {
    uint16_t port;
    enum step (*open)(struct layers *l);
} udp_tunnels[] = {
    {2152, gtpu},   {3544, teredo}, {4789, vxlan}, {4790, vxlan_gpe},
    {5247, capwap}, {6081, geneve}, {8472, vxlan}, /* of Linux, before the number was assigned */
};

enum step tunnel_from_udp(struct layers *l, uint16_t source_port, uint16_t destination_port)
{
    struct span rest = l->rest;
    size_t cut = l->cut;
    enum step next;

    for (size_t i = 0; i < sizeof(udp_tunnels) / sizeof(udp_tunnels[0]); i++) {
        if (udp_tunnels[i].port != destination_port && udp_tunnels[i].port != source_port)
            continue;
        next = udp_tunnels[i].open(l);
        if (next != END_PACKET)
            return next;
        l->rest = rest;
        l->cut = cut;
    }
    return END_PACKET;
}
