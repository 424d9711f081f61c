/*
 * An internet address, version 4 or 6, in 16 bytes: version 4 is held as ::ffff:a.b.c.d (RFC 4291,
 * 2.5.5.2), so that one comparison serves both.
 */
#pragma once

#include "base/span.h"

#define ADDRESS_TEXT_MAX 46

struct address {
    uint8_t bytes[16];
};

/* A network: the first `bits` (0..128, counted in the 16-byte form) of `address`. */
struct network {
    struct address address;
    uint8_t bits;
};

/* From 4 or 16 bytes in network order; false for any other length. */
SPAN_CHECKED bool address_from_span(struct span bytes, struct address *out);

bool address_is_v4(const struct address *a);
bool address_equal(const struct address *a, const struct address *b);
bool network_holds(const struct network *n, const struct address *a);

/* From text ("192.0.2.1", "2001:db8::1"); false when it is none. */
SPAN_CHECKED bool address_parse(const char *text, struct address *out);

/* From "192.0.2.0/24", "2001:db8::/32" or an address alone; false when it is none or when bits
 * beyond the prefix are set. */
SPAN_CHECKED bool network_parse(const char *text, struct network *out);

/* The usual text (RFC 5952); returns `out`. */
const char *address_describe(const struct address *a, char out[ADDRESS_TEXT_MAX]);
