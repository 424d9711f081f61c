/*
 * The pcapng format: a row of blocks, each `type 4, length 4, body, length 4`, lengths in multiples
 * of four and in the byte order of their section. https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcapng/
 *
 *   section header       byte order magic 4, major 2, minor 2, section length 8, options
 *   interface            link type 2, reserved 2, snap length 4, options
 *   enhanced packet      interface 4, time high 4, time low 4, captured 4, wire 4, data, options
 *   packet (obsolete)    interface 2, drops 2, then as above
 *   simple packet        wire 4, data
 *   option               code 2, length 2, value padded to four
 *
 * Names of processes are Apple's additions: see pcapng_process.c.
 */
#include "base/nanotime.h"
#include "capture/pcapng.h"
#include "capture/source.h"

#include <stdlib.h>

#define BLOCK_SECTION UINT32_C(0x0a0d0d0a)
#define BYTE_ORDER_MAGIC UINT32_C(0x1a2b3c4d)

/* Type, length, and the length again. */
#define BLOCK_FRAME 12
#define BLOCK_HEADER 8
#define SECTION_HEADER_MIN 28

/* Blocks that we read may be as long as the longest packet with its options. */
#define BLOCK_MAX BUFFER_NEED_MAX

enum option {
    OPTION_END = 0,
    OPTION_IF_TSRESOL = 9,
    OPTION_IF_TSOFFSET = 14,
};

/* A block in the course of being read. */
struct block {
    uint64_t offset;
    uint32_t type;
    const struct block_row *row; /* NULL: one that we skip */
    struct span body;
};

/* READER_FRAME from `read` means: go on; a frame is there when it set `out->bytes.data`. */
struct block_row {
    uint32_t type;
    enum reader_result (*read)(struct reader *r, const struct block *b, struct frame *out);
};

bool pcapng_knows(struct span first)
{
    uint32_t type;

    return span_u32(&first, &type) && type == BLOCK_SECTION;
}

bool pcapng_option(const struct reader *r, struct span *options, uint16_t *code,
                   struct span *value)
{
    static const size_t padding[4] = {0, 3, 2, 1};
    struct span look = *options;
    uint16_t len;

    if (!pcapng_u16(r, &look, code) || !pcapng_u16(r, &look, &len) || *code == OPTION_END ||
        !span_take(&look, len, value))
        return false;
    if (!span_skip(&look, padding[len % 4]))
        look.len = 0;
    *options = look;
    return true;
}

/* Units of time to a second: a power of ten, or of two where the top bit is set (if_tsresol). */
static bool set_resolution(struct pcapng_interface *i, uint8_t resolution)
{
    bool binary = resolution & 0x80;
    uint8_t exponent = resolution & 0x7f;

    if (exponent > (binary ? 63 : 19))
        return false;
    i->units = 1;
    while (exponent-- > 0)
        i->units *= binary ? 2 : 10;
    return true;
}

static bool read_s64(const struct reader *r, struct span *s, int64_t *out)
{
    uint32_t first, second;

    if (!pcapng_u32(r, s, &first) || !pcapng_u32(r, s, &second))
        return false;
    *out = (int64_t)(r->big_endian ? (uint64_t)first << 32 | second
                                   : (uint64_t)second << 32 | first);
    return true;
}

/* Nanoseconds in `part` of `units` to a second; `part` < `units`. */
static uint64_t fraction_ns(uint64_t part, uint64_t units)
{
    /* Coarsened until the product cannot overflow: 2^33 units to a second are finer than 1 ns. */
    while (units >> 33) {
        units >>= 1;
        part >>= 1;
    }
    return part * NS_PER_S / units;
}

static uint64_t time_of(const struct pcapng_interface *i, uint32_t high, uint32_t low)
{
    uint64_t units = (uint64_t)high << 32 | low, seconds, ns;

    /* Microseconds and nanoseconds, the two that matter, before the year 2200. */
    if (i->units == 1000000 && units < UINT64_MAX / 4096 && i->offset_s == 0)
        return units * NS_PER_US;
    if (i->units == NS_PER_S && i->offset_s == 0)
        return units;
    seconds = units / i->units;
    ns = fraction_ns(units % i->units, i->units);
    if (i->offset_s < 0)
        seconds = nanotime_since(0 - (uint64_t)i->offset_s, seconds);
    else
        seconds += (uint64_t)i->offset_s;
    if (seconds >= UINT64_MAX / NS_PER_S)
        seconds = UINT64_MAX / NS_PER_S - 1;
    return seconds * NS_PER_S + ns;
}

static enum reader_result add_interface(struct reader *r, const struct block *b,
                                        struct frame *out)
{
    struct pcapng *p = r->pcapng;
    struct pcapng_interface i = {.units = 1000000};
    struct span body = b->body, value;
    uint16_t link_type, code;
    uint32_t snap;
    uint8_t resolution;

    if (!pcapng_u16(r, &body, &link_type) || !span_skip(&body, 2) || !pcapng_u32(r, &body, &snap))
        return reader_damaged(r, b->offset, "an interface block of %zu bytes", b->body.len);
    if (p->interface_count == PCAPNG_INTERFACES_MAX)
        return reader_damaged(r, b->offset, "more than %d interfaces", PCAPNG_INTERFACES_MAX);
    i.link_type = link_type;
    i.snap = snap;
    while (pcapng_option(r, &body, &code, &value)) {
        if (code == OPTION_IF_TSRESOL && span_u8(&value, &resolution) &&
            !set_resolution(&i, resolution))
            return reader_damaged(r, b->offset, "time resolution %u is impossible", resolution);
        if (code == OPTION_IF_TSOFFSET && !read_s64(r, &value, &i.offset_s))
            return reader_damaged(r, b->offset, "a time offset of %zu bytes", value.len);
    }
    p->interfaces[p->interface_count++] = i;
    out->bytes.data = NULL;
    return READER_FRAME;
}

/* The fields that enhanced and obsolete packet blocks share, from the time on. */
static enum reader_result read_packet(struct reader *r, const struct block *b, uint32_t interface,
                                      struct span body, struct frame *out)
{
    const struct pcapng_interface *i;
    uint32_t high, low, captured, wire;

    if (!pcapng_u32(r, &body, &high) || !pcapng_u32(r, &body, &low) ||
        !pcapng_u32(r, &body, &captured) || !pcapng_u32(r, &body, &wire))
        return reader_damaged(r, b->offset, "a packet block of %zu bytes", b->body.len);
    if (interface >= r->pcapng->interface_count)
        return reader_damaged(r, b->offset, "interface %u was not described", interface);
    if (captured > SOURCE_RECORD_MAX)
        return reader_damaged(r, b->offset, "record length %u is more than %u", captured,
                              SOURCE_RECORD_MAX);
    if (!span_take(&body, captured, &out->bytes))
        return reader_damaged(r, b->offset, "record length %u is more than its block holds",
                              captured);
    i = &r->pcapng->interfaces[interface];
    out->time_ns = time_of(i, high, low);
    out->wire_len = wire;
    out->link_type = i->link_type;
    r->pcapng->last_time_ns = out->time_ns;
    return READER_FRAME;
}

static enum reader_result read_enhanced(struct reader *r, const struct block *b,
                                        struct frame *out)
{
    struct span body = b->body;
    uint32_t interface;

    if (!pcapng_u32(r, &body, &interface))
        return reader_damaged(r, b->offset, "a packet block of %zu bytes", b->body.len);
    return read_packet(r, b, interface, body, out);
}

static enum reader_result read_obsolete(struct reader *r, const struct block *b,
                                        struct frame *out)
{
    struct span body = b->body;
    uint16_t interface, drops;

    if (!pcapng_u16(r, &body, &interface) || !pcapng_u16(r, &body, &drops))
        return reader_damaged(r, b->offset, "a packet block of %zu bytes", b->body.len);
    return read_packet(r, b, interface, body, out);
}

static enum reader_result read_simple(struct reader *r, const struct block *b, struct frame *out)
{
    struct span body = b->body;
    uint32_t wire, snap;

    if (r->pcapng->interface_count == 0)
        return reader_damaged(r, b->offset, "interface 0 was not described");
    if (!pcapng_u32(r, &body, &wire))
        return reader_damaged(r, b->offset, "a packet block of %zu bytes", b->body.len);
    snap = r->pcapng->interfaces[0].snap;
    out->bytes = span_first(body, snap > 0 && snap < wire ? snap : wire);
    if (out->bytes.len > SOURCE_RECORD_MAX)
        return reader_damaged(r, b->offset, "record length %zu is more than %u", out->bytes.len,
                              SOURCE_RECORD_MAX);
    out->time_ns = r->pcapng->last_time_ns;
    out->wire_len = wire;
    out->link_type = r->pcapng->interfaces[0].link_type;
    return READER_FRAME;
}

static const struct block_row block_rows[] = {
    {6, read_enhanced},
    {1, add_interface},
    {2, read_obsolete},
    {3, read_simple},
};

static const struct block_row *row_of(uint32_t type)
{
    for (size_t i = 0; i < sizeof(block_rows) / sizeof(block_rows[0]); i++)
        if (block_rows[i].type == type)
            return &block_rows[i];
    return NULL;
}

static enum reader_result begin_section(struct reader *r, struct block *b)
{
    struct span look;
    uint32_t magic, len;

    if (!buffer_need(&r->buffer, SECTION_HEADER_MIN))
        return reader_cut_short(r, "a section header");
    look = r->buffer.rest;
    if (!span_skip(&look, 8) || !span_u32(&look, &magic))
        return READER_END;
    r->big_endian = magic == BYTE_ORDER_MAGIC;
    look = r->buffer.rest;
    if (!span_skip(&look, 4) || !pcapng_u32(r, &look, &len) || !pcapng_u32(r, &look, &magic))
        return READER_END;
    if (magic != BYTE_ORDER_MAGIC)
        return reader_damaged(r, b->offset, "the byte order magic is %08x", magic);
    r->pcapng->interface_count = 0;
    r->pcapng->process_count = 0;
    return READER_FRAME;
}

/*
 * Bring the next block into the buffer, or skip it. READER_FRAME: `b` holds one that we read.
 */
static enum reader_result take_block(struct reader *r, struct block *b)
{
    struct span look;
    enum reader_result result;
    uint32_t len, again;

    b->offset = buffer_offset(&r->buffer);
    if (!buffer_need(&r->buffer, BLOCK_FRAME))
        return span_empty(r->buffer.rest) && !buffer_failure(&r->buffer)
                   ? READER_END
                   : reader_cut_short(r, "a block header");
    if (pcapng_knows(r->buffer.rest)) {
        result = begin_section(r, b);
        if (result != READER_FRAME)
            return result;
    }
    look = r->buffer.rest;
    if (!pcapng_u32(r, &look, &b->type) || !pcapng_u32(r, &look, &len))
        return READER_END;
    if (len < BLOCK_FRAME || len % 4 != 0)
        return reader_damaged(r, b->offset, "a block length of %u", len);
    b->row = row_of(b->type);
    if (!b->row) {
        return buffer_skip(&r->buffer, len) ? READER_FRAME
                                            : reader_cut_short(r, "a block");
    }
    if (len > BLOCK_MAX)
        return reader_damaged(r, b->offset, "block length %u is more than %u", len, BLOCK_MAX);
    if (!buffer_need(&r->buffer, len) || !span_skip(&r->buffer.rest, BLOCK_HEADER) ||
        !span_take(&r->buffer.rest, len - BLOCK_FRAME, &b->body) ||
        !pcapng_u32(r, &r->buffer.rest, &again))
        return reader_cut_short(r, "a block");
    if (again != len)
        return reader_damaged(r, b->offset, "block lengths %u and %u differ", len, again);
    return READER_FRAME;
}

static enum reader_result pcapng_next(struct reader *r, struct frame *out)
{
    enum reader_result result;
    struct block b;

    out->file = r->name;
    out->process = NULL;
    do {
        out->bytes.data = NULL;
        result = take_block(r, &b);
        if (result == READER_FRAME && b.row)
            result = b.row->read(r, &b, out);
    } while (result == READER_FRAME && !out->bytes.data);
    r->frames += result == READER_FRAME;
    return result;
}

enum reader_result pcapng_start(struct reader *r)
{
    if (!r->pcapng)
        r->pcapng = malloc(sizeof(*r->pcapng));
    if (!r->pcapng)
        return reader_damaged(r, 0, "there is no memory to read it");
    r->pcapng->interface_count = 0;
    r->pcapng->process_count = 0;
    r->pcapng->last_time_ns = 0;
    r->next = pcapng_next;
    return READER_FRAME;
}

void pcapng_free(struct pcapng *p)
{
    free(p);
}
