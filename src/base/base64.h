/*
 * Base64 (RFC 4648, section 4) of short binary values: pins and Community IDs.
 */
#pragma once

#include "base/span.h"

/* Characters of `n` bytes, with padding and the terminator. */
#define BASE64_TEXT_MAX(n) (((n) + 2) / 3 * 4 + 1)

/* Write the text of `bytes` to `out`, which holds BASE64_TEXT_MAX(bytes.len); returns `out`. */
const char *base64_encode(struct span bytes, char *out);

/* The `size` bytes that `text` stands for; false when it is malformed or of another length. */
SPAN_CHECKED bool base64_decode(const char *text, uint8_t *out, size_t size);
