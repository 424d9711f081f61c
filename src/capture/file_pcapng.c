/*
 * The pcapng format: a row of blocks, each `type 4, length 4, body, length 4`, lengths in multiples
 * of four and in the byte order of their section. https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcapng/
 *
 *   section header       byte order magic 4, major 2, minor 2, section length 8, options
 *   interface            link type 2, reserved 2, snap length 4, options
 *   enhanced packet      interface 4, time high 4, time low 4, captured 4, wire 4, data, options
 *   packet (obsolete)    interface 2, drops 2, then as above
 *   simple packet        wire 4, data
 *   process (Apple's)    process number 4, options; packets name it by its place in the section
 *   option               code 2, length 2, value padded to four
 */
#include <stdlib.h>

#include "base/nanotime.h"
#include "base/text.h"
#include "capture/reader.h"
#include "capture/source.h"

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
    OPTION_PROCESS_NAME = 2, /* of Apple's process block */
    OPTION_IF_TSRESOL = 9,
    OPTION_IF_TSOFFSET = 14,
    OPTION_PROCESS = 0x8001,           /* of a packet: number of its process block */
    OPTION_EFFECTIVE_PROCESS = 0x8003, /* the one on whose behalf that works */
};

/* A file with more interfaces is damaged; processes beyond the ceiling have no name. */
#define INTERFACES_MAX 1024
#define PROCESSES_MAX 1024
#define PROCESS_NAME_MAX 64

struct interface {
    uint32_t link_type;
    uint32_t snap;    /* 0: no limit */
    uint64_t units;   /* of the time stamp to a second */
    int64_t offset_s; /* to be added to it */
};

/* What the section says; allocated once for the reader and reused. */
struct pcapng {
    struct interface interfaces[INTERFACES_MAX];
    uint32_t interface_count;
    uint64_t last_time_ns; /* a simple packet block has none of its own */
    char processes[PROCESSES_MAX][PROCESS_NAME_MAX];
    uint32_t process_count;
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
    uint32_t type = 0;

    return span_u32(&first, &type) && type == BLOCK_SECTION;
}

static bool read_u32(const struct reader *r, struct span *s, uint32_t *out)
{
    return r->big_endian ? span_u32(s, out) : span_u32le(s, out);
}

static bool read_u16(const struct reader *r, struct span *s, uint16_t *out)
{
    return r->big_endian ? span_u16(s, out) : span_u16le(s, out);
}

/* Bytes that fill up a length to a multiple of four. */
static size_t padding_of(size_t len)
{
    return (4 - len % 4) % 4;
}

/* Take the next option; false at their end and where they are malformed. */
static bool take_option(const struct reader *r, struct span *options, uint16_t *code,
                        struct span *value)
{
    struct span look = *options;
    uint16_t len;

    if (!read_u16(r, &look, code) || !read_u16(r, &look, &len) || *code == OPTION_END ||
        !span_take(&look, len, value))
        return false;
    if (!span_skip(&look, padding_of(len)))
        look.len = 0;
    *options = look;
    return true;
}

/* Units of time to a second: a power of ten, or of two where the top bit is set (if_tsresol). */
static bool set_resolution(struct interface *i, uint8_t resolution)
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

    if (!read_u32(r, s, &first) || !read_u32(r, s, &second))
        return false;
    *out = (int64_t)(r->big_endian ? (uint64_t)first << 32 | second
                                   : (uint64_t)second << 32 | first);
    return true;
}

/* Nanoseconds in `part` of `units` to a second; `part` < `units`. */
static uint64_t fraction_ns(uint64_t part, uint64_t units)
{
    if (units % NS_PER_S == 0)
        return part / (units / NS_PER_S);
    /* Coarsened until the product cannot overflow: 2^33 units to a second are finer than 1 ns. */
    while (units >> 33) {
        units >>= 1;
        part >>= 1;
    }
    return part * NS_PER_S / units;
}

static uint64_t time_of(const struct interface *i, uint32_t high, uint32_t low)
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
    struct interface i = {.units = 1000000};
    struct span body = b->body, value;
    uint16_t link_type, code;
    uint32_t snap;
    uint8_t resolution;

    if (!read_u16(r, &body, &link_type) || !span_skip(&body, 2) ||
        !read_u32(r, &body, &snap))
        return reader_damaged(r, b->offset, "an interface block of %zu bytes", b->body.len);
    if (p->interface_count == INTERFACES_MAX)
        return reader_damaged(r, b->offset, "more than %d interfaces", INTERFACES_MAX);
    i.link_type = link_type;
    i.snap = snap;
    while (take_option(r, &body, &code, &value)) {
        if (code == OPTION_IF_TSRESOL && span_u8(&value, &resolution) &&
            !set_resolution(&i, resolution))
            return reader_damaged(r, b->offset, "time resolution %u is impossible",
                                  resolution);
        if (code == OPTION_IF_TSOFFSET && !read_s64(r, &value, &i.offset_s))
            return reader_damaged(r, b->offset, "a time offset of %zu bytes", value.len);
    }
    p->interfaces[p->interface_count++] = i;
    out->bytes.data = NULL;
    return READER_FRAME;
}

static enum reader_result add_process(struct reader *r, const struct block *b,
                                      struct frame *out)
{
    struct pcapng *p = r->pcapng;
    struct span body = b->body, value;
    uint32_t number;
    uint16_t code;

    out->bytes.data = NULL;
    if (p->process_count == PROCESSES_MAX)
        return READER_FRAME;
    p->processes[p->process_count][0] = '\0';
    if (!read_u32(r, &body, &number))
        return reader_damaged(r, b->offset, "a process block of %zu bytes", b->body.len);
    while (take_option(r, &body, &code, &value))
        if (code == OPTION_PROCESS_NAME)
            (void)text_from_span(p->processes[p->process_count], PROCESS_NAME_MAX, value);
    p->process_count++;
    return READER_FRAME;
}

/* The name of the process that a packet's options tell; NULL without one. */
static const char *find_process(const struct reader *r, struct span options)
{
    const struct pcapng *p = r->pcapng;
    const char *name = NULL;
    struct span value;
    uint32_t index;
    uint16_t code;

    while (take_option(r, &options, &code, &value)) {
        if ((code != OPTION_PROCESS && code != OPTION_EFFECTIVE_PROCESS) ||
            !read_u32(r, &value, &index) || index >= p->process_count)
            continue;
        if ((!name || code == OPTION_EFFECTIVE_PROCESS) && p->processes[index][0] != '\0')
            name = p->processes[index];
    }
    return name;
}

/* The fields that enhanced and obsolete packet blocks share, from the time on. */
static enum reader_result read_packet(struct reader *r, const struct block *b,
                                      uint32_t interface, struct span body,
                                      struct frame *out)
{
    const struct interface *i;
    uint32_t high, low, captured, wire;

    if (!read_u32(r, &body, &high) || !read_u32(r, &body, &low) ||
        !read_u32(r, &body, &captured) || !read_u32(r, &body, &wire))
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
    if (r->pcapng->process_count > 0 && span_skip(&body, padding_of(captured)))
        out->process = find_process(r, body);
    return READER_FRAME;
}

static enum reader_result read_enhanced(struct reader *r, const struct block *b,
                                        struct frame *out)
{
    struct span body = b->body;
    uint32_t interface;

    if (!read_u32(r, &body, &interface))
        return reader_damaged(r, b->offset, "a packet block of %zu bytes", b->body.len);
    return read_packet(r, b, interface, body, out);
}

static enum reader_result read_obsolete(struct reader *r, const struct block *b,
                                        struct frame *out)
{
    struct span body = b->body;
    uint16_t interface, drops;

    if (!read_u16(r, &body, &interface) || !read_u16(r, &body, &drops))
        return reader_damaged(r, b->offset, "a packet block of %zu bytes", b->body.len);
    return read_packet(r, b, interface, body, out);
}

static enum reader_result read_simple(struct reader *r, const struct block *b,
                                      struct frame *out)
{
    struct span body = b->body;
    uint32_t wire, snap;

    if (r->pcapng->interface_count == 0)
        return reader_damaged(r, b->offset, "interface 0 was not described");
    if (!read_u32(r, &body, &wire))
        return reader_damaged(r, b->offset, "a packet block of %zu bytes", b->body.len);
    snap = r->pcapng->interfaces[0].snap;
    out->bytes = span_first(body, snap > 0 && snap < wire ? snap : wire);
    if (out->bytes.len > SOURCE_RECORD_MAX)
        return reader_damaged(r, b->offset, "record length %zu is more than %u",
                              out->bytes.len, SOURCE_RECORD_MAX);
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
    {UINT32_C(0x80000001), add_process},
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
    if (!span_skip(&look, 4) || !read_u32(r, &look, &len) || !read_u32(r, &look, &magic))
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
    if (!read_u32(r, &look, &b->type) || !read_u32(r, &look, &len))
        return READER_END;
    if (len < BLOCK_FRAME || len % 4 != 0)
        return reader_damaged(r, b->offset, "a block length of %u", len);
    b->row = row_of(b->type);
    if (!b->row) {
        return buffer_skip(&r->buffer, len) ? READER_FRAME : reader_cut_short(r, "a block");
    }
    if (len > BLOCK_MAX)
        return reader_damaged(r, b->offset, "block length %u is more than %u", len,
                              BLOCK_MAX);
    if (!buffer_need(&r->buffer, len) || !span_skip(&r->buffer.rest, BLOCK_HEADER) ||
        !span_take(&r->buffer.rest, len - BLOCK_FRAME, &b->body) ||
        !read_u32(r, &r->buffer.rest, &again))
        return reader_cut_short(r, "a block");
    if (again != len)
        return reader_damaged(r, b->offset, "block lengths %u and %u differ", len, again);
    return READER_FRAME;
}

static enum reader_result pcapng_next(struct reader *r, struct frame *out)
{
    enum reader_result result;
    struct block b = {0};

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
