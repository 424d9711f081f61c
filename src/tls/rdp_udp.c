#include "tls/rdp_udp.h"

/* Flags of an RDPUDP_FEC_HEADER ([MS-RDPEUDP] 2.2.2.1). */
enum {
    FEC_SYN = 0x0001,
    FEC_ACK = 0x0004,
    FEC_DATA = 0x0008,
    FEC_FEC = 0x0010,
    FEC_ACK_OF_ACKS = 0x0100,
    FEC_CORRELATION_ID = 0x0800,
    FEC_SYN_EXTENSION = 0x1000,
};

enum {
    NO_ACK = 0xffffffff, /* what a client's SYN acknowledges */
    MTU_MIN = 1132,
    MTU_MAX = 1232,
    CORRELATION_BYTES = 32,
    VERSION_KNOWN = 0x0001,
    VERSION_3 = 0x0101,
};

/* Flags of an RDP-UDP2 packet ([MS-RDPEUDP2] 2.2.1.1), its lower 12 bits. */
enum {
    V3_ACK = 0x001,
    V3_DATA = 0x004,
    V3_ACK_VECTOR = 0x008,
    V3_ACK_OF_ACKS = 0x010,
    V3_OVERHEAD = 0x040,
    V3_DELAY = 0x100,
    PREFIX_AT = 7,       /* where the prefix changed places with the first byte */
    PREFIX_DUMMY = 0x10, /* type 8 of 16: no data, whatever it holds */
};

/* What a SYN says. */
struct syn {
    bool is_answer;
    bool is_version3;
};

/*
 *   snSourceAck (4 bytes), uReceiveWindowSize (2), uFlags (2), snInitialSequenceNumber (4),
 *   uUpStreamMtu (2), uDownStreamMtu (2), [uCorrelationId and reserved (32)],
 *   [uSynExFlags (2), uUdpVer (2)]                      ([MS-RDPEUDP] 2.2.2.1, .5, .8, .9)
 */
static bool parse_syn(struct span s, struct syn *out)
{
    uint16_t window, flags, up, down, extension = 0, version = 0;
    uint32_t acknowledges, number;

    if (s.len < MTU_MIN || !span_u32(&s, &acknowledges) || !span_u16(&s, &window) ||
        !span_u16(&s, &flags) || !(flags & FEC_SYN) || flags & FEC_DATA ||
        !span_u32(&s, &number) || !span_u16(&s, &up) || !span_u16(&s, &down))
        return false;
    if (up < MTU_MIN || up > MTU_MAX || down < MTU_MIN || down > MTU_MAX)
        return false;
    if (flags & FEC_CORRELATION_ID && !span_skip(&s, CORRELATION_BYTES))
        return false;
    if (flags & FEC_SYN_EXTENSION && (!span_u16(&s, &extension) || !span_u16(&s, &version)))
        return false;
    *out = (struct syn){.is_answer = (flags & FEC_ACK) != 0,
                        .is_version3 = extension & VERSION_KNOWN && version == VERSION_3};
    return out->is_answer || acknowledges == NO_ACK;
}

/* The acknowledgements before the data: a count, so many bytes, padding to a multiple of four. */
static bool skip_ack_vector(struct span *s)
{
    struct span vector;

    return span_vec(s, 2, &vector) && span_skip(s, (4 - (2 + vector.len) % 4) % 4);
}

/* [ACK vector], [ACK of ACKs (4)], snCoded (4), snSourceStart (4), data */
static bool data_of_fec(struct span s, struct rdp_udp_data *out)
{
    uint16_t flags;

    if (!span_skip(&s, 6) || !span_u16(&s, &flags) || !(flags & FEC_DATA) ||
        flags & (FEC_SYN | FEC_FEC) || (flags & FEC_ACK && !skip_ack_vector(&s)) ||
        (flags & FEC_ACK_OF_ACKS && !span_skip(&s, 4)) || !span_skip(&s, 4) ||
        !span_u32(&s, &out->number))
        return false;
    out->bytes = s;
    return true;
}

/* SeqNum (2), receivedTS (3), sendAckTimeGap (1), numDelayedAcks in 4 bits, a byte for each */
static bool skip_ack(struct span *s)
{
    uint8_t count;

    return span_skip(s, 6) && span_u8(s, &count) && span_skip(s, count & 15);
}

/* BaseSeqNum (2), codedAckVecSize in 7 bits, [TimeStamp (3), SendAckTimeGap (1)], a byte each */
static bool skip_coded_vector(struct span *s)
{
    uint8_t size;

    return span_skip(s, 2) && span_u8(s, &size) && span_skip(s, size & 0x80 ? 4 : 0) &&
           span_skip(s, size & 0x7f);
}

/*
 * Prefix (1), Header (2), [ACK], [OverheadSize (1)], [DelayAckInfo (3)], [AckOfAcks (2)],
 * DataSeqNum (2), [AckVector], ChannelSeqNum (2), data. The numbers are little-endian.
 */
static bool data_of_version3(struct span s, struct rdp_udp_data *out)
{
    uint16_t flags, number;
    uint8_t prefix;

    if (!span_u8(&s, &prefix) || prefix & PREFIX_DUMMY || !span_u16le(&s, &flags) ||
        !(flags & V3_DATA) || (flags & V3_ACK && !skip_ack(&s)) ||
        (flags & V3_OVERHEAD && !span_skip(&s, 1)) ||
        (flags & V3_DELAY && !span_skip(&s, 3)) ||
        (flags & V3_ACK_OF_ACKS && !span_skip(&s, 2)) || !span_skip(&s, 2) ||
        (flags & V3_ACK_VECTOR && !skip_coded_vector(&s)) || !span_u16le(&s, &number))
        return false;
    out->number = number;
    out->bytes = s;
    return true;
}

bool rdp_udp_begins(struct span datagram)
{
    struct syn syn;

    return parse_syn(datagram, &syn) && !syn.is_answer;
}

/* So that it does not look like RTP, a packet of version 3 has two of its bytes exchanged. */
static struct span put_straight(struct span datagram, uint8_t room[RDP_UDP_PACKET_MAX])
{
    memcpy(room, datagram.data, datagram.len);
    room[0] = datagram.data[PREFIX_AT];
    room[PREFIX_AT] = datagram.data[0];
    return span_of(room, datagram.len);
}

bool rdp_udp_data_of(struct span datagram, bool is_version3,
                     uint8_t room[RDP_UDP_PACKET_MAX], struct rdp_udp_data *out)
{
    struct rdp_udp_data data;

    if (datagram.len <= PREFIX_AT || datagram.len > RDP_UDP_PACKET_MAX)
        return false;
    if (is_version3 ? !data_of_version3(put_straight(datagram, room), &data)
                    : !data_of_fec(datagram, &data))
        return false;
    *out = data;
    return !span_empty(data.bytes);
}

/* ---- a flow */

static void begin(struct rdp_udp *r, struct rdp_udp_context *context, int client)
{
    r->client = (uint8_t)client;
    context->stats.connections++;
    tls_conn_begin(&r->conn, client, false, false);
}

/* What is missing before a packet: a gap, or nothing; false when the packet was there before. */
static bool follow(struct rdp_udp *r, const struct rdp_udp_data *data, int side, bool *gap)
{
    uint32_t mask = r->is_version3 ? 0xffff : 0xffffffff;
    uint32_t ahead = (data->number - r->next[side]) & mask;

    *gap = r->has_next[side] && ahead != 0;
    if (*gap && ahead > mask / 2)
        return false;
    r->has_next[side] = true;
    r->next[side] = (data->number + 1) & mask;
    return true;
}

void rdp_udp_push(struct rdp_udp *r, struct rdp_udp_context *context,
                  const struct datagram *datagram, tls_event_fn tell, void *ctx)
{
    uint8_t room[RDP_UDP_PACKET_MAX];
    const struct tls_listener listener = {tell, ctx};
    const struct chunk lost = {.absent = 1, .gap = true, .time_ns = datagram->time_ns};
    struct chunk chunk = {.time_ns = datagram->time_ns};
    int side = datagram->flow_side;
    struct rdp_udp_data data;
    struct syn syn;
    bool gap;

    if (parse_syn(datagram->bytes, &syn)) {
        if (syn.is_answer)
            r->is_version3 = syn.is_version3;
        else if (!r->conn.has_client)
            begin(r, context, side);
        return;
    }
    if (!rdp_udp_data_of(datagram->bytes, r->is_version3, room, &data) ||
        !follow(r, &data, side, &gap))
        return;
    if (gap) {
        context->stats.gaps++;
        tls_conn_push(&r->conn, context->tls, side, &lost, &listener);
    }
    chunk.bytes = data.bytes;
    tls_conn_push(&r->conn, context->tls, side, &chunk, &listener);
}

void rdp_udp_clear(struct rdp_udp *r, struct rdp_udp_context *context)
{
    tls_conn_clear(&r->conn, context->tls);
}
