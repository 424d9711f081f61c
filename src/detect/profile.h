/*
 * What the boxes that inspect a network look like from the client's side: who answers the SYN,
 * how fast, and how the encrypted server flight of TLS 1.3 is laid out. A box answers so for every
 * site; sites differ among each other.
 *
 * Per scope (a configured segment, or a client network in which a configured authority was seen)
 * up to PROFILES_MAX ways of answering are kept. One of them serves as a box when it was seen in
 * `sessions` sessions over `names` unrelated names and is proven by a certificate of the
 * authority, answers with one round-trip time (interquartile range below the limit), or signs and
 * gives tickets alike for all those names. One that does none of it, and signs with keys of
 * different kinds for unrelated names at different distances, is many machines: the open network.
 *
 * The flight is compared by what does not depend on the site or on one client: the size class of
 * the CertificateVerify record (a box signs with one key type, sites with RSA and elliptic curves)
 * and the length of the first session ticket, less the hash length of the suite. The size of the
 * certificate record is not used. A value belongs to the box when three unrelated names had it.
 */
#pragma once

#include "config/tuning.h"
#include "session/session.h"

#define PROFILES_MAX 6
#define PROFILE_VALUES_MAX 6
#define PROFILE_NAMES_MAX 24
#define PROFILE_VALUE_NAMES_MAX 8
#define PROFILE_RTTS 31

enum profile_match {
    PROFILE_NONE, /* there is nothing to compare with, or nothing to compare */
    PROFILE_EQUAL,
    PROFILE_DIFFERS,
};

/* What a session says beside the profiles of its scope. */
struct profile_answer {
    enum profile_match syn_ack; /* the answering machine is one of the boxes */
    enum profile_match
        path; /* TTL and round-trip time are the box's; DIFFERS: far slower */
    enum profile_match flight; /* layout of the encrypted server flight */
    bool served;               /* a profile serves in this scope */
    bool open_network;         /* who answers is many machines, not one box */
};

struct profile_value {
    uint16_t value;
    uint8_t name_count;
    uint64_t names[PROFILE_VALUE_NAMES_MAX]; /* unrelated names that had it */
    uint32_t used;                           /* for replacing the least useful */
};

struct profile_values {
    struct profile_value values[PROFILE_VALUES_MAX];
    uint8_t count;
};

struct box_profile {
    uint64_t syn_ack; /* fingerprint of the SYN-ACK */
    uint32_t sessions;
    uint32_t authority_sessions; /* showed a certificate of a configured authority */
    uint32_t other_sessions;     /* showed one of another issuer */
    uint8_t name_count;
    uint64_t names[PROFILE_NAMES_MAX];
    uint32_t rtts[PROFILE_RTTS]; /* microseconds, the latest ones */
    uint32_t rtt_count;
    uint32_t rtt_median; /* of `rtts`, and the interquartile range; renewed now and then */
    uint32_t rtt_range;
    bool served; /* was a box at the latest look: it takes more to be none again */
    struct profile_values verify; /* size class of the CertificateVerify record */
    struct profile_values ticket;
};

struct profile_scope {
    struct box_profile profiles[PROFILES_MAX];
    uint8_t count;
    uint32_t authority_sessions;
};

/* Compare before learning; `tuning` gives the limits. */
struct profile_answer profile_compare(const struct profile_scope *scope,
                                      const struct session *s, const struct tuning *tuning);

enum profile_certificate {
    PROFILE_CERTIFICATE_NONE,
    PROFILE_CERTIFICATE_AUTHORITY,
    PROFILE_CERTIFICATE_OTHER
};

/*
 * Learn from a session: `name` is a hash of its registered domain, `certificate` what its visible
 * certificate says.
 */
void profile_learn(struct profile_scope *scope, const struct session *s, uint64_t name,
                   enum profile_certificate certificate, const struct tuning *tuning);

/* The part of a name under which unrelated owners differ: "example.com" of "a.b.example.com". */
struct span profile_registered_domain(struct span name);
