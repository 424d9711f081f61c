/*
 * A span is a pointer and a length and owns nothing: the only way in which wire data is read.
 *
 * By value a span is lent; by address it is consumed from the front. A reader takes all it was
 * asked for and returns true, or returns false and leaves the span (and the output) alone.
 * Every result must be checked.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
    const uint8_t *data;
    size_t len;
};

#define SPAN_CHECKED __attribute__((warn_unused_result))

/* The span over `len` bytes at `data`. */
static inline struct span span_of(const void *data, size_t len)
{
    return (struct span){.data = data, .len = len};
}

/* The span over the characters of a C string, without its terminator. */
static inline struct span span_of_text(const char *text)
{
    return span_of(text, strlen(text));
}

static inline bool span_empty(struct span s)
{
    return s.len == 0;
}

/* True when both hold the same bytes. */
static inline bool span_equal(struct span a, struct span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* At most the first `n` bytes of `s`. */
static inline struct span span_first(struct span s, size_t n)
{
    return span_of(s.data, s.len < n ? s.len : n);
}

/* Take `n` bytes from the front into `out`. */
SPAN_CHECKED static inline bool span_take(struct span *s, size_t n, struct span *out)
{
    if (s->len < n)
        return false;
    *out = span_of(s->data, n);
    s->data = n ? s->data + n : s->data;
    s->len -= n;
    return true;
}

/* Drop `n` bytes from the front. */
SPAN_CHECKED static inline bool span_skip(struct span *s, size_t n)
{
    struct span dropped;

    return span_take(s, n, &dropped);
}

SPAN_CHECKED static inline bool span_u8(struct span *s, uint8_t *out)
{
    if (s->len < 1)
        return false;
    *out = s->data[0];
    s->data += 1;
    s->len -= 1;
    return true;
}

SPAN_CHECKED static inline bool span_u16(struct span *s, uint16_t *out)
{
    if (s->len < 2)
        return false;
    *out = (uint16_t)((uint16_t)s->data[0] << 8 | s->data[1]);
    s->data += 2;
    s->len -= 2;
    return true;
}

/* A big-endian number of `width` bytes, 1 to 8. */
SPAN_CHECKED static inline bool span_uint(struct span *s, size_t width, uint64_t *out)
{
    uint64_t value = 0;

    if (s->len < width || width > 8)
        return false;
    for (size_t i = 0; i < width; i++)
        value = value << 8 | s->data[i];
    *out = value;
    s->data += width;
    s->len -= width;
    return true;
}

SPAN_CHECKED static inline bool span_u32(struct span *s, uint32_t *out)
{
    if (s->len < 4)
        return false;
    *out = (uint32_t)s->data[0] << 24 | (uint32_t)s->data[1] << 16 |
           (uint32_t)s->data[2] << 8 | (uint32_t)s->data[3];
    s->data += 4;
    s->len -= 4;
    return true;
}

SPAN_CHECKED static inline bool span_u64(struct span *s, uint64_t *out)
{
    return span_uint(s, 8, out);
}

/* A little-endian number of 4 bytes (capture files, radiotap). */
SPAN_CHECKED static inline bool span_u32le(struct span *s, uint32_t *out)
{
    if (s->len < 4)
        return false;
    *out = (uint32_t)s->data[0] | (uint32_t)s->data[1] << 8 | (uint32_t)s->data[2] << 16 |
           (uint32_t)s->data[3] << 24;
    s->data += 4;
    s->len -= 4;
    return true;
}

/* A little-endian number of 2 bytes. */
SPAN_CHECKED static inline bool span_u16le(struct span *s, uint16_t *out)
{
    if (s->len < 2)
        return false;
    *out = (uint16_t)(s->data[0] | (uint16_t)s->data[1] << 8);
    s->data += 2;
    s->len -= 2;
    return true;
}

/* A vector with a length of `width` bytes before it, as TLS writes them (RFC 8446, 3.4). */
SPAN_CHECKED static inline bool span_vec(struct span *s, size_t width, struct span *out)
{
    struct span look = *s;
    uint64_t len;

    if (!span_uint(&look, width, &len) || len > look.len ||
        !span_take(&look, (size_t)len, out))
        return false;
    *s = look;
    return true;
}

/* What an incremental parser answers. */
enum progress {
    READY,     /* one unit was taken from the input */
    NEED_MORE, /* the input ends inside a unit; nothing was taken */
    BROKEN,    /* the input can never become a unit */
};
