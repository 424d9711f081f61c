/*
 * IP, version 4 (RFC 791) and 6 (RFC 8200), up to the header behind it.
 */
#include "decode/ip.h"

#include "decode/defrag.h"
#include "decode/transport.h"

#define IPV4_HEADER_MIN 20
#define IPV6_HEADER 40

struct protocol_row {
    uint8_t protocol;
    enum step step;
};

/* https://www.iana.org/assignments/protocol-numbers */
static const struct protocol_row protocols[] = {
    {PACKET_TCP, STEP_TCP},     {PACKET_UDP, STEP_UDP},
    {0, STEP_IPV6_EXTENSION}, /* hop by hop */
    {4, STEP_IP_IN_IP},         {41, STEP_IP_IN_IP},
    {43, STEP_IPV6_EXTENSION}, /* routing */
    {44, STEP_IPV6_FRAGMENT},   {47, STEP_GRE},
    {51, STEP_AUTHENTICATION},  {60, STEP_IPV6_EXTENSION},  /* destination */
    {97, STEP_ETHER_IP},        {135, STEP_IPV6_EXTENSION}, /* mobility */
    {137, STEP_MPLS_IN_IP},     {139, STEP_IPV6_EXTENSION}, /* host identity */
    {140, STEP_IPV6_EXTENSION},                             /* shim6 */
    {143, STEP_ETHERNET_IN_IP},
};

enum step ip_protocol(const struct layers *l)
{
    for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
        if (protocols[i].protocol == l->protocol)
            return protocols[i].step;
    return END_OTHER_PROTOCOL;
}

/* Hand a fragment in; where it completes its datagram, that takes its place. */
static enum step reassemble(struct layers *l, uint8_t version, uint32_t id, size_t offset,
                            bool more)
{
    struct packet *p = l->packet;
    struct decode_stats *stats = &l->decoder->stats;
    const struct defrag_stats *held = defrag_stats(l->decoder->defrag);
    struct defrag_stats before = *held;
    struct fragment f = {.key = {.source = p->source,
                                 .destination = p->destination,
                                 .tunnel = p->tunnel,
                                 .id = id,
                                 .version = version,
                                 .protocol = version == 4 ? l->protocol : 0},
                         .time_ns = l->frame->time_ns,
                         .offset = offset,
                         .more = more,
                         .protocol = l->protocol,
                         .bytes = l->rest};
    enum defrag_result result;

    stats->fragments++;
    p->network = span_of(NULL, 0);
    if (l->cut > 0)
        return END_TRUNCATED;
    if (l->rest.len > DEFRAG_DATAGRAM_MAX - offset || (more && l->rest.len % 8 != 0))
        return END_MALFORMED;
    result = defrag_push(l->decoder->defrag, &f, &l->rest, &l->protocol);
    stats->reassembled += held->reassembled - before.reassembled;
    stats->fragment_drops += held->drops - before.drops;
    stats->fragment_contradictions += held->contradictions - before.contradictions;
    p->reassembled |= result == DEFRAG_DONE;
    return result == DEFRAG_DONE ? ip_protocol(l) : END_FRAGMENT;
}

/* For callers that have taken exactly 4 bytes. */
static inline void address_from_v4(struct span bytes, struct address *out)
{
    struct address a = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}};

    memcpy(a.bytes + 12, bytes.data, 4);
    *out = a;
}

/* What most packets hold is called straight, the rest found in the table. */
static inline enum step go_on(struct layers *l)
{
    return l->protocol == PACKET_TCP ? transport_tcp(l) : ip_protocol(l);
}

enum step ip_any(struct layers *l)
{
    struct span look = l->rest;
    uint8_t first;

    if (!span_u8(&look, &first))
        return layers_short(l);
    if (first >> 4 == 4)
        return STEP_IPV4;
    return first >> 4 == 6 ? STEP_IPV6 : END_NOT_IP;
}

/* Segmentation offload leaves the length 0: then the frame's end is the packet's. */
static inline size_t total_length(const struct layers *l, uint16_t total)
{
    return total ? total : l->rest.len + l->cut;
}

/*
 * version 4 bits, header length 4 bits in words, class 1, total length 2, identification 2,
 * flags 3 bits, fragment offset 13 bits, time to live 1, protocol 1, checksum 2, source 4,
 * destination 4, options
 */
enum step ip_v4(struct layers *l)
{
    struct packet *p = l->packet;
    struct span rest = l->rest, header, source, destination;
    uint16_t total, id, fragment, checksum;
    uint8_t first, class, ttl, protocol;
    size_t header_len, len;

    if (!span_take(&rest, IPV4_HEADER_MIN, &header))
        return layers_short(l);
    if (!span_u8(&header, &first) || !span_u8(&header, &class) ||
        !span_u16(&header, &total) || !span_u16(&header, &id) ||
        !span_u16(&header, &fragment) || !span_u8(&header, &ttl) ||
        !span_u8(&header, &protocol) || !span_u16(&header, &checksum) ||
        !span_take(&header, 4, &source) || !span_take(&header, 4, &destination))
        return END_MALFORMED;
    header_len = (size_t)(first & 0x0f) * 4;
    len = total_length(l, total);
    if (first >> 4 != 4 || header_len < IPV4_HEADER_MIN || len < header_len)
        return END_MALFORMED;
    rest = layers_trimmed(l, l->rest, len);
    p->network = rest;
    if (!span_take(&rest, header_len, &header))
        return layers_short(l);
    l->rest = rest;
    if (l->decoder->options.verify_checksums && transport_checksum(0, header) != 0xffff)
        return END_BAD_CHECKSUM;
    address_from_v4(source, &p->source);
    address_from_v4(destination, &p->destination);
    p->ttl = ttl;
    p->ecn = class & 3;
    l->protocol = protocol;
    if (fragment & 0x3fff)
        return reassemble(l, 4, id, (size_t)(fragment & 0x1fff) * 8, fragment & 0x2000);
    return go_on(l);
}

/* version 4 bits, class 8, flow 20, payload length 2, next header 1, hop limit 1, addresses 16 */
enum step ip_v6(struct layers *l)
{
    struct packet *p = l->packet;
    struct span whole = l->rest, rest = whole, header, source, destination;
    uint8_t next, hop_limit;
    uint16_t payload_len;
    uint32_t first;

    if (!span_take(&rest, IPV6_HEADER, &header))
        return layers_short(l);
    if (!span_u32(&header, &first) || !span_u16(&header, &payload_len) ||
        !span_u8(&header, &next) || !span_u8(&header, &hop_limit) ||
        !span_take(&header, 16, &source) || !span_take(&header, 16, &destination))
        return END_MALFORMED;
    if (first >> 28 != 6)
        return END_MALFORMED;
    /* 0: a jumbogram (RFC 2675) or segmentation offload; the frame's end is the packet's. */
    if (payload_len != 0)
        rest = layers_trimmed(l, rest, payload_len);
    l->rest = rest;
    l->protocol = next;
    p->ttl = hop_limit;
    p->network = span_first(whole, IPV6_HEADER + rest.len);
    memcpy(p->source.bytes, source.data, sizeof(p->source.bytes));
    memcpy(p->destination.bytes, destination.data, sizeof(p->destination.bytes));
    p->ecn = first >> 20 & 3;
    return go_on(l);
}

/* RFC 8200, 4.3 to 4.6: next header 1, length 1 in words of 8 without the first, data */
enum step ip_v6_extension(struct layers *l)
{
    uint8_t len;

    if (!span_u8(&l->rest, &l->protocol) || !span_u8(&l->rest, &len) ||
        !span_skip(&l->rest, (size_t)len * 8 + 6))
        return layers_short(l);
    return ip_protocol(l);
}

/* RFC 4302, 2: next header 1, length 1 in words of 4 without the first two, data */
enum step ip_authentication(struct layers *l)
{
    uint8_t len;

    if (!span_u8(&l->rest, &l->protocol) || !span_u8(&l->rest, &len) ||
        !span_skip(&l->rest, (size_t)len * 4 + 6))
        return layers_short(l);
    return ip_protocol(l);
}

/* RFC 8200, 4.5: next header 1, reserved 1, offset 13 bits, reserved 2, more 1, identification 4 */
enum step ip_v6_fragment(struct layers *l)
{
    uint8_t reserved;
    uint16_t fragment;
    uint32_t id;

    if (!span_u8(&l->rest, &l->protocol) || !span_u8(&l->rest, &reserved) ||
        !span_u16(&l->rest, &fragment) || !span_u32(&l->rest, &id))
        return layers_short(l);
    /* Alone, offset 0 and none behind it (RFC 6946): nothing to put together. */
    if (fragment & 0xfff9)
        return reassemble(l, 6, id, fragment & 0xfff8, fragment & 1);
    return ip_protocol(l);
}
