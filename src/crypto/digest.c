/*
 * The low-level functions of libcrypto 3 are marked as deprecated, but they are the only ones that
 * neither allocate nor look the algorithm up by name: for a hundred bytes they take a quarter of
 * the time of the EVP calls.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/digest.h"

#include <openssl/crypto.h>
#include <openssl/md5.h>
#include <openssl/sha.h>

_Static_assert(sizeof(MD5_CTX) <= sizeof(((struct digest *)0)->state), "MD5 state fits");
_Static_assert(sizeof(SHA256_CTX) <= sizeof(((struct digest *)0)->state),
               "SHA-256 state fits");

void md5_digest(struct span bytes, uint8_t out[MD5_BYTES])
{
    struct digest d;
    uint8_t whole[SHA256_BYTES];

    digest_init(&d, DIGEST_MD5);
    digest_push(&d, bytes);
    digest_take(&d, whole);
    memcpy(out, whole, MD5_BYTES);
}

void sha1_digest(struct span bytes, uint8_t out[SHA1_BYTES])
{
    SHA_CTX state;

    SHA1_Init(&state);
    SHA1_Update(&state, bytes.data, bytes.len);
    SHA1_Final(out, &state);
}

void sha256_digest(struct span bytes, uint8_t out[SHA256_BYTES])
{
    struct digest d;

    digest_init(&d, DIGEST_SHA256);
    digest_push(&d, bytes);
    digest_take(&d, out);
}

void digest_init(struct digest *d, enum digest_kind kind)
{
    d->kind = kind;
    switch (kind) {
    case DIGEST_MD5:
        MD5_Init((MD5_CTX *)(void *)d->state);
        return;
    case DIGEST_SHA256:
        SHA256_Init((SHA256_CTX *)(void *)d->state);
        return;
    }
}

void digest_push(struct digest *d, struct span bytes)
{
    switch (d->kind) {
    case DIGEST_MD5:
        MD5_Update((MD5_CTX *)(void *)d->state, bytes.data, bytes.len);
        return;
    case DIGEST_SHA256:
        SHA256_Update((SHA256_CTX *)(void *)d->state, bytes.data, bytes.len);
        return;
    }
}

void digest_take(struct digest *d, uint8_t out[SHA256_BYTES])
{
    switch (d->kind) {
    case DIGEST_MD5:
        MD5_Final(out, (MD5_CTX *)(void *)d->state);
        return;
    case DIGEST_SHA256:
        SHA256_Final(out, (SHA256_CTX *)(void *)d->state);
        return;
    }
}

const char *digest_library(void)
{
    return OpenSSL_version(OPENSSL_VERSION);
}
