/*
 * Conversations: which connection a packet belongs to, its bytes in order, how it ended.
 *
 * A packet goes in by flow_push; later stages hear of a connection through the handler: bytes in
 * order, FIN, RST, timers, and the end. A connection is made when a flow shows more than a SYN
 * (its SYN-ACK or its first payload) and is freed when the later stage says that it has seen
 * enough, so a flow whose handshake is decided costs one cache line.
 *
 * Time is packet time. A packet a little older than the newest one is taken as if it came at the
 * newest one's time for timers, and keeps its own time for records. One that is older by more than
 * FLOW_CLOCK_STEP_NS begins another stretch of time: all connections end as at the end of a capture.
 *
 * Limits: `max_flows` and `max_connections`; the least recently used one goes and is counted.
 */
#pragma once

#include "flow/conn_pool.h"
#include "flow/stream.h"
#include "flow/table.h"
#include "flow/timer.h"
#include "flow/tunnel_table.h"

/* How long missing bytes are waited for: until acknowledged by the receiver and then this ... */
#define FLOW_HOLE_ACKNOWLEDGED_NS UINT64_C(100000000)
/* ... or, when nothing of the receiver is captured, this ... */
#define FLOW_HOLE_ONE_SIDED_NS UINT64_C(1000000000)
/* ... or this: then not even TCP's retransmission brings them. */
#define FLOW_HOLE_LOST_NS UINT64_C(10000000000)
/* Packets of one flow that a capture holds in the wrong order lie no further apart than this. */
#define FLOW_DISORDER_NS UINT64_C(10000000)
/* Packets that are older than the newest one by more than this come from another clock. */
#define FLOW_CLOCK_STEP_NS UINT64_C(10000000000)
/* A closed flow is remembered so long for late copies of its packets. */
#define FLOW_CLOSED_LINGER_S 10u

enum flow_end {
    FLOW_END_TIMEOUT,  /* nothing for flow_timeout */
    FLOW_END_EVICTED,  /* a limit was reached */
    FLOW_END_REPLACED, /* its addresses and ports were taken by a new connection */
    FLOW_END_CAPTURE,  /* the capture ended */
};

/* Called by the flow stage. `side` 0 or 1 names a sender by address order, see flow/table.h. */
struct flow_handler {
    void *ctx;
    void (*bytes)(void *ctx, struct connection *c, int side, const struct chunk *chunk);
    void (*closed)(void *ctx, struct connection *c, int side, bool by_reset,
                   uint64_t time_ns);
    /* A datagram of a UDP flow. */
    void (*datagram)(void *ctx, struct connection *c, int side,
                     const struct packet *packet);
    void (*timer)(void *ctx, struct connection *c, uint64_t now_ns);
    void (*end)(void *ctx, struct connection *c, enum flow_end why, uint64_t now_ns);
};

struct flow_options {
    size_t max_flows;
    size_t max_connections;
    size_t state_size;   /* of the later stages, for each connection */
    size_t state_hot;    /* of it, from its beginning, what most packets touch */
    uint64_t held_bytes; /* ceiling over all streams */
    uint64_t flow_timeout_ns;
    uint64_t hash_seed;
    struct flow_handler handler;
};

struct flow_stats {
    uint64_t packets;
    uint64_t connections_evicted;
    uint64_t
        without_flow; /* packets of no flow, and not worth one: late copies, bare ACKs */
    uint64_t midstream;
    uint64_t backwards;   /* packets a little older than one before them */
    uint64_t clock_steps; /* times when packet time jumped back */
    uint64_t udp_flows;
};

struct flows {
    struct flow_options options;
    struct flow_table table;
    struct timer_heap timers;
    struct tunnel_table *tunnels;
    struct conn_pool pool;
    struct stream_budget budget;
    struct stream_stats stream_stats;
    struct flow_stats stats;
    uint64_t now_ns;
    uint32_t now_s;
    uint64_t second_ends_ns; /* that of now_s */
};

int flows_init(struct flows *f, const struct flow_options *options, struct err *why);
void flows_fini(struct flows *f);

void flows_push(struct flows *f, const struct packet *packet);

/*
 * The same in steps, for who has several packets at hand: while one is looked at, the memory that
 * the others need is on its way. flows_look is called for each packet once and in order; the two
 * that fetch change nothing and can be left out.
 */
struct flow_look {
    struct flow_key key;
    uint32_t home; /* of the key, in the table's index */
    uint8_t side;  /* that sent the packet */
};

void flows_look(struct flows *f, const struct packet *packet, struct flow_look *out);
void flows_fetch_flow(const struct flows *f, const struct flow_look *look);
void flows_fetch_connection(const struct flows *f, const struct flow_look *look);
void flows_push_looked(struct flows *f, const struct packet *packet,
                       const struct flow_look *look);

/* A packet that belongs to no flow of ours has this time. */
void flows_pass(struct flows *f, uint64_t time_ns);

/* Packet time is at least `now_ns`: run timers, end what is idle. */
void flows_tick(struct flows *f, uint64_t now_ns);

/* The capture ended: give up holes, then end every connection. */
void flows_drain(struct flows *f);

/*
 * True when the other side has acknowledged all bytes of `side` that were handed on, but for the
 * last `slack` ones.
 */
bool connection_is_acknowledged(const struct connection *c, int side, uint32_t slack);

/* For handlers: ask again at this time / the connection is of no more interest (it is freed when
 * the handler returns to the flow stage; its end is not told). */
void flows_set_timer(struct flows *f, struct connection *c, uint64_t time_ns);
void flows_forget(struct flows *f, struct connection *c);
