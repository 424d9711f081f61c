#include "detect/settle.h"

#include <stdlib.h>

static bool before(const struct settle_entry *a, const struct settle_entry *b)
{
    return a->time_ns != b->time_ns ? a->time_ns < b->time_ns : a->order < b->order;
}

static bool grow(struct settle_queue *q)
{
    size_t size = q->size ? q->size * 2 : 64;
    struct settle_entry *entries;

    if (size > SETTLE_MAX || !(entries = realloc(q->entries, size * sizeof(*entries))))
        return false;
    q->entries = entries;
    q->size = size;
    return true;
}

void settle_put(struct settle_queue *q, uint64_t time_ns, const struct memory_id *id,
                enum settle_kind kind)
{
    struct settle_entry entry = {time_ns, q->next_order++, *id, kind};
    size_t place = q->count;

    if (q->count == q->size && !grow(q)) {
        q->lost++;
        return;
    }
    q->count++;
    while (place > 0 && before(&entry, &q->entries[(place - 1) / 2])) {
        q->entries[place] = q->entries[(place - 1) / 2];
        place = (place - 1) / 2;
    }
    q->entries[place] = entry;
}

bool settle_take(struct settle_queue *q, uint64_t until_ns, struct settle_entry *out)
{
    struct settle_entry last;
    size_t place = 0;

    if (q->count == 0 || q->entries[0].time_ns > until_ns)
        return false;
    *out = q->entries[0];
    last = q->entries[--q->count];
    for (;;) {
        size_t child = place * 2 + 1;

        if (child >= q->count)
            break;
        if (child + 1 < q->count && before(&q->entries[child + 1], &q->entries[child]))
            child++;
        if (!before(&q->entries[child], &last))
            break;
        q->entries[place] = q->entries[child];
        place = child;
    }
    q->entries[place] = last;
    return true;
}

uint64_t settle_next_ns(const struct settle_queue *q)
{
    return q->count > 0 ? q->entries[0].time_ns : UINT64_MAX;
}

void settle_fini(struct settle_queue *q)
{
    free(q->entries);
    *q = (struct settle_queue){0};
}
