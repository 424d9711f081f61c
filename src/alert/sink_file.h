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
#define SINK_FILE_TAIL_BYTES 512u

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

/* How far a file is written, and the last that it holds up to there: so it is known again. */
struct sink_file_position {
    uint64_t bytes;
    uint16_t tail_len;
    uint8_t tail[SINK_FILE_TAIL_BYTES];
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
    uint16_t tail_len;
    uint8_t tail[SINK_FILE_TAIL_BYTES]; /* the last that was written into this file */
    char *held;                         /* alerts that wait; NULL unless patient */
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

/* For sink_file.c: so much was written / another file begins. */
void sink_file_note_tail(struct sink_file *f, struct span written);
void sink_file_forget_tail(struct sink_file *f);

/* False when it is no file under a name. */
bool sink_file_tell(const struct sink_file *f, struct sink_file_position *out);

/*
 * Go on where another run of the program stopped: `position` is what it knew to be written.
 * `expected` is what it may have written next, in whole or in part; it is taken back, as it will be
 * written again. Where `rewind` is true everything behind the position is, else only a line that was
 * cut. A file that is not the one of the position is left alone, and gone on with on a new line.
 */
int sink_file_resume(struct sink_file *f, const struct sink_file_position *position,
                     struct span expected, bool rewind, struct err *why);

/* True when a person watches. */
bool sink_file_is_terminal(const struct sink_file *f);
