#include "detect/hold_back.h"

#include <stdlib.h>

void hold_back_init(struct hold_back *h)
{
    *h = (struct hold_back){0};
}

void hold_back_fini(struct hold_back *h)
{
    for (size_t i = 0; i < h->count; i++) {
        session_release(h->heap[i]);
        free(h->heap[i]);
    }
    free(h->heap);
    *h = (struct hold_back){0};
}

/* Equal sessions (one read twice) keep a fixed order by their place on the wire. */
static bool before(const struct session *a, const struct session *b)
{
    int order;

    if (a->decided_ns != b->decided_ns)
        return a->decided_ns < b->decided_ns;
    order = memcmp(a->id, b->id, sizeof(a->id));
    return order != 0 ? order < 0 : a->start_ns < b->start_ns;
}

static bool grow(struct hold_back *h)
{
    size_t size = h->size ? h->size * 2 : 64;
    struct session **heap = realloc(h->heap, size * sizeof(struct session *));

    if (!heap)
        return false;
    h->heap = heap;
    h->size = size;
    return true;
}

bool hold_back_full(const struct hold_back *h)
{
    return h->count >= HOLD_BACK_MAX;
}

bool hold_back_put(struct hold_back *h, const struct session *s)
{
    struct session *copy;
    size_t place;

    if ((h->count == h->size && !grow(h)) || !(copy = malloc(sizeof(*copy))))
        return false;
    session_copy(copy, s);
    place = h->count++;
    while (place > 0 && before(copy, h->heap[(place - 1) / 2])) {
        h->heap[place] = h->heap[(place - 1) / 2];
        place = (place - 1) / 2;
    }
    h->heap[place] = copy;
    return true;
}

struct session *hold_back_first(const struct hold_back *h, uint64_t until_ns)
{
    return h->count > 0 && h->heap[0]->decided_ns <= until_ns ? h->heap[0] : NULL;
}

struct session *hold_back_take(struct hold_back *h)
{
    struct session *first, *last;
    size_t place = 0;

    if (h->count == 0)
        return NULL;
    first = h->heap[0];
    last = h->heap[--h->count];
    for (;;) {
        size_t child = place * 2 + 1;

        if (child >= h->count)
            break;
        if (child + 1 < h->count && before(h->heap[child + 1], h->heap[child]))
            child++;
        if (!before(h->heap[child], last))
            break;
        h->heap[place] = h->heap[child];
        place = child;
    }
    h->heap[place] = last;
    return first;
}
