/*
 * A bounded walk over DER (X.690), as certificates use it.
 *
 * Elements are taken one by one from the front of a span; nesting is the caller's, one function
 * level each, so there is no recursion. Definite lengths of at most four bytes only; tag numbers
 * below 31 only. Lengths with needless leading bytes are accepted, as other readers accept them.
 */
#pragma once

#include "base/text.h"

enum der_tag {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_OID = 0x06,
    DER_UTF8_STRING = 0x0c,
    DER_NUMERIC_STRING = 0x12,
    DER_PRINTABLE_STRING = 0x13,
    DER_T61_STRING = 0x14,
    DER_IA5_STRING = 0x16,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_VISIBLE_STRING = 0x1a,
    DER_UNIVERSAL_STRING = 0x1c,
    DER_BMP_STRING = 0x1e,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
    DER_CONTEXT_0 = 0x80, /* [0] primitive; add the number */
    DER_CONTEXT_0_CONSTRUCTED = 0xa0,
};

struct der {
    uint8_t tag;
    struct span body;
    struct span whole; /* with tag and length */
};

/* Take the next element of any tag. */
SPAN_CHECKED bool der_next(struct span *s, struct der *out);

/* Take the next element, which must have this tag, and give its body. */
SPAN_CHECKED bool der_take(struct span *s, uint8_t tag, struct span *body);

/* Take the next element if it has this tag; `body` is left alone and true returned if it has not.
 * False when what stands there is no element. */
SPAN_CHECKED bool der_take_optional(struct span *s, uint8_t tag, struct span *body,
                                    bool *present);

/* BIT STRING of whole bytes: the bytes after the count of unused bits, which must be 0. */
SPAN_CHECKED bool der_bits(struct span body, struct span *bytes);

/* UTCTime or GeneralizedTime to seconds since 1970; years 1 to 9999. */
SPAN_CHECKED bool der_time(const struct der *element, int64_t *seconds);

/* "2.5.4.3"; false when the body is no object identifier or a part exceeds 64 bits. */
SPAN_CHECKED bool der_add_oid(struct text *t, struct span body);

/* A character string of any of the above types as printable UTF-8; false for other types. */
SPAN_CHECKED bool der_add_string(struct text *t, const struct der *element);
