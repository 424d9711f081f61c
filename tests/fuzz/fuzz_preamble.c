/*
 * A talk before TLS. The input is a row of turns: a byte whose lowest bit names the side and whose
 * others give the length (0: all that is left), then so many bytes. However the turns are cut,
 * the verdict is the same and the same bytes are let through as TLS; and they are the end of what
 * each side said.
 */
#include "preamble/preamble.h"
#include "property.h"

#define SAID_MAX 8192

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes of one side: all that it said, and what came through as TLS. */
struct voice {
    size_t said_len;
    size_t tls_len;
    uint8_t said[SAID_MAX];
    uint8_t tls[SAID_MAX];
};

struct heard {
    struct preamble preamble;
    struct voice voices[2];
};

static void pass_on(struct voice *v, struct span bytes)
{
    must(v->tls_len + bytes.len <= sizeof(v->tls));
    if (bytes.len)
        memcpy(v->tls + v->tls_len, bytes.data, bytes.len);
    v->tls_len += bytes.len;
}

/* As the worker does. */
static void hear(struct heard *h, int side, struct span bytes)
{
    struct preamble *p = &h->preamble;
    bool before = p->verdict == PREAMBLE_TLS;
    struct span rest = bytes;

    memcpy(h->voices[side].said + h->voices[side].said_len, bytes.data, bytes.len);
    h->voices[side].said_len += bytes.len;
    if (!before || p->owed)
        (void)preamble_push(p, side, bytes, &rest);
    must(lies_in(rest, bytes));
    must(p->have[0] <= PREAMBLE_PEEK_MAX && p->have[1] <= PREAMBLE_PEEK_MAX);
    must(memchr(p->talk.target, 0, sizeof(p->talk.target)) ||
         p->verdict == PREAMBLE_UNDECIDED || p->verdict == PREAMBLE_OTHER);
    if (p->verdict != PREAMBLE_TLS)
        return;
    for (int s = 0; !before && s < 2; s++)
        pass_on(&h->voices[s], span_of(p->peeked[s], p->have[s]));
    if (!before && p->owed)
        (void)preamble_push(p, side, rest, &rest);
    pass_on(&h->voices[side], rest);
}

/* Hear all turns in pieces of `piece` bytes, 0 for whole ones. */
static void hear_all(struct heard *h, struct span input, size_t piece)
{
    struct span turn;
    uint8_t head;

    memset(&h->preamble, 0, sizeof(h->preamble));
    for (int s = 0; s < 2; s++)
        h->voices[s].said_len = h->voices[s].tls_len = 0;
    while (span_u8(&input, &head) && !span_empty(input)) {
        size_t len = head >> 1 && (size_t)(head >> 1) < input.len ? head >> 1 : input.len;

        must(span_take(&input, len, &turn));
        while (!span_empty(turn)) {
            struct span bytes = span_first(turn, piece ? piece : turn.len);

            hear(h, head & 1, bytes);
            must(span_skip(&turn, bytes.len));
        }
    }
}

static void check(const struct heard *h)
{
    const struct preamble *p = &h->preamble;

    for (int s = 0; s < 2; s++) {
        const struct voice *v = &h->voices[s];

        must(p->verdict == PREAMBLE_TLS || v->tls_len == 0);
        must(v->tls_len <= v->said_len);
        must(memcmp(v->tls, v->said + (v->said_len - v->tls_len), v->tls_len) == 0);
    }
    if (p->verdict != PREAMBLE_TLS)
        return;
    must(h->voices[p->hello_side].tls_len >= 5);
    must(h->voices[p->hello_side].tls[0] == 22 || h->voices[p->hello_side].tls[0] >= 0x80);
    must(strlen(p->talk.target) < sizeof(p->talk.target));
}

static void must_be_same(const struct heard *a, const struct heard *b)
{
    must(a->preamble.verdict == b->preamble.verdict);
    must(a->preamble.talk.refused == b->preamble.talk.refused);
    for (int s = 0; s < 2; s++)
        must(a->voices[s].tls_len == b->voices[s].tls_len);
    if (a->preamble.verdict != PREAMBLE_TLS)
        return;
    must(a->preamble.hello_side == b->preamble.hello_side);
    must(a->preamble.kinds == b->preamble.kinds);
    must(a->preamble.upgraded == b->preamble.upgraded);
    must(a->preamble.talk.port == b->preamble.talk.port);
    must(strcmp(a->preamble.talk.target, b->preamble.talk.target) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct heard whole, pieces;

    if (size > SAID_MAX)
        return 0;
    hear_all(&whole, span_of(data, size), 0);
    check(&whole);
    for (size_t piece = 1; piece <= 7; piece += 2) {
        hear_all(&pieces, span_of(data, size), piece);
        must_be_same(&whole, &pieces);
    }
    return 0;
}
