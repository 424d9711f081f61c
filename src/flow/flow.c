#include "flow/flow.h"

#include <string.h>

#include "base/nanotime.h"
#include "flow/assemble.h"

#define NEVER UINT64_MAX

int flows_init(struct flows *f, const struct flow_options *options, struct err *why)
{
    *f = (struct flows){.options = *options};
    f->budget.most_bytes = options->held_bytes;
    f->tunnels = tunnel_table_new(why);
    if (!f->tunnels ||
        conn_pool_init(&f->pool, options->max_connections, options->state_size, why) < 0 ||
        flow_table_init(&f->table, options->max_flows, options->hash_seed, why) < 0 ||
        timer_heap_init(&f->timers, (uint32_t)options->max_connections + 1, why) < 0) {
        flows_fini(f);
        return -1;
    }
    return 0;
}

void flows_fini(struct flows *f)
{
    conn_pool_fini(&f->pool, &f->budget);
    flow_table_fini(&f->table);
    timer_heap_fini(&f->timers);
    tunnel_table_free(f->tunnels);
    f->tunnels = NULL;
}

/* ---- connections */

/* A flow that both sides have ended is over as soon as nobody looks at its connection any more. */
static void close_if_over(struct flows *f, uint32_t number)
{
    const struct flow *flow = flow_table_get(&f->table, number);
    const uint8_t both = FLOW_FIN_0 | FLOW_FIN_1;

    if (!flow->connection && (flow->flags & FLOW_RST || (flow->flags & both) == both))
        flow_table_close(&f->table, number);
}

static void free_connection(struct flows *f, struct connection *c)
{
    uint32_t number = c->flow;
    struct flow *flow = flow_table_get(&f->table, number);

    stream_clear(&c->streams[0], &f->budget);
    stream_clear(&c->streams[1], &f->budget);
    timer_heap_remove(&f->timers, c->number);
    flow->connection = FLOW_NONE;
    /* One that was shed before it said anything may still come to it. */
    if (c->forgotten || c->payload_bytes[0] > 0 || c->payload_bytes[1] > 0)
        flow->flags |= FLOW_DONE;
    conn_pool_put(&f->pool, c);
    close_if_over(f, number);
}

/* Tell the end to the later stage, unless it has seen enough before, and free the connection. */
static void end_connection(struct flows *f, struct connection *c, enum flow_end why)
{
    struct flow_handler *h = &f->options.handler;

    if (!c->forgotten)
        h->end(h->ctx, c, why, f->now_ns);
    free_connection(f, c);
}

static struct connection *new_connection(struct flows *f, uint32_t flow_number,
                                         const struct packet *packet)
{
    struct connection *c;

    if (conn_pool_full(&f->pool)) {
        f->stats.connections_evicted++;
        end_connection(f, conn_pool_oldest(&f->pool), FLOW_END_EVICTED);
    }
    c = conn_pool_take(&f->pool);
    c->flow = flow_number;
    c->timer_ns = NEVER;
    c->start_ns = packet->time_ns;
    c->last_ns = packet->time_ns;
    c->opening.window_scale = OPENING_NO_SCALE;
    flow_table_get(&f->table, flow_number)->connection = c->number & CONN_POOL_MAX;
    return c;
}

/* ---- flows */

static void end_flow(struct flows *f, uint32_t number, enum flow_end why)
{
    uint32_t connection = flow_table_get(&f->table, number)->connection;

    if (connection)
        end_connection(f, conn_pool_get(&f->pool, connection), why);
    flow_table_remove(&f->table, number);
}

static uint32_t new_flow(struct flows *f, const struct flow_key *key)
{
    uint32_t oldest;

    if (flow_table_full(&f->table)) {
        oldest = flow_table_oldest(&f->table, true);
        if (!oldest) {
            oldest = flow_table_oldest(&f->table, false);
            f->table.stats.evicted++;
        }
        end_flow(f, oldest, FLOW_END_EVICTED);
    }
    return flow_table_add(&f->table, key, f->now_s);
}

/* A SYN that the capture holds after its SYN-ACK, or after bytes that wait for the beginning. */
static bool take_overtaken_syn(const struct flows *f, const struct flow *flow, int side,
                               const struct packet *packet)
{
    uint32_t first = packet->sequence + 1;
    struct connection *c;
    uint64_t apart_ns;

    if (flow->flags & FLOW_SYN_SEEN || !flow->connection)
        return false;
    c = conn_pool_get(&f->pool, flow->connection);
    if (c->opening.syn_ack_seen ? c->opening.opener != side || c->ack_first[!side] != first
                                : !stream_may_begin(&c->streams[side], first))
        return false;
    apart_ns = nanotime_since(c->start_ns, packet->time_ns);
    if (!c->streams[side].started)
        stream_start(&c->streams[side], first);
    c->midstream = false;
    c->opening.opener = (uint8_t)side;
    if (c->opening.syn_ack_seen && apart_ns <= FLOW_DISORDER_NS)
        c->opening.rtt_ns = apart_ns > NS_PER_US ? apart_ns : NS_PER_US;
    c->opening.syn_seen = true;
    return true;
}

static void note_syn(struct flow *flow, int side, const struct packet *packet)
{
    flow->flags |= (uint8_t)(FLOW_SYN_SEEN | (side ? FLOW_SYN_SIDE_1 : 0));
    flow->syn_sequence = packet->sequence;
    flow->syn_us = (uint32_t)(packet->time_ns / NS_PER_US);
    flow->syn_len = packet->wire_len < 255 ? packet->wire_len & 0xff : 255;
}

/* A SYN: of a new connection, or a copy. Returns the flow it belongs to. */
static uint32_t push_syn(struct flows *f, const struct flow_key *key, int side,
                         uint32_t number, const struct packet *packet)
{
    struct flow *flow;

    if (number) {
        flow = flow_table_get(&f->table, number);
        if ((flow->flags & FLOW_SYN_SEEN) && !(flow->flags & (FLOW_RST | FLOW_CLOSED)) &&
            flow->syn_sequence == packet->sequence) {
            flow->syn_us = (uint32_t)(packet->time_ns / NS_PER_US);
            return number;
        }
        if (take_overtaken_syn(f, flow, side, packet)) {
            note_syn(flow, side, packet);
            return number;
        }
        end_flow(f, number, FLOW_END_REPLACED);
    }
    number = new_flow(f, key);
    note_syn(flow_table_get(&f->table, number), side, packet);
    return number;
}

static bool is_syn_ack(const struct packet *packet)
{
    return packet->protocol == PACKET_TCP &&
           (packet->tcp_flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK);
}

/* The flow's addresses and ports are used again: its SYN-ACK answered another SYN, or it is over. */
static bool is_other_answer(const struct flow *flow, uint32_t syn_sequence)
{
    return flow->flags & FLOW_SYN_ACK_SEEN ? flow->syn_sequence != syn_sequence
                                           : !flow->connection;
}

/* A SYN-ACK whose SYN is not captured. Returns the flow it belongs to. */
static uint32_t push_lone_syn_ack(struct flows *f, const struct flow_key *key,
                                  uint32_t number, const struct packet *packet)
{
    uint32_t syn_sequence = packet->acknowledgement - 1;
    struct flow *flow;

    if (number && is_other_answer(flow_table_get(&f->table, number), syn_sequence)) {
        end_flow(f, number, FLOW_END_REPLACED);
        number = FLOW_NONE;
    }
    if (!number)
        number = new_flow(f, key);
    flow = flow_table_get(&f->table, number);
    flow->flags |= FLOW_SYN_ACK_SEEN;
    flow->syn_sequence = syn_sequence;
    return number;
}

/* What the flow slot remembers of the SYN goes into the connection. */
static void adopt_syn(struct connection *c, const struct flow *flow,
                      const struct packet *packet)
{
    int opener = (flow->flags & FLOW_SYN_SIDE_1) != 0;
    uint32_t since_us = (uint32_t)(packet->time_ns / NS_PER_US) - flow->syn_us;

    if (!(flow->flags & FLOW_SYN_SEEN)) {
        c->midstream = true;
        return;
    }
    c->opening.syn_seen = true;
    c->opening.opener = (uint8_t)opener;
    if (since_us < INT32_MAX) /* else this packet is older than the SYN */
        c->start_ns = packet->time_ns - (uint64_t)since_us * NS_PER_US;
    if (!(packet->tcp_flags & TCP_SYN) || is_syn_ack(packet)) {
        c->bytes[opener] = flow->syn_len;
        c->packets[opener] = 1;
    }
    stream_start(&c->streams[opener], flow->syn_sequence + 1);
}

static void push_syn_ack(struct connection *c, int side, const struct packet *packet)
{
    struct stream *answer = &c->streams[side];

    /* A server can answer a repeated SYN with another number: what the client acknowledged counts,
     * before that the last one. */
    if (answer->started && c->payload_bytes[side] == 0 && !answer->held &&
        !(c->has_ack[!side] && c->ack_last[!side] == answer->next))
        stream_start(answer, packet->sequence + 1);
    if (c->opening.syn_ack_seen)
        return;
    opening_read_syn_ack(&c->opening, packet);
    c->opening.opener = (uint8_t)!side;
    if (c->opening.syn_seen)
        c->opening.rtt_ns = nanotime_since(c->start_ns, packet->time_ns);
    else
        c->midstream = false; /* its beginning is here, only the SYN is missing */
    if (!answer->started)
        stream_start(answer, packet->sequence + 1);
    if (!c->streams[!side].started && c->packets[!side] > 0)
        stream_start(&c->streams[!side], packet->acknowledgement);
}

/* ---- one packet of a connection */

/* A cooked capture names the sender alone: then each side's packets tell its own. */
static void note_mac(struct connection *c, int side, const uint8_t *mac)
{
    if (!mac || c->has_mac[side])
        return;
    memcpy(c->mac[side], mac, sizeof(c->mac[side]));
    c->has_mac[side] = true;
}

/* The first packet of all. */
static void meet_first(struct connection *c, int side, const struct packet *packet)
{
    c->file = packet->file;
    c->address[side] = packet->source;
    c->address[!side] = packet->destination;
    c->port[side] = packet->source_port;
    c->port[!side] = packet->destination_port;
    c->tunnel = packet->tunnel;
    c->tunnel_side = (uint8_t)side;
    c->vlan_count = packet->vlan_count;
    memcpy(c->vlans, packet->vlans, sizeof(c->vlans));
    if (packet->process)
        (void)strncpy(c->process, packet->process, sizeof(c->process) - 1);
}

/* The first packet of a side. */
static __attribute__((noinline)) void meet(struct connection *c, int side,
                                           const struct packet *packet)
{
    c->met[side] = true;
    note_mac(c, side, packet->source_mac);
    note_mac(c, !side, packet->destination_mac);
    c->ttl[side] = packet->ttl;
    c->tunnel_id[side] = packet->tunnel.id;
    if (!c->met[!side])
        meet_first(c, side, packet);
}

static void count_packet(struct connection *c, int side, const struct packet *packet)
{
    c->bytes[side] += packet->wire_len;
    c->packets[side]++;
    if (packet->time_ns > c->last_ns)
        c->last_ns = packet->time_ns;
    if (!c->met[side])
        meet(c, side, packet);
}

static void note_close(struct flows *f, uint32_t number, int side, uint8_t tcp_flags)
{
    struct flow *flow = flow_table_get(&f->table, number);

    if (tcp_flags & TCP_FIN)
        flow->flags |= side ? FLOW_FIN_1 : FLOW_FIN_0;
    if (tcp_flags & TCP_RST)
        flow->flags |= FLOW_RST;
    close_if_over(f, number);
}

static bool wants_connection(const struct flow *flow, const struct packet *packet)
{
    if (flow->flags & FLOW_DONE)
        return false;
    return packet->payload_len > 0 || is_syn_ack(packet);
}

static void push_connection(struct flows *f, struct connection *c, int side,
                            const struct packet *packet)
{
    conn_pool_touch(&f->pool, c, f->now_s);
    count_packet(c, side, packet);
    if (packet->protocol == PACKET_UDP) {
        struct flow_handler *h = &f->options.handler;

        h->datagram(h->ctx, c, side, packet);
    } else {
        if (is_syn_ack(packet))
            push_syn_ack(c, side, packet);
        assemble_push(f, c, side, packet);
    }
    if (c->forgotten)
        free_connection(f, c);
    else if (!assemble_is_calm(c))
        assemble_watch(f, c, f->now_ns);
}

static uint32_t find_flow(struct flows *f, const struct packet *packet,
                          const struct flow_look *look)
{
    uint32_t number = flow_table_find(&f->table, &look->key, look->home, f->now_s);
    bool is_tcp = packet->protocol == PACKET_TCP;

    if (is_tcp && (packet->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN)
        return push_syn(f, &look->key, look->side, number, packet);
    if (is_syn_ack(packet) &&
        !(number && flow_table_get(&f->table, number)->flags & FLOW_SYN_SEEN))
        return push_lone_syn_ack(f, &look->key, number, packet);
    if (number)
        return number;
    if (packet->payload_len == 0)
        return FLOW_NONE;
    number = new_flow(f, &look->key);
    if (!is_tcp)
        f->stats.udp_flows++;
    else
        f->stats.midstream++;
    return number;
}

static void set_now(struct flows *f, uint64_t now_ns)
{
    f->now_ns = now_ns;
    f->now_s = (uint32_t)(now_ns / NS_PER_S);
    f->second_ends_ns = (now_ns / NS_PER_S + 1) * NS_PER_S;
}

void flows_pass(struct flows *f, uint64_t time_ns)
{
    if (time_ns >= f->now_ns) {
        /* Most packets come in the second of the one before, and nothing is due. */
        if (time_ns < f->second_ends_ns && !timer_heap_is_due(&f->timers, time_ns))
            f->now_ns = time_ns;
        else
            flows_tick(f, time_ns);
    } else if (f->now_ns - time_ns > FLOW_CLOCK_STEP_NS) {
        flows_drain(f);
        set_now(f, time_ns);
        f->stats.clock_steps++;
    }
}

void flows_push(struct flows *f, const struct packet *packet)
{
    struct flow_look look;

    flows_look(f, packet, &look);
    flows_push_looked(f, packet, &look);
}

void flows_push_looked(struct flows *f, const struct packet *packet,
                       const struct flow_look *look)
{
    struct connection *c = NULL;
    struct flow *flow;
    uint32_t number;

    f->stats.packets++;
    flows_pass(f, packet->time_ns);
    f->stats.backwards += packet->time_ns < f->now_ns;
    number = find_flow(f, packet, look);
    if (!number) {
        f->stats.without_flow++;
        return;
    }
    flow = flow_table_get(&f->table, number);
    if (flow->connection) {
        c = conn_pool_get(&f->pool, flow->connection);
    } else if (wants_connection(flow, packet)) {
        c = new_connection(f, number, packet);
        if (packet->protocol == PACKET_TCP)
            adopt_syn(c, flow, packet);
    }
    if (c)
        push_connection(f, c, look->side, packet);
    if (packet->tcp_flags & (TCP_FIN | TCP_RST))
        note_close(f, number, look->side, packet->tcp_flags);
}

/* ---- time */

static void run_timer(struct flows *f, struct connection *c, uint64_t at_ns)
{
    struct flow_handler *h = &f->options.handler;

    assemble_skip_overdue(f, c, at_ns);
    if (!c->forgotten && c->timer_ns <= at_ns) {
        c->timer_ns = NEVER;
        h->timer(h->ctx, c, at_ns);
    }
    if (c->forgotten)
        free_connection(f, c);
    else
        assemble_watch(f, c, at_ns);
}

/* Silent for too long, or left from before the clock stepped back. */
static bool is_over(const struct flow *flow, uint32_t now_s, uint64_t timeout_s)
{
    return flow->touched_s + timeout_s < now_s || flow->touched_s > now_s;
}

static void expire(struct flows *f, bool closed, uint64_t timeout_s)
{
    uint32_t number;

    while ((number = flow_table_oldest(&f->table, closed)) &&
           is_over(flow_table_get(&f->table, number), f->now_s, timeout_s)) {
        if (!closed)
            f->table.stats.timed_out++;
        end_flow(f, number, FLOW_END_TIMEOUT);
    }
}

void flows_tick(struct flows *f, uint64_t now_ns)
{
    uint32_t before_s = f->now_s;
    struct timer_entry due;

    if (now_ns > f->now_ns)
        set_now(f, now_ns);
    while (timer_heap_next(&f->timers, f->now_ns, &due))
        run_timer(f, conn_pool_get(&f->pool, due.number), due.time_ns);
    if (before_s != f->now_s) {
        expire(f, true, FLOW_CLOSED_LINGER_S);
        expire(f, false, f->options.flow_timeout_ns / NS_PER_S);
    }
}

void flows_drain(struct flows *f)
{
    struct connection *c;

    while ((c = conn_pool_oldest(&f->pool))) {
        assemble_skip_all(f, c, f->now_ns);
        end_connection(f, c, FLOW_END_CAPTURE);
    }
}

bool connection_is_acknowledged(const struct connection *c, int side, uint32_t slack)
{
    const struct stream *s = &c->streams[side];

    return s->started && s->has_ack && sequence_distance(s->next, s->acked + slack) >= 0;
}

void flows_set_timer(struct flows *f, struct connection *c, uint64_t time_ns)
{
    c->timer_ns = time_ns;
    timer_heap_set(&f->timers, c->number, time_ns);
}

void flows_forget(struct flows *f, struct connection *c)
{
    (void)f;
    c->forgotten = true;
}
