/*
 * A finding: what detection says about a device and a destination, one revision of it. The alert
 * stage turns it into an event. A finding is lent to the callback and valid until it returns.
 */
#pragma once

#include "base/address.h"
#include "config/hypothesis.h"
#include "context/context.h"
#include "context/describe.h"
#include "outcome/outcome.h"
#include "session/session.h"

#define FINDING_EVIDENCE_MAX 24
#define FINDING_CONTROLS_MAX 16
#define FINDING_RISKS_MAX 16
#define FINDING_RELATED_MAX 1000
#define FINDING_CLAUSES_MAX 12
#define FINDING_TEXT_MAX 640
#define FINDING_CONTEXT_MAX 24
#define FINDING_ORIGIN_MAX 160

enum finding_type {
    FINDING_REFUSED_THEN_DIRECT, /* detections, in the order of their precedence */
    FINDING_PINNING_SUSPECTED,
    FINDING_OPAQUE_DIRECT_BEACON,
    FINDING_OPAQUE_DIRECT,
    FINDING_INSPECTION_REFUSED,
    FINDING_SHORT_LIVED_SESSIONS,
    FINDING_DETECTIONS_END,
    FINDING_APP_CA_UNTRUSTED = FINDING_DETECTIONS_END, /* notices */
    FINDING_DEVICE_NOT_ONBOARDED,
    FINDING_SITE_OR_INSPECTOR_FAULT,
    FINDING_MTLS_REQUIRED,
    FINDING_PIN_ROTATION_BREAKAGE,
    FINDING_PINNING_REMOVED,
    FINDING_UNKNOWN_INTERCEPTOR,
    FINDING_TYPE_COUNT,
};

enum finding_state { FINDING_OPEN, FINDING_UPDATED, FINDING_CLOSED, FINDING_RETRACTED };

/* A session that contributed, with its weight in decibans. */
struct finding_evidence {
    uint8_t session_id[SESSION_ID_BYTES];
    char community_id[40];
    uint64_t time_ns;
    enum outcome outcome;
    enum outcome_shape shape;
    enum inspection_state inspection;
    double inspection_probability;
    enum inspection_basis inspection_basis;
    double weight_db; /* as counted: class weight times P(inspected), after guards */
    bool counted;     /* the strongest of its episode; others are listed with 0 */
    uint16_t client_port, server_port;
    struct address server;
    uint64_t start_ns;
};

/* A control of stage 2 (or contrast, veto) that was used, with its four likelihoods. */
struct finding_control {
    const char *name; /* "dev_accepts" */
    char fact[160];   /* "device completed 12 inspected sessions to 5 other destinations" */
    bool has_likelihoods;
    double likelihood[HYPOTHESES];
    double weight_db; /* for contrast and accepts; 0 for likelihood rows */
};

struct finding_risk {
    const char *name; /* "rare_destination" */
    int points;
};

struct finding_clause {
    const char *id;    /* "AN1725.NSM:Inspection" */
    const char *state; /* "met", "not_met", "no_data" */
    const char *words; /* what it asks */
    bool is_own;       /* of the analytic that the finding is told under */
};

/* Who forges, for unknown_interceptor. Texts are lent. */
struct finding_interceptor {
    const char *issuer;       /* its name as its certificates give it */
    const uint8_t *key;       /* SHA-256 of a key (RFC 7469), NULL when none tells it */
    bool is_leaf_key;         /* the key that its certificates share, not its own */
    const char *product;      /* known maker of such certificates, NULL */
    const char *kind;         /* "inspection", "analysis_proxy", "antivirus"; NULL */
    const char *const *hosts; /* names that it signed for */
    size_t host_count;
};

/* What a feed tells about the device, the app or a session, and whether it was believed. */
struct finding_context {
    const char *kind;                /* "lease" */
    const char *source;              /* who says so, empty when it does not tell; lent */
    char origin[FINDING_ORIGIN_MAX]; /* "dhcp/dnsmasq.leases:12" */
    uint64_t sequence;               /* order of arrival */
    uint64_t time_ns;                /* 0: it does not tell */
    uint64_t until_ns;               /* end of what it tells; UINT64_MAX: none */
    char fact[CONTEXT_WORDS_MAX];
    bool used; /* false: another source is nearer in time or ranks higher */
};

/* Who the device is, as feeds tell. Texts are lent, NULL when nobody tells. */
struct finding_identity {
    const char *id;
    const char *hostname;
    const char *os;
    const char *os_version;
    const char *manufacturer;
    const char *model;
    const char *user;
    const char *owner;
    enum told managed, supervised;
};

/* What of a chain an app can pin. */
enum pin_part {
    PIN_LEAF = 1, /* the certificate itself */
    PIN_LEAF_KEY = 2,
    PIN_INTERMEDIATE = 4, /* the key of the authority that signed it */
    PIN_ROOT = 8,
};

#define PIN_PARTS 4
#define PIN_ALL (PIN_LEAF | PIN_LEAF_KEY | PIN_INTERMEDIATE | PIN_ROOT)

/* How it is known what changed; the better ones first. */
enum finding_pin_basis {
    PIN_BASIS_NONE,
    PIN_BASIS_CERTIFICATES,   /* seen in the sessions of the app itself */
    PIN_BASIS_OTHER_SESSIONS, /* seen in those of others, with older TLS */
    PIN_BASIS_SERVER_FLIGHT,  /* the size of what the server sends changed */
};

/* A genuine certificate of the destination. Texts and keys are lent. */
struct finding_certificate {
    const uint8_t *sha256;
    const uint8_t *key; /* SHA-256 of its public key (RFC 7469) */
    const char *issuer;
    const uint8_t *issuer_key; /* NULL when the issuer's certificate was not seen */
    int64_t not_before_s;
    int64_t not_after_s;
    uint64_t first_ns; /* seen */
    uint64_t last_ns;
};

/* What is known of the destination's certificates and of the app's pin. Parts are bits of enum
 * pin_part. */
struct finding_pin {
    enum finding_pin_basis basis;
    uint8_t changed; /* what changed when it began to be refused */
    uint8_t
        survived; /* what changed before while the app went on accepting: it pins none of it */
    uint8_t target;      /* what is left that it can pin; 0 when nothing tells */
    uint64_t changed_ns; /* 0 when nothing changed */
    bool has_now;
    bool has_before;
    struct finding_certificate now;
    struct finding_certificate before;
};

/* The app, where anybody names it. Texts are lent, NULL when nobody tells. */
struct finding_package {
    const char *id; /* package or bundle id; NULL: nobody names it */
    const char *name;
    const char *version;
    const char *source; /* "pktap", "pcapdroid", "connect_event", "dns_event", "edr",
                           "privacy_report" */
};

struct finding_counts {
    uint32_t refused;
    uint32_t episodes;
    uint32_t accepted;
    uint32_t direct;
    uint32_t resumed;
    uint32_t quic;
    uint32_t devices;
    uint32_t withheld; /* further alerts of the device that its share of a day left out */
};

struct finding {
    enum finding_type type;
    enum finding_state state;
    uint8_t alert_id[16];
    uint32_t revision; /* from 1 */
    bool is_superseded;
    uint8_t superseded_by[16]; /* closed because that alert tells it */
    uint64_t time_ns;          /* packet time at which this revision was issued */
    uint64_t start_ns;         /* first and last contributing session */
    uint64_t end_ns;
    const char *analytic; /* "AN1725", "AN1726" or "PINSIGHT-..." */
    const char *platform; /* "android", "ios", "other"; NULL when unknown */
    const char *platform_basis;

    int severity;   /* 1, 21, 47, 73, 99 */
    int risk_score; /* 0 to 100 */
    double confidence;
    double stage1_db;
    double hypotheses[HYPOTHESES];
    bool has_hypotheses;
    bool informational;   /* on an allow-list: severity 1 */
    char allowed_by[160]; /* list entry that lowered it, else empty */

    bool has_device;
    struct address device;
    bool has_mac;
    uint8_t mac[6];
    const char *device_basis; /* why its addresses are one device's: "mac", ... */
    const struct address *device_others; /* further ones; lent */
    size_t device_other_count;
    struct address device_first; /* its first one; `device` is that of the latest session */
    bool random_mac;             /* its own MAC is one that it made up */
    bool translated;             /* several devices seem to stand behind the address */
    bool device_ambiguous;       /* for one of these reasons the confidence was lowered */
    bool has_destination;
    char destination[SESSION_NAME_MAX]; /* domain, else empty */
    struct address destination_address;
    uint16_t destination_port;
    bool has_destination_address;
    char app_key[APP_KEY_TEXT_MAX];
    char ja4[JA4_TEXT_MAX];
    bool app_shared;
    const char
        *bypass_actor; /* "box_or_policy", "client_or_unknown"; NULL when not applicable */
    char authority[SESSION_AUTHORITY_MAX];

    struct finding_counts counts;
    const struct finding_evidence *evidence;
    size_t evidence_count;
    const struct finding_control *controls;
    size_t control_count;
    const struct finding_risk *risks;
    size_t risk_count;
    const struct finding_clause *clauses;
    size_t clause_count;
    const struct address *related; /* affected devices, at most FINDING_RELATED_MAX */
    size_t related_count;
    const struct finding_identity *identity; /* NULL when no feed knows the device */
    const struct finding_package *package;   /* NULL when nobody names the app */
    const struct finding_context *context;
    size_t context_count;
    const struct finding_interceptor *interceptor; /* NULL for all other types */
    const struct finding_pin *pin;                 /* NULL when no certificate was seen */

    char message[FINDING_TEXT_MAX]; /* one sentence a person understands */
    char reason[FINDING_TEXT_MAX];
};

/* "inspection_refused" */
const char *finding_type_name(enum finding_type type);
const char *finding_state_name(enum finding_state state);
const char *hypothesis_name(enum hypothesis h); /* "app_pins" and so on */
