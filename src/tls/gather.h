/*
 * Bytes of a message that arrive in any order: CRYPTO frames of QUIC, fragments of DTLS.
 *
 * Every byte is taken once, the first that came for its place counts. So any way of splitting,
 * reordering or repeating a message gives the same bytes.
 *
 * Memory: one heap buffer, twice as large as the highest place that is filled (a byte more for
 * each, to know it is there), in steps, never beyond the caller's ceiling, and counted in the
 * budget that all connections share. What does not fit is refused and changes nothing.
 */
#pragma once

#include "tls/conn.h"

struct gather {
    uint8_t *data;
    uint32_t size;  /* places there is room for */
    uint32_t ready; /* bytes from the front without a hole */
    uint32_t end;   /* behind the highest byte */
};

/* Put bytes at `offset`; false when they would end beyond `most` or there is no room. */
SPAN_CHECKED bool gather_put(struct gather *g, struct tls_budget *budget, uint32_t most,
                             uint64_t offset, struct span bytes);

/* The bytes from the front up to the first hole; valid until the next call. */
struct span gather_ready(const struct gather *g);

/* The first `count` bytes of gather_ready are done with: what follows is the front now. */
void gather_drop(struct gather *g, struct tls_budget *budget, size_t count);

/* Give the memory back. */
void gather_clear(struct gather *g, struct tls_budget *budget);
