/*
 * Which device is it? Addresses of one device are one device: those that share a MAC on the client's
 * own link, those that come through one subscriber's tunnel, those that an inventory calls the same.
 * Everyone else is an address (and the network that keeps equal addresses apart).
 *
 * A MAC is the client's own where its packets arrive with an initial time to live: no router has
 * touched them. Behind such a link or tunnel stands one device as long as it has one address of
 * version 4 and one or two prefixes of version 6 at a time; an address that changes is told by the
 * silence of the old one, and until then the new one is a device of its own. Where an old one comes
 * back while the new one is in use, several devices stand behind the link, and each address is a
 * device again. An address that comes up behind another MAC is another
 * device's: its lease was given anew.
 *
 * Limits: a record for each such link and for each further address, in bounded tables; one that was
 * forgotten makes an address a device of its own until it is learned again.
 */
#pragma once

#include "config/rules.h"
#include "detect/memory.h"
#include "session/session.h"

/* How long an address is silent before another one of the same link is its successor. */
#define IDENTITY_QUIET_S 300u
/* How long a further address is still taken for that device's without another sign of it. */
#define IDENTITY_MEMORY_S 86400u
#define IDENTITY_PREFIXES 2

/* What stands behind a MAC or a tunnel. */
struct identity_link {
    struct memory_entry entry;
    struct memory_id device;
    struct address v4;        /* in use */
    struct address v4_before; /* the one in use before */
    uint32_t v4_s;            /* when it was used last, 0: never */
    uint32_t v4_before_s;
    uint32_t v6_s[IDENTITY_PREFIXES];
    uint8_t v6[IDENTITY_PREFIXES][8]; /* prefixes in use */
    bool is_shared;                   /* several devices stand behind it */
};

/* An address whose link is known, or that is a device's further one. */
struct identity_alias {
    struct memory_entry entry; /* by the address's own id */
    struct memory_id device;
    struct memory_id link; /* the MAC or inventory entry that had it */
    uint8_t link_kind;     /* enum identity_basis of that, IDENTITY_ADDRESS: none */
};

/* What leases and inventories know of a device. */
struct device_facts {
    char name[64];          /* of the entry: the same for all its addresses; empty: none */
    enum platform platform; /* PLATFORM_UNKNOWN: not told */
};

/* Asked for each session: who has this address (and on its own link this MAC, else NULL) then? */
typedef bool (*device_lookup)(void *ctx, const struct address *address, const uint8_t *mac,
                              uint64_t time_ns, struct device_facts *out);

enum identity_basis {
    IDENTITY_ADDRESS,
    IDENTITY_MAC,
    IDENTITY_SUBSCRIBER,
    IDENTITY_INVENTORY
};

struct identity {
    uint64_t seed;
    struct memory_table links;
    struct memory_table aliases;
    device_lookup lookup; /* NULL: nobody is asked */
    void *lookup_ctx;
};

/* What a session says of its client, before anything that is known of it. */
struct identity_ids {
    struct memory_id own;     /* of its address */
    struct memory_id link;    /* valid unless `kind` is IDENTITY_ADDRESS */
    enum identity_basis kind; /* IDENTITY_MAC or IDENTITY_SUBSCRIBER: it has a link */
};

struct identity_answer {
    struct memory_id device;
    enum identity_basis
        basis;              /* of a device with several addresses; else IDENTITY_ADDRESS */
    bool own_mac;           /* the client's MAC is its own */
    enum platform platform; /* by an inventory */
};

void identity_init(struct identity *i, uint64_t seed, size_t most);
void identity_fini(struct identity *i);

void identity_name(const struct identity *i, const struct session *s,
                   struct identity_ids *out);

/* Those ids will be resolved soon: have the memory fetched, first that of the indexes, then that of
 * the records. Changes nothing. */
void identity_fetch_index(const struct identity *i, const struct identity_ids *ids);
void identity_fetch_records(const struct identity *i, const struct identity_ids *ids);

/* Whose session it is, at the time it was decided. Learns from it. */
void identity_resolve(struct identity *i, const struct session *s,
                      const struct identity_ids *ids, struct identity_answer *out);

/* Whose an address without a tunnel is, as far as it is known. */
struct memory_id identity_of_address(const struct identity *i,
                                     const struct address *address);

/* A MAC that its device made up: another one may stand for the same device tomorrow. */
bool identity_mac_is_random(const uint8_t mac[6]);

/* "address", "mac", "subscriber", "inventory" */
const char *identity_basis_name(enum identity_basis basis);
