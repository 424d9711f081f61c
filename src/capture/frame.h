/*
 * One captured frame, as a source lends it: the bytes are valid until the source is asked again.
 */
#pragma once

#include "base/span.h"

struct frame {
    uint64_t time_ns;   /* when it was captured, nanoseconds since 1970 */
    struct span bytes;  /* what was captured, from the link header on */
    uint32_t wire_len;  /* its length on the wire, >= bytes.len in an honest capture */
    uint32_t link_type; /* LINKTYPE_ number of the tcpdump.org registry */
    const char
        *file; /* the capture's name, or the interface's; lives as long as the source */
    const char
        *process; /* app or process that the capture names for this packet, else NULL */
};
