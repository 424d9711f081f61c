/*
 * A destination's own certificates, as sessions show them that nobody inspects: which chains it has
 * used, since when, which apps accepted which, and so what an app can pin at most.
 *
 * Up to TLS 1.2 the chain is in the session. In TLS 1.3 it is not: there the newest chain that other
 * sessions showed stands in for it, or, where none did, the size of the server's flight, which
 * changes with the certificates; `basis` says which of it a conclusion rests on. Both hold only while
 * the machine that answers is the same: whoever puts himself in between answers otherwise.
 *
 * What an app may pin is a part of the chain: the leaf certificate, its key, the intermediate
 * authority, the root. A part that changed while the app went on accepting is none that it pins.
 *
 * A record is one of a bounded table, one for each destination with a direct session; it owns
 * `chains`, one block of GENUINE_CHAINS made with the first visible chain, and `breakage`
 * (detect/breakage.h). Limits: of a destination the latest GENUINE_CHAINS chains and the GENUINE_APPS
 * apps that used it last; the roots are told apart by name.
 */
#pragma once

#include "config/tuning.h"
#include "detect/finding.h"
#include "detect/memory.h"

#define GENUINE_CHAINS 3
#define GENUINE_APPS 8
#define GENUINE_ISSUER_MAX 128
/* A flight varies by so much with the length of a signature. */
#define GENUINE_FLIGHT_SLACK 8

struct breakage;

struct genuine_chain {
    uint8_t leaf[SHA256_BYTES]; /* SHA-256 of the certificate */
    uint8_t leaf_key[SHA256_BYTES];
    uint8_t issuer_key
        [SHA256_BYTES]; /* if `has_issuer_key`: the issuer's certificate is seen */
    bool has_issuer_key;
    bool is_public;      /* a timestamp of the public logs, or it leads to a public root */
    uint8_t accepted_by; /* a bit for each of the apps */
    uint64_t issuer;     /* hash of the issuer's name */
    uint64_t root;       /* and of the root's */
    int64_t not_before_s;
    int64_t not_after_s;
    uint64_t first_ns;
    uint64_t last_ns;
    char issuer_name[GENUINE_ISSUER_MAX];
};

struct genuine_app {
    uint32_t app;     /* low half of its id */
    uint8_t survived; /* parts whose change it accepted: bits of enum pin_part */
    uint8_t flights;  /* sessions in a row whose flight had this size */
    uint16_t flight;  /* of the latest accepted TLS 1.3 session, 0 unknown */
    uint32_t answer;  /* what its SYN-ACK looked like, 0 not seen */
    uint64_t accepted_ns;
    uint64_t refused_ns; /* latest refusal that no change explains */
};

struct genuine {
    struct memory_entry entry;
    struct genuine_chain *chains;
    uint8_t chain_count;
    uint8_t app_count;
    struct genuine_app apps[GENUINE_APPS];
    struct breakage *breakage; /* NULL before a refusal that follows a change */
};

/* A change that a refusal follows. */
struct genuine_change {
    enum finding_pin_basis basis;
    uint8_t changed; /* parts, bits of enum pin_part; 0 where no certificate tells */
    uint8_t survived;
    uint8_t broken; /* parts of which a pin could have broken */
    uint64_t since_ns;
};

/* An app had an accepted session with the destination itself. */
void genuine_accept(struct genuine *g, const struct session *s, uint32_t app,
                    uint64_t now_ns);

/*
 * An app refused a session with the destination itself. True when it refuses what changed: it
 * accepted another chain (or flight) before, and refused nothing until the change.
 */
bool genuine_refuse(struct genuine *g, const struct session *s, uint32_t app,
                    uint64_t now_ns, struct genuine_change *change);

/* What is known of the destination's certificates, and what the app can pin of them; false when
 * nothing is. Texts are lent by `g`. */
bool genuine_describe(const struct genuine *g, uint32_t app, struct finding_pin *out);

/* Before the record goes. */
void genuine_fini(struct genuine *g);
