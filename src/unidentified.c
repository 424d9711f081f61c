#include "unidentified.h"

#include <math.h>
#include <string.h>

static uint32_t at_most(uint64_t value, uint32_t most)
{
    return value < most ? (uint32_t)value : most;
}

void unidentified_push(struct unidentified *u, int side, struct span bytes)
{
    struct unidentified_side *s = &u->sides[side];
    size_t room = UNIDENTIFIED_SAMPLE - s->sampled, n = bytes.len < room ? bytes.len : room;

    if (span_empty(bytes))
        return;
    if (s->sampled < UNIDENTIFIED_FIRST)
        memcpy(s->first + s->sampled, bytes.data,
               at_most(n, UNIDENTIFIED_FIRST - s->sampled));
    for (size_t i = 0; i < n; i++)
        if (s->counts[bytes.data[i]] < UINT8_MAX)
            s->counts[bytes.data[i]]++;
    s->sampled = (uint16_t)(s->sampled + n);
    s->bytes = at_most((uint64_t)s->bytes + bytes.len, UINT32_MAX);
    s->chunks = (uint16_t)at_most(s->chunks + 1u, UINT16_MAX);
}

/* Bits a byte. */
static double entropy(const struct unidentified_side *s)
{
    double bits = 0;
    unsigned values = 0;

    for (size_t i = 0; i < 256; i++) {
        double share = (double)s->counts[i] / s->sampled;

        if (!s->counts[i])
            continue;
        values++;
        bits -= share * log2(share);
    }
    return bits + (values - 1) / (2 * s->sampled * M_LN2);
}

static bool is_used(const struct unidentified *u)
{
    const struct unidentified_side *a = &u->sides[0], *b = &u->sides[1];

    if (!a->chunks || !b->chunks)
        return false;
    return (a->chunks >= UNIDENTIFIED_CHUNKS_MIN && b->chunks >= UNIDENTIFIED_CHUNKS_MIN) ||
           (uint64_t)a->bytes + b->bytes >= UNIDENTIFIED_BYTES_MIN;
}

enum unidentified_verdict unidentified_judge(const struct unidentified *u)
{
    bool told = false;

    for (int i = 0; i < 2; i++) {
        const struct unidentified_side *s = &u->sides[i];

        if (s->sampled < UNIDENTIFIED_SAMPLE_MIN)
            continue;
        if (entropy(s) >= UNIDENTIFIED_ENTROPY_MIN)
            told = true;
        else if (s->sampled == UNIDENTIFIED_SAMPLE)
            return UNIDENTIFIED_READABLE;
        else
            return UNIDENTIFIED_MORE; /* in few bytes chance counts for much */
    }
    return told && is_used(u) ? UNIDENTIFIED_ENCRYPTED : UNIDENTIFIED_MORE;
}
