/*
 * Talks before TLS, for tests: turns of client and server, of which those in small letters are TLS
 * already. A talk is heard whole, byte by byte, and with every turn cut in two at every place: it
 * must come to the same verdict each time, and let the same bytes of TLS through.
 */
#pragma once

#include "preamble/preamble.h"
#include "tap.h"
#include "wire.h"

#define TURNS_MAX 24
#define CLIENT_SIDE 1
#define HELLO "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03"
#define SERVER_HELLO "\x16\x03\x03\x00\x05\x02\x00\x00\x01\x03"

/* A turn of text, or of any bytes that C can write. */
#define TURN(who, text)                                                                    \
    {                                                                                      \
        who, text, sizeof(text) - 1                                                        \
    }

struct turn {
    char who; /* C, S: before TLS; c, s: TLS */
    const char *bytes;
    size_t len;
};

/* What came of a talk. */
struct heard {
    struct preamble preamble;
    struct wire tls[2]; /* by side */
};

static inline int side_of(char who)
{
    return who == 'C' || who == 'c' ? CLIENT_SIDE : !CLIENT_SIDE;
}

static inline void begin(struct heard *h)
{
    memset(&h->preamble, 0, sizeof(h->preamble));
    h->tls[0].len = h->tls[1].len = 0;
}

/* Hand bytes over as the worker does. */
static inline void hear(struct heard *h, int side, struct span bytes)
{
    struct preamble *p = &h->preamble;
    bool before = p->verdict == PREAMBLE_TLS;
    struct span rest = exact(bytes);

    if (!before || p->owed)
        (void)preamble_push(p, side, rest, &rest);
    if (p->verdict != PREAMBLE_TLS)
        return;
    for (int s = 0; !before && s < 2; s++)
        wire_span(&h->tls[s], span_of(p->peeked[s], p->have[s]));
    if (!before && p->owed)
        (void)preamble_push(p, side, rest, &rest);
    wire_span(&h->tls[side], rest);
}

/* Hear the talk: turn number `cut` in two parts, the first of `at` bytes; the others whole. */
static inline void hear_cut(struct heard *h, const struct turn *turns, size_t cut,
                            size_t at)
{
    begin(h);
    for (size_t i = 0; i < TURNS_MAX && turns[i].bytes; i++) {
        struct span bytes = span_of(turns[i].bytes, turns[i].len), head;

        if (i == cut && span_take(&bytes, at, &head))
            hear(h, side_of(turns[i].who), head);
        hear(h, side_of(turns[i].who), bytes);
    }
}

static inline void hear_bytes(struct heard *h, const struct turn *turns)
{
    begin(h);
    for (size_t i = 0; i < TURNS_MAX && turns[i].bytes; i++)
        for (size_t n = 0; n < turns[i].len; n++)
            hear(h, side_of(turns[i].who), span_of(turns[i].bytes + n, 1));
}

/* What follows each other from one side, at once. */
static inline void hear_joined(struct heard *h, const struct turn *turns)
{
    static struct wire joined;

    begin(h);
    for (size_t i = 0; i < TURNS_MAX && turns[i].bytes; i++) {
        int side = side_of(turns[i].who);

        wire_span(&joined, span_of(turns[i].bytes, turns[i].len));
        if (i + 1 < TURNS_MAX && turns[i + 1].bytes && side_of(turns[i + 1].who) == side)
            continue;
        hear(h, side, span_of(joined.data, joined.len));
        joined.len = 0;
    }
}

static inline bool is_same(const struct heard *a, const struct heard *b)
{
    const struct preamble *p = &a->preamble, *q = &b->preamble;

    return p->verdict == q->verdict && p->hello_side == q->hello_side &&
           p->hello_from_server == q->hello_from_server && p->kinds == q->kinds &&
           p->upgraded == q->upgraded && p->talk.refused == q->talk.refused &&
           p->talk.port == q->talk.port && strcmp(p->talk.target, q->talk.target) == 0 &&
           a->tls[0].len == b->tls[0].len && a->tls[1].len == b->tls[1].len &&
           memcmp(a->tls[0].data, b->tls[0].data, a->tls[0].len) == 0 &&
           memcmp(a->tls[1].data, b->tls[1].data, a->tls[1].len) == 0;
}

/* The talk heard whole, when all other ways to hear it give the same. */
static inline const struct heard *talk(const char *what, const struct turn *turns)
{
    static struct heard whole, other;
    bool same = true;

    hear_cut(&whole, turns, TURNS_MAX, 0);
    hear_bytes(&other, turns);
    ok(is_same(&whole, &other), "%s: the same byte by byte", what);
    hear_joined(&other, turns);
    ok(is_same(&whole, &other), "%s: the same with turns of one side at once", what);
    for (size_t i = 0; same && i < TURNS_MAX && turns[i].bytes; i++) {
        for (size_t at = 1; same && at < turns[i].len; at++) {
            hear_cut(&other, turns, i, at);
            same = is_same(&whole, &other);
            if (!same)
                ok(false, "%s: turn %zu cut at %zu", what, i, at);
        }
    }
    ok(same, "%s: the same however it is cut", what);
    return &whole;
}

/* The talk leads to TLS, and exactly the turns of TLS are let through. */
static inline const struct heard *talk_is_tls(const char *what, const struct turn *turns)
{
    const struct heard *h = talk(what, turns);
    static struct wire wanted[2];

    wanted[0].len = wanted[1].len = 0;
    for (size_t i = 0; i < TURNS_MAX && turns[i].bytes; i++)
        if (turns[i].who == 'c' || turns[i].who == 's')
            wire_span(&wanted[side_of(turns[i].who)],
                      span_of(turns[i].bytes, turns[i].len));
    is_int(h->preamble.verdict, PREAMBLE_TLS, "%s: is TLS", what);
    for (int s = 0; s < 2; s++)
        is_span(span_of(h->tls[s].data, h->tls[s].len),
                span_of(wanted[s].data, wanted[s].len), "%s: TLS of the %s", what,
                s == CLIENT_SIDE ? "client" : "server");
    return h;
}

static inline void talk_is_other(const char *what, const struct turn *turns)
{
    is_int(talk(what, turns)->preamble.verdict, PREAMBLE_OTHER, "%s: is something else",
           what);
}

/* It may still come to TLS. */
static inline void talk_is_open(const char *what, const struct turn *turns)
{
    is_int(talk(what, turns)->preamble.verdict, PREAMBLE_UNDECIDED, "%s: is not decided",
           what);
}
