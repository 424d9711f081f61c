/*
 * The workers of a run: for each a source, a lane and, when there are threads, a queue. Alone on a
 * capture a worker is no thread: the loop drives it. Everything else runs in threads, whose
 * messages the loop takes through `merge`.
 *
 * In a replay each worker walks all inputs itself and takes its share of the flows. Who cannot be
 * walked twice (standard input, a pipe) is walked by one worker.
 *
 * Live each worker is a thread with a ring of each interface (interfaces.h); the kernel shares the
 * frames out. A worker whose queue is full waits for the loop; meanwhile the ring takes up frames,
 * and what it has no room for the kernel drops and counts.
 *
 * Opened first, then made ready (memory, authorities), then started; the threads take no signals.
 * Stop asks them to end: each drains what it has, tells its last and is waited for by crew_fini.
 */
#pragma once

#include <pthread.h>

#include "capture/source.h"
#include "interfaces.h"
#include "lane.h"
#include "merge.h"

/* Sessions that wait between a worker and the correlator, 2 KiB each. */
#define CREW_QUEUE_FILES 1024u

struct crew_options {
    const struct config *config; /* borrowed, outlives the crew */
    bool live; /* from the interfaces of the configuration, not from inputs */
    uint64_t (*wall_ns)(void); /* live: the time of day, as frames are stamped with it */
    const char *const *inputs;
    size_t input_count;
    const struct read_wait *wait; /* of what is read by the worker that is no thread */
    bool verify_checksums;
    bool stats; /* counters each stats.interval (replay) */
    uint64_t packet_limit;
    uint64_t seed;
    message_fn take; /* of the worker that is no thread */
    void *ctx;
};

struct hand {
    struct crew *crew;
    unsigned index;
    struct source *source; /* NULL live */
    struct live live;      /* live: its rings */
    struct lane lane;
    struct queue queue;
    pthread_t thread;
    bool running;
    unsigned reports; /* asked for, and told */
    unsigned looks;
};

struct crew {
    struct crew_options options;
    struct hand *hands;
    unsigned count;
    bool threads;
    struct interfaces interfaces; /* live */
    struct bell bell;
    struct merge merge;
    pthread_mutex_t labels_lock; /* of all lanes, which set nDPI up when they need it */
    atomic_bool stop;
    atomic_uint reports;
    atomic_uint looks;
    atomic_uint_fast64_t read_bytes; /* of the first worker, for progress */
    atomic_uint_fast64_t frames;
    atomic_uint_fast64_t wanted; /* live: frames counted towards the packet limit */
};

/* Open the inputs or interfaces; -1 with a sentence. crew_fini in both cases. */
int crew_open(struct crew *c, const struct crew_options *options, struct err *why);

/* Privileges are gone: look at the inputs. -1 with a sentence. */
int crew_look(struct crew *c, struct err *why);

/* The rest of what can fail: memory and authorities. */
int crew_prepare(struct crew *c, struct err *why);

/* For a worker: tell the counters that were asked for since. */
void crew_tell_if_asked(struct hand *h);

/* The loop, often: look after the interfaces. */
void crew_tend(struct crew *c, uint64_t clock_ns);

/*
 * For a reload: a change for each lane, or NULL with a sentence. To be offered, or let go of; each
 * worker takes its own in its own time.
 */
struct lane_change **crew_changes_new(const struct crew *c, const struct config *config,
                                      struct err *why);
void crew_changes_free(const struct crew *c, struct lane_change **changes);
void crew_offer(struct crew *c, struct lane_change **changes);

/* Start the threads. */
int crew_start(struct crew *c, struct err *why);

/* The one worker that is no thread takes some frames; false when the input is at its end. */
bool crew_step(struct crew *c);

/* That worker has done; tell what is pending. */
void crew_finish(struct crew *c);

/* Ask for the counters of all: for a stats event / for who looks. */
void crew_ask_report(struct crew *c);
void crew_ask_look(struct crew *c);

/* Ask all to end. */
void crew_ask_stop(struct crew *c);

/* How far the first worker has come. */
struct source_stats crew_progress(const struct crew *c);

/* The source whose damage counts for all; NULL live. */
const struct source *crew_source(const struct crew *c);

/* Waits for the threads. */
void crew_fini(struct crew *c);
