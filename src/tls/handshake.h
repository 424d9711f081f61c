/*
 * Handshake message headers (RFC 8446 4; DTLS has its own in tls/dtls.h) and the small messages.
 */
#pragma once

#include "base/span.h"

/* Ceiling of one handshake message. Certificate chains of 100 KiB exist; more is damage. */
#define HANDSHAKE_MAX (256u * 1024u)

enum handshake_type {
    HANDSHAKE_HELLO_REQUEST = 0,
    HANDSHAKE_CLIENT_HELLO = 1,
    HANDSHAKE_SERVER_HELLO = 2,
    HANDSHAKE_NEW_SESSION_TICKET = 4,
    HANDSHAKE_END_OF_EARLY_DATA = 5,
    HANDSHAKE_HELLO_RETRY_REQUEST = 6, /* TLS 1.3 drafts before 22 */
    HANDSHAKE_ENCRYPTED_EXTENSIONS = 8,
    HANDSHAKE_CERTIFICATE = 11,
    HANDSHAKE_SERVER_KEY_EXCHANGE = 12,
    HANDSHAKE_CERTIFICATE_REQUEST = 13,
    HANDSHAKE_SERVER_HELLO_DONE = 14,
    HANDSHAKE_CERTIFICATE_VERIFY = 15,
    HANDSHAKE_CLIENT_KEY_EXCHANGE = 16,
    HANDSHAKE_FINISHED = 20,
    HANDSHAKE_CERTIFICATE_STATUS = 22,
};

struct handshake {
    uint8_t type;
    struct span body;
};

/* Take the next whole message from the front of `flight`. */
enum progress handshake_next(struct span *flight, struct handshake *out);
