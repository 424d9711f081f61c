/*
 * The inputs of a replay in the order in which they are read: what the operator named, with each
 * folder replaced by the captures in it, sorted by the time of their first packet, then by name.
 *
 * In a folder hidden files and subfolders are passed over; files that are no captures are counted.
 * Descriptors are opened by inputs_add, while the process may still open everything, and nothing is
 * read before inputs_look; beyond INPUTS_OPEN_MAX files they are opened by name when their turn comes.
 */
#pragma once

#include "capture/reader.h"

#define INPUTS_OPEN_MAX 256
#define INPUTS_MAX 100000

struct input {
    char *name;         /* for sentences and frames */
    bool is_file;       /* can be looked at before its turn: */
    uint64_t bytes;     /* its size */
    int fd;             /* -1: to be opened by name */
    bool has_frame;     /* a first frame was read: */
    uint32_t link_type; /* its link type */
    uint64_t first_ns;  /* its time; UINT64_MAX without one */
    /* Until inputs_look, of the first file of a folder: */
    char *folder;
    size_t in_folder; /* how many files */
    uint64_t skipped; /* those that could not be opened */
};

struct inputs {
    struct input *items;
    size_t count;
    size_t room;
    size_t open_count;
    size_t open_most; /* 0: INPUTS_OPEN_MAX */
    bool quiet;
    uint64_t total_bytes; /* of those that are files */
    uint64_t skipped;     /* files in folders that are no captures */
};

/* Take in a file, a folder or "-", without reading from it; -1 with a sentence when it is none. */
int inputs_add(struct inputs *in, const char *path, struct err *why);

/*
 * All were added, and privileges may be gone: read the first frame of each file, put those of a
 * folder in order. -1 with a sentence when a file is no capture or a folder holds none.
 */
int inputs_look(struct inputs *in, struct reader *reader, struct err *why);

/* The descriptor of input `i`, now the caller's; -1 with a sentence when it cannot be opened. */
int inputs_take_fd(struct inputs *in, size_t i, struct err *why);

void inputs_fini(struct inputs *in);
