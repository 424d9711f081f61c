/*
 * One worker with all that it needs for itself: its caches of certificates and fingerprints and
 * its part of the limits. Frames go in; messages come out, in the order in which they happen.
 *
 * In a replay time moves with the frames and marks follow every LANE_MARK_FRAMES of them. Live the
 * caller says how far the wall clock is when nothing comes, and when to mark.
 */
#pragma once

#include <stdatomic.h>

#include "config/config.h"
#include "message.h"
#include "worker.h"

#define LANE_MARK_FRAMES 4096u

struct lane_options {
    const struct config *config; /* borrowed, outlives the lane */
    bool verify_checksums;
    uint64_t seed;
    unsigned index; /* of `count` lanes */
    unsigned count;
    bool live; /* the kernel shares out the frames, and messages have no order */
    pthread_mutex_t *labels_lock; /* as in flow/app_label.h */
    bool stats; /* also counters, each stats.interval of packet time (replay) */
    message_fn take;
    void (*count_source)(void *ctx, struct counters *out); /* may be NULL */
    void *ctx;
};

/* What a reload changes in a lane. It is made by another thread, which must not fail half way. */
struct lane_change {
    struct certificate_cache *certificates; /* empty, with the new authorities */
    struct outcome_tuning outcome;
};

struct lane {
    struct lane_options options;
    _Atomic(struct lane_change *)
        offered; /* to be taken before the next frame; NULL: nothing */
    struct certificate_cache *certificates;
    struct prints *prints;
    struct worker worker;
    uint64_t frames;
    struct {
        const struct frame *frames;
        size_t count;
    } waiting;          /* of those handed in, what is not yet looked at */
    uint64_t before_ns; /* packet time before the frame at hand */
    uint64_t next_stats_ns;
};

/* Load the authorities that the configuration names into a cache; -1 with a sentence. */
int lane_load_authorities(struct certificate_cache *cache,
                          const struct config_inspection *inspection, struct err *why);

/*
 * A change to that configuration, whose limits do not count; NULL with a sentence. lane_offer, from
 * any thread, gives it to the lane, which takes it before its next frame; connections under way go
 * on. A change that was offered before and not taken yet is let go of.
 */
struct lane_change *lane_change_new(const struct lane *l, const struct config *config,
                                    struct err *why);
void lane_change_free(struct lane_change *change);
void lane_offer(struct lane *l, struct lane_change *change);

/* Not from two threads at once. */
int lane_init(struct lane *l, const struct lane_options *options, struct err *why);
void lane_fini(struct lane *l);

/* Take frames, which stay valid until it returns. */
void lane_push(struct lane *l, const struct frame *frames, size_t count);

/* Nothing came, and the wall clock is at `now_ns`. */
void lane_tick(struct lane *l, uint64_t now_ns);

/* Tell how far it has come / its counters for a stats event / for who looks. */
void lane_mark(struct lane *l);
void lane_report(struct lane *l);
void lane_look(struct lane *l);

/* The input ended: everything that is pending, the counters, and that nothing more comes. */
void lane_drain(struct lane *l);
