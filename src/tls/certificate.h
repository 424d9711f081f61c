/*
 * Certificates seen on the wire, each one read once and kept.
 *
 * A Certificate message is split into its DER certificates; each is looked up in a bounded cache
 * by digest with the bytes compared. A new one is read by our own DER walk (tls/x509.h), and then
 * once by libcrypto to learn whether a configured inspection authority, or a public root, signed
 * it: by key, never by name, directly or through CA certificates of the same message, each link
 * checked by key. A certificate that holds an authority's own key counts as signed by it.
 *
 * Certificates are immutable and counted: who keeps one longer than the call takes a reference.
 * References may be released on any thread; the cache itself belongs to one. It holds `capacity`
 * certificates of 4 KiB on average; beyond that the least recently used goes first.
 */
#pragma once

#include <stdatomic.h>

#include "base/err.h"
#include "base/span.h"
#include "crypto/digest.h"

#define CERTIFICATE_NAME_MAX 512
#define CERTIFICATE_CHAIN_MAX 10      /* more are counted and left out */
#define CERTIFICATE_MAX (64u * 1024u) /* a larger one makes its message malformed */

struct certificate {
    atomic_uint references;
    uint8_t sha256[SHA256_BYTES];      /* of the whole certificate */
    uint8_t spki_sha256[SHA256_BYTES]; /* of SubjectPublicKeyInfo: the RFC 7469 pin */
    /* RFC 4514 style text, first RDN first: "C=US,O=Example,CN=x" */
    char subject[CERTIFICATE_NAME_MAX];
    char issuer[CERTIFICATE_NAME_MAX];
    char common_name[256]; /* last CN of the subject, else empty */
    int64_t not_before_s;  /* seconds since 1970, UTC */
    int64_t not_after_s;
    bool self_signed;   /* subject equals issuer (as DER) */
    bool has_sct;       /* carries signed certificate timestamps (RFC 6962 3.3) */
    bool is_ca;         /* basicConstraints cA */
    bool public_anchor; /* leads to a root of the public bundle; never if `authority` */
    int authority;      /* index of the configured authority whose key signed it, -1 none */
    bool readable;      /* the DER walk succeeded; else only sha256 is set */
    struct span der;    /* owned copy */
};

struct certificate_options {
    size_t capacity; /* certificates kept; the least recently used goes first */
    /* PEM file of public roots, NULL for none; a missing one is not an error */
    const char *public_bundle;
};

struct certificate_stats {
    uint64_t seen;
    uint64_t hits;
    uint64_t new_certificates;
    uint64_t malformed; /* messages refused, and certificates that are not readable */
    uint64_t evicted;
    uint64_t out_of_memory; /* certificates left out of their chain */
    uint64_t chain_cut;     /* certificates beyond CERTIFICATE_CHAIN_MAX */
};

struct certificate_cache;

struct certificate_cache *certificate_cache_new(const struct certificate_options *options,
                                                struct err *why);

/*
 * Add the certificates of one file (PEM with one or several, or DER) as inspection authority
 * number `index`; several files may share one. -1 with a sentence when it holds none.
 */
int certificate_cache_add_authority(struct certificate_cache *c, int index,
                                    const char *file, struct err *why);

/* The subject, expiry and key of the first certificate of authority `index`; NULL when there is none. */
const struct certificate *certificate_cache_authority(const struct certificate_cache *c,
                                                      int index);

/* The authority of which one certificate has that key, -1 when there is none. */
int certificate_cache_find_authority(const struct certificate_cache *c,
                                     const uint8_t spki_sha256[SHA256_BYTES]);

/*
 * Read the body of a Certificate message (`tls13`: RFC 8446 4.4.2 with per-entry extensions).
 * References to at most CERTIFICATE_CHAIN_MAX certificates are stored in `chain`, leaf first;
 * the caller releases each. The number of them, or -1 when the message is malformed.
 */
int certificate_read_message(struct certificate_cache *c, struct span body, bool tls13,
                             struct certificate *chain[CERTIFICATE_CHAIN_MAX]);

const struct certificate_stats *certificate_cache_stats(const struct certificate_cache *c);

/* It takes the place of `before`: its counters go on where those are. */
void certificate_cache_succeed(struct certificate_cache *c,
                               const struct certificate_cache *before);

struct certificate *certificate_ref(struct certificate *certificate);
void certificate_unref(struct certificate *certificate); /* NULL is fine */
void certificate_cache_free(struct certificate_cache *c);
