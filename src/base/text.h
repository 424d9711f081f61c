/*
 * A bounded piece of text under construction, in the caller's buffer. What does not fit is cut and
 * remembered in `cut`; the text is always terminated. Bytes from the wire become text only here.
 */
#pragma once

#include <stdarg.h>

#include "base/span.h"

struct text {
    char *data;
    size_t len;
    size_t size;
    bool cut;
};

/* An empty text in `buffer`, of which `size` (>= 1) bytes may be used. */
struct text text_in(char *buffer, size_t size);

void text_add(struct text *t, const char *more);
void text_add_first(struct text *t, const char *more, size_t n); /* `n` bytes of it */
void text_add_char(struct text *t, char c);
void text_add_number(struct text *t, uint64_t number);
void text_add_format(struct text *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Bytes of the well-formed UTF-8 character at the front (Unicode table 3-7); 0 when there is none. */
size_t text_character_length(struct span s);

/*
 * Append bytes from the wire as printable UTF-8: valid UTF-8 stays as it is, control characters,
 * DEL and bytes that are not UTF-8 become \xNN, a backslash becomes \\.
 */
void text_add_span(struct text *t, struct span bytes);

/* Lower-case hexadecimal digits of the bytes. */
void text_add_hex(struct text *t, struct span bytes);

/* text_add_span into a buffer of its own; returns `out`. */
const char *text_from_span(char *out, size_t size, struct span bytes);
