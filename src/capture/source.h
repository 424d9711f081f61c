/*
 * Where frames come from. A source is a list of inputs (capture files, folders, standard input),
 * read one after the other; it yields one frame at a time.
 *
 * Files are read in place by our own reader (pcap and pcapng, both byte orders, micro- and
 * nanoseconds; .gz and .zst through zlib and zstd); anything else is left to libpcap, which also
 * compiles the filter. Nothing is allocated by a number that stands in the file (but for the window
 * of a zstd frame, 128 MiB at most): a record longer than SOURCE_RECORD_MAX counts as damage.
 *
 * Files are opened by source_open_files and looked at by source_look; privileges are dropped between;
 * only those beyond the first 256 are opened again by name when their turn comes. A pipe is first
 * read when its turn comes; if it holds no capture, that is damage.
 *
 * Damage (cut short, impossible record) ends that file, not the run: what was read before it has
 * been handed out, `source_next` then goes on with the next input, and `source_damage` gives one
 * sentence for each damaged file with its name and byte offset.
 */
#pragma once

#include "capture/buffer.h"
#include "capture/frame.h"

#define SOURCE_RECORD_MAX (256u * 1024u)

struct source;

struct source_options {
    const char *const *inputs; /* file, folder or "-", in the order given */
    size_t input_count;
    const char *filter; /* BPF expression, NULL for none */
    unsigned
        readers; /* sources that read these inputs side by side, 0 or 1: this one alone */
    bool quiet;  /* another one says what there is to say */
    const struct read_wait *wait; /* copied; NULL: just read */
};

struct source_stats {
    uint64_t files;
    uint64_t damaged_files;
    uint64_t frames;   /* handed out */
    uint64_t filtered; /* read, but not matched by the filter */
    uint64_t captured_bytes;
    uint64_t skipped_files; /* in folders, that are no captures */
    uint64_t total_bytes;   /* of all inputs on disk, 0 when unknown (for progress) */
    uint64_t read_bytes;    /* of total_bytes, how far reading has come */
};

/*
 * Open the inputs, with the files that stand in folders, and read nothing of them. NULL with a
 * sentence when an input does not exist or cannot be opened.
 */
struct source *source_open_files(const struct source_options *options, struct err *why);

/*
 * Then, before the first frame is asked for: look at the files. Those of a folder are put in the
 * order of their first packets (then of names). -1 with a sentence when an input is no capture, a
 * folder holds none, or the filter does not compile.
 */
int source_look(struct source *s, struct err *why);

/* The next frame; false when all inputs are at their end. */
bool source_next(struct source *s, struct frame *out);

/*
 * The next frame, and up to `max` - 1 behind it as far as they are in memory already; all of them
 * are valid until the next call. Returns how many, 0 when all inputs are at their end.
 */
size_t source_next_some(struct source *s, struct frame *out, size_t max);

const struct source_stats *source_stats(const struct source *s);

/* Sentences of the damage met so far: number `i`, NULL when there is no such. */
const char *source_damage(const struct source *s, size_t i);

void source_free(struct source *s);

/* Name and version of the capture library in use. */
const char *source_library(void);
