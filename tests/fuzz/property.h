/*
 * Claims of fuzz targets. must(condition) ends the program when it does not hold.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "base/span.h"

#define must(condition)                                                                    \
    ((condition) ? (void)0 : must_failed(__FILE__, __LINE__, #condition))

static inline void must_failed(const char *file, int line, const char *condition)
{
    (void)fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
    abort();
}

/* True when `inner` is empty or lies inside `outer`. */
static inline bool lies_in(struct span inner, struct span outer)
{
    return inner.len == 0 || (inner.data >= outer.data && inner.len <= outer.len &&
                              inner.data <= outer.data + (outer.len - inner.len));
}

/* The length of a well-formed UTF-8 sequence that begins so, by its first byte; 0 for none. */
static inline size_t sequence_length(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first < 0xe0)
        return 2;
    if (first >= 0xe0 && first < 0xf0)
        return 3;
    return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

/* True for UTF-8 without control characters. */
static inline bool is_printable(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;

    while (*at) {
        size_t n = sequence_length(*at);
        unsigned long c = n == 1   ? *at
                          : n == 2 ? *at & 0x1fu
                          : n == 3 ? *at & 0xfu
                                   : *at & 7u;

        if (n == 0)
            return false;
        for (size_t i = 1; i < n; i++) {
            if ((at[i] & 0xc0) != 0x80)
                return false;
            c = c << 6 | (at[i] & 0x3fu);
        }
        if (c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0xd800 && c < 0xe000) ||
            c > 0x10ffff || (n == 3 && c < 0x800) || (n == 4 && c < 0x10000))
            return false;
        at += n;
    }
    return true;
}

/* True for `count` lower-case hexadecimal digits. */
static inline bool is_hex(const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!((text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f')))
            return false;
    return true;
}
