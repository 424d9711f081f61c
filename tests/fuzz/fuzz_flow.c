/*
 * The segments of one TCP connection, in any order, overlapping, repeated, lost, cut by a snap
 * length, with FINs, RSTs and pauses: what is handed on of each side are its bytes, in order and
 * once, whatever came.
 *
 * Input: options 1, then packets of 8 bytes: kind 1, offset in the sender's stream 2, length 1,
 * acknowledged offset of the other side's stream 2, pause in tenths of a millisecond 2.
 */
#include "property.h"

#include "base/nanotime.h"
#include "flow/flow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PACKETS_MAX 512
#define START_NS (1000 * NS_PER_S)
#define LONG_PAUSE_NS (11 * NS_PER_S) /* longer than any wait for a hole */

/* Bits of the first byte of the input. */
enum {
    WITHOUT_SYN = 1,
    WITHOUT_ANSWER = 2,
    NEAR_THE_WRAP = 4,
    LITTLE_MEMORY = 8,
};

/* Bits of the kind of a packet. */
enum {
    FROM_SERVER = 1,
    WITH_FIN = 2,
    WITH_RST = 4,
    CUT = 8, /* half of its bytes were not captured */
    AFTER_A_PAUSE = 16,
    WITHOUT_ACK = 32,
};

struct side {
    uint32_t first;  /* sequence number of byte 0 */
    uint32_t told;   /* bytes handed on, and absent ones */
    uint32_t pushed; /* the furthest byte that any segment or acknowledgement spoke of */
    uint64_t last_ns;
    bool finished;
};

struct world {
    struct flows flows;
    struct side sides[2];
    uint64_t now_ns;
    bool in_step; /* the connection of the SYN lives: offsets are known */
};

static uint8_t byte_at(int side, uint32_t offset)
{
    return (uint8_t)(offset * 31 + (offset >> 8) * 7 + (side ? 0x55u : 0));
}

static void on_bytes(void *ctx, struct connection *c, int side, const struct chunk *chunk)
{
    struct world *w = ctx;
    struct side *s = &w->sides[side];

    (void)c;
    must(chunk->bytes.len > 0 || chunk->absent > 0);
    must(chunk->bytes.len == 0 || !chunk->gap);
    if (!w->in_step)
        return;
    must(!s->finished);
    must(chunk->time_ns >= s->last_ns);
    for (size_t i = 0; i < chunk->bytes.len; i++)
        must(chunk->bytes.data[i] == byte_at(side, s->told + (uint32_t)i));
    s->told += (uint32_t)chunk->bytes.len + chunk->absent;
    s->last_ns = chunk->time_ns;
    must(s->told <= s->pushed);
}

static void on_closed(void *ctx, struct connection *c, int side, bool by_reset,
                      uint64_t time_ns)
{
    struct world *w = ctx;

    (void)c;
    (void)time_ns;
    /* A kernel resets at the byte that its peer acknowledged, which may be an earlier one. */
    if (by_reset)
        return;
    must(!w->in_step || !w->sides[side].finished);
    w->sides[side].finished = true;
}

static void on_datagram(void *ctx, struct connection *c, int side,
                        const struct packet *packet)
{
    (void)ctx;
    (void)c;
    (void)side;
    (void)packet;
    must(!"a datagram");
}

static void on_timer(void *ctx, struct connection *c, uint64_t now_ns)
{
    (void)ctx;
    (void)c;
    (void)now_ns;
}

static void on_end(void *ctx, struct connection *c, enum flow_end why, uint64_t now_ns)
{
    struct world *w = ctx;

    (void)c;
    (void)why;
    (void)now_ns;
    w->in_step = false;
}

static struct packet packet_of(const struct world *w, int side)
{
    struct packet p = {.time_ns = w->now_ns,
                       .source_port = 40000,
                       .destination_port = 443,
                       .protocol = PACKET_TCP,
                       .tcp_flags = TCP_ACK,
                       .sequence = w->sides[side].first,
                       .acknowledgement = w->sides[!side].first};
    struct address source;

    must(address_parse("192.0.2.1", &p.source));
    must(address_parse("198.51.100.1", &p.destination));
    source = p.source;
    if (side == 0)
        return p;
    p.source = p.destination;
    p.destination = source;
    p.source_port = 443;
    p.destination_port = 40000;
    return p;
}

static void open_connection(struct world *w, uint8_t options)
{
    struct packet p;

    for (int side = 0; side < 2; side++)
        w->sides[side].first = options & NEAR_THE_WRAP ? 0u - 100 : 1000;
    if (options & WITHOUT_SYN)
        return;
    p = packet_of(w, 0);
    p.tcp_flags = TCP_SYN;
    p.sequence--;
    p.acknowledgement = 0;
    flows_push(&w->flows, &p);
    w->in_step = !(options & WITHOUT_ANSWER);
    if (options & WITHOUT_ANSWER)
        return;
    p = packet_of(w, 1);
    p.tcp_flags = TCP_SYN | TCP_ACK;
    p.sequence--;
    flows_push(&w->flows, &p);
}

static void reach(struct side *s, uint32_t offset)
{
    s->pushed = offset > s->pushed ? offset : s->pushed;
}

/* False when the input is at its end. */
static bool push_one(struct world *w, struct span *input)
{
    uint8_t kind, len, bytes[255];
    uint16_t offset, acknowledged, pause;
    struct packet p;
    int side;

    if (!span_u8(input, &kind) || !span_u16(input, &offset) || !span_u8(input, &len) ||
        !span_u16(input, &acknowledged) || !span_u16(input, &pause))
        return false;
    side = kind & FROM_SERVER;
    w->now_ns += pause * (NS_PER_MS / 10) + (kind & AFTER_A_PAUSE ? LONG_PAUSE_NS : 0);
    p = packet_of(w, side);
    for (unsigned i = 0; i < len; i++)
        bytes[i] = byte_at(side, offset + i);
    p.sequence += offset;
    p.payload = span_of(bytes, kind & CUT ? len / 2u : len);
    p.payload_len = len;
    p.wire_len = 54u + len;
    p.acknowledgement += acknowledged;
    p.tcp_flags =
        (uint8_t)((kind & WITHOUT_ACK ? 0 : TCP_ACK) | (kind & WITH_FIN ? TCP_FIN : 0) |
                  (kind & WITH_RST ? TCP_RST : 0));
    reach(&w->sides[side], (uint32_t)offset + len);
    reach(&w->sides[!side], acknowledged);
    flows_push(&w->flows, &p);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world w = {.now_ns = START_NS};
    struct flow_options options = {
        .max_flows = 16,
        .max_connections = 4,
        .state_size = 16,
        .flow_timeout_ns = 300 * NS_PER_S,
        .hash_seed = 1,
        .handler = {&w, on_bytes, on_closed, on_datagram, on_timer, on_end},
    };
    struct span input = span_of(data, size);
    struct err why;
    uint8_t first;

    if (!span_u8(&input, &first))
        return -1;
    options.held_bytes = first & LITTLE_MEMORY ? 512 : 1u << 20;
    must(flows_init(&w.flows, &options, &why) == 0);
    open_connection(&w, first);
    for (int n = 0; n < PACKETS_MAX && push_one(&w, &input); n++)
        must(w.flows.budget.bytes <= options.held_bytes);
    flows_drain(&w.flows);
    must(w.flows.budget.bytes == 0);
    must(w.flows.pool.live == 0);
    flows_fini(&w.flows);
    return 0;
}
