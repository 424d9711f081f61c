/*
 * A TCP connection to the port of HTTPS whose first bytes are neither TLS nor a protocol that leads
 * to it: is it used, and do its bytes look encrypted? Of each side the first bytes are counted by
 * value. Text, and most binary protocols, have few values that come often; what is encrypted or
 * compressed has none (entropy, Shannon 1948, with the correction of Miller and Madow, without which
 * 256 random bytes would seem to hold 7.2 bits each).
 *
 * Nothing here knows of packets: bytes go in, in order, from the first byte of the connection on.
 */
#pragma once

#include <stdint.h>

#include "base/span.h"

#define UNIDENTIFIED_PORT 443u
#define UNIDENTIFIED_SAMPLE 512u     /* bytes of a side that are counted */
#define UNIDENTIFIED_SAMPLE_MIN 256u /* below, nothing is said of a side */
#define UNIDENTIFIED_ENTROPY_MIN 7.5 /* bits a byte */
#define UNIDENTIFIED_CHUNKS_MIN 2u   /* of each side, */
#define UNIDENTIFIED_BYTES_MIN 2048u /* or so many bytes of both: it is used */
#define UNIDENTIFIED_FIRST 16u

enum unidentified_verdict {
    UNIDENTIFIED_MORE, /* it shows too little so far */
    UNIDENTIFIED_ENCRYPTED,
    UNIDENTIFIED_READABLE, /* of one side at least */
};

struct unidentified_side {
    uint32_t bytes;
    uint16_t chunks;
    uint16_t sampled;
    uint8_t counts[256]; /* of each value in the sample; stops at 255 */
    uint8_t first[UNIDENTIFIED_FIRST];
};

/* Starts as zeros. Sides are the caller's. */
struct unidentified {
    struct unidentified_side sides[2];
};

void unidentified_push(struct unidentified *u, int side, struct span bytes);

enum unidentified_verdict unidentified_judge(const struct unidentified *u);
