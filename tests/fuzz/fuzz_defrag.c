/*
 * Fragments of a few datagrams in any order, overlapping and repeated, against an oracle that keeps
 * a map of the bytes seen.
 *
 * Input: options 1, length of each of the datagrams 2, then fragments: datagram 1, offset 2,
 * length 2, all in multiples of eight and cut to the datagram.
 *
 * With enough memory a datagram is complete exactly when the oracle has seen its last byte; with
 * little it may be given up, but what is handed out is right all the same.
 */
#include <stdlib.h>

#include "decode/defrag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition) ((condition) ? (void)0 : abort())

#define DATAGRAMS 3
#define PUSHES_MAX 256

/* Most datagrams are shorter: many cases tell more than long ones. */
#define LENGTH_USUAL 6000

/* Bits of the first byte. */
enum {
    ENOUGH = 1,
    LONG = 2,
};

struct oracle {
    size_t len;
    size_t missing; /* in units of eight bytes */
    bool end_seen;
    bool seen[8192];
    uint8_t bytes[DEFRAG_DATAGRAM_MAX];
};

static void oracle_forget(struct oracle *o)
{
    memset(o->seen, 0, sizeof(o->seen));
    o->missing = (o->len + 7) / 8;
    o->end_seen = false;
}

static void oracle_begin(struct oracle *o, uint8_t which, size_t len)
{
    o->len = len;
    for (size_t i = 0; i < len; i++)
        o->bytes[i] = (uint8_t)(i * (2 * which + 3u) + i / 256 + which);
    oracle_forget(o);
}

/* True when the fragment was the last one that was missing. */
static bool oracle_push(struct oracle *o, const struct fragment *f)
{
    size_t end = f->offset + f->bytes.len;

    for (size_t unit = f->offset / 8; unit < (end + 7) / 8; unit++) {
        o->missing -= !o->seen[unit];
        o->seen[unit] = true;
    }
    o->end_seen |= !f->more;
    return o->end_seen && o->missing == 0;
}

static void push_one(struct defrag *d, struct oracle *o, const struct fragment *f,
                     bool enough)
{
    struct span datagram;
    uint8_t protocol = 0;
    enum defrag_result result = defrag_push(d, f, &datagram, &protocol);
    bool complete = oracle_push(o, f);

    REQUIRE(result == DEFRAG_DONE || result == DEFRAG_HELD || !enough);
    REQUIRE(!enough || (result == DEFRAG_DONE) == complete);
    REQUIRE(complete || result != DEFRAG_DONE);
    if (result == DEFRAG_DONE) {
        REQUIRE(protocol == 6);
        REQUIRE(span_equal(datagram, span_of(o->bytes, o->len)));
    }
    /* With little memory the defragmenter may know less than the oracle, never more. */
    if (result == DEFRAG_DONE || (complete && enough))
        oracle_forget(o);
}

static void push_all(struct defrag *d, struct oracle *oracles, struct span input,
                     bool enough)
{
    uint16_t offset, len;
    uint8_t which;

    for (int n = 0; n < PUSHES_MAX && span_u8(&input, &which) &&
                    span_u16(&input, &offset) && span_u16(&input, &len);
         n++) {
        struct oracle *o = &oracles[which % DATAGRAMS];
        struct span rest = span_of(o->bytes, o->len);
        struct fragment f = {.key = {.id = which % DATAGRAMS, .version = 4, .protocol = 6},
                             .offset = (size_t)offset / 8 * 8,
                             .protocol = 6};

        if (!span_skip(&rest, f.offset))
            continue;
        f.bytes = span_first(rest, ((size_t)len / 8 + 1) * 8);
        f.more = f.bytes.len < rest.len;
        push_one(d, o, &f, enough);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct oracle oracles[DATAGRAMS];
    struct span input = span_of(data, size);
    struct defrag *d;
    struct err why;
    uint8_t memory;
    uint16_t len;

    if (!span_u8(&input, &memory))
        return -1;
    for (uint8_t i = 0; i < DATAGRAMS; i++) {
        if (!span_u16(&input, &len) || len == 0)
            return -1;
        if (memory & LONG)
            oracle_begin(&oracles[i], i, len);
        else
            oracle_begin(&oracles[i], i, len % LENGTH_USUAL + 1u);
    }
    d = defrag_new(memory & ENOUGH ? (memory & LONG ? 300000 : 40000)
                                   : (uint64_t)memory * 64,
                   UINT64_MAX, &why);
    REQUIRE(d);
    push_all(d, oracles, input, memory & ENOUGH);
    REQUIRE(defrag_stats(d)->contradictions == 0);
    defrag_free(d);
    return 0;
}
