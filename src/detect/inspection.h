/*
 * Was this session inspected? A sum of evidence in decibans, turned into a probability, and what
 * it rests on: the visible certificate, the configured segment and bypass list, the explicit proxy,
 * and the learned profile of the boxes (detect/box.h).
 *
 * A session is learned from when it enters the hold-back and judged when it leaves it, so that the
 * first sessions of a place are judged beside those that followed them closely.
 *
 * A box decrypts some destinations and lets others through. What a visible certificate showed of a
 * destination is remembered for a day, for its sessions in which none is visible.
 *
 * A visible certificate decides where its issuer is known: a configured authority, or one that was
 * caught forging (detect/issuer.h), inspects. Any other is direct where authorities are configured;
 * where none are, it must be public (a timestamp of the public logs, a chain to a public root), or
 * one of INSPECTION_ISSUERS_MIN private issuers of the place: a box has fewer.
 */
#pragma once

#include "config/settings.h"
#include "detect/box.h"
#include "detect/issuer.h"
#include "detect/memory.h"

struct inspection_options {
    const struct config_inspection *config;
    const struct tuning *tuning;
    const char *const *authority_names; /* by authority index, for `inspection_authority` */
    const uint8_t (*authority_keys)[SHA256_BYTES]; /* and their pins; may be NULL */
    size_t authority_count;
    uint64_t seed;
};

struct inspection_stats {
    uint64_t by_state[4]; /* by enum inspection_state */
    uint64_t bypassed;    /* destination is on the bypass list */
    uint64_t authority_sessions;
};

#define INSPECTION_ISSUERS_MIN 3

struct inspection {
    struct inspection_options options;
    struct memory_table scopes;
    struct issuers issuers;
    struct memory_table policies;
    struct inspection_stats stats;
};

struct scope_record {
    struct memory_entry entry;
    struct profile_scope profile;
    struct id_set issuers; /* neither public nor configured */
};

/* What the latest visible certificate of a destination showed, by scope. */
struct policy_record {
    struct memory_entry entry;
    enum profile_certificate certificate;
    uint32_t seen_s;
};

/* Each row that a sum of decibans can have; named as its weight in `tuning.evidence_db`. */
enum inspection_evidence {
    EVIDENCE_SEGMENT,
    EVIDENCE_ELSEWHERE,
    EVIDENCE_AUTHORITY_PLACE, /* not configured, but the authority's box is known there: 0 dB */
    EVIDENCE_LEARNED_PLACE, /* nor was the authority seen, but a box is known there: 0 dB */
    EVIDENCE_BYPASS,
    EVIDENCE_SYN_ACK_MATCH,
    EVIDENCE_SYN_ACK_DIFFERS,
    EVIDENCE_PATH_MATCH,
    EVIDENCE_PATH_FAR,
    EVIDENCE_FLIGHT_MATCH,
    EVIDENCE_FLIGHT_DIFFERS,
    EVIDENCE_HELLO_MATCH,
    EVIDENCE_HELLO_DIFFERS,
    EVIDENCE_H2_STRIPPED,
    EVIDENCE_DECRYPTED_BEFORE,
    EVIDENCE_SPLICED_BEFORE,
    EVIDENCE_QUIC,
    EVIDENCE_UNIDENTIFIED,
    EVIDENCE_AUTHORITY, /* these three decide: they stand alone */
    EVIDENCE_INTERCEPTOR,
    EVIDENCE_OTHER_AUTHORITY,
    EVIDENCE_COUNT,
};

#define INSPECTION_ROWS_MAX 12

struct inspection_row {
    enum inspection_evidence evidence;
    double db;
};

/* The rows add up to `db`, which is clipped before it becomes a probability. */
struct inspection_sum {
    double db;
    enum inspection_basis basis; /* the strongest of the reasons */
    bool likely_only;            /* no certificate and no configuration stands behind it */
    struct inspection_row rows[INSPECTION_ROWS_MAX];
    uint8_t count;
};

/* What is known of the place and the policy, beside the probability in the session. */
struct inspection_context {
    struct inspection_sum sum;
    const struct config_segment *segment; /* NULL outside the configured segments */
    bool bypassed;                        /* deliberately not inspected */
    const struct match_entry *bypass;     /* because of this entry */
    bool other_authority; /* a certificate that is not the authority's is seen */
    /* The real server's certificate is private: it is seen, or the box signed with the authority
     * that it has for such servers. */
    bool untrusted_upstream;
    bool proxy_rejected; /* the proxy's log says that the client refused its certificate */
    struct issuer *issuer;    /* of the visible certificate, NULL when it is configured */
    struct issuer_leaf *leaf; /* what it newly signed for, without its evidence yet */
};

void inspection_init(struct inspection *in, const struct inspection_options *options);
void inspection_fini(struct inspection *in);

/* The session enters the hold-back: learn from it. */
void inspection_learn(struct inspection *in, const struct session *s);

/* It leaves: fill its state, probability, basis and authority. */
void inspection_judge(struct inspection *in, struct session *s,
                      struct inspection_context *out);

/* "syn_ack_match" */
const char *inspection_evidence_name(enum inspection_evidence evidence);

/* The configured segment of a client, NULL when it is in none. */
const struct config_segment *inspection_segment(const struct inspection *in,
                                                const struct address *client);
