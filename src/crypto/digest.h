/*
 * Message digests, through libcrypto: the one place that calls it for them.
 * One-shot functions for short input, and a digest made piece by piece for text that is written
 * as it is hashed. The caller owns the struct; no allocation, no failure.
 */
#pragma once

#include "base/span.h"

#define MD5_BYTES 16
#define SHA1_BYTES 20
#define SHA256_BYTES 32

void md5_digest(struct span bytes, uint8_t out[MD5_BYTES]);
void sha1_digest(struct span bytes, uint8_t out[SHA1_BYTES]);
void sha256_digest(struct span bytes, uint8_t out[SHA256_BYTES]);

enum digest_kind { DIGEST_MD5, DIGEST_SHA256 };

/* A digest under construction; `state` is the library's. */
struct digest {
    enum digest_kind kind;
    uint64_t state[16];
};

void digest_init(struct digest *d, enum digest_kind kind);
void digest_push(struct digest *d, struct span bytes);

/* Write the digest: MD5_BYTES or SHA256_BYTES of `out`, by kind. The struct is used up. */
void digest_take(struct digest *d, uint8_t out[SHA256_BYTES]);

/* Name and version of the crypto library in use. */
const char *digest_library(void);
