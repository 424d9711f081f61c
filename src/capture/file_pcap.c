/*
 * The pcap format: a file header of 24 bytes, then records of a header and the captured bytes.
 * https://www.tcpdump.org/manpages/pcap-savefile.5.html
 *
 *   file:   magic 4, major 2, minor 2, zone 4, accuracy 4, snap length 4, link type 4
 *   record: seconds 4, fraction 4, captured length 4, wire length 4
 *
 * in the byte order of the machine that wrote it, which the magic number tells.
 */
#include "base/nanotime.h"
#include "capture/reader.h"
#include "capture/source.h"

#define FILE_HEADER 24
#define RECORD_HEADER 16

/* The form of a patched libpcap of 1999: interface 4, protocol 2, direction 1, padding 1 follow. */
#define MODIFIED_RECORD_HEADER 24

/* The upper six bits say whether and how long a frame check sequence follows each frame. */
#define LINK_TYPE_MASK UINT32_C(0x03ffffff)

static const struct pcap_form {
    uint8_t magic[4];
    bool big_endian;
    uint32_t fraction_ns;
    size_t record_header;
} forms[] = {
    {{0xd4, 0xc3, 0xb2, 0xa1}, false, 1000, RECORD_HEADER},
    {{0xa1, 0xb2, 0xc3, 0xd4}, true, 1000, RECORD_HEADER},
    {{0x4d, 0x3c, 0xb2, 0xa1}, false, 1, RECORD_HEADER},
    {{0xa1, 0xb2, 0x3c, 0x4d}, true, 1, RECORD_HEADER},
    {{0x34, 0xcd, 0xb2, 0xa1}, false, 1000, MODIFIED_RECORD_HEADER},
    {{0xa1, 0xb2, 0xcd, 0x34}, true, 1000, MODIFIED_RECORD_HEADER},
};

static const struct pcap_form *form_of(struct span first)
{
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        if (first.len >= 4 && memcmp(first.data, forms[i].magic, 4) == 0)
            return &forms[i];
    return NULL;
}

bool pcap_knows(struct span first)
{
    return form_of(first) != NULL;
}

static inline bool read_u32(bool big_endian, struct span *s, uint32_t *out)
{
    return big_endian ? span_u32(s, out) : span_u32le(s, out);
}

static bool read_u16(const struct reader *r, struct span *s, uint16_t *out)
{
    return r->big_endian ? span_u16(s, out) : span_u16le(s, out);
}

/* The wire length came first before version 2.3, and in 2.3 nobody was sure. */
static void swap_lengths(uint32_t *captured, uint32_t *wire)
{
    uint32_t held = *captured;

    if (*captured > *wire) {
        *captured = *wire;
        *wire = held;
    }
}

/* A fraction of a second or more is carried over by the sum. */
static inline void fill_frame(const struct reader *r, struct frame *out, uint32_t seconds,
                              uint32_t fraction, uint32_t wire)
{
    out->time_ns = seconds * NS_PER_S + (uint64_t)fraction * r->fraction_ns;
    out->wire_len = wire;
    out->link_type = r->link_type;
    out->file = r->name;
    out->process = NULL;
}

/* With the byte order as a constant, so that reading a number takes one instruction. */
static inline __attribute__((always_inline)) enum reader_result
next_record(struct reader *r, bool big_endian, struct frame *out)
{
    uint32_t seconds, fraction, captured, wire;
    struct span look, header;

    if (!buffer_need(&r->buffer, r->record_header))
        return span_empty(r->buffer.rest) && !buffer_failure(&r->buffer)
                   ? READER_END
                   : reader_cut_short(r, "a packet record");
    look = r->buffer.rest;
    if (!span_take(&look, RECORD_HEADER, &header) ||
        !read_u32(big_endian, &header, &seconds) ||
        !read_u32(big_endian, &header, &fraction) ||
        !read_u32(big_endian, &header, &captured) || !read_u32(big_endian, &header, &wire))
        return READER_END;
    if (r->lengths_swapped)
        swap_lengths(&captured, &wire);
    if (captured > SOURCE_RECORD_MAX)
        return reader_damaged(r, buffer_offset(&r->buffer),
                              "record length %u is more than %u", captured,
                              SOURCE_RECORD_MAX);
    if (!buffer_need(&r->buffer, r->record_header + captured) ||
        !span_skip(&r->buffer.rest, r->record_header) ||
        !span_take(&r->buffer.rest, captured, &out->bytes))
        return reader_cut_short(r, "a packet record");
    fill_frame(r, out, seconds, fraction, wire);
    r->frames++;
    return READER_FRAME;
}

static enum reader_result next_little_endian(struct reader *r, struct frame *out)
{
    return next_record(r, false, out);
}

static enum reader_result next_big_endian(struct reader *r, struct frame *out)
{
    return next_record(r, true, out);
}

/* Records that are whole and plain; what is not is left to next_record. */
static inline __attribute__((always_inline)) size_t
ready_records(struct reader *r, bool big_endian, struct frame *out, size_t max)
{
    struct span rest = r->buffer.rest;
    size_t count = 0;

    while (count < max) {
        struct frame *f = &out[count];
        struct span look = rest, header;
        uint32_t seconds, fraction, captured, wire;

        if (!span_take(&look, RECORD_HEADER, &header) ||
            !read_u32(big_endian, &header, &seconds) ||
            !read_u32(big_endian, &header, &fraction) ||
            !read_u32(big_endian, &header, &captured) ||
            !read_u32(big_endian, &header, &wire) || captured > SOURCE_RECORD_MAX ||
            !span_skip(&look, r->record_header - RECORD_HEADER) ||
            !span_take(&look, captured, &f->bytes))
            break;
        fill_frame(r, f, seconds, fraction, wire);
        rest = look;
        count++;
    }
    r->buffer.rest = rest;
    r->frames += count;
    return count;
}

static size_t ready_little_endian(struct reader *r, struct frame *out, size_t max)
{
    return ready_records(r, false, out, max);
}

static size_t ready_big_endian(struct reader *r, struct frame *out, size_t max)
{
    return ready_records(r, true, out, max);
}

enum reader_result pcap_start(struct reader *r)
{
    const struct pcap_form *form = form_of(r->buffer.rest);
    uint32_t ignored, link_type;
    uint16_t major, minor;
    struct span header;

    if (!buffer_need(&r->buffer, FILE_HEADER))
        return reader_cut_short(r, "the file header");
    header = r->buffer.rest;
    r->big_endian = form->big_endian;
    r->fraction_ns = form->fraction_ns;
    r->record_header = form->record_header;
    if (!span_skip(&header, 4) || !read_u16(r, &header, &major) ||
        !read_u16(r, &header, &minor) || !read_u32(r->big_endian, &header, &ignored) ||
        !read_u32(r->big_endian, &header, &ignored) ||
        !read_u32(r->big_endian, &header, &ignored) ||
        !read_u32(r->big_endian, &header, &link_type))
        return READER_END;
    /* One vendor's system had numbers of its own. */
    if (major != 2)
        return foreign_start(r);
    if (!span_skip(&r->buffer.rest, FILE_HEADER))
        return READER_END;
    r->lengths_swapped = minor <= 3;
    r->link_type = link_type & LINK_TYPE_MASK;
    r->next = r->big_endian ? next_big_endian : next_little_endian;
    if (!r->lengths_swapped)
        r->next_ready = r->big_endian ? ready_big_endian : ready_little_endian;
    return READER_FRAME;
}
