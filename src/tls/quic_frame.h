/*
 * Frames of QUIC Initial packets (RFC 9000 12.4, 19): PADDING, PING, ACK, CRYPTO and
 * CONNECTION_CLOSE. No other may stand there; one that does ends the reading of the packet.
 * Spans point into the packet.
 */
#pragma once

#include "base/span.h"

enum quic_frame_type {
    QUIC_FRAME_PADDING = 0x00, /* a run of them is one */
    QUIC_FRAME_PING = 0x01,
    QUIC_FRAME_ACK = 0x02,
    QUIC_FRAME_ACK_ECN = 0x03,
    QUIC_FRAME_CRYPTO = 0x06,
    QUIC_FRAME_CLOSE = 0x1c,
    QUIC_FRAME_CLOSE_APPLICATION = 0x1d,
};

/* Error codes 0x0100 to 0x01ff are TLS alerts (RFC 9001 4.8). */
#define QUIC_ERROR_ALERT 0x0100u

struct quic_frame {
    enum quic_frame_type type;
    uint64_t offset;  /* CRYPTO */
    struct span data; /* CRYPTO; the reason of a close */
    uint64_t error;   /* of a close */
};

/* Take the frame at the front of `payload`; false when what stands there is none of these. */
SPAN_CHECKED bool quic_frame_next(struct span *payload, struct quic_frame *out);
