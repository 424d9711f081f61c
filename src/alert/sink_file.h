/*
 * The sink that writes to a file or to standard output.
 *
 * It buffers nothing: what it was given is with the kernel when the call returns. When a write
 * fails half way (no space left), what was written of the last line is taken back; where that is
 * not possible (a pipe), the next write begins on a new line. The folder is opened at start, so
 * that reopening needs no right to walk there. SIGPIPE must be ignored by the program.
 */
#pragma once

#include "alert/sink.h"

struct sink_file {
    struct sink sink;
    int fd;
    int folder;       /* -1 for standard output */
    const char *path; /* as given; borrowed */
    const char *name; /* its last component */
    bool torn;        /* the last line was written in part */
};

/* Open `path`, or standard output for "-". A file that is there is appended to or emptied. */
int sink_file_init(struct sink_file *f, const char *path, bool append, struct err *why);

/* True when a person watches. */
bool sink_file_is_terminal(const struct sink_file *f);
