#include "preamble/proxy_protocol.h"

#define LINE_V1_MAX 107 /* with CR LF */
#define HEADER_V2 16

static const char opening_v1[] = "PROXY ";
static const char opening_v2[] = "\r\n\r\n\0\r\nQUIT\n";

enum progress proxy_v1_looks_like(struct span first)
{
    return span_may_begin(first, opening_v1);
}

enum progress proxy_v2_looks_like(struct span first)
{
    struct span wanted = span_of(opening_v2, sizeof(opening_v2) - 1);
    struct span head = span_first(first, wanted.len);

    if (!span_equal(head, span_first(wanted, head.len)))
        return BROKEN;
    return head.len == wanted.len ? READY : NEED_MORE;
}

/* "PROXY" SP ("TCP4" / "TCP6" / "UNKNOWN") ... CR LF; the server has nothing to say in it. */
enum progress proxy_v1_push(struct proxy_protocol *p, enum talker from, struct span *bytes)
{
    struct span line = span_first(*bytes, (size_t)(LINE_V1_MAX - p->taken));
    size_t before = line.len;
    bool ended;

    if (from == TALK_SERVER)
        return BROKEN;
    ended = line_push(&p->line, &line);
    p->taken = (uint16_t)(p->taken + (before - line.len));
    if (!span_skip(bytes, before - line.len))
        return BROKEN;
    if (ended)
        return READY;
    return p->taken == LINE_V1_MAX ? BROKEN : NEED_MORE;
}

/* signature 12, version and command 1, family 1, length 2, addresses and more */
enum progress proxy_v2_push(struct proxy_protocol *p, enum talker from, struct span *bytes)
{
    uint8_t byte;

    if (from == TALK_SERVER)
        return BROKEN;
    while (p->taken < HEADER_V2 && span_u8(bytes, &byte)) {
        if (p->taken == 12 && byte >> 4 != 2)
            return BROKEN;
        p->left = (uint16_t)(p->left << 8 | byte); /* ends up with the last two */
        p->taken++;
    }
    if (p->taken < HEADER_V2)
        return NEED_MORE;
    while (p->left > 0 && span_u8(bytes, &byte))
        p->left--;
    return p->left == 0 ? READY : NEED_MORE;
}
