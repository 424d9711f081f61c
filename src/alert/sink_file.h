/*
 * The sink that writes to a file or to standard output.
 *
 * It buffers nothing: what it was given is with the kernel when the call returns. When a write
 * fails half way (no space left), what was written of the last line is taken back; where that is
 * not possible (a pipe), the next write begins on a new line. The folder is opened at start, so
 * that reopening and rotating need no right to walk there, only to write there. SIGPIPE must be
 * ignored by the program.
 *
 * Rotation renames the file to `NAME.YYYYMMDDThhmmss.ffffffZ`, the time of the event that begins
 * the next file, and goes on with a new one; a line is never cut and no line goes into both. By
 * size: a file grows beyond it only if its first line does. By time: at whole multiples of the
 * interval since 1970, in the time of the events; a file that is there already counts with the
 * time of its last change.
 *
 * A patient sink keeps alerts in memory when they cannot be written, SINK_FILE_HELD_BYTES at most,
 * and tries again each second (poll); the write counts as done.
 */
#pragma once

#include "alert/sink.h"

#define SINK_FILE_HELD_BYTES (1024u * 1024u)

/* Bring data to the disk, ten times a second at most: never, after alerts, after anything. */
enum sink_file_sync { SINK_FILE_SYNC_NO, SINK_FILE_SYNC_ALERTS, SINK_FILE_SYNC_ALL };

struct sink_file_options {
    const char *path; /* borrowed; "-" for standard output */
    bool append;      /* a file that is there is appended to, else emptied */
    bool patient;
    enum sink_file_sync sync;
    uint64_t rotate_bytes; /* 0: never by size */
    uint64_t rotate_ns;    /* 0: never by time */
};

struct sink_file_stats {
    uint64_t rotations;
    uint64_t rotation_errors;
    uint64_t sync_errors;
};

struct sink_file {
    struct sink sink;
    struct sink_file_options options;
    int fd;
    int folder;       /* -1 for standard output */
    const char *name; /* last component of the path */
    bool torn;        /* the last line was written in part */
    bool unsynced;
    bool rotation_failed; /* do not try again before the next second */
    uint64_t bytes;       /* of the file */
    uint64_t written;     /* since the start */
    uint64_t time_ns;     /* newest event */
    uint64_t period;      /* of the file; 0: it has no event yet */
    uint64_t next_sync_ns, next_retry_ns;
    char *held; /* alerts that wait; NULL unless patient */
    size_t held_len;
    struct sink_file_stats stats;
};

int sink_file_init(struct sink_file *f, const struct sink_file_options *options,
                   struct err *why);

/*
 * The next line is of this time. True when it belongs into a new file by the interval: write what
 * comes before it, then rotate.
 */
bool sink_file_is_due(struct sink_file *f, uint64_t time_ns);

/* -1 with a sentence when the old file has to do for now. */
int sink_file_rotate(struct sink_file *f, struct err *why);

/* True when a person watches. */
bool sink_file_is_terminal(const struct sink_file *f);
