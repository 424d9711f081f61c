/*
 * SipHash-1-3 (Aumasson, Bernstein): the hash of maps whose keys the network chooses. With a secret
 * seed nobody can choose keys that collide. It is no message digest.
 */
#pragma once

#include "base/span.h"

struct hash_seed {
    uint64_t halves[2];
};

/* A seed from the operating system; the only source of chance in the program. */
void keyed_hash_seed(struct hash_seed *seed);

uint64_t keyed_hash(const struct hash_seed *seed, struct span bytes);
