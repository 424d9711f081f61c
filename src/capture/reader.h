/*
 * One capture, read from its buffer frame by frame. The format is told from the first bytes and
 * gives the function that reads the next frame; `file_pcap.c`, `file_pcapng.c` and
 * `file_foreign.c` are the formats.
 *
 * In: a name and a descriptor. Out: frames whose bytes lie in the buffer until the next call.
 * A reader serves one capture after the other with the same memory. It ends with READER_END or,
 * where the capture is cut short or contradicts itself, with READER_DAMAGED and a sentence.
 */
#pragma once

#include "capture/buffer.h"
#include "capture/frame.h"

enum reader_result { READER_FRAME, READER_END, READER_DAMAGED };

struct pcapng;
struct foreign;

struct reader {
    struct buffer buffer;
    const char *name; /* lent by reader_open's caller */
    enum reader_result (*next)(struct reader *r, struct frame *out);
    /* The next frames, up to `max`, that lie whole in the buffer; NULL: one by one only. */
    size_t (*next_ready)(struct reader *r, struct frame *out, size_t max);
    uint64_t frames;
    bool is_capture; /* it begins as a capture does, or is empty: a damaged one */
    struct err damage;

    /* pcap: the file header, as the records need it. */
    bool big_endian;
    bool lengths_swapped; /* before version 2.3 the wire length came first */
    uint32_t fraction_ns; /* nanoseconds of one unit of the fraction field */
    uint32_t link_type;
    size_t record_header;

    struct pcapng *pcapng;   /* allocated when the first such file comes */
    struct foreign *foreign; /* libpcap's handle on the current file */
};

/* `wait` as buffer_init takes it. */
int reader_init(struct reader *r, const struct read_wait *wait, struct err *why);
void reader_fini(struct reader *r);

/* Begin with a capture; what it is, the first reader_next finds out. */
void reader_open(struct reader *r, const char *name, int fd);

/* Release what the current capture took. */
void reader_close(struct reader *r);

/* The next frame, the end, or the end by damage (then `r->damage` is filled). */
static inline enum reader_result reader_next(struct reader *r, struct frame *out)
{
    return r->next(r, out);
}

/* The next frames that can be had without making those before them invalid; may be none. */
static inline size_t reader_next_ready(struct reader *r, struct frame *out, size_t max)
{
    return r->next_ready ? r->next_ready(r, out, max) : 0;
}

/*
 * For the formats. Each `..._start` is called with the first bytes in the buffer's `rest`, consumes
 * the file header, sets `r->next` and returns READER_FRAME, or what ended the file at once.
 */

enum reader_result pcap_start(struct reader *r);
enum reader_result pcapng_start(struct reader *r);
enum reader_result foreign_start(struct reader *r);
void pcapng_free(struct pcapng *p);
void foreign_free(struct foreign *f);

/* True when libpcap or our readers know a file that begins so. */
bool pcap_knows(struct span first);
bool pcapng_knows(struct span first);

/* The stream ended inside `what` ("a packet record"): writes the sentence of it. */
enum reader_result reader_cut_short(struct reader *r, const char *what);

/* The capture contradicts itself at `offset`: writes "NAME: damaged at byte N: ...". */
enum reader_result reader_damaged(struct reader *r, uint64_t offset, const char *format,
                                  ...) __attribute__((format(printf, 3, 4)));
