/*
 * Who signed a certificate: public keys and the check of a signature by one of them.
 *
 * libcrypto does it, and sees only certificates that were never seen before: about 20 microseconds
 * each with an RSA key of 2048 bits. Input is hostile; what libcrypto cannot read is no signature.
 * A key is never changed after it was made and may be used on any thread.
 */
#pragma once

#include "base/err.h"
#include "base/span.h"

struct signature_key;

/* A signed certificate, in the pieces that the check needs; each with its DER header. */
struct signature_input {
    struct span certificate; /* the whole */
    struct span tbs;         /* what is signed */
    struct span algorithm;   /* AlgorithmIdentifier */
    struct span signature;   /* the bytes of the signature alone */
};

/* Make libcrypto ready without reading its configuration file; call it before any other use. */
void signature_init(void);

/* The key of a SubjectPublicKeyInfo; NULL when it cannot be read or memory is out. */
struct signature_key *signature_key_new(struct span spki);
void signature_key_free(struct signature_key *key); /* NULL is fine */

/* True when `key` made the signature. */
SPAN_CHECKED bool signature_made_by(const struct signature_input *input,
                                    const struct signature_key *key);
