#include "ends.h"

#include <stdlib.h>
#include <string.h>

void ends_init(struct ends *e)
{
    *e = (struct ends){0};
}

void ends_fini(struct ends *e)
{
    free(e->queue);
    *e = (struct ends){0};
}

static bool before(const struct session_end *a, const struct session_end *b)
{
    if (a->decided_ns != b->decided_ns)
        return a->decided_ns < b->decided_ns;
    return memcmp(a->session_id, b->session_id, sizeof(a->session_id)) < 0;
}

static bool make_room(struct ends *e)
{
    size_t size = e->size ? e->size * 2 : 64;
    struct session_end *queue;

    if (e->head + e->count < e->size)
        return true;
    if (e->head > 0) {
        memmove(e->queue, e->queue + e->head, e->count * sizeof(*e->queue));
        e->head = 0;
        return true;
    }
    if (size > ENDS_MAX || !(queue = realloc(e->queue, size * sizeof(*queue))))
        return false;
    e->queue = queue;
    e->size = size;
    return true;
}

bool ends_put(struct ends *e, const struct session_end *end)
{
    size_t place;

    if (!make_room(e))
        return false;
    /* They come nearly in order: the place is found from behind. */
    place = e->head + e->count++;
    while (place > e->head && before(end, &e->queue[place - 1])) {
        e->queue[place] = e->queue[place - 1];
        place--;
    }
    e->queue[place] = *end;
    return true;
}

bool ends_take(struct ends *e, uint64_t until_ns, struct session_end *out)
{
    if (e->count == 0 || e->queue[e->head].decided_ns > until_ns)
        return false;
    *out = e->queue[e->head++];
    e->count--;
    return true;
}
