/*
 * Lines of a text protocol, of which only the beginning is kept. Lines end with LF; CR is dropped.
 */
#pragma once

#include "base/span.h"

#define LINE_KEPT 80

struct line {
    bool ended;
    uint8_t len; /* of what is kept */
    char text[LINE_KEPT];
};

/* Take bytes up to the end of a line; true when it was reached: then its text is span_of_line. */
static inline bool line_push(struct line *l, struct span *bytes)
{
    uint8_t byte;

    if (l->ended) {
        l->ended = false;
        l->len = 0;
    }
    while (!l->ended && span_u8(bytes, &byte)) {
        l->ended = byte == '\n';
        if (byte != '\r' && byte != '\n' && l->len < sizeof(l->text))
            l->text[l->len++] = (char)byte;
    }
    return l->ended;
}

static inline struct span span_of_line(const struct line *l)
{
    return span_of(l->text, l->len);
}

/* True when `bytes` begin with `text`. */
static inline bool span_begins(struct span bytes, const char *text)
{
    return span_equal(span_first(bytes, strlen(text)), span_of_text(text));
}

/* READY when `bytes` begin with `text`, BROKEN when they cannot. */
static inline enum progress span_may_begin(struct span bytes, const char *text)
{
    struct span wanted = span_of_text(text);
    struct span head = span_first(bytes, wanted.len);

    if (!span_equal(head, span_first(wanted, head.len)))
        return BROKEN;
    return head.len == wanted.len ? READY : NEED_MORE;
}
