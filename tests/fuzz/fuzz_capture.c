/*
 * Capture files: any bytes, read at once and in small pieces.
 *
 * Frames stay within the limits and the file, and however the bytes arrive, the frames, the end and
 * the sentence about damage are the same. Only damaged zlib or zstd data may give fewer frames one
 * way than the other, and then those are the same.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/reader.h"
#include "capture/source.h"

/* Frames read of one input; a packed one may hold very many. */
#define FRAMES_MAX 4096

/* The socket holds no more pieces than this. */
#define PIECES_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition) ((condition) ? (void)0 : abort())

/* What was read, in short. */
struct summary {
    size_t frames;
    uint64_t digests[FRAMES_MAX]; /* of each frame and all before it */
    enum reader_result end;
    bool packed;
    char damage[ERR_TEXT_MAX];
};

static uint64_t digest(uint64_t before, struct span bytes)
{
    uint8_t byte;

    while (span_u8(&bytes, &byte))
        before = (before ^ byte) * UINT64_C(0x100000001b3);
    return before;
}

static void read_capture(struct reader *r, int fd, size_t size, struct summary *s)
{
    struct frame frame;
    uint64_t so_far = 0;

    reader_open(r, "fuzz", fd);
    s->frames = 0;
    while (s->frames < FRAMES_MAX && (s->end = reader_next(r, &frame)) == READER_FRAME) {
        uint64_t facts[4] = {frame.time_ns, frame.bytes.len, frame.wire_len,
                             frame.link_type};

        REQUIRE(frame.bytes.len <= SOURCE_RECORD_MAX);
        REQUIRE(frame.file && frame.file[0] == 'f');
        REQUIRE(buffer_is_packed(&r->buffer) || frame.bytes.len <= size);
        so_far = digest(digest(so_far, span_of(facts, sizeof(facts))), frame.bytes);
        if (frame.process)
            so_far = digest(so_far, span_of_text(frame.process));
        s->digests[s->frames++] = so_far;
    }
    REQUIRE(r->buffer.raw_bytes <= size);
    REQUIRE((s->end == READER_DAMAGED) == (r->damage.text[0] != '\0'));
    s->packed = buffer_is_packed(&r->buffer);
    memcpy(s->damage, r->damage.text, sizeof(s->damage));
    r->damage.text[0] = '\0';
    reader_close(r);
}

/* A descriptor each read of which gives one piece. */
static int open_pieces(struct span bytes)
{
    size_t step = bytes.len / PIECES_MAX + 1;
    struct span piece;
    int fds[2];

    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) == 0);
    while (!span_empty(bytes)) {
        piece = span_first(bytes, step);
        REQUIRE(write(fds[1], piece.data, piece.len) == (ssize_t)piece.len);
        REQUIRE(span_skip(&bytes, piece.len));
    }
    (void)close(fds[1]);
    return fds[0];
}

static void check_same(const struct summary *a, const struct summary *b)
{
    size_t common = a->frames < b->frames ? a->frames : b->frames;

    REQUIRE(common == 0 || a->digests[common - 1] == b->digests[common - 1]);
    REQUIRE(a->packed == b->packed);
    if (a->packed && (a->end == READER_DAMAGED || b->end == READER_DAMAGED))
        return;
    REQUIRE(a->frames == b->frames && a->end == b->end &&
            strcmp(a->damage, b->damage) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct reader r;
    static struct summary whole, pieces;
    struct err why;
    int fd;

    if (size > 65536)
        return -1;
    if (!r.buffer.memory)
        REQUIRE(reader_init(&r, NULL, &why) == 0);
    fd = memfd_create("fuzz", 0);
    REQUIRE(fd >= 0 && write(fd, data, size) == (ssize_t)size &&
            lseek(fd, 0, SEEK_SET) == 0);
    read_capture(&r, fd, size, &whole);
    (void)close(fd);
    fd = open_pieces(span_of(data, size));
    read_capture(&r, fd, size, &pieces);
    (void)close(fd);
    check_same(&whole, &pieces);
    return 0;
}
