#include "crypto/keyed_hash.h"

#include <sys/random.h>

enum { WORD_BYTES = 8, FINAL_ROUNDS = 3 };

struct sip {
    uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t x, unsigned int by)
{
    return x << by | x >> (64 - by);
}

static void mix(struct sip *s)
{
    s->v0 += s->v1;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v2 = rotate(s->v2, 32);
}

/* Eight bytes as a number, the first one lowest; written out so that it compiles to one load. */
static uint64_t word_of(const uint8_t *b)
{
    return (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 |
           (uint64_t)b[3] << 24 | (uint64_t)b[4] << 32 | (uint64_t)b[5] << 40 |
           (uint64_t)b[6] << 48 | (uint64_t)b[7] << 56;
}

static void absorb(struct sip *s, uint64_t word)
{
    s->v3 ^= word;
    mix(s);
    s->v0 ^= word;
}

void keyed_hash_seed(struct hash_seed *seed)
{
    /* Cannot fail for so few bytes once the kernel has entropy; before that it waits. */
    while (getrandom(seed, sizeof(*seed), 0) != (ssize_t)sizeof(*seed))
        continue;
}

uint64_t keyed_hash(const struct hash_seed *seed, struct span bytes)
{
    uint8_t rest[WORD_BYTES] = {0};
    uint64_t len = (uint64_t)bytes.len << 56;
    struct sip s = {
        .v0 = seed->halves[0] ^ UINT64_C(0x736f6d6570736575),
        .v1 = seed->halves[1] ^ UINT64_C(0x646f72616e646f6d),
        .v2 = seed->halves[0] ^ UINT64_C(0x6c7967656e657261),
        .v3 = seed->halves[1] ^ UINT64_C(0x7465646279746573),
    };
    struct span word;

    while (span_take(&bytes, WORD_BYTES, &word))
        absorb(&s, word_of(word.data));
    if (!span_empty(bytes))
        memcpy(rest, bytes.data, bytes.len);
    absorb(&s, word_of(rest) | len);
    s.v2 ^= 0xff;
    for (int i = 0; i < FINAL_ROUNDS; i++)
        mix(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
