/*
 * Session events of several files as one stream: the records and the totals in them, in the order
 * of (decided, id) over all files, each file in its own order.
 *
 * In: names of files with JSON lines, also packed with gzip or zstd; `-` is standard input. Other
 * events in them are passed over. Out: one item at a time, lent until the next call.
 *
 * A line that is no event, or a session that contradicts itself, is told in one sentence with file
 * and line, counted, and left out; of one file at most SESSION_FILES_TOLD such lines are told, then
 * how many more there were. So is a file that cannot be read to its end.
 *
 * Limits: SESSION_FILES_MAX files, all open at once, each with a buffer of 768 KiB; a line has at
 * most SESSION_FILES_LINE_MAX bytes, a longer one is broken.
 */
#pragma once

#include "capture/buffer.h"
#include "session/session_read.h"

#define SESSION_FILES_MAX 256u
#define SESSION_FILES_LINE_MAX (512u * 1024u)
#define SESSION_FILES_TOLD 10u

struct session_files_options {
    const char *const *paths;
    size_t path_count;
    struct read_wait wait; /* once its `stop` is set, the stream ends */
    void *ctx;
    void (*complain)(void *ctx, const char *sentence); /* what is wrong with the input */
};

struct session_files_stats {
    uint64_t bytes; /* read from the files, packed */
    uint64_t lines;
    uint64_t sessions;
    uint64_t ends;
    uint64_t others;  /* events of another kind */
    uint64_t broken;  /* lines left out */
    uint64_t damaged; /* files not read to their end */
};

struct session_item {
    struct session *session;       /* a record, which may be changed, or NULL: */
    const struct session_end *end; /* the totals of one */
    uint32_t clock_steps;
    bool
        stepped; /* the clock of its file stepped back before it: earlier ones stand for themselves */
};

struct session_files;

/* NULL with a sentence when a file cannot be opened or memory is out. */
struct session_files *session_files_open(const struct session_files_options *options,
                                         struct err *why);
void session_files_free(struct session_files *f); /* accepts NULL */

/* The next item; false when all files have ended. */
bool session_files_next(struct session_files *f, struct session_item *out);

const struct session_files_stats *session_files_stats(const struct session_files *f);

/*
 * True when the file begins as lines of JSON do, packed or not; false for captures, for what cannot
 * be read, and for standard input, which can be read only once.
 */
bool session_files_is_one(const char *path);
