/*
 * What the files of this folder share: how a context is made. Others ask through context.h.
 */
#pragma once

#include "context/context.h"
#include "context/feed.h"

/* A record that is known only from a later time on. */
struct pending_record {
    uint64_t received_ns;
    uint64_t order;
    uint16_t feed;
    uint32_t line;
    struct context_record *record; /* owned */
};

struct context {
    struct store store;
    struct feed *feeds;
    size_t feed_count;
    struct pending_record *pending; /* heap by (received, order) */
    size_t pending_count, pending_size;
    uint64_t next_order;
    uint64_t next_poll_ns;
    bool live;
    uint16_t streams; /* numbers that were given */
    uint64_t now_ns;  /* event time that was reached */
    struct context_stats stats;
};
