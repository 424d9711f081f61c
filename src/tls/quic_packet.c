#include "tls/quic_packet.h"

enum {
    LONG_FORM = 0x80,
    TYPE_BITS = 4, /* where the two bits of the type stand */
    /* What any sealed packet holds: packet number and tag, and a sample behind the longest number. */
    PAYLOAD_MIN = 1 + QUIC_TAG_BYTES,
    VERSION_BYTES = 4,
};

bool quic_varint(struct span *s, uint64_t *out)
{
    struct span look = *s;
    uint64_t value;
    uint8_t first;

    if (!span_u8(&look, &first))
        return false;
    look = *s;
    if (!span_uint(&look, (size_t)1 << (first >> 6), &value))
        return false;
    switch (first >> 6) {
    case 0:
        break;
    case 1:
        value &= 0x3fff;
        break;
    case 2:
        value &= 0x3fffffff;
        break;
    default:
        value &= UINT64_C(0x3fffffffffffffff);
    }
    *s = look;
    *out = value;
    return true;
}

/* Token Length and Token (only in an Initial), Length, then so many bytes. */
static bool take_sealed(struct span *rest, struct quic_packet *packet)
{
    struct span token;
    uint64_t len;

    if (packet->type == QUIC_INITIAL && (!quic_varint(rest, &len) || len > rest->len ||
                                         !span_take(rest, (size_t)len, &token)))
        return false;
    if (!quic_varint(rest, &len) || len > rest->len || len < PAYLOAD_MIN)
        return false;
    return span_take(rest, (size_t)len, &packet->payload);
}

/*
 *   Long Header Packet {
 *       Header Form (1) = 1, Fixed Bit (1) = 1, Long Packet Type (2), Type-Specific Bits (4),
 *       Version (32),
 *       Destination Connection ID Length (8), Destination Connection ID (0..160),
 *       Source Connection ID Length (8), Source Connection ID (0..160),
 *       Type-Specific Payload (..),
 *   }                                                   (RFC 9000 17.2)
 */
static bool take_long(struct span *datagram, struct quic_packet *out)
{
    static const enum quic_packet_type types[] = {QUIC_INITIAL, QUIC_ZERO_RTT,
                                                  QUIC_HANDSHAKE, QUIC_RETRY};
    struct quic_packet packet = {.first = 0};
    struct span rest = *datagram;

    if (!span_u8(&rest, &packet.first) || !span_u32(&rest, &packet.number) ||
        !span_vec(&rest, 1, &packet.destination) || !span_vec(&rest, 1, &packet.source))
        return false;
    if (packet.number == QUIC_VERSION_NEGOTIATION) {
        if (span_empty(rest) || rest.len % VERSION_BYTES != 0)
            return false;
        packet.type = QUIC_NEGOTIATION;
        packet.payload = rest;
        *datagram = span_of(NULL, 0);
        *out = packet;
        return true;
    }
    packet.version = quic_version_find(packet.number);
    if (!packet.version || packet.destination.len > QUIC_CONNECTION_ID_MAX ||
        packet.source.len > QUIC_CONNECTION_ID_MAX)
        return false;
    packet.type = types[((packet.first >> TYPE_BITS) - packet.version->type_shift) & 3];
    if (packet.type == QUIC_RETRY) {
        packet.payload = rest;
        rest = span_of(NULL, 0);
        if (packet.payload.len < QUIC_TAG_BYTES)
            return false;
    } else if (!take_sealed(&rest, &packet)) {
        return false;
    }
    packet.header = span_of(datagram->data, (size_t)(packet.payload.data - datagram->data));
    *datagram = rest;
    *out = packet;
    return true;
}

bool quic_packet_next(struct span *datagram, struct quic_packet *out)
{
    struct quic_packet packet = {.type = QUIC_SHORT};
    struct span rest = *datagram;

    if (!span_u8(&rest, &packet.first))
        return false;
    if (packet.first & LONG_FORM)
        return take_long(datagram, out);
    if (rest.len < PAYLOAD_MIN)
        return false;
    packet.payload = rest;
    *datagram = span_of(NULL, 0);
    *out = packet;
    return true;
}
