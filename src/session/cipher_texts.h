/*
 * Lists of cipher suites as they stand in session events. Clients offer few different lists, which
 * are half of what a session event says: each is written once, and copied from then on.
 */
#pragma once

#include "session/session.h"

#define CIPHER_TEXTS 128u /* lists; another one takes the place of the one with its hash */
#define CIPHER_TEXT_MAX 2048u /* a longer one is not kept */

struct cipher_text {
    uint16_t ciphers[SESSION_CIPHERS_MAX];
    uint8_t count;
    uint16_t len;
    char text[CIPHER_TEXT_MAX];
};

/* Starts as zeros, 270 KiB of which only what is used is touched. */
struct cipher_texts {
    struct cipher_text lists[CIPHER_TEXTS];
};

/* The list as a JSON array, lent until the next call; empty when it is too long. */
struct span cipher_texts_get(struct cipher_texts *t, const uint16_t *ciphers, size_t count);
