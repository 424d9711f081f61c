/*
 * One feed: a file, a folder of files, standard input or a Unix socket, read as a whole or as far as
 * there is something to read, and cut into records by context/intake.h.
 *
 * A file is followed: what is appended is read, and a file that was written anew (another file of
 * that name, or a shorter one) is read from its beginning; formats that are written as a whole are
 * read again whenever they change. Of a folder each file that does not begin with a dot is a feed,
 * in the order of the names; new ones are found. A socket is one that somebody listens on: it is
 * connected to, and again when it was lost.
 *
 * Later opens go through descriptors of folders that were taken by feed_open, so that they work
 * when privileges were dropped. Limit: FEED_STREAMS_MAX files of a folder; more are counted and told.
 */
#pragma once

#include "context/intake.h"

#define FEED_STREAMS_MAX 256u
#define FEED_TOLD 10u /* complaints about one file; then how many more there were */

struct feed;

/* One file, or whatever else bytes come from. */
struct stream {
    struct feed *feed;
    char *name; /* owned: in the feed's folder, or NULL */
    int fd;     /* -1: not open */
    uint64_t device, inode, offset;
    int64_t changed_ns; /* modification time when it was read last */
    struct intake intake;
    uint64_t told;
    bool begun;
    uint16_t number; /* of all streams, from 1 */
};

struct feed_options {
    const struct config_context *config; /* lent, outlives the feed */
    void *ctx;
    void (*on_record)(void *ctx, const struct stream *from, const struct context_record *r,
                      const struct format *format, uint32_t line);
    uint16_t (*number)(void *ctx, struct stream *s); /* give a new stream its number */
};

enum feed_kind { FEED_FILE, FEED_INPUT, FEED_FOLDER, FEED_SOCKET };

struct feed {
    struct feed_options options;
    enum feed_kind kind;
    int folder_fd;    /* the folder itself, or that of the file; -1 for standard input */
    const char *leaf; /* the file's name in it */
    struct stream **streams;
    size_t stream_count;
    uint64_t lost;   /* streams that broke or were too many */
    bool complained; /* about a socket that is not there */
};

/* -1 with a sentence when it cannot be opened. feed_close in both cases. */
int feed_open(struct feed *f, const struct feed_options *options, struct err *why);
void feed_close(struct feed *f);

/* Read to the end, waiting for it where that is a socket or a pipe. -1 when that fails. */
int feed_load(struct feed *f, struct err *why);

/* At the start of what goes on: read files as far as they are written. */
void feed_catch_up(struct feed *f);

/* Read what is there and do not wait. What breaks is told and counted. */
void feed_poll(struct feed *f);

/* Add up the counters of its streams. */
void feed_count(const struct feed *f, struct intake_stats *sum);
