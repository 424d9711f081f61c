#include "preamble/preamble.h"

enum { TLS_HANDSHAKE = 22, CLIENT_HELLO = 1, SERVER_HELLO = 2 };

enum look { LOOK_MORE, LOOK_CLIENT_HELLO, LOOK_SERVER_HELLO, LOOK_SSLV2, LOOK_CONNECT, LOOK_NONE };

/* ContentType 22, version 3.x, a length, then HandshakeType (RFC 8446 5.1, 4). */
static enum look look_for_tls(struct span first)
{
    uint8_t type, major, minor, message;
    uint16_t length;

    if (!span_u8(&first, &type))
        return LOOK_MORE;
    if (type != TLS_HANDSHAKE)
        return LOOK_NONE;
    if (!span_u8(&first, &major))
        return LOOK_MORE;
    if (major != 3)
        return LOOK_NONE;
    if (!span_u8(&first, &minor))
        return LOOK_MORE;
    if (minor > 4)
        return LOOK_NONE;
    if (!span_u16(&first, &length) || !span_u8(&first, &message))
        return LOOK_MORE;
    if (length == 0)
        return LOOK_NONE;
    if (message == CLIENT_HELLO)
        return LOOK_CLIENT_HELLO;
    return message == SERVER_HELLO ? LOOK_SERVER_HELLO : LOOK_NONE;
}

/* Two-byte record header with its high bit set, CLIENT-HELLO, version 2 or 3.x (RFC 5246 E.2). */
static enum look look_for_sslv2(struct span first)
{
    uint8_t high, low, message, major, minor;

    if (!span_u8(&first, &high))
        return LOOK_MORE;
    if (!(high & 0x80))
        return LOOK_NONE;
    if (!span_u8(&first, &low) || !span_u8(&first, &message))
        return LOOK_MORE;
    if (message != CLIENT_HELLO)
        return LOOK_NONE;
    if (!span_u8(&first, &major) || !span_u8(&first, &minor))
        return LOOK_MORE;
    return (major == 3 && minor <= 3) || (major == 0 && minor == 2) ? LOOK_SSLV2 : LOOK_NONE;
}

static enum look look_at(struct span first)
{
    enum look tls = look_for_tls(first);
    enum look sslv2 = look_for_sslv2(first);

    if (tls != LOOK_NONE)
        return tls;
    if (sslv2 != LOOK_NONE)
        return sslv2;
    switch (connect_looks_like(first)) {
    case READY:
        return LOOK_CONNECT;
    case NEED_MORE:
        return LOOK_MORE;
    case BROKEN:
        break;
    }
    return LOOK_NONE;
}

static void peek(struct preamble *p, int side, struct span *rest)
{
    uint8_t byte;

    while (p->have[side] < PREAMBLE_PEEK_MAX && span_u8(rest, &byte))
        p->peeked[side][p->have[side]++] = byte;
}

/* CONNECT: the peeked bytes are its beginning, and the peek starts anew behind it. */
static void push_connect(struct preamble *p, int side, struct span *rest)
{
    if (p->have[side] && !p->is_connect) {
        struct span head = span_of(p->peeked[side], p->have[side]);

        p->is_connect = true;
        p->connect.client = (uint8_t)side;
        p->have[side] = 0;
        connect_push(&p->connect, side, &head);
    }
    connect_push(&p->connect, side, rest);
}

static void decide(struct preamble *p, int side, enum look look)
{
    switch (look) {
    case LOOK_CLIENT_HELLO:
    case LOOK_SERVER_HELLO:
    case LOOK_SSLV2:
        p->verdict = PREAMBLE_TLS;
        p->hello_side = (uint8_t)side;
        p->hello_from_server = look == LOOK_SERVER_HELLO;
        p->is_sslv2 = look == LOOK_SSLV2;
        break;
    case LOOK_NONE:
    case LOOK_CONNECT: /* a tunnel in a tunnel */
        p->verdict = PREAMBLE_OTHER;
        break;
    case LOOK_MORE:
        break;
    }
}

void preamble_miss(struct preamble *p, int side)
{
    p->missed[side] = true;
    if (p->missed[!side] || p->have[side] || p->is_connect)
        p->verdict = PREAMBLE_OTHER;
}

enum preamble_verdict preamble_push(struct preamble *p, int side, struct span bytes,
                                    struct span *rest)
{
    enum look look;

    *rest = bytes;
    if (p->verdict != PREAMBLE_UNDECIDED || p->missed[side])
        return p->verdict;
    if (p->is_connect && p->connect.state != CONNECT_OPEN) {
        push_connect(p, side, rest);
        if (p->connect.state == CONNECT_BROKEN)
            p->verdict = PREAMBLE_OTHER;
        if (p->connect.state != CONNECT_OPEN || span_empty(*rest))
            return p->verdict;
    }
    peek(p, side, rest);
    look = look_at(span_of(p->peeked[side], p->have[side]));
    if (look == LOOK_CONNECT && !p->is_connect)
        push_connect(p, side, rest);
    else
        decide(p, side, look);
    return p->verdict;
}
