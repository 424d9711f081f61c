/*
 * Messages that wait for a receiver, oldest first, in segment files of one folder: appended at the
 * end, read behind a cursor, let go of by whole segments at the front.
 *
 * A segment is a text file `NAME.FIRST` (FIRST: its first sequence number in 16 hex digits). A
 * line of it is `SEQUENCE CHECKSUM MESSAGE`, both numbers in 16 hex digits, so that a line cut by
 * a crash, a hole or a damaged block is told from a message: it is skipped and counted. Sequence
 * numbers only grow; messages contain no end of line.
 *
 * The folder's descriptor is borrowed and files are opened through it alone. A read message is lent
 * until the next call. Limit: SPOOL_SEGMENTS_MAX files, each of one message at least.
 */
#pragma once

#include <sys/types.h>

#include "base/err.h"
#include "base/span.h"

/* A queue bounded to 32 segments plus the ones at both ends never has more. */
#define SPOOL_SEGMENTS_MAX 64
/* The longest line of the output is half of its buffer; numbers stand before it. */
#define SPOOL_MESSAGE_MAX (128u * 1024u)
#define SPOOL_LINE_EXTRA 35u
#define SPOOL_NAME_MAX 32

/* As pwrite(2), which stands here unless a test wants it to fail. */
typedef ssize_t (*spool_write_fn)(int fd, const void *data, size_t len, off_t at);

struct spool_queue_options {
    int folder;
    const char *name;       /* borrowed; no dot at its end */
    uint64_t segment_bytes; /* begin a new segment at this size */
    spool_write_fn write;   /* NULL: pwrite */
};

struct spool_segment {
    uint64_t first, last; /* sequence numbers; last is 0 when it is empty */
    uint64_t bytes;       /* up to the end of the last whole line */
};

struct spool_queue {
    struct spool_queue_options options;
    struct spool_segment segments[SPOOL_SEGMENTS_MAX];
    size_t count;
    uint64_t bytes; /* of all segments */
    int tail;       /* the last segment, for appending; -1 */
    bool unsynced, unsynced_name;

    size_t at;         /* segment that is read */
    int reading;       /* its descriptor; -1 */
    uint64_t offset;   /* where in it the buffer ends */
    char *buffer;      /* what was read, then a line to write */
    size_t start, end; /* unread part */

    uint64_t damaged; /* lines that were no message */
};

/*
 * Find what an earlier run left. `waiting` gets the number of messages after `settled`. -1 with a
 * sentence when the folder cannot be read.
 */
int spool_queue_open(struct spool_queue *q, const struct spool_queue_options *options,
                     uint64_t settled, uint64_t *waiting, struct err *why);

/* -1 with errno when it cannot be written; nothing of the message is there then. */
int spool_queue_append(struct spool_queue *q, uint64_t sequence, struct span message);

/* The first message after `after` at the cursor or behind it; false when there is none yet. */
bool spool_queue_peek(struct spool_queue *q, uint64_t after, uint64_t *sequence,
                      struct span *message);
/* Step over the message that peek gave. */
void spool_queue_skip(struct spool_queue *q);

/* Put the cursor back to where messages after `after` begin. */
void spool_queue_rewind(struct spool_queue *q, uint64_t after);

/* Remove segments all of whose messages are at or before `settled`; the last one stays. */
void spool_queue_release(struct spool_queue *q, uint64_t settled);

/*
 * Remove the oldest segment to make room. The number of its messages after `after`, which nobody
 * will read any more; -1 when there is no segment.
 */
int64_t spool_queue_drop(struct spool_queue *q, uint64_t after);

/* Highest sequence number; 0 without messages. */
uint64_t spool_queue_last(const struct spool_queue *q);

/* Bring what was appended to the disk. -1 with errno. */
int spool_queue_sync(struct spool_queue *q);

void spool_queue_close(struct spool_queue *q);
