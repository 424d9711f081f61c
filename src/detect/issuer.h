/*
 * Issuers of visible certificates that nobody configured and no public authority vouches for: does
 * one of them forge?
 *
 * A private authority signs for what its owner runs. An interceptor signs for whatever its clients
 * visit: unrelated names in several networks. It gives itself away in one of two ways: its
 * certificates, different ones, hold one and the same key; or they were made for the visit, so that
 * the age of each on its first day out is the same while the visits lie apart. Either over
 * interceptor_names names in interceptor_networks networks is the test. An issuer that was seen to
 * be public once (a timestamp of the public logs, a chain to a public root) never passes it.
 *
 * Names that cannot be public (one label, .local and the like, bare addresses) do not count. Behind
 * an explicit proxy the target's network is not seen, so each name stands for one.
 *
 * In: sessions with certificates, in order. Limits: ISSUERS_MAX issuers, the longest unused goes
 * first and is counted in `issuers.dropped`; of each the latest ISSUER_LEAVES names. An issuer is
 * its name and, where the chain shows it, its key; without that two of one name are one.
 * A record is plain data but for `proof`, one block that it owns (made with its first name that
 * counts), and `notice`.
 */
#pragma once

#include "config/tuning.h"
#include "detect/finding.h"
#include "detect/memory.h"

#define ISSUERS_MAX 4096
#define ISSUER_LEAVES TUNING_SET_MAX
#define ISSUER_NAME_MAX SESSION_AUTHORITY_MAX
#define ISSUER_HOST_MAX 128 /* longer names count but are not told */

struct notice_record;

/* A certificate as it was first seen for a name. */
struct issuer_leaf {
    uint64_t name; /* hash of the registered domain */
    uint64_t network;
    uint64_t certificate; /* the first bytes of the digests of certificate and key */
    uint64_t key;
    int64_t seen_s;
    int64_t age_s; /* then */
    struct address device;
    char host[ISSUER_HOST_MAX];
    struct finding_evidence evidence; /* the session, as it was judged */
};

struct issuer_proof {
    struct issuer_leaf leaves[ISSUER_LEAVES];
    uint8_t leaf_key[SHA256_BYTES]; /* of the latest leaf that shares its key */
    uint8_t count;
    uint8_t next; /* the place that goes next when all are taken */
};

struct issuer {
    struct memory_entry entry;
    char name[ISSUER_NAME_MAX];
    uint8_t key[SHA256_BYTES]; /* SHA-256 of its public key, if `has_key` */
    bool has_key;
    bool is_public;
    bool shares_key;    /* why it passed: one key for unrelated names ... */
    bool made_to_order; /* ... or certificates made for the visit */
    uint32_t sessions;
    uint64_t last_ns;
    uint64_t watch_ns; /* when its notice is looked at, 0 not */
    struct issuer_proof *proof;
    struct notice_record *notice; /* unknown_interceptor; NULL before the first */
};

struct issuers {
    struct memory_table table;
    const struct tuning *tuning; /* borrowed */
    uint64_t seed;
};

void issuers_init(struct issuers *all, const struct tuning *tuning, uint64_t seed);
void issuers_fini(struct issuers *all);

/*
 * Learn from a session whose leaf no configured authority signed; `name` is a hash of its registered
 * domain. Returns the issuer, NULL when there is none to speak of or memory is out. `*leaf` is the
 * place of a name that was new, else NULL; the caller puts the judged session in as its evidence.
 */
struct issuer *issuers_learn(struct issuers *all, const struct session *s, uint64_t name,
                             struct issuer_leaf **leaf);

/* The issuer of the session's leaf as far as it is known, without learning; else NULL. */
const struct issuer *issuers_peek(const struct issuers *all, const struct session *s);

/* True when it has passed the test: what it signs is forged. */
bool issuer_forges(const struct issuer *issuer);

/* A part of a name in RFC 4514 style ("O", "CN") as it stands there, unescaped; empty when there is
 * none. Returns `out`. */
const char *issuer_attribute(const char *name, const char *type, char *out, size_t size);
