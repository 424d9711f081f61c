/*
 * Extensions of hellos (RFC 8446 4.2), from one table: a row is a type, the message it stands in
 * and the function that reads its body.
 *
 * Unknown types are passed over. The framing of the block must be exact, or the hello is refused.
 * Inside, tolerance: a known extension whose body is malformed leaves its value empty, and of two
 * extensions of one type the first gives the value. Nothing is owned; spans point into the hello.
 */
#pragma once

#include "tls/hello.h"

enum extension_type {
    EXTENSION_SERVER_NAME = 0,
    EXTENSION_SUPPORTED_GROUPS = 10,
    EXTENSION_POINT_FORMATS = 11,
    EXTENSION_SIGNATURE_ALGORITHMS = 13,
    EXTENSION_ALPN = 16,
    EXTENSION_PADDING = 21,
    EXTENSION_SESSION_TICKET = 35,
    EXTENSION_KEY_SHARE_DRAFT = 40, /* key_share before draft 23 of TLS 1.3 */
    EXTENSION_PRE_SHARED_KEY = 41,
    EXTENSION_EARLY_DATA = 42,
    EXTENSION_SUPPORTED_VERSIONS = 43,
    EXTENSION_COOKIE = 44,
    EXTENSION_KEY_SHARE = 51,
    EXTENSION_ECH = 0xfe0d,
};

struct extension {
    uint16_t type;
    struct span body;
};

/* Take the next extension from the front of `list`; false when what is left is none. */
SPAN_CHECKED bool extension_next(struct span *list, struct extension *out);

/* Read hello->extensions into the other fields; false when the framing of the block is broken. */
SPAN_CHECKED bool extension_read_client(struct client_hello *hello);
SPAN_CHECKED bool extension_read_server(struct server_hello *hello);
