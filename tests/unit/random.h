/*
 * Random numbers for tests: the same seed gives the same run. PINSIGHT_SEED in the environment
 * takes the place of a test's own seed, so that a failure that names its seed can be repeated.
 */
#pragma once

#include <stdint.h>
#include <stdlib.h>

struct random_numbers {
    uint64_t state;
};

static inline uint64_t random_seed(uint64_t usual)
{
    const char *text = getenv("PINSIGHT_SEED");

    return text ? strtoull(text, NULL, 0) : usual;
}

/* splitmix64 */
static inline uint64_t random_next(struct random_numbers *r)
{
    uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* 0 to `n` - 1 */
static inline uint32_t random_below(struct random_numbers *r, uint32_t n)
{
    return (uint32_t)(random_next(r) % n);
}
