/*
 * Keys of QUIC Initial packets (RFC 9001 5.2, RFC 9369 3.3): they follow from a public salt and the
 * connection id that the client chose, so that whoever sees the packet can read it. Key derivation,
 * header protection and AES-128-GCM through libcrypto; what a packet is made of stands in
 * tls/quic_packet.h.
 *
 * A cipher holds the library's context and the buffer for one packet in the clear. It belongs to
 * one thread and is made at start, so that reading a packet allocates nothing.
 */
#pragma once

#include "base/err.h"
#include "base/span.h"

#define QUIC_SALT_BYTES 20
#define QUIC_KEY_BYTES 16
#define QUIC_IV_BYTES 12
#define QUIC_TAG_BYTES 16

/* Names in the key derivation: version 2 says "quicv2 key" where all others say "quic key". */
enum quic_labels { QUIC_LABELS_V1, QUIC_LABELS_V2 };

enum quic_sender { QUIC_FROM_CLIENT, QUIC_FROM_SERVER };

/* Keys of the packets of one sender. */
struct quic_keys {
    uint8_t key[QUIC_KEY_BYTES];
    uint8_t iv[QUIC_IV_BYTES];
    uint8_t header_key[QUIC_KEY_BYTES];
};

void quic_keys_derive(const uint8_t salt[QUIC_SALT_BYTES], enum quic_labels labels,
                      struct span connection_id, enum quic_sender sender,
                      struct quic_keys *out);

struct quic_cipher;

struct quic_cipher *quic_cipher_new(struct err *why);
void quic_cipher_free(struct quic_cipher *c);

/* What one protected packet is opened with, and what comes out. */
struct quic_sealed {
    struct span header;  /* from the first byte to the packet number, as on the wire */
    struct span payload; /* packet number, ciphertext and tag, as on the wire */
    uint64_t largest;    /* largest packet number that its sender used before, 0 without */
};

struct quic_opened {
    uint64_t number;
    struct span frames; /* in the cipher's buffer, valid until it opens the next packet */
};

/* Remove both protections; false when the packet was not sealed with these keys. */
SPAN_CHECKED bool quic_cipher_open(struct quic_cipher *c, const struct quic_keys *keys,
                                   const struct quic_sealed *sealed,
                                   struct quic_opened *out);
