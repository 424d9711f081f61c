/*
 * What the correlator remembers: devices, app keys, destinations and their combinations. Each
 * record lives in a bounded table (detect/memory.h); sizes are stated here and tested.
 */
#pragma once

#include "config/rules.h"
#include "detect/beacon.h"
#include "detect/finding.h"
#include "detect/memory.h"
#include "detect/streak.h"

#define DEVICE_RING                                                                        \
    TUNING_ACCEPTS_MAX   /* latest inspected accepts and refusals of a device */
#define NOISE_BUCKETS 10 /* of the noise guard's window */
#define SUSPICION_EVIDENCE FINDING_EVIDENCE_MAX
#define DIRECT_RING TUNING_DIRECT_MAX
#define KEY_RING 3
#define MTLS_RING TUNING_MTLS_MAX
#define DEVICE_WAITING 8 /* keys that wait for a device to accept something else */
#define DEVICE_OTHERS 4
#define PAIR_KEYS 4 /* app keys of one device that refuse one destination */

/* Something a device did, in short; ids are the low 32 bits. */
struct device_event {
    uint64_t time_ns;
    uint32_t destination;
    uint32_t app;
};

/* The latest DEVICE_RING of them. Heap, owned by the device; grows with what it holds. */
struct device_ring {
    struct device_event *events;
    uint32_t count; /* ever added */
    uint32_t room;
};

/*
 * The notice about one scope (a device, an app, a destination): its id and revision, and whom it
 * concerns. Heap, owned by the record of the scope; made with the first notice.
 */
struct notice_record {
    uint8_t alert_id[16];
    enum finding_type type;
    uint32_t revision;
    uint64_t issued_ns;
    bool open;
    struct address *devices; /* owned, at most FINDING_RELATED_MAX */
    uint32_t device_count;
    uint32_t device_room;
};

/* How many connections of a device ended, and how many by a bare close, in steps of its window. */
struct noise {
    uint32_t step; /* number of the newest bucket */
    uint16_t ended[NOISE_BUCKETS];
    uint16_t failing[NOISE_BUCKETS];
};

/* The alerts that a device raises beyond its share of a day. Heap, owned by the device. */
struct overflow {
    struct memory_id key; /* whose alert was the last of the share, and tells of the rest */
    uint32_t withheld;    /* since the day began */
    uint64_t watch_ns;    /* when they are summed up, 0 not */
};

struct device {
    struct memory_entry entry;
    struct address address; /* the first, by which it is called in ids */
    struct address latest;
    struct address
        *others;         /* owned, DEVICE_OTHERS: its further addresses, the latest ones */
    uint8_t other_count; /* ever, up to 255 */
    uint8_t basis;       /* enum identity_basis: why they are one device's */
    bool own_mac;        /* `mac` is its own, not a router's */
    uint8_t last_ttl[2]; /* as its system sends it, by version 4 and 6; 0 unknown */
    uint8_t ttl_changes; /* how often that changed, up to 255 */
    uint8_t mac[6];
    bool has_mac;
    uint8_t waiting_count;
    uint8_t platform_told;        /* enum platform: by an inventory */
    float platform_db[PLATFORMS]; /* by enum platform */
    struct id_set platform_hints; /* which hints were counted */
    uint64_t first_ns;
    uint64_t last_accept_ns; /* inspected */
    uint32_t accepts;        /* inspected, ever */
    uint32_t
        attempts; /* inspected sessions with a verdict since the last accept, or ever */
    struct id_set apps; /* that attempted */
    struct device_ring accepted;
    struct device_ring refused;
    struct noise noise;
    struct streak *streak; /* any app, any destination; NULL before the first refusal */
    uint8_t first_session[SESSION_ID_BYTES]; /* first refusal of the streak */
    struct memory_id *waiting;    /* owned, DEVICE_WAITING; NULL before the first refusal */
    uint64_t settle_ns;           /* when its notices are looked at, 0 not */
    struct notice_record *notice; /* device_not_onboarded; NULL before the first */
    const char
        *authority;  /* configured one whose certificate it accepted last, NULL unknown */
    uint64_t day_ns; /* start of the day that `alerts_today` counts */
    uint32_t alerts_today;
    struct overflow *overflow; /* NULL while it has not had its share of alerts in a day */
};

/* One app key on one device. */
struct device_app {
    struct memory_entry entry;
    struct id_set accepted; /* destinations, inspected */
    struct id_set refused;
    struct id_set
        direct; /* not inspected though policy says so: the baseline of opaque ones */
};

/* An app key anywhere. */
struct app {
    struct memory_entry entry;
    struct id_set devices;
    uint32_t device_count;
    uint32_t
        domain_count; /* registered domains, approximately: an id is counted once while kept */
    struct id_set domains;
    struct notice_record *notice; /* app_ca_untrusted; NULL before the first */
};

/* Sessions that ended for want of a client certificate. Heap, owned by the destination. */
struct mtls_record {
    struct finding_evidence evidence[MTLS_RING]; /* the latest ones */
    struct address devices[MTLS_RING];
    uint8_t first[SESSION_ID_BYTES];
    uint32_t count;
    struct notice_record *notice;
};

struct destination {
    struct memory_entry entry;
    char *name;                   /* owned */
    struct id_set accepting_apps; /* inspected */
    struct id_set accepting_devices;
    struct id_set refusing_apps;
    struct id_set refusing_devices;
    struct id_set direct_apps;
    struct id_set devices;   /* that contacted it at all */
    uint32_t device_count;   /* of this window (popularity.h) */
    uint32_t devices_before; /* of the one before */
    uint32_t window;
    struct notice_record *notice; /* site_or_inspector_fault; NULL before the first */
    struct mtls_record *mtls;     /* NULL before the first such session */
};

/* One app key and one destination, over the devices. */
struct app_destination {
    struct memory_entry entry;
    struct id_set refusing;
    struct id_set accepting;
};

/* Refusals of one device and destination by any app: a program's hellos may differ. Heap. */
struct pair_refusals {
    struct streak streak;
    struct memory_id keys[PAIR_KEYS]; /* of which apps, for the evidence */
    uint8_t key_count;
    struct memory_id alert_key; /* key whose alert is open, for retraction */
    bool has_alert;
};

/* One device and one destination, over the apps. */
struct device_destination {
    struct memory_entry entry;
    uint64_t accepted_data_ns;      /* last inspected session with data */
    struct pair_refusals *refusals; /* NULL before the first refusal or alert */
};

/* An alert that is open for a key. */
struct open_alert {
    bool open;
    bool
        in_fleet; /* a fleet alert speaks for it (detect/fleet.h); then it is not open itself */
    enum finding_type type;
    uint32_t revision;
    int severity;
    uint8_t alert_id[16];
    uint64_t emitted_ns; /* when it was last told, or withheld */
    uint64_t expires_ns; /* when it is looked at, 0 not */
};

/* What is kept of a key once it has refused or gone direct. Heap, owned by the key. */
struct suspicion {
    char *destination;     /* owned */
    struct address client; /* of the latest session */
    struct address server;
    uint16_t port;
    bool is_proxy;
    char app_key[APP_KEY_TEXT_MAX];
    char ja4[JA4_TEXT_MAX];
    char *package; /* owned: app that the capture names, else NULL */
    char package_source[16];
    const char *authority; /* name of a configured authority, NULL when none was seen */
    struct streak streak;
    struct finding_evidence *evidence; /* owned, grows to SUSPICION_EVIDENCE */
    uint8_t evidence_count;
    uint8_t evidence_room;
    uint8_t first_session[SESSION_ID_BYTES];
    uint64_t first_ns;
    bool has_first;
    uint64_t direct_ns[DIRECT_RING]; /* latest direct sessions with data */
    uint32_t direct_count;
    uint8_t direct_first[SESSION_ID_BYTES]; /* of the run of direct sessions */
    uint32_t refused;
    uint32_t direct_total;
    uint32_t quic_total; /* of the direct ones */
    struct beacon beacon;
    double direct_probability; /* that the latest direct session was not inspected */
    bool server_name;          /* a name was sent, and it is no address */
    uint8_t protocol;          /* enum session_protocol, of the first session */
    bool has_ech;
    bool untrusted_upstream; /* the real server's certificate is private */
    bool shared_key;         /* and its key serves unrelated addresses */
    bool upload_heavy;       /* a direct session sent far more than it received */
    bool direct_elsewhere;   /* soon after a refusal, by another address, port or QUIC */
    bool bypassed;
    enum trust_model trust_model;
    bool in_segment; /* the device is in a configured segment */
    struct open_alert alert;
    struct removal *removal; /* NULL before the refusal is proven (detect/removal.h) */
};

struct key {
    struct memory_entry entry;
    struct memory_id device;
    struct memory_id app;
    struct memory_id destination;
    uint64_t accepted_ns[KEY_RING]; /* latest inspected accepts */
    uint64_t resumed_ns[KEY_RING];  /* ... and resumed sessions with data */
    uint32_t accepted;
    uint32_t resumed;
    uint32_t window;    /* in which its device was counted as the destination's */
    uint32_t breakage;  /* mark of the one of its destination that it is part of, 0 none */
    uint64_t settle_ns; /* when it is looked at though the device accepted nothing, 0 not */
    struct suspicion *suspicion;
};
