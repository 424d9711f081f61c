/*
 * The disk spool in front of a receiver: messages are put in, read in the same order, and settled
 * when the receiver has them. What was not settled is read again after a lost connection
 * (spool_rewind) and after a restart, so each alert is delivered at least once.
 *
 * Alerts and observations (sessions, counters) have a queue each; sequence numbers keep their
 * order. When room ends, observations are refused first, then old ones are removed, and only when
 * none is left an alert is refused; each is counted. Observations never take more than half of it.
 * An alert that cannot be written (disk full) waits in memory, SPOOL_HELD_BYTES at most, and still
 * goes to the receiver in its turn; spool_tick tries the disk again.
 *
 * Files in the folder: `NAME.alert.*`, `NAME.event.*` (spool_queue.h) and `NAME.mark`, which holds
 * the highest settled number twice, written in turns, each with a checksum. One program at a time:
 * the mark is locked.
 *
 * What is read is lent until the next call. Time is the caller's, of any clock that only grows.
 */
#pragma once

#include "alert/sink.h"
#include "alert/spool_queue.h"

#define SPOOL_HELD_BYTES (1024u * 1024u)

struct spool_options {
    const char *path; /* folder; made if its parent is there */
    const char *name; /* "syslog" */
    uint64_t bytes;   /* what its files may hold together */
    spool_write_fn write;
};

struct spool_stats {
    uint64_t put[SINK_CLASSES];  /* taken */
    uint64_t shed[SINK_CLASSES]; /* refused or removed unread, for want of room */
    uint64_t recovered;          /* waiting when the spool was opened */
    uint64_t write_errors;
    uint64_t damaged; /* lines in files that were no message */
};

/* How far reading has come; spool_settle takes one. */
struct spool_position {
    uint64_t sequence;
    uint64_t read[SINK_CLASSES]; /* messages since the start */
};

struct spool {
    struct spool_options options;
    char queue_names[SINK_CLASSES][SPOOL_NAME_MAX];
    struct spool_queue queues[SINK_CLASSES];
    int folder, mark;               /* -1 */
    uint64_t next;                  /* sequence number */
    uint64_t waiting[SINK_CLASSES]; /* not read yet */
    struct spool_position read, settled;
    int peeked; /* queue whose message was peeked; SINK_CLASSES: held */
    char *held;
    size_t held_len;
    size_t peeked_held; /* where it stands */
    uint64_t marked;    /* settled number on the disk */
    unsigned slot;
    uint64_t next_sync_ns, next_mark_ns;
    bool full; /* the last write failed */
    struct spool_stats stats;
};

struct spool_message {
    enum sink_class class;
    uint64_t sequence;
    struct span bytes;
};

/* -1 with a sentence when the folder cannot be used, or is in use. */
int spool_open(struct spool *s, const struct spool_options *options, struct err *why);

/* Take a message without end of line; false when there was no room for it. */
bool spool_put(struct spool *s, enum sink_class class, struct span bytes);

/* The next message to deliver; false when all were read. */
bool spool_peek(struct spool *s, struct spool_message *out);
/* It was handed on. */
void spool_skip(struct spool *s);

/* Where reading stands: after all messages that were skipped. */
struct spool_position spool_tell(const struct spool *s);
/* Everything up to there is delivered. */
void spool_settle(struct spool *s, const struct spool_position *to);
/* Read again what is not settled. */
void spool_rewind(struct spool *s);

/* Alerts to the disk (ten times a second at most), the mark (once a second), what waits in memory. */
void spool_tick(struct spool *s, uint64_t now_ns);

/* Messages of a class that are not settled. */
uint64_t spool_unsettled(const struct spool *s, enum sink_class class);
/* Bytes of its files. */
uint64_t spool_bytes(const struct spool *s);

/* What is not settled stays for the next start. Accepts a spool that never opened. */
void spool_close(struct spool *s);
