/*
 * One direction of a TCP connection: its bytes in order.
 *
 * Segments go in as they come, chunks come out in sequence order, each byte once. Where copies
 * disagree: what was handed on stands; of waiting segments the one that begins first wins, of two
 * that begin together the one that came first. A chunk may be followed by bytes that exist but were not captured
 * (`absent`: cut by the snap length, or a hole that was given up, then `gap` is set as well).
 *
 * A segment also waits for the bytes of the other direction that it acknowledges: its sender had
 * them, so what they say came first, in whatever order the capture holds the packets; and its time
 * is not before theirs.
 *
 * Where no SYN tells at which byte the stream begins, segments wait until one comes late or until
 * stream_skip_hole says that the first one held is the beginning.
 *
 * Segments that wait for an earlier one are copied and bounded, their bookkeeping included: per
 * direction STREAM_HELD_MAX bytes, over all directions the budget. What does not fit is dropped, so that it becomes a hole.
 */
#pragma once

#include "base/span.h"

/* A large certificate chain behind one lost segment. */
#define STREAM_HELD_MAX (192u * 1024u)
/* A segment further ahead is not of this stream. */
#define STREAM_WINDOW_MAX (16u * 1024u * 1024u)
/* Of the first segments, how far behind the SYN. */
#define STREAM_BEGINNING_MAX 65536

struct chunk {
    struct span bytes;
    uint32_t absent; /* bytes of the stream after `bytes` that we do not have */
    bool gap;        /* `absent` was lost, not cut by the snap length */
    uint64_t time_ns;
};

typedef void (*chunk_fn)(void *ctx, const struct chunk *chunk);

/* Memory of all waiting segments. */
struct stream_budget {
    uint64_t bytes;
    uint64_t most_bytes;
};

struct stream_stats {
    uint64_t out_of_order;
    uint64_t duplicate_bytes;
    uint64_t gaps;
    uint64_t gap_bytes;
    uint64_t shed_segments; /* waiting segments that did not fit */
    uint64_t out_of_window;
};

struct held_segment;

struct stream {
    uint32_t next;  /* sequence number of the next byte wanted; valid when started */
    uint32_t acked; /* highest acknowledgement of the other side; valid when has_ack */
    uint32_t fin_sequence;
    uint32_t held_bytes;
    bool started;
    bool has_ack;
    bool fin_seen;    /* a FIN came, perhaps ahead of its bytes */
    bool fin_assumed; /* one byte more was acknowledged, and none came */
    struct held_segment *held;
    uint64_t hole_since_ns; /* the first hole is waited for since then, 0 without one */
    uint32_t hole_sequence; /* where it begins */
    bool hole_acknowledged;
    uint64_t last_chunk_ns;
};

struct stream_context {
    const struct stream *other; /* the opposite direction */
    struct stream_budget *budget;
    struct stream_stats *stats;
    chunk_fn deliver;
    void *ctx;
};

struct segment {
    uint32_t sequence;
    struct span payload;
    uint32_t len;          /* on the wire, >= payload.len */
    uint32_t acknowledges; /* of the other direction; valid when has_ack */
    bool has_ack;
    uint64_t time_ns;
};

/* The next byte has this sequence number. */
void stream_start(struct stream *s, uint32_t sequence);

/* True when the stream waits for its beginning, and what is held lies close behind `sequence`. */
bool stream_may_begin(const struct stream *s, uint32_t sequence);

/* Take a segment; hands on what is now in order. */
void stream_push(struct stream *s, const struct stream_context *c,
                 const struct segment *segment);

/* Hand on what waited and waits no longer; true when there was something. */
bool stream_release(struct stream *s, const struct stream_context *c);

/* True when a stream has handed on all that it has before `acknowledgement`. */
bool stream_reached(const struct stream *s, uint32_t acknowledgement);

/* The other side acknowledged up to here. */
void stream_acknowledge(struct stream *s, uint32_t acknowledgement);

/* True while bytes before something known (a waiting segment, FIN or acknowledgement) are missing,
 * or the beginning is. */
bool stream_has_hole(const struct stream *s);

/* True when the missing bytes were acknowledged: the receiver has them, the capture does not. */
bool stream_hole_is_acknowledged(const struct stream *s);

/* True when the next segment is here and waits for nothing but what it acknowledges. */
bool stream_waits_for_other(const struct stream *s);

/* True when one byte more is acknowledged than is here, and no FIN: it may be a FIN that was not
 * captured, which stream_skip_hole makes it. */
bool stream_lacks_one(const struct stream *s);

/*
 * Give the first hole up: it is handed on as a gap, then what waited behind it. A stream that waits
 * for its beginning begins with its first segment. A segment that waits for nothing but the other
 * side's bytes is handed on: two sides of which each waits for the other would wait for ever.
 */
void stream_skip_hole(struct stream *s, const struct stream_context *c, uint64_t now_ns);

/* True when the FIN came and all bytes before it have been handed on. */
bool stream_is_finished(const struct stream *s);

/* Signed distance from sequence number `from` to `to`. */
static inline int32_t sequence_distance(uint32_t from, uint32_t to)
{
    return (int32_t)(to - from);
}

/* True when nothing is held, missing or about to end: so it is with most packets. */
static inline bool stream_is_calm(const struct stream *s)
{
    return s->started && !s->held && !s->fin_seen && !s->fin_assumed && !s->hole_since_ns &&
           (!s->has_ack || sequence_distance(s->next, s->acked) <= 0);
}

void stream_clear(struct stream *s, struct stream_budget *budget);
