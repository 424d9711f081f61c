/*
 * Packets of TCP conversations for tests, and a handler that writes down what the flow stage tells
 * as text:
 *
 *     0:abc  bytes of side 0      0<3>  three lost ones      0(3)  three that were cut
 *     0F 0R  a FIN, an RST        D     a datagram           T     a timer
 *     Et Ee Er Ec  the end by time-out, eviction, replacement, end of the capture
 *
 * Side 0 is 192.0.2.1, the client, side 1 is 198.51.100.1, the server.
 */
#pragma once

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/nanotime.h"
#include "flow/flow.h"
#include "tap.h"

#define FIRST_NS (1000 * NS_PER_S)
#define LOG_MAX 4096

enum { ACK = TCP_ACK, SYN = TCP_SYN, FIN = TCP_FIN, RST = TCP_RST };

struct flow_log {
    struct flows flows;
    uint64_t now_ns;
    uint16_t port;     /* of the client */
    bool forget;       /* forget a connection when its bytes come */
    uint64_t timer_ns; /* ask for this time when bytes come */
    size_t len;
    uint64_t chunk_ns;      /* of the last chunk */
    uint64_t closed_ns;     /* of the last FIN or RST */
    struct connection seen; /* the connection when it was last told of */
    char text[LOG_MAX];
};

__attribute__((format(printf, 2, 3))) static inline void note(struct flow_log *l,
                                                              const char *format, ...)
{
    va_list args;
    int n;

    if (l->len && l->len + 1 < LOG_MAX)
        l->text[l->len++] = ' ';
    va_start(args, format);
    n = vsnprintf(l->text + l->len, LOG_MAX - l->len, format, args);
    va_end(args);
    if (n > 0)
        l->len += (size_t)n < LOG_MAX - l->len ? (size_t)n : LOG_MAX - l->len - 1;
}

static inline void on_bytes(void *ctx, struct connection *c, int side,
                            const struct chunk *chunk)
{
    struct flow_log *l = ctx;

    if (chunk->bytes.len)
        note(l, "%d:%.*s", side, (int)chunk->bytes.len, (const char *)chunk->bytes.data);
    if (chunk->absent)
        note(l, chunk->gap ? "%d<%u>" : "%d(%u)", side, chunk->absent);
    l->chunk_ns = chunk->time_ns;
    l->seen = *c;
    if (l->timer_ns)
        flows_set_timer(&l->flows, c, l->timer_ns);
    if (l->forget)
        flows_forget(&l->flows, c);
}

static inline void on_closed(void *ctx, struct connection *c, int side, bool by_reset,
                             uint64_t time_ns)
{
    struct flow_log *l = ctx;

    note(l, "%d%c", side, by_reset ? 'R' : 'F');
    l->closed_ns = time_ns;
    l->seen = *c;
}

static inline void on_datagram(void *ctx, struct connection *c, int side,
                               const struct packet *packet)
{
    struct flow_log *l = ctx;

    (void)side;
    (void)packet;
    note(l, "D");
    l->seen = *c;
    flows_forget(&l->flows, c);
}

static inline void on_timer(void *ctx, struct connection *c, uint64_t now_ns)
{
    struct flow_log *l = ctx;

    (void)now_ns;
    note(l, "T");
    l->seen = *c;
}

static inline void on_end(void *ctx, struct connection *c, enum flow_end why,
                          uint64_t now_ns)
{
    static const char letters[] = {[FLOW_END_TIMEOUT] = 't',
                                   [FLOW_END_EVICTED] = 'e',
                                   [FLOW_END_REPLACED] = 'r',
                                   [FLOW_END_CAPTURE] = 'c'};
    struct flow_log *l = ctx;

    (void)now_ns;
    note(l, "E%c", letters[why]);
    l->seen = *c;
}

static inline void begin_log(struct flow_log *l, size_t max_flows, size_t max_connections)
{
    struct flow_options options = {
        .max_flows = max_flows,
        .max_connections = max_connections,
        .state_size = 64,
        .held_bytes = 1u << 20,
        .flow_timeout_ns = 300 * NS_PER_S,
        .hash_seed = 1,
        .handler = {l, on_bytes, on_closed, on_datagram, on_timer, on_end},
    };
    struct err why;

    memset(l, 0, sizeof(*l));
    l->now_ns = FIRST_NS;
    l->port = 40000;
    if (flows_init(&l->flows, &options, &why) < 0)
        abort();
}

static inline void end_log(struct flow_log *l)
{
    flows_drain(&l->flows);
    is_int(l->flows.budget.bytes, 0, "no segment is left in memory");
    is_int(l->flows.pool.live, 0, "no connection is left");
    flows_fini(&l->flows);
}

/* What was told since the last call. */
static inline const char *told(struct flow_log *l)
{
    static char text[LOG_MAX];

    memcpy(text, l->text, sizeof(text));
    l->len = 0;
    l->text[0] = '\0';
    return text;
}

static inline struct packet packet_of(const struct flow_log *l, int side)
{
    struct packet p = {.time_ns = l->now_ns,
                       .source_port = side ? 443 : l->port,
                       .destination_port = side ? l->port : 443,
                       .protocol = PACKET_TCP,
                       .ttl = 64,
                       .window = 1024,
                       .wire_len = 54,
                       .file = "test"};

    if (!address_parse(side ? "198.51.100.1" : "192.0.2.1", &p.source) ||
        !address_parse(side ? "192.0.2.1" : "198.51.100.1", &p.destination))
        abort();
    return p;
}

/* A segment a millisecond after the one before it. Without ACK in `flags`, `ack` says nothing. */
static inline struct packet segment_of(struct flow_log *l, int side, uint8_t flags,
                                       uint32_t sequence, uint32_t ack, const char *bytes)
{
    struct packet p;

    l->now_ns += NS_PER_MS;
    p = packet_of(l, side);
    p.tcp_flags = flags;
    p.sequence = sequence;
    p.acknowledgement = ack;
    p.payload = exact(span_of_text(bytes));
    p.payload_len = (uint32_t)p.payload.len;
    p.wire_len += p.payload_len;
    return p;
}

static inline void send_packet(struct flow_log *l, int side, uint8_t flags,
                               uint32_t sequence, uint32_t ack, const char *bytes)
{
    struct packet p = segment_of(l, side, flags, sequence, ack, bytes);

    flows_push(&l->flows, &p);
}

/* SYN, SYN-ACK, ACK: the client's bytes begin at 101, the server's at 501. */
static inline void shake_hands(struct flow_log *l)
{
    send_packet(l, 0, SYN, 100, 0, "");
    send_packet(l, 1, SYN | ACK, 500, 101, "");
    send_packet(l, 0, ACK, 101, 501, "");
}

static inline void wait_until(struct flow_log *l, uint64_t after_ns)
{
    l->now_ns += after_ns;
    flows_tick(&l->flows, l->now_ns);
}
