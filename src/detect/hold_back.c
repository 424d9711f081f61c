#include "detect/hold_back.h"

#include <stdlib.h>

#define CACHE_LINE 64u

void hold_back_init(struct hold_back *h)
{
    *h = (struct hold_back){0};
}

void hold_back_fini(struct hold_back *h)
{
    for (size_t i = 0; i < h->count; i++) {
        session_release(h->heap[i].session);
        free(h->heap[i].session);
    }
    for (size_t i = 0; i < h->spare_count; i++)
        free(h->spare[i]);
    for (size_t i = 0; i < h->line_count; i++) {
        session_release(h->line[h->line_first + i].session);
        free(h->line[h->line_first + i].session);
    }
    free(h->heap);
    free(h->line);
    *h = (struct hold_back){0};
}

/* Equal sessions (one read twice) keep a fixed order by their place on the wire. */
static bool before(const struct held_session *a, const struct held_session *b)
{
    int order;

    if (a->decided_ns != b->decided_ns)
        return a->decided_ns < b->decided_ns;
    order = memcmp(a->session->id, b->session->id, sizeof(a->session->id));
    return order != 0 ? order < 0 : a->session->start_ns < b->session->start_ns;
}

static struct session *new_session(struct hold_back *h)
{
    return h->spare_count ? h->spare[--h->spare_count] : malloc(sizeof(struct session));
}

void hold_back_give(struct hold_back *h, struct session *s)
{
    session_release(s);
    if (h->spare_count < HOLD_BACK_SPARE)
        h->spare[h->spare_count++] = s;
    else
        free(s);
}

static bool grow(struct hold_back *h)
{
    size_t size = h->size ? h->size * 2 : 64;
    struct held_session *heap = realloc(h->heap, size * sizeof(*heap));

    if (!heap)
        return false;
    h->heap = heap;
    h->size = size;
    return true;
}

bool hold_back_full(const struct hold_back *h)
{
    return h->count + h->line_count >= HOLD_BACK_MAX;
}

bool hold_back_put(struct hold_back *h, const struct session *s)
{
    struct held_session held = {.decided_ns = s->decided_ns};
    size_t place;

    if ((h->count == h->size && !grow(h)) || !(held.session = new_session(h)))
        return false;
    session_copy(held.session, s);
    place = h->count++;
    while (place > 0 && before(&held, &h->heap[(place - 1) / 2])) {
        h->heap[place] = h->heap[(place - 1) / 2];
        place = (place - 1) / 2;
    }
    h->heap[place] = held;
    return true;
}

struct session *hold_back_first(const struct hold_back *h, uint64_t until_ns)
{
    return h->count > 0 && h->heap[0].decided_ns <= until_ns ? h->heap[0].session : NULL;
}

struct session *hold_back_take(struct hold_back *h)
{
    struct held_session first, last;
    size_t place = 0;

    if (h->count == 0)
        return NULL;
    first = h->heap[0];
    last = h->heap[--h->count];
    for (;;) {
        size_t child = place * 2 + 1;

        if (child >= h->count)
            break;
        if (child + 1 < h->count && before(&h->heap[child + 1], &h->heap[child]))
            child++;
        if (!before(&h->heap[child], &last))
            break;
        h->heap[place] = h->heap[child];
        place = child;
    }
    h->heap[place] = last;
    return first.session;
}

/* Room for one more at the end of the line. */
static bool extend_line(struct hold_back *h)
{
    size_t size = h->line_size ? h->line_size * 2 : 64;
    struct held_session *line;

    if (h->line_first + h->line_count < h->line_size)
        return true;
    if (h->line_first > h->line_count) {
        memmove(h->line, h->line + h->line_first, h->line_count * sizeof(*h->line));
        h->line_first = 0;
        return true;
    }
    line = realloc(h->line, size * sizeof(*line));
    if (!line)
        return false;
    h->line = line;
    h->line_size = size;
    return true;
}

struct session *hold_back_line_up(struct hold_back *h)
{
    struct session *s;

    if (h->count == 0 || !extend_line(h))
        return NULL;
    s = hold_back_take(h);
    h->line[h->line_first + h->line_count++] =
        (struct held_session){.decided_ns = s->decided_ns, .session = s};
    return s;
}

struct session *hold_back_next(const struct hold_back *h, uint64_t until_ns)
{
    const struct held_session *first;

    if (h->line_count == 0)
        return NULL;
    first = &h->line[h->line_first];
    return first->decided_ns <= until_ns ? first->session : NULL;
}

/* It was written seconds ago: by the time its turn comes it is in the cache again. */
static void fetch(const struct session *s)
{
    for (size_t at = 0; at < sizeof(*s); at += CACHE_LINE)
        __builtin_prefetch((const uint8_t *)s + at);
}

struct session *hold_back_leave(struct hold_back *h)
{
    if (h->line_count == 0)
        return NULL;
    if (--h->line_count > 0)
        fetch(h->line[h->line_first + 1].session);
    return h->line[h->line_first++].session;
}
