/*
 * Which conversation a packet belongs to. A flow is one slot of a cache line, found by addresses,
 * ports, protocol and tunnel in either direction; what later stages know about it lives in a
 * connection (flow/conn_pool.h), which only flows in a handshake have.
 *
 * The table is allocated once. When it is full the least recently used flow goes, is counted, and
 * its connection is ended through the caller. Recency is kept in steps of one second.
 */
#pragma once

#include "base/err.h"
#include "decode/packet.h"

#define FLOW_NONE 0u
#define FLOW_KEY_BYTES 39u

/* Sides of a flow are named by address order: side 0 has the lower (address, port). */
struct flow_key {
    uint8_t address[2][16];
    uint16_t port[2];
    uint16_t tunnel; /* number from flow/tunnel_table.h */
    uint8_t protocol;
};

enum {
    FLOW_SYN_SIDE_1 = 0x01, /* the side that sent the SYN is side 1 */
    FLOW_SYN_SEEN = 0x02,
    FLOW_DONE = 0x04, /* decided, or nothing that we follow: payload is of no interest */
    FLOW_SYN_ACK_SEEN = 0x08, /* and no SYN: the SYN's number is what it acknowledges */
    FLOW_FIN_0 = 0x10,
    FLOW_FIN_1 = 0x20,
    FLOW_RST = 0x40,
    FLOW_CLOSED = 0x80, /* set by flow_table_close only */
};

/* 64 bytes. FLOW_KEY_BYTES of the key, then `flags`, are packed by hand for that. */
struct flow {
    uint8_t key[FLOW_KEY_BYTES];
    uint8_t flags;
    uint32_t older;
    uint32_t newer;
    uint32_t touched_s;       /* second of the last packet */
    uint32_t connection : 24; /* number in the connection pool, FLOW_NONE without */
    uint32_t syn_len : 8;     /* length of the SYN's frame */
    uint32_t syn_sequence;
    uint32_t syn_us; /* low 32 bits of the SYN's microsecond */
};

struct flow_table_stats {
    uint64_t created;
    uint64_t evicted;
    uint64_t timed_out;
    uint64_t live;
    uint64_t capacity;
};

struct flow_table {
    struct flow *flows; /* number 0 is never used */
    uint32_t *index;    /* open addressing, holds flow numbers */
    uint32_t index_mask;
    uint32_t capacity;
    uint32_t used;      /* flows ever handed out, up to capacity */
    uint32_t free_list; /* linked by `newer` */
    struct flow_list {
        uint32_t oldest;
        uint32_t newest;
    } lists[2]; /* flows by recency: open ones, closed ones */
    uint64_t seed;
    struct flow_table_stats stats;
};

int flow_table_init(struct flow_table *t, size_t capacity, uint64_t seed, struct err *why);
void flow_table_fini(struct flow_table *t);

/* The key of a packet; returns which side sent it, 0 or 1. */
int flow_key_of(const struct packet *packet, uint16_t tunnel, struct flow_key *key);
void flow_key_unpack(const struct flow *flow, struct flow_key *key);

/* Where in the index a key is at home. */
uint32_t flow_table_home(const struct flow_table *t, const struct flow_key *key);

/* The flow of that key, at home there, moved to the newest end if its second changed; FLOW_NONE if
 * not there. */
uint32_t flow_table_find(struct flow_table *t, const struct flow_key *key, uint32_t home,
                         uint32_t now_s);

/* A new zeroed flow of that key, which must not be there; the table must have room. */
uint32_t flow_table_add(struct flow_table *t, const struct flow_key *key, uint32_t now_s);

/* The flow of one kind that has been quiet longest, FLOW_NONE when there is none. */
uint32_t flow_table_oldest(const struct flow_table *t, bool closed);

/*
 * Both sides have closed it. It stays for a while, so that late copies of its packets do not look
 * like a new connection, and goes before any open flow.
 */
void flow_table_close(struct flow_table *t, uint32_t number);
bool flow_table_full(const struct flow_table *t);

void flow_table_remove(struct flow_table *t, uint32_t number);

/*
 * Memory of the next packets is fetched while others are looked at: first the index where a key is
 * at home, then the flow that most likely is the key's. Changes nothing.
 */
static inline void flow_table_fetch_index(const struct flow_table *t, uint32_t home)
{
    __builtin_prefetch(&t->index[home]);
}

static inline void flow_table_fetch_flow(const struct flow_table *t, uint32_t home)
{
    __builtin_prefetch(&t->flows[t->index[home]], 1);
}

static inline struct flow *flow_table_get(struct flow_table *t, uint32_t number)
{
    return &t->flows[number];
}
