/*
 * QUIC packets as they stand in a datagram (RFC 9000 17, RFC 8999): their headers, without removing
 * any protection. Several long packets may share a datagram; a short one is the last.
 *
 * Spans point into the datagram. A header that is cut short, or that announces more than there is,
 * is no packet. Of versions that are not known (tls/quic_version.h) nothing can be said.
 */
#pragma once

#include "base/span.h"
#include "tls/quic_version.h"

#define QUIC_CONNECTION_ID_MAX 20
#define QUIC_FIXED_BIT 0x40 /* of the first byte; may be clear by agreement (RFC 9287) */

enum quic_packet_type {
    QUIC_INITIAL,
    QUIC_ZERO_RTT,
    QUIC_HANDSHAKE,
    QUIC_RETRY,
    QUIC_NEGOTIATION, /* of the version, by the server */
    QUIC_SHORT,       /* 1-RTT: how long its connection id is, only the connection knows */
};

struct quic_packet {
    enum quic_packet_type type;
    uint8_t first;
    uint32_t number;                    /* of the version; 0 when SHORT */
    const struct quic_version *version; /* NULL when NEGOTIATION or SHORT */
    struct span destination;            /* connection ids; empty when SHORT */
    struct span source;
    struct span header; /* INITIAL: all before the packet number */
    struct span
        payload; /* packet number and what is sealed; RETRY: token; NEGOTIATION: versions;
                            SHORT: all after the first byte */
};

/* Take the packet at the front of a datagram; false when what stands there is none. */
SPAN_CHECKED bool quic_packet_next(struct span *datagram, struct quic_packet *out);

/* A number of 1, 2, 4 or 8 bytes (RFC 9000 16). */
SPAN_CHECKED bool quic_varint(struct span *s, uint64_t *out);
