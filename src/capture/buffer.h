/*
 * A window over a stream of bytes: a file, a pipe, or what zlib or zstd unpack from one. The format
 * readers parse in it, in place.
 *
 * In: a file descriptor; how it is packed is told from its first bytes, never from its name.
 * Out: `rest`, the bytes read and not yet consumed. `buffer_need` makes it longer: what is left is
 * moved to the front of the memory and more is read behind it, so every span taken before is void.
 *
 * The memory is allocated once in buffer_init and serves one file after the other; zstd may take
 * up to 128 MiB more, for what a frame declares as its window. No more than
 * BUFFER_NEED_MAX bytes can be asked for at once. Whatever goes wrong ends the stream:
 * buffer_need is then false and buffer_failure says why (NULL: the plain end of the file).
 */
#pragma once

#include <signal.h>

#include "base/err.h"
#include "base/span.h"

/* One refill; small enough to stay in the second-level cache between read() and the parser. */
#define BUFFER_CHUNK (256u * 1024u)

/* The longest record (SOURCE_RECORD_MAX) with its header and options. */
#define BUFFER_NEED_MAX (512u * 1024u)

/* How long a read may take: asked before each, so that a pipe that is silent holds nobody up. */
struct read_wait {
    /* Looked at when a signal interrupts a read: set, the read is given up. May be NULL. */
    const volatile sig_atomic_t *stop;
    /* Returns when `fd` has bytes or has ended; false: read no more. May be NULL. */
    bool (*until_readable)(void *ctx, int fd);
    void *ctx;
};

struct packing;

struct buffer {
    struct span rest;
    uint64_t read_offset; /* in the unpacked stream, of the byte behind `rest` */
    uint64_t raw_bytes;   /* taken from the descriptor so far */
    uint8_t *memory;
    int fd;
    bool at_end;
    bool sniffed;
    const struct packing *packing; /* NULL: as it is */
    void *unpacker;                /* state of zlib or zstd */
    uint8_t *packed; /* bytes still to be unpacked: allocated at the first use */
    struct span packed_rest;
    size_t unpacker_wants; /* bytes of input that zstd asks for */
    bool unpacker_full;    /* it may hold more than there was room for */
    bool unit_open; /* inside a gzip member or zstd frame: the end may not come here */
    const char *failure;
    struct read_wait wait;
};

/* Allocate the memory; -1 with a sentence when there is none. `wait` is copied, NULL: just read. */
int buffer_init(struct buffer *b, const struct read_wait *wait, struct err *why);
void buffer_fini(struct buffer *b);

/* Begin with `fd`, which stays the caller's. */
void buffer_open(struct buffer *b, int fd);

/* Release what unpacking the current stream took. */
void buffer_close(struct buffer *b);

/* The slow half of buffer_need. */
SPAN_CHECKED bool buffer_fill(struct buffer *b, size_t n);

/* True when `rest` holds at least `n` bytes; false when the stream ends before. */
SPAN_CHECKED static inline bool buffer_need(struct buffer *b, size_t n)
{
    return b->rest.len >= n || buffer_fill(b, n);
}

/* Drop `n` bytes, however many; false when the stream ends before. */
SPAN_CHECKED bool buffer_skip(struct buffer *b, uint64_t n);

/* Where `rest` begins in the unpacked stream. */
static inline uint64_t buffer_offset(const struct buffer *b)
{
    return b->read_offset - b->rest.len;
}

/* Why the stream ended early, NULL when it simply ended. */
static inline const char *buffer_failure(const struct buffer *b)
{
    return b->failure;
}

/* True when offsets count unpacked bytes. */
static inline bool buffer_is_packed(const struct buffer *b)
{
    return b->packing != NULL;
}
