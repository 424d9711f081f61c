/*
 * What the boxes that inspect a network look like from the client's side (detect/answer.h): who
 * answers the SYN, how fast, how hellos are answered, and how the encrypted server flight of
 * TLS 1.3 is laid out. A box answers so for every site; sites differ among each other.
 *
 * Per scope (a configured segment, or a client network) up to PROFILES_MAX ways of answering the
 * SYN are kept, each with what was seen behind it. Whether one of them is a box is the matter of
 * detect/box.h.
 *
 * Sessions whose SYN-ACK was not captured make a profile of their own, which speaks of flights
 * alone. So do those of an explicit proxy: it answers every SYN, whether it decrypts or not.
 *
 * What was not seen for PROFILE_MEMORY_S of packet time is no part of a profile any more: a box is
 * replaced or upgraded, and its successor is learned beside it.
 */
#pragma once

#include "config/tuning.h"
#include "detect/answer.h"

#define PROFILES_MAX 8
#define PROFILE_VALUES_MAX 5
#define PROFILE_HELLOS_MAX 16
#define PROFILE_NAMES_MAX TUNING_BOX_NAMES_MAX
#define PROFILE_NETWORKS_MAX TUNING_BOX_NETWORKS_MAX
#define PROFILE_RTTS 31
#define PROFILE_MEMORY_S (7 * 86400u)

/*
 * Unrelated names, told apart by 6 bits of their hashes: enough to see few from many. All sets of one
 * kind are thinned alike when one fills, so that they can be compared.
 */
struct profile_set {
    uint64_t bits;
};

struct profile_value {
    struct profile_set names; /* that had it */
    uint16_t value;
    uint32_t used;   /* sessions */
    uint32_t seen_s; /* the latest, seconds of packet time */
};

struct profile_values {
    struct profile_value values[PROFILE_VALUES_MAX];
    uint8_t count;
    uint8_t thinned; /* how often */
};

/* How the hello of one client program was answered. */
struct profile_hello {
    struct profile_set names;
    uint32_t app, hello;
    uint32_t used;
    uint32_t seen_s;
};

struct profile_name {
    uint32_t name;
    uint32_t rtt_us; /* the shortest: what is left of it when nothing waits; 0 unknown */
};

struct box_profile {
    uint64_t machine; /* fingerprint of the SYN-ACK */
    uint64_t stack;   /* the same without its time to live */
    uint8_t ttl;
    bool has_syn_ack;
    bool is_proxy;
    bool served; /* was a box at the latest look: it takes more to be none again */
    uint32_t seen_s;
    uint32_t sessions;
    uint32_t authority_sessions; /* showed a certificate of a configured authority */
    uint32_t other_sessions;     /* showed one of another issuer */
    uint32_t other_names[2];     /* two unrelated names of those, 0 for none */
    struct profile_name names[PROFILE_NAMES_MAX];
    uint8_t name_count;
    uint32_t networks[PROFILE_NETWORKS_MAX]; /* of servers */
    uint8_t network_count;
    uint32_t rtts[PROFILE_RTTS]; /* microseconds, the latest ones */
    uint32_t rtt_count;
    uint32_t rtt_median; /* of `rtts`, and the interquartile range; renewed now and then */
    uint32_t rtt_range;
    struct profile_values traits[ANSWER_TRAITS];
    struct profile_hello hellos[PROFILE_HELLOS_MAX];
    uint8_t hello_count;
    uint8_t hellos_thinned;
};

struct profile_scope {
    struct box_profile profiles[PROFILES_MAX];
    uint8_t count;
    uint32_t
        sessions; /* with a SYN-ACK; halved, with those of all profiles, now and then */
    uint32_t authority_sessions;
    uint32_t now_s; /* packet time of what was learned last */
};

enum profile_certificate {
    PROFILE_CERTIFICATE_NONE,
    PROFILE_CERTIFICATE_AUTHORITY,
    PROFILE_CERTIFICATE_OTHER
};

/*
 * Learn from a session: `name` is a hash of its registered domain, `certificate` what its visible
 * certificate says. Returns the profile that it belongs to.
 */
struct box_profile *profile_learn(struct profile_scope *scope, const struct session *s,
                                  uint32_t name, enum profile_certificate certificate);

/* How many names are in a set, about. */
uint32_t profile_names(const struct profile_set *set);

/* The part of a name under which unrelated owners differ: "example.com" of "a.b.example.com". */
struct span profile_registered_domain(struct span name);
