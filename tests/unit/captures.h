/*
 * Capture files for tests, written in memory: pcap and pcapng in both byte orders, packed or not,
 * read from a file, a pipe or byte by byte.
 */
#pragma once

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "capture/reader.h"
#include "tap.h"
#include "wire.h"

/* A writer in one byte order. */
struct writer {
    struct wire w;
    bool big;
};

static inline void put_u16(struct writer *to, unsigned int value)
{
    wire_u8(&to->w, to->big ? value >> 8 & 0xff : value & 0xff);
    wire_u8(&to->w, to->big ? value & 0xff : value >> 8 & 0xff);
}

static inline void put_u32(struct writer *to, uint32_t value)
{
    put_u16(to, to->big ? value >> 16 : value & 0xffff);
    put_u16(to, to->big ? value & 0xffff : value >> 16);
}

static inline void put_text(struct writer *to, const char *text)
{
    wire_span(&to->w, span_of_text(text));
}

static inline void put_pcap_header(struct writer *to, uint32_t magic, uint32_t link_type)
{
    put_u32(to, magic);
    put_u16(to, 2);
    put_u16(to, 4);
    put_u32(to, 0);
    put_u32(to, 0);
    put_u32(to, 262144);
    put_u32(to, link_type);
}

static inline void put_pcap_record(struct writer *to, uint32_t seconds, uint32_t fraction,
                                   const char *bytes)
{
    put_u32(to, seconds);
    put_u32(to, fraction);
    put_u32(to, (uint32_t)strlen(bytes));
    put_u32(to, 100);
    put_text(to, bytes);
}

/* A small capture of three records. */
static inline struct span small_pcap(void)
{
    static struct writer to;

    to.w.len = 0;
    put_pcap_header(&to, 0xa1b2c3d4, 1);
    put_pcap_record(&to, 10, 1, "one");
    put_pcap_record(&to, 11, 2, "two, longer");
    put_pcap_record(&to, 12, 3, "three");
    return exact(wire_done(&to.w));
}

/* Blocks of pcapng: the place of the length, to be closed. */
static inline size_t open_block(struct writer *to, uint32_t type)
{
    put_u32(to, type);
    put_u32(to, 0);
    return to->w.len;
}

static inline void put_padding(struct writer *to)
{
    while (to->w.len % 4)
        wire_u8(&to->w, 0);
}

static inline void close_block(struct writer *to, size_t place)
{
    uint32_t len;
    size_t end;

    put_padding(to);
    len = (uint32_t)(to->w.len - place + 12);
    put_u32(to, len);
    end = to->w.len;
    to->w.len = place - 4;
    put_u32(to, len);
    to->w.len = end;
}

static inline void put_option(struct writer *to, unsigned int code, struct span value)
{
    put_u16(to, code);
    put_u16(to, (unsigned int)value.len);
    wire_span(&to->w, value);
    put_padding(to);
}

static inline void put_section(struct writer *to)
{
    size_t place = open_block(to, 0x0a0d0d0a);

    put_u32(to, 0x1a2b3c4d);
    put_u16(to, 1);
    put_u16(to, 0);
    put_u32(to, UINT32_MAX);
    put_u32(to, UINT32_MAX);
    close_block(to, place);
}

static inline void put_interface(struct writer *to, unsigned int link_type,
                                 unsigned int code, struct span option)
{
    size_t place = open_block(to, 1);

    put_u16(to, link_type);
    put_u16(to, 0);
    put_u32(to, 0);
    if (code != 0)
        put_option(to, code, option);
    close_block(to, place);
}

static inline void put_packet(struct writer *to, uint32_t interface, uint64_t time,
                              const char *bytes)
{
    size_t place = open_block(to, 6);

    put_u32(to, interface);
    put_u32(to, (uint32_t)(time >> 32));
    put_u32(to, (uint32_t)time);
    put_u32(to, (uint32_t)strlen(bytes));
    put_u32(to, 100);
    put_text(to, bytes);
    close_block(to, place);
}

/* A descriptor that reads these bytes. */
static inline int fd_of(struct span bytes)
{
    int fd = memfd_create("capture", 0);

    if (fd < 0 || write(fd, bytes.data, bytes.len) != (ssize_t)bytes.len ||
        lseek(fd, 0, SEEK_SET) != 0)
        abort();
    return fd;
}

static inline struct span gzip_of(struct span bytes)
{
    static uint8_t out[2 * WIRE_MAX];
    z_stream z = {.next_in = (Bytef *)(uintptr_t)bytes.data,
                  .avail_in = (uInt)bytes.len,
                  .next_out = out,
                  .avail_out = sizeof(out)};

    if (deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK ||
        deflate(&z, Z_FINISH) != Z_STREAM_END || deflateEnd(&z) != Z_OK)
        abort();
    return exact(span_of(out, sizeof(out) - z.avail_out));
}

static inline struct span zstd_of(struct span bytes)
{
    static uint8_t out[2 * WIRE_MAX];
    size_t len = ZSTD_compress(out, sizeof(out), bytes.data, bytes.len, 3);

    if (ZSTD_isError(len))
        abort();
    return exact(span_of(out, len));
}

/* A reader on these bytes. The descriptor is left open until the program ends. */
static inline void open_reader(struct reader *r, struct span bytes)
{
    reader_open(r, "test.pcap", fd_of(bytes));
}

/* Read to the end; how many frames there were, and how it ended. */
static inline size_t read_all(struct reader *r, enum reader_result *end)
{
    struct frame frame;
    size_t frames = 0;

    while ((*end = reader_next(r, &frame)) == READER_FRAME)
        frames++;
    return frames;
}

/* A pipe into which a thread writes the bytes in pieces of `step`. */
struct feeder {
    struct span bytes;
    size_t step;
    int fds[2];
    pthread_t thread;
};

static inline void *feeder_run(void *arg)
{
    struct feeder *f = arg;
    struct span rest = f->bytes, piece;

    while (!span_empty(rest)) {
        piece = span_first(rest, f->step);
        if (!span_skip(&rest, piece.len) ||
            write(f->fds[1], piece.data, piece.len) != (ssize_t)piece.len)
            break;
    }
    (void)close(f->fds[1]);
    return NULL;
}

static inline int feeder_start(struct feeder *f, struct span bytes, size_t step)
{
    f->bytes = bytes;
    f->step = step;
    if (pipe(f->fds) < 0 || pthread_create(&f->thread, NULL, feeder_run, f) != 0)
        abort();
    return f->fds[0];
}

static inline void feeder_stop(struct feeder *f)
{
    (void)close(f->fds[0]);
    (void)pthread_join(f->thread, NULL);
}
