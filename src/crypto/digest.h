/*
 * Message digests, through libcrypto: the one place that calls it for them.
 * One-shot functions for short input; no allocation, no failure.
 */
#pragma once

#include "base/span.h"

#define MD5_BYTES 16
#define SHA1_BYTES 20
#define SHA256_BYTES 32

void md5_digest(struct span bytes, uint8_t out[MD5_BYTES]);
void sha1_digest(struct span bytes, uint8_t out[SHA1_BYTES]);
void sha256_digest(struct span bytes, uint8_t out[SHA256_BYTES]);
