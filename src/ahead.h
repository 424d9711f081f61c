/*
 * Frames that are decoded before the first of them is looked at, so that the memory which their
 * connections need is fetched while others are at work: a packet of a large network finds neither
 * its flow nor its connection in the cache, and waiting for them took a third of the time.
 *
 * Frames go in by ahead_look, as many as are at hand; it takes some of them. So many calls of
 * ahead_next give what came of each, in order. What a packet points to lives as long as its frame,
 * or until ahead_look is called again.
 *
 * Limit: AHEAD_MAX. Fewer are taken where a packet lies in the decoder's own memory, which the next
 * frame's decoding may overwrite: after reassembly, or with a name of a process.
 */
#pragma once

#include "decode/decode.h"
#include "flow/flow.h"

/* So many packets' memory fits into the first-level cache beside what the stages use. */
#define AHEAD_MAX 16u

struct ahead_item {
    bool
        is_ours; /* a packet came of it, and it is our share; else the rest means nothing */
    struct packet packet;
    struct flow_look look;
};

struct ahead {
    size_t count, next;
    struct ahead_item items[AHEAD_MAX];
};

struct ahead_tools {
    struct decoder *decoder;
    struct flows *flows;
    unsigned share; /* of `shares`, see decode/share.h; 0 or 1 shares: all is ours */
    unsigned shares;
};

/* Decode up to `count` frames; returns how many it took, at least 1 where `count` is not 0. */
size_t ahead_look(struct ahead *a, const struct ahead_tools *tools,
                  const struct frame *frames, size_t count);

/* What came of the next of them; lent until ahead_look is called again. */
const struct ahead_item *ahead_next(struct ahead *a);
