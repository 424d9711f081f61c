/*
 * TCP (RFC 9293) and UDP (RFC 768).
 */
#include "decode/transport.h"

#include "decode/tunnel.h"

#define TCP_HEADER_MIN 20
#define UDP_HEADER 8

uint16_t transport_checksum(uint16_t sum, struct span bytes)
{
    uint64_t total = sum;
    uint16_t word;
    uint8_t last;

    while (span_u16(&bytes, &word))
        total += word;
    if (span_u8(&bytes, &last))
        total += (uint64_t)last << 8;
    while (total >> 16)
        total = (total & 0xffff) + (total >> 16);
    return (uint16_t)total;
}

/* One's complement addition of a number that is no wire data. */
static uint16_t add_number(uint16_t sum, size_t number)
{
    uint64_t total = sum + (uint64_t)number;

    while (total >> 16)
        total = (total & 0xffff) + (total >> 16);
    return (uint16_t)total;
}

static bool checksum_right(const struct layers *l)
{
    const struct packet *p = l->packet;
    uint16_t sum;

    /* ::ffff:0:0/96 adds the same to both addresses of version 4, which is taken off again. */
    sum = transport_checksum(0, span_of(p->source.bytes, sizeof(p->source.bytes)));
    sum = transport_checksum(sum,
                             span_of(p->destination.bytes, sizeof(p->destination.bytes)));
    sum = add_number(sum, l->protocol);
    sum = add_number(sum, l->rest.len);
    return transport_checksum(sum, l->rest) == 0xffff;
}

/* What the capture cut cannot be verified. */
static bool checksum_wrong(const struct layers *l)
{
    return l->decoder->options.verify_checksums && l->cut == 0 && !checksum_right(l);
}

/*
 * source port 2, destination port 2, sequence 4, acknowledgement 4, data offset 4 bits in words,
 * reserved 4 bits, flags 1, window 2, checksum 2, urgent 2, options
 */
enum step transport_tcp(struct layers *l)
{
    struct packet *p = l->packet;
    struct span rest = l->rest, look = rest, header;
    uint16_t source, destination, window, checksum;
    uint32_t sequence, acknowledgement;
    uint8_t offset, flags;
    size_t header_len;

    if (!span_take(&look, TCP_HEADER_MIN, &header))
        return layers_short(l);
    if (!span_u16(&header, &source) || !span_u16(&header, &destination) ||
        !span_u32(&header, &sequence) || !span_u32(&header, &acknowledgement) ||
        !span_u8(&header, &offset) || !span_u8(&header, &flags) ||
        !span_u16(&header, &window) || !span_u16(&header, &checksum))
        return END_MALFORMED;
    header_len = (size_t)(offset >> 4) * 4;
    if (header_len < TCP_HEADER_MIN)
        return END_MALFORMED;
    if (checksum_wrong(l))
        return END_BAD_CHECKSUM;
    if (header_len > rest.len + l->cut)
        return END_MALFORMED;
    p->payload_len = (uint32_t)(rest.len + l->cut - header_len);
    /* A short snap length may cut the options; the ports and numbers are worth having alone. */
    if (!span_take(&rest, header_len, &header) && !span_take(&rest, rest.len, &header))
        return END_MALFORMED;
    if (!span_skip(&header, TCP_HEADER_MIN))
        return END_MALFORMED;
    p->source_port = source;
    p->destination_port = destination;
    p->protocol = PACKET_TCP;
    p->tcp_flags = flags;
    p->sequence = sequence;
    p->acknowledgement = acknowledgement;
    p->window = window;
    p->tcp_options = header;
    p->payload = rest;
    l->decoder->stats.tcp++;
    return END_PACKET;
}

/* source port 2, destination port 2, length 2 with the header, checksum 2 (0: none) */
enum step transport_udp(struct layers *l)
{
    struct packet *p = l->packet;
    struct span look = l->rest;
    uint16_t source, destination, len, checksum;
    enum step next;

    if (!span_u16(&look, &source) || !span_u16(&look, &destination) ||
        !span_u16(&look, &len) || !span_u16(&look, &checksum))
        return layers_short(l);
    /* 0: a jumbogram (RFC 2675) or segmentation offload. */
    if (len != 0) {
        if (len < UDP_HEADER || (len > l->rest.len && l->cut == 0))
            return END_MALFORMED;
        layers_trim(l, len);
    }
    if (checksum != 0 && checksum_wrong(l))
        return END_BAD_CHECKSUM;
    if (!span_skip(&l->rest, UDP_HEADER))
        return layers_short(l);
    next = tunnel_from_udp(l, source, destination);
    if (next != END_PACKET)
        return next;
    p->source_port = source;
    p->destination_port = destination;
    p->protocol = PACKET_UDP;
    p->tcp_flags = 0;
    p->sequence = 0;
    p->acknowledgement = 0;
    p->window = 0;
    p->tcp_options = span_first(l->rest, 0);
    p->payload = l->rest;
    p->payload_len = (uint32_t)(l->rest.len + l->cut);
    l->decoder->stats.udp++;
    return END_PACKET;
}
