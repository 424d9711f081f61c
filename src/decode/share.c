#include "decode/share.h"

/* One end of a conversation. */
static uint64_t hash_end(const struct address *address, uint16_t port)
{
    uint64_t high, low;

    memcpy(&high, address->bytes, sizeof(high));
    memcpy(&low, address->bytes + sizeof(high), sizeof(low));
    low ^= (high + port) * UINT64_C(0x9e3779b97f4a7c15);
    low *= UINT64_C(0xff51afd7ed558ccd);
    return low ^ low >> 32;
}

/* The sum does not know which end came first. */
static unsigned share_of_ends(uint64_t one, uint64_t other, unsigned workers)
{
    uint64_t sum = (one + other) * UINT64_C(0xc4ceb9fe1a85ec53);

    return (unsigned)((sum >> 32) * workers >> 32);
}

unsigned share_of(const struct packet *packet, unsigned workers)
{
    return share_of_ends(hash_end(&packet->source, packet->source_port),
                         hash_end(&packet->destination, packet->destination_port), workers);
}

enum {
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_VLAN = 0x8100,
    ETHERTYPE_IPV6 = 0x86dd,
    FRAGMENT_BITS = 0x3fff, /* more to come, and the offset */
};

/* Links whose header has one length and the EtherType in one place, or nothing but IP. */
static const struct {
    uint32_t link_type;
    uint8_t header_len;
    uint8_t type_at;
} links[] = {
    {1, 14, 12},   /* Ethernet */
    {101, 0, 0},   /* raw IP */
    {113, 16, 14}, /* Linux cooked */
    {276, 20, 0},  /* the same, version 2 */
};

#define LINKS (sizeof(links) / sizeof(links[0]))

/* The frame's IP packet, and as which EtherType it came. */
static bool peek_link(const struct frame *frame, struct span *ip, uint16_t *type)
{
    struct span look = frame->bytes;
    uint16_t tag;
    uint8_t first;
    size_t i = 0;

    while (i < LINKS && links[i].link_type != frame->link_type)
        i++;
    *ip = frame->bytes;
    if (i == LINKS || !span_skip(ip, links[i].header_len))
        return false;
    if (links[i].header_len == 0) {
        if (!span_u8(&look, &first))
            return false;
        *type = first >> 4 == 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4;
        return true;
    }
    if (!span_skip(&look, links[i].type_at) || !span_u16(&look, type))
        return false;
    return *type != ETHERTYPE_VLAN || (span_u16(ip, &tag) && span_u16(ip, type));
}

/* As in decode/ip.c. TCP never leads into a tunnel, UDP may. */
static bool peek_v4(struct span ip, struct span ends[2], struct span *transport)
{
    uint16_t fragment;
    uint8_t first, protocol;

    *transport = ip;
    if (!span_u8(&ip, &first) || !span_skip(&ip, 5) || !span_u16(&ip, &fragment) ||
        !span_skip(&ip, 1) || !span_u8(&ip, &protocol) || !span_skip(&ip, 2))
        return false;
    return first >> 4 == 4 && protocol == PACKET_TCP && (fragment & FRAGMENT_BITS) == 0 &&
           span_take(&ip, 4, &ends[0]) && span_take(&ip, 4, &ends[1]) &&
           span_skip(transport, (size_t)(first & 0x0f) * 4);
}

static bool peek_v6(struct span ip, struct span ends[2], struct span *transport)
{
    uint8_t first, next;

    if (!span_u8(&ip, &first) || !span_skip(&ip, 5) || !span_u8(&ip, &next) ||
        !span_skip(&ip, 1))
        return false;
    if (first >> 4 != 6 || next != PACKET_TCP || !span_take(&ip, 16, &ends[0]) ||
        !span_take(&ip, 16, &ends[1]))
        return false;
    *transport = ip;
    return true;
}

/* An end of which the IPv4 address and the port lie at these places. */
static inline uint64_t hash_v4_end(const uint8_t *address, const uint8_t *port)
{
    struct address mapped = {{[10] = 0xff, [11] = 0xff}};

    memcpy(mapped.bytes + 12, address, 4);
    return hash_end(&mapped, (uint16_t)(port[0] << 8 | port[1]));
}

/* Ethernet, IPv4 without options, no fragment, TCP: the addresses and ports have fixed places. */
static inline bool peek_plain(const struct frame *frame, unsigned workers, unsigned *out)
{
    struct span rest = frame->bytes, headers;
    const uint8_t *h;

    if (frame->link_type != 1 || !span_take(&rest, 38, &headers))
        return false;
    h = headers.data;
    if (h[12] != ETHERTYPE_IPV4 >> 8 || h[13] != (ETHERTYPE_IPV4 & 0xff) || h[14] != 0x45 ||
        ((h[20] << 8 | h[21]) & FRAGMENT_BITS) || h[23] != PACKET_TCP)
        return false;
    *out = share_of_ends(hash_v4_end(h + 26, h + 34), hash_v4_end(h + 30, h + 36), workers);
    return true;
}

bool share_peek(const struct frame *frame, unsigned workers, unsigned *out)
{
    struct span ip, transport, ends[2];
    struct address source, destination;
    uint16_t type, source_port, destination_port;

    if (peek_plain(frame, workers, out))
        return true;
    if (!peek_link(frame, &ip, &type))
        return false;
    if (!(type == ETHERTYPE_IPV4   ? peek_v4(ip, ends, &transport)
          : type == ETHERTYPE_IPV6 ? peek_v6(ip, ends, &transport)
                                   : false))
        return false;
    if (!address_from_span(ends[0], &source) || !address_from_span(ends[1], &destination) ||
        !span_u16(&transport, &source_port) || !span_u16(&transport, &destination_port))
        return false;
    *out = share_of_ends(hash_end(&source, source_port),
                         hash_end(&destination, destination_port), workers);
    return true;
}
