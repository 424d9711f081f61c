#include "flow/assemble.h"

#define NEVER UINT64_MAX
/* Holes of one direction that are given up one by one when the capture ends. */
#define HOLES_AT_END_MAX 64

struct delivery {
    struct flows *flows;
    struct connection *connection;
    int side;
};

static void on_chunk(void *ctx, const struct chunk *chunk)
{
    struct delivery *d = ctx;
    struct connection *c = d->connection;
    struct flow_handler *h = &d->flows->options.handler;

    c->payload_bytes[d->side] += chunk->bytes.len + chunk->absent;
    if (chunk->gap)
        c->gaps++;
    else if (chunk->absent)
        c->truncated = true;
    if (!c->forgotten)
        h->bytes(h->ctx, c, d->side, chunk);
}

/* A FIN that the other side's close acknowledges came before it, and behind the bytes that it
 * acknowledges itself, in whatever order the capture holds them. */
static uint64_t closing_time(struct connection *c, int side, uint64_t time_ns)
{
    const struct stream *other = &c->streams[!side];

    if (c->closed_ns[!side] && c->has_close_ack[!side] &&
        c->close_acknowledges[!side] == c->streams[side].fin_sequence + 1 &&
        time_ns >= c->closed_ns[!side])
        time_ns = c->closed_ns[!side] - 1;
    if (c->has_close_ack[side] && other->started && time_ns <= other->last_chunk_ns &&
        sequence_distance(other->next, c->close_acknowledges[side]) >= 0)
        time_ns = other->last_chunk_ns + 1;
    if (!c->closed_ns[side])
        c->closed_ns[side] = time_ns;
    return time_ns;
}

/* FIN and RST take effect when the bytes before them have been handed on, and those of the other
 * side that their sender had. */
static void tell_closed(struct flows *f, struct connection *c, int side, uint64_t time_ns)
{
    struct flow_handler *h = &f->options.handler;
    struct stream *s = &c->streams[side];

    if (c->has_close_ack[side] &&
        !stream_reached(&c->streams[!side], c->close_acknowledges[side]))
        return;
    if (!c->finished[side] && stream_is_finished(s)) {
        c->finished[side] = true;
        stream_clear(s, &f->budget); /* nothing comes behind a FIN */
        if (!c->forgotten)
            h->closed(h->ctx, c, side, false, closing_time(c, side, time_ns));
    }
    if (c->reset_pending[side] &&
        (s->started ? sequence_distance(s->next, c->reset_sequence[side]) <= 1
                    : !s->held)) {
        c->reset_pending[side] = false;
        if (!c->reset[side] && !c->forgotten) {
            c->closed_ns[side] = c->closed_ns[side] ? c->closed_ns[side] : time_ns;
            h->closed(h->ctx, c, side, true, time_ns);
        }
        c->reset[side] = true;
    }
}

static struct stream_context context_of(struct flows *f, struct connection *c, int side,
                                        struct delivery *d)
{
    *d = (struct delivery){f, c, side};
    return (struct stream_context){.other = &c->streams[!side],
                                   .budget = &f->budget,
                                   .stats = &f->stream_stats,
                                   .deliver = on_chunk,
                                   .ctx = d};
}

/* Something of `side` was handed on: the other side may have waited for it, and so on. */
static void settle(struct flows *f, struct connection *c, int side, uint64_t time_ns)
{
    struct delivery delivery;
    struct stream_context context;
    bool moved = true;

    while (moved) {
        side = !side;
        context = context_of(f, c, side, &delivery);
        moved = stream_release(&c->streams[side], &context);
    }
    tell_closed(f, c, 0, time_ns);
    tell_closed(f, c, 1, time_ns);
}

/* Bytes wait for the other side, which misses nothing: it waits for this side in its turn, as when
 * the capture holds of both only copies that were sent again. */
static bool waits_in_vain(const struct connection *c, int side)
{
    return stream_waits_for_other(&c->streams[side]) &&
           !stream_has_hole(&c->streams[!side]);
}

static uint64_t hole_deadline(const struct connection *c, int side)
{
    const struct stream *s = &c->streams[side];

    if (!s->hole_since_ns)
        return NEVER;
    if (!s->started || stream_lacks_one(s))
        return s->hole_since_ns + FLOW_DISORDER_NS;
    if (stream_hole_is_acknowledged(s) || waits_in_vain(c, side))
        return s->hole_since_ns + FLOW_HOLE_ACKNOWLEDGED_NS;
    return s->hole_since_ns +
           (c->packets[!side] == 0 ? FLOW_HOLE_ONE_SIDED_NS : FLOW_HOLE_LOST_NS);
}

static bool has_missing(const struct connection *c, int side)
{
    const struct stream *s = &c->streams[side];

    return stream_has_hole(s) || c->reset_pending[side] || waits_in_vain(c, side);
}

/* Waiting begins with the hole, and anew when its bytes turn out to have been acknowledged. */
static void note_hole(struct connection *c, int side, uint64_t now_ns)
{
    struct stream *s = &c->streams[side];
    bool acknowledged = stream_hole_is_acknowledged(s);

    if (!has_missing(c, side))
        s->hole_since_ns = 0;
    else if (!s->hole_since_ns || s->hole_sequence != s->next ||
             (acknowledged && !s->hole_acknowledged))
        s->hole_since_ns = now_ns;
    s->hole_sequence = s->next;
    s->hole_acknowledged = acknowledged;
}

void assemble_watch(struct flows *f, struct connection *c, uint64_t now_ns)
{
    uint64_t next = c->timer_ns;

    for (int side = 0; side < 2; side++) {
        struct stream *s = &c->streams[side];
        uint64_t deadline;

        if (!s->has_ack && c->has_ack[!side]) /* it came before the stream began */
            stream_acknowledge(s, c->ack_last[!side]);
        note_hole(c, side, now_ns);
        deadline = hole_deadline(c, side);
        if (deadline < next)
            next = deadline;
    }
    if (next != NEVER)
        timer_heap_set(&f->timers, c->number, next);
}

static void skip_hole(struct flows *f, struct connection *c, int side, uint64_t now_ns)
{
    struct delivery delivery;
    struct stream_context context = context_of(f, c, side, &delivery);
    struct stream *s = &c->streams[side];

    if (stream_has_hole(s) || waits_in_vain(c, side))
        stream_skip_hole(s, &context, now_ns);
    else if (c->reset_pending[side])
        c->reset_sequence[side] = s->next; /* nothing else says that bytes are missing */
    s->hole_since_ns = 0;
    settle(f, c, side, now_ns);
}

void assemble_skip_overdue(struct flows *f, struct connection *c, uint64_t now_ns)
{
    for (int side = 0; side < 2; side++)
        if (hole_deadline(c, side) <= now_ns)
            skip_hole(f, c, side, now_ns);
}

void assemble_skip_all(struct flows *f, struct connection *c, uint64_t now_ns)
{
    for (int side = 0; side < 2; side++)
        for (int holes = 0; holes < HOLES_AT_END_MAX && has_missing(c, side); holes++)
            skip_hole(f, c, side, now_ns);
}

static void note_acknowledgement(struct connection *c, int side,
                                 const struct packet *packet)
{
    uint32_t ack = packet->acknowledgement;

    stream_acknowledge(&c->streams[!side], ack);
    if (!c->has_ack[side])
        c->ack_first[side] = ack;
    if (!c->has_ack[side] || sequence_distance(c->ack_last[side], ack) > 0)
        c->ack_last[side] = ack;
    c->has_ack[side] = true;
}

/* A packet that is not of this stream: of another one, or forged (RFC 5961 for RST). */
static bool is_out_of_window(const struct stream *s, uint32_t sequence)
{
    int32_t ahead = sequence_distance(s->next, sequence);

    return s->started &&
           (ahead > (int32_t)STREAM_WINDOW_MAX || ahead < -(int32_t)STREAM_WINDOW_MAX);
}

/* `sequence` is that of the first byte, which is not always the packet's. */
static void note_closing(struct connection *c, int side, const struct packet *packet,
                         uint32_t sequence)
{
    struct stream *s = &c->streams[side];

    if (packet->tcp_flags & TCP_FIN && !s->fin_seen) {
        if (!s->started && !s->held)
            stream_start(s, sequence);
        s->fin_seen = true;
        s->fin_sequence = sequence + packet->payload_len;
    } else if (packet->tcp_flags & TCP_RST && !c->reset_pending[side] && !c->reset[side]) {
        c->reset_pending[side] = true;
        c->reset_sequence[side] = sequence;
    } else {
        return;
    }
    c->has_close_ack[side] = (packet->tcp_flags & TCP_ACK) != 0;
    c->close_acknowledges[side] = packet->acknowledgement;
}

/* No SYN was seen, but all before this segment was acknowledged and none of it is here. */
static bool begins_stream(const struct connection *c, int side, uint32_t sequence)
{
    const struct stream *s = &c->streams[side];

    return !s->started && !s->held && c->has_ack[!side] && c->ack_last[!side] == sequence;
}

static void push_bytes(struct flows *f, struct connection *c, int side,
                       const struct packet *packet, uint32_t sequence)
{
    struct delivery delivery;
    struct stream_context context = context_of(f, c, side, &delivery);
    struct segment segment = {.sequence = sequence,
                              .payload = packet->payload,
                              .len = packet->payload_len,
                              .acknowledges = packet->acknowledgement,
                              .has_ack = (packet->tcp_flags & TCP_ACK) != 0,
                              .time_ns = packet->time_ns};

    if (begins_stream(c, side, sequence))
        stream_start(&c->streams[side], sequence);
    if (!(packet->tcp_flags & TCP_RST) && !c->finished[side])
        stream_push(&c->streams[side], &context, &segment);
}

/* Something waits for the other side, or to be told that a side has closed. */
static bool is_unsettled(const struct connection *c)
{
    return c->streams[0].held || c->streams[1].held || c->streams[0].fin_seen ||
           c->streams[1].fin_seen || c->reset_pending[0] || c->reset_pending[1];
}

void assemble_push(struct flows *f, struct connection *c, int side,
                   const struct packet *packet)
{
    uint32_t sequence = packet->sequence + ((packet->tcp_flags & TCP_SYN) != 0);

    if (is_out_of_window(&c->streams[side], sequence)) {
        f->stream_stats.out_of_window++;
        return;
    }
    if (packet->tcp_flags & TCP_ACK)
        note_acknowledgement(c, side, packet);
    if (packet->payload_len > 0)
        push_bytes(f, c, side, packet, sequence);
    if (packet->tcp_flags & (TCP_FIN | TCP_RST))
        note_closing(c, side, packet, sequence);
    if (is_unsettled(c))
        settle(f, c, side, packet->time_ns);
}
