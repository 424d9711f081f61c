/*
 * Connections: what the flow stage knows of a flow whose bytes are of interest, and the memory of
 * all of them. The pool is allocated once; each connection has room for the state of later stages
 * behind it, zeroed when it is taken. Who takes one when the pool is full ends the one that has
 * been quiet longest first. Recency is kept in steps of one second.
 */
#pragma once

#include "base/err.h"
#include "flow/opening.h"
#include "flow/stream.h"

#define CONN_POOL_MAX 0xffffffu /* a flow has 24 bits for the number of its connection */

/* What the flow stage knows of one connection; later stages' state follows it in memory. */
struct connection {
    uint32_t number;
    uint32_t flow;
    uint32_t older;
    uint32_t newer;
    uint32_t touched_s;
    struct stream streams[2];
    bool reset[2];         /* an RST of this side took effect */
    bool reset_pending[2]; /* an RST ahead of bytes that are still missing */
    bool finished[2];      /* FIN of this side, told to the handler */
    uint32_t reset_sequence[2];
    uint32_t close_acknowledges
        [2]; /* what the FIN or RST acknowledged; valid when has_close_ack */
    bool has_close_ack[2];
    uint64_t closed_ns[2]; /* when FIN or RST was told; 0 not yet */
    uint32_t ack_first[2]; /* first and highest acknowledgement that a side sent */
    uint32_t ack_last[2];
    bool has_ack[2];
    uint64_t timer_ns; /* when the later stage wants to be asked, UINT64_MAX never */
    struct flow_opening opening;
    uint64_t start_ns;
    uint64_t last_ns;
    uint64_t bytes[2]; /* of whole frames */
    uint64_t packets[2];
    uint64_t payload_bytes[2];
    uint16_t gaps;
    bool midstream; /* the capture does not hold its beginning */
    bool has_mac[2];
    bool met[2];    /* a packet of that side came */
    bool truncated; /* the snap length cut payload */
    bool forgotten; /* the later stage has seen enough */
    uint8_t mac[2][6];
    uint8_t ttl[2]; /* time to live of a side's first packet, 0: none was seen */
    uint16_t vlans[PACKET_VLANS_MAX];
    uint8_t vlan_count;
    struct address address[2];
    uint16_t port[2];
    struct tunnel tunnel;  /* as the first packet had it, which came from `tunnel_side` */
    uint32_t tunnel_id[2]; /* by side: GTP-U has an id for each direction */
    uint8_t tunnel_side;
    const char *file;
    char process[24];
    _Alignas(
        16) unsigned char state[]; /* of the later stages, zeroed with the connection */
};

struct conn_pool {
    unsigned char *slots; /* number 0 is never used */
    size_t slot_size;
    uint32_t capacity;
    uint32_t used;      /* slots ever handed out, up to capacity */
    uint32_t free_list; /* linked by `newer` */
    uint32_t oldest, newest;
    uint64_t taken; /* ever */
    uint64_t live;
};

/* Room for `capacity` connections with `state_size` bytes of the later stages each. */
int conn_pool_init(struct conn_pool *p, size_t capacity, size_t state_size,
                   struct err *why);

/* Gives the memory back; the streams of connections that still live are cleared. */
void conn_pool_fini(struct conn_pool *p, struct stream_budget *budget);

bool conn_pool_full(const struct conn_pool *p);

/* The connection that has been quiet longest, NULL when there is none. */
struct connection *conn_pool_oldest(const struct conn_pool *p);

/* A connection, zeroed and numbered; the pool must have room. */
struct connection *conn_pool_take(struct conn_pool *p);

void conn_pool_put(struct conn_pool *p, struct connection *c);

/* A packet came: the newest one now, if its second changed. */
void conn_pool_touch(struct conn_pool *p, struct connection *c, uint32_t now_s);

#define CONN_POOL_LINE 64u /* bytes of a cache line */

/* A connection and the first `hot` bytes of its state will be needed soon. */
static inline void conn_pool_fetch(const struct conn_pool *p, uint32_t number, size_t hot)
{
    const unsigned char *slot = p->slots + (size_t)number * p->slot_size;

    for (size_t at = 0; at < sizeof(struct connection) + hot; at += CONN_POOL_LINE)
        __builtin_prefetch(slot + at, 1);
}

static inline struct connection *conn_pool_get(const struct conn_pool *p, uint32_t number)
{
    return (struct connection *)(void *)(p->slots + (size_t)number * p->slot_size);
}
