/*
 * What a pcapng section says about its packets: interfaces with their link type and unit of time,
 * and the processes that Apple's tools name. Used by file_pcapng.c and pcapng_process.c only.
 *
 * Allocated once for the reader and reused; a new section forgets interfaces and processes. Both
 * have a ceiling: a file with more interfaces is damaged, processes beyond the ceiling have no name.
 */
#pragma once

#include "capture/reader.h"

#define PCAPNG_INTERFACES_MAX 1024
#define PCAPNG_PROCESSES_MAX 1024
#define PCAPNG_PROCESS_NAME_MAX 64

struct pcapng_interface {
    uint32_t link_type;
    uint32_t snap;    /* 0: no limit */
    uint64_t units;   /* of the time stamp to a second */
    int64_t offset_s; /* to be added to it */
};

struct pcapng {
    struct pcapng_interface interfaces[PCAPNG_INTERFACES_MAX];
    uint32_t interface_count;
    uint64_t last_time_ns; /* a simple packet block has none of its own */
    char processes[PCAPNG_PROCESSES_MAX][PCAPNG_PROCESS_NAME_MAX];
    uint32_t process_count;
};

/* Numbers in the section's byte order. */
SPAN_CHECKED static inline bool pcapng_u16(const struct reader *r, struct span *s, uint16_t *out)
{
    return r->big_endian ? span_u16(s, out) : span_u16le(s, out);
}

SPAN_CHECKED static inline bool pcapng_u32(const struct reader *r, struct span *s, uint32_t *out)
{
    return r->big_endian ? span_u32(s, out) : span_u32le(s, out);
}

/* Take the next option; false at their end and where they are malformed. */
SPAN_CHECKED bool pcapng_option(const struct reader *r, struct span *options, uint16_t *code,
                                struct span *value);
