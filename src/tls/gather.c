#include "tls/gather.h"

#include <stdlib.h>

#define FIRST_SIZE 2048u /* most hellos */

/* Whether a place is filled, a byte for each, behind the places themselves. */
static uint8_t *marks(const struct gather *g)
{
    return g->data + g->size;
}

void gather_clear(struct gather *g, struct tls_budget *budget)
{
    budget->bytes -= 2 * (uint64_t)g->size;
    free(g->data);
    *g = (struct gather){0};
}

static bool grow(struct gather *g, struct tls_budget *budget, uint32_t need, uint32_t most)
{
    uint32_t size = g->size ? g->size : FIRST_SIZE;
    uint64_t more;
    uint8_t *data;

    while (size < need)
        size *= 2;
    size = size > most && need <= most ? most : size;
    more = 2 * (uint64_t)(size - g->size);
    if (budget->bytes + more > budget->most_bytes || !(data = calloc(2, size)))
        return false;
    if (g->end) {
        memcpy(data, g->data, g->end);
        memcpy(data + size, marks(g), g->end);
    }
    free(g->data);
    g->data = data;
    g->size = size;
    budget->bytes += more;
    return true;
}

static void fill(struct gather *g, uint32_t at, struct span bytes)
{
    uint8_t *mark = marks(g) + at, *place = g->data + at;

    if (!memchr(mark, 1, bytes.len)) {
        memcpy(place, bytes.data, bytes.len);
        memset(mark, 1, bytes.len);
        return;
    }
    for (size_t i = 0; i < bytes.len; i++) {
        if (mark[i])
            continue;
        place[i] = bytes.data[i];
        mark[i] = 1;
    }
}

static void find_hole(struct gather *g)
{
    const uint8_t *hole = memchr(marks(g) + g->ready, 0, g->end - g->ready);

    g->ready = hole ? (uint32_t)(hole - marks(g)) : g->end;
}

bool gather_put(struct gather *g, struct tls_budget *budget, uint32_t most, uint64_t offset,
                struct span bytes)
{
    uint32_t end;

    if (span_empty(bytes))
        return true;
    if (offset > most || bytes.len > most - offset)
        return false;
    end = (uint32_t)(offset + bytes.len);
    if (end > g->size && !grow(g, budget, end, most))
        return false;
    if (end > g->end)
        g->end = end;
    fill(g, (uint32_t)offset, bytes);
    find_hole(g);
    return true;
}

struct span gather_ready(const struct gather *g)
{
    return span_of(g->data, g->ready);
}

void gather_drop(struct gather *g, struct tls_budget *budget, size_t count)
{
    uint32_t left = g->end - (uint32_t)count;

    if (left == 0) {
        gather_clear(g, budget);
        return;
    }
    memmove(g->data, g->data + count, left);
    memmove(marks(g), marks(g) + count, left);
    memset(marks(g) + left, 0, count);
    g->ready -= (uint32_t)count;
    g->end = left;
}
