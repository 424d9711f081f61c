/*
 * What stands between the program and one receiver: messages go into a spool on the disk, from
 * there to the receiver, and leave the spool when they have arrived.
 *
 * A message counts as delivered when it has arrived (receiver_caught_up) and the connection has
 * lasted SETTLE_NS longer: a receiver that dies takes with it what it had read and not yet kept.
 * Whatever was sent and does not count is sent again on the next connection, in the same order;
 * receivers tell repeated events by their `event.id`. UDP promises nothing of this: there a
 * message counts when it was sent and nobody said that the port is closed.
 *
 * Nothing blocks but the disk. One poll sends 1 MiB at most.
 */
#pragma once

#include "alert/receiver.h"
#include "alert/sink.h"
#include "alert/spool.h"

#define DELIVERY_MARKS 16

struct delivery_options {
    struct receiver_options receiver;
    struct spool_options spool;
};

struct delivery_stats {
    uint64_t sent[SINK_CLASSES]; /* repeated ones count again */
    uint64_t delivered[SINK_CLASSES];
    uint64_t too_long; /* for a datagram; left out */
};

/* Everything up to `to` had arrived at `at_ns`. */
struct delivery_mark {
    struct spool_position to;
    uint64_t at_ns;
};

struct delivery {
    struct sink sink;
    struct receiver receiver;
    struct spool spool;
    struct delivery_mark marks[DELIVERY_MARKS]; /* the oldest first */
    size_t mark_count;
    uint64_t in_flight; /* bytes sent since the last time all had arrived */
    bool was_up;
    bool shedding; /* said so */
    struct delivery_stats stats;
};

/*
 * As a sink (sink.h) it takes lines, each a message; what the spool has no room for is counted there
 * and no failure. Closing says how many alerts wait for the next start. -1 with a sentence when the
 * spool cannot be used or the receiver's name is not known.
 */
int delivery_init(struct delivery *d, const struct delivery_options *options,
                  struct err *why);

/* Messages of a class that are not delivered yet. */
uint64_t delivery_pending(const struct delivery *d, enum sink_class class);

/* Messages that the spool had no room for. */
uint64_t delivery_lost(const struct delivery *d);
