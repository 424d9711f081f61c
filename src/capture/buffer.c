#include "capture/buffer.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/check.h"

#define BUFFER_SIZE (BUFFER_NEED_MAX + BUFFER_CHUNK)

/* Longest sequence of first bytes that tells a packing. */
#define MAGIC_MAX 4

#define GZIP_FIRST 0x1f

/*
 * One way of packing. `unpack` turns bytes of `packed_rest` into at most `room` bytes at `out` and
 * returns how many came out; 0 means that it needs more input or that `failure` was set.
 */
struct packing {
    uint8_t magic[MAGIC_MAX];
    uint8_t mask[MAGIC_MAX];
    bool (*start)(struct buffer *b);
    size_t (*unpack)(struct buffer *b, uint8_t *out, size_t room);
    void (*stop)(struct buffer *b);
};

int buffer_init(struct buffer *b, const struct read_wait *wait, struct err *why)
{
    *b = (struct buffer){.fd = -1};
    if (wait)
        b->wait = *wait;
    b->memory = malloc(BUFFER_SIZE);
    if (!b->memory)
        return err_set(why, "no memory for reading captures");
    return 0;
}

void buffer_fini(struct buffer *b)
{
    buffer_close(b);
    free(b->packed);
    free(b->memory);
    b->packed = NULL;
    b->memory = NULL;
}

void buffer_open(struct buffer *b, int fd)
{
    buffer_close(b);
    b->rest = span_of(b->memory, 0);
    b->read_offset = 0;
    b->raw_bytes = 0;
    b->fd = fd;
    b->at_end = false;
    b->sniffed = false;
    b->packed_rest = span_of(NULL, 0);
    b->unit_open = false;
    b->unpacker_full = false;
    b->failure = NULL;
}

void buffer_close(struct buffer *b)
{
    if (b->packing && b->unpacker)
        b->packing->stop(b);
    b->packing = NULL;
    b->unpacker = NULL;
    b->fd = -1;
}

/* False when nothing more is to be read. */
static bool wait_for_bytes(const struct buffer *b)
{
    return !b->wait.until_readable || b->wait.until_readable(b->wait.ctx, b->fd);
}

/* Up to `room` bytes of the descriptor; 0 at its end, at an error and when told to stop. */
static size_t read_raw(struct buffer *b, uint8_t *out, size_t room)
{
    const volatile sig_atomic_t *stop = b->wait.stop;
    bool goes_on = wait_for_bytes(b);
    ssize_t n = -1;

    if (goes_on)
        do {
            n = read(b->fd, out, room);
        } while (n < 0 && errno == EINTR && !(stop && *stop));
    if (n < 0)
        b->failure =
            !goes_on || errno == EINTR ? "reading was interrupted" : strerrordesc_np(errno);
    if (n <= 0)
        return 0;
    b->raw_bytes += (uint64_t)n;
    return (size_t)n;
}

/* zlib: gzip members, one or several in a row (RFC 1952, 2.2). */

static bool gzip_start(struct buffer *b)
{
    z_stream *z = calloc(1, sizeof(*z));

    if (!z)
        return false;
    if (inflateInit2(z, 15 + 16) != Z_OK) {
        free(z);
        return false;
    }
    b->unpacker = z;
    return true;
}

static void gzip_stop(struct buffer *b)
{
    (void)inflateEnd(b->unpacker);
    free(b->unpacker);
}

static size_t gzip_unpack(struct buffer *b, uint8_t *out, size_t room)
{
    z_stream *z = b->unpacker;
    struct span look = b->packed_rest;
    uint8_t first;
    int result;

    /* Behind a member comes another, or padding that gzip(1) ignores as well. */
    if (!b->unit_open && (!span_u8(&look, &first) || first != GZIP_FIRST)) {
        b->at_end = !span_empty(b->packed_rest);
        return 0;
    }
    b->unit_open = true;
    z->next_in = b->packed + (b->packed_rest.data - b->packed);
    z->avail_in = (uInt)b->packed_rest.len;
    z->next_out = out;
    z->avail_out = (uInt)room;
    result = inflate(z, Z_NO_FLUSH);
    b->packed_rest = span_of(z->next_in, z->avail_in);
    if (result == Z_STREAM_END) {
        b->unit_open = false;
        result = inflateReset(z);
    }
    if (result != Z_OK && result != Z_BUF_ERROR)
        b->failure = "its gzip data are damaged";
    return room - z->avail_out;
}

/* zstd: frames, one or several in a row (RFC 8878, 3.1), skippable ones between them. */

/* The first bytes of a frame, which tell how many more its header has. */
#define ZSTD_BEGIN 5

static bool zstd_start(struct buffer *b)
{
    b->unpacker = ZSTD_createDStream();
    b->unpacker_wants = ZSTD_BEGIN;
    return b->unpacker != NULL;
}

static void zstd_stop(struct buffer *b)
{
    (void)ZSTD_freeDStream(b->unpacker);
}

/* Given no more than the next block, so that damage does not take what stands before it along. */
static size_t zstd_unpack(struct buffer *b, uint8_t *out, size_t room)
{
    struct span part = span_first(b->packed_rest, b->unpacker_wants);
    ZSTD_inBuffer in = {.src = part.data, .size = part.len};
    ZSTD_outBuffer to = {.dst = out, .size = room};
    size_t result = ZSTD_decompressStream(b->unpacker, &to, &in);

    if (ZSTD_isError(result)) {
        b->failure = "its zstd data are damaged";
        return 0;
    }
    b->unit_open = result != 0;
    b->unpacker_wants = result ? result : ZSTD_BEGIN;
    if (!span_skip(&b->packed_rest, in.pos))
        b->packed_rest.len = 0;
    return to.pos;
}

static const struct packing packings[] = {
    {{GZIP_FIRST, 0x8b}, {0xff, 0xff}, gzip_start, gzip_unpack, gzip_stop},
    {{0x28, 0xb5, 0x2f, 0xfd},
     {0xff, 0xff, 0xff, 0xff},
     zstd_start,
     zstd_unpack,
     zstd_stop},
    {{0x50, 0x2a, 0x4d, 0x18},
     {0xf0, 0xff, 0xff, 0xff},
     zstd_start,
     zstd_unpack,
     zstd_stop},
};

static const struct packing *packing_of(struct span first)
{
    for (size_t i = 0; i < sizeof(packings) / sizeof(packings[0]); i++) {
        size_t k = 0;

        while (k < MAGIC_MAX && k < first.len &&
               (first.data[k] & packings[i].mask[k]) == packings[i].magic[k])
            k++;
        if (k == MAGIC_MAX)
            return &packings[i];
    }
    return NULL;
}

/* Read the first bytes and find out how the stream is packed. */
static void sniff(struct buffer *b)
{
    size_t have = 0, n;

    b->sniffed = true;
    do {
        n = read_raw(b, b->memory + have, BUFFER_CHUNK - have);
        have += n;
    } while (n > 0 && have < MAGIC_MAX);
    b->at_end = n == 0;
    b->packing = packing_of(span_of(b->memory, have));
    if (!b->packing) {
        b->rest = span_of(b->memory, have);
        b->read_offset = have;
        return;
    }
    if (!b->packed)
        b->packed = malloc(BUFFER_CHUNK);
    if (!b->packed || !b->packing->start(b)) {
        b->failure = "no memory to unpack it";
        b->at_end = true;
        return;
    }
    memcpy(b->packed, b->memory, have);
    b->packed_rest = span_of(b->packed, have);
    b->at_end = false;
}

/* Up to `room` unpacked bytes; 0 at the end. */
static size_t read_unpacked(struct buffer *b, uint8_t *out, size_t room)
{
    size_t n;

    while (!b->at_end && !b->failure) {
        if (span_empty(b->packed_rest) && !b->unpacker_full) {
            b->packed_rest = span_of(b->packed, read_raw(b, b->packed, BUFFER_CHUNK));
            if (span_empty(b->packed_rest))
                break;
        }
        n = b->packing->unpack(b, out, room);
        b->unpacker_full = n == room;
        if (n > 0)
            return n;
    }
    if (b->unit_open && !b->failure)
        b->failure = "its packed data are cut short";
    return 0;
}

bool buffer_fill(struct buffer *b, size_t n)
{
    size_t have = b->rest.len, got;

    CHECK(n <= BUFFER_NEED_MAX);
    if (!b->sniffed) {
        sniff(b);
        have = b->rest.len;
    }
    if (have < n && have > 0)
        memmove(b->memory, b->rest.data, have);
    while (have < n && !b->at_end) {
        size_t room = BUFFER_SIZE - have;

        if (room > BUFFER_CHUNK)
            room = BUFFER_CHUNK;
        got = b->packing ? read_unpacked(b, b->memory + have, room)
                         : read_raw(b, b->memory + have, room);
        have += got;
        b->read_offset += got;
        b->at_end = got == 0 || b->failure;
    }
    if (b->rest.len < n)
        b->rest = span_of(b->memory, have);
    return b->rest.len >= n;
}

bool buffer_skip(struct buffer *b, uint64_t n)
{
    while (n > b->rest.len) {
        n -= b->rest.len;
        b->rest.len = 0;
        if (!buffer_fill(b, 1))
            return false;
    }
    return span_skip(&b->rest, (size_t)n);
}
