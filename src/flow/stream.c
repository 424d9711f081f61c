#include "flow/stream.h"

#include <stdlib.h>

struct held_segment {
    struct held_segment *next;
    uint64_t time_ns;
    uint32_t sequence;
    uint32_t len;      /* on the wire */
    uint32_t captured; /* bytes in `data` */
    uint32_t acknowledges;
    bool has_ack;
    uint8_t data[];
};

void stream_start(struct stream *s, uint32_t sequence)
{
    s->next = sequence;
    s->started = true;
}

bool stream_may_begin(const struct stream *s, uint32_t sequence)
{
    int32_t ahead;

    if (s->started || !s->held)
        return false;
    ahead = sequence_distance(sequence, s->held->sequence);
    return ahead >= 0 && ahead <= STREAM_BEGINNING_MAX;
}

/* Hand on the part of a segment from `s->next` on; the segment starts at or before it. */
static void deliver(struct stream *s, const struct stream_context *c,
                    const struct segment *segment)
{
    uint32_t known = (uint32_t)sequence_distance(segment->sequence, s->next);
    struct chunk chunk = {.bytes = segment->payload, .time_ns = segment->time_ns};
    uint32_t fresh;

    if (known >= segment->len) {
        c->stats->duplicate_bytes += segment->len;
        return;
    }
    c->stats->duplicate_bytes += known;
    fresh = segment->len - known;
    if (!span_skip(&chunk.bytes, known))
        chunk.bytes = span_of(NULL, 0);
    chunk.absent = fresh - (uint32_t)chunk.bytes.len;
    if (chunk.time_ns < s->last_chunk_ns)
        chunk.time_ns = s->last_chunk_ns;
    /* It answers what the other side sent last. */
    if (segment->has_ack && segment->acknowledges == c->other->next &&
        chunk.time_ns < c->other->last_chunk_ns)
        chunk.time_ns = c->other->last_chunk_ns;
    s->last_chunk_ns = chunk.time_ns;
    s->fin_assumed = false;
    s->next += fresh;
    c->deliver(c->ctx, &chunk);
}

static void hold(struct stream *s, const struct stream_context *c,
                 const struct segment *segment)
{
    struct held_segment **place = &s->held;
    size_t size = segment->payload.len;
    struct held_segment *h;

    if (s->held_bytes + sizeof(*h) + size > STREAM_HELD_MAX ||
        c->budget->bytes + sizeof(*h) + size > c->budget->most_bytes ||
        !(h = malloc(sizeof(*h) + size))) {
        c->stats->shed_segments++;
        return;
    }
    h->sequence = segment->sequence;
    h->len = segment->len;
    h->captured = (uint32_t)size;
    h->acknowledges = segment->acknowledges;
    h->has_ack = segment->has_ack;
    h->time_ns = segment->time_ns;
    if (size)
        memcpy(h->data, segment->payload.data, size);
    /* Behind all that start at or before it, so that of two copies the first stays in front. */
    while (*place && sequence_distance((*place)->sequence, h->sequence) >= 0)
        place = &(*place)->next;
    h->next = *place;
    *place = h;
    s->held_bytes += (uint32_t)(sizeof(*h) + size);
    c->budget->bytes += sizeof(*h) + size;
    c->stats->out_of_order++;
}

static void release_first(struct stream *s, struct stream_budget *budget)
{
    struct held_segment *h = s->held;

    s->held = h->next;
    s->held_bytes -= (uint32_t)sizeof(*h) + h->captured;
    budget->bytes -= sizeof(*h) + h->captured;
    free(h);
}

/* The acknowledgement one beyond is that of the FIN. */
static bool may_be_fin(const struct stream *s)
{
    return s->fin_seen ? s->fin_sequence == s->next : s->fin_assumed;
}

bool stream_reached(const struct stream *s, uint32_t acknowledgement)
{
    int32_t ahead;

    if (!s->started && !s->held)
        return true;
    ahead = sequence_distance(s->started ? s->next : s->held->sequence, acknowledgement);
    /* Far beyond is no acknowledgement of this stream. */
    return ahead <= 0 || (ahead == 1 && may_be_fin(s)) ||
           ahead > (int32_t)STREAM_WINDOW_MAX;
}

bool stream_waits_for_other(const struct stream *s)
{
    return s->started && s->held && sequence_distance(s->next, s->held->sequence) <= 0;
}

static void deliver_first(struct stream *s, const struct stream_context *c)
{
    struct held_segment *h = s->held;
    struct segment segment = {.sequence = h->sequence,
                              .payload = span_of(h->data, h->captured),
                              .len = h->len,
                              .acknowledges = h->acknowledges,
                              .has_ack = h->has_ack,
                              .time_ns = h->time_ns};

    deliver(s, c, &segment);
    release_first(s, c->budget);
}

bool stream_release(struct stream *s, const struct stream_context *c)
{
    bool any = false;

    while (stream_waits_for_other(s) &&
           (!s->held->has_ack || stream_reached(c->other, s->held->acknowledges))) {
        deliver_first(s, c);
        any = true;
    }
    return any;
}

void stream_push(struct stream *s, const struct stream_context *c,
                 const struct segment *segment)
{
    int32_t ahead;

    if (!s->started) {
        hold(s, c, segment);
        return;
    }
    ahead = sequence_distance(s->next, segment->sequence);
    if (ahead > (int32_t)STREAM_WINDOW_MAX || ahead < -(int32_t)STREAM_WINDOW_MAX) {
        c->stats->out_of_window++;
        return;
    }
    if (ahead > 0 ||
        (segment->has_ack && !stream_reached(c->other, segment->acknowledges))) {
        hold(s, c, segment);
        return;
    }
    deliver(s, c, segment);
    if (s->held)
        (void)stream_release(s, c);
}

void stream_acknowledge(struct stream *s, uint32_t acknowledgement)
{
    int32_t ahead = sequence_distance(s->next, acknowledgement);

    if (!s->started || ahead > (int32_t)STREAM_WINDOW_MAX ||
        ahead < -(int32_t)STREAM_WINDOW_MAX)
        return;
    if (!s->has_ack || sequence_distance(s->acked, acknowledgement) > 0)
        s->acked = acknowledgement;
    s->has_ack = true;
}

bool stream_hole_is_acknowledged(const struct stream *s)
{
    return s->started && s->has_ack && sequence_distance(s->next, s->acked) > 1;
}

bool stream_lacks_one(const struct stream *s)
{
    return s->started && !s->held && !s->fin_seen && !s->fin_assumed && s->has_ack &&
           sequence_distance(s->next, s->acked) == 1;
}

bool stream_is_finished(const struct stream *s)
{
    return s->fin_seen && s->started && sequence_distance(s->next, s->fin_sequence) <= 0;
}

bool stream_has_hole(const struct stream *s)
{
    if (!s->started)
        return s->held != NULL;
    if (stream_is_finished(s))
        return false;
    if (s->held) /* at its place, it waits for the other side */
        return sequence_distance(s->next, s->held->sequence) > 0;
    return stream_hole_is_acknowledged(s) || stream_lacks_one(s) ||
           (s->fin_seen && sequence_distance(s->next, s->fin_sequence) > 0);
}

/* Where the first hole ends: at the first thing that is known to lie behind it. */
static uint32_t hole_end(const struct stream *s)
{
    bool fin_ahead = s->fin_seen && sequence_distance(s->next, s->fin_sequence) > 0;

    if (s->held && sequence_distance(s->next, s->held->sequence) > 0 &&
        !(fin_ahead && sequence_distance(s->fin_sequence, s->held->sequence) > 0))
        return s->held->sequence;
    return fin_ahead ? s->fin_sequence : s->acked;
}

void stream_skip_hole(struct stream *s, const struct stream_context *c, uint64_t now_ns)
{
    struct chunk chunk = {.bytes = span_of(NULL, 0), .gap = true};

    s->hole_since_ns = 0;
    if (!s->started && s->held) {
        stream_start(s, s->held->sequence);
    } else if (stream_waits_for_other(s)) {
        deliver_first(s, c);
    } else if (stream_lacks_one(s)) {
        s->fin_assumed = true;
    } else if (stream_has_hole(s)) {
        chunk.absent = (uint32_t)sequence_distance(s->next, hole_end(s));
        chunk.time_ns = s->held ? s->held->time_ns : now_ns;
        if (chunk.time_ns < s->last_chunk_ns)
            chunk.time_ns = s->last_chunk_ns;
        s->last_chunk_ns = chunk.time_ns;
        c->stats->gaps++;
        c->stats->gap_bytes += chunk.absent;
        s->next += chunk.absent;
        c->deliver(c->ctx, &chunk);
    }
    (void)stream_release(s, c);
}

void stream_clear(struct stream *s, struct stream_budget *budget)
{
    while (s->held)
        release_first(s, budget);
}
