/*
 * The DTLS record layer and its handshake headers (RFC 6347 4, RFC 9147 4 and 5; the version before
 * DTLS 1.0 that some VPN clients speak). Spans point into the datagram.
 *
 * A record that is cut short, or is none, ends the reading of its datagram. Where a connection id
 * hides how long a record is, the rest of the datagram counts as that record.
 */
#pragma once

#include "base/span.h"
#include "tls/record.h"

struct dtls_record {
    uint8_t type;     /* as enum record_type; of a unified header APPLICATION_DATA */
    uint16_t version; /* of a unified header DTLS 1.3 */
    uint16_t epoch;   /* of a unified header its two low bits */
    bool is_unified;  /* DTLS 1.3, protected */
    struct span body;
};

/* One fragment of a handshake message, mostly all of it. */
struct dtls_fragment {
    uint8_t type;
    uint16_t number;
    uint32_t length; /* of the message */
    uint32_t offset; /* where the fragment belongs in it */
    struct span body;
};

/* Take the next record of a datagram; false when what stands there is none. */
SPAN_CHECKED bool dtls_record_next(struct span *datagram, struct dtls_record *out);

/* Take the next fragment of a handshake record that is in the clear. */
SPAN_CHECKED bool dtls_fragment_next(struct span *record, struct dtls_fragment *out);
