#include "detect/settle.h"

#include <stdlib.h>

static bool before(const struct settle_entry *a, const struct settle_entry *b)
{
    return a->time_ns != b->time_ns ? a->time_ns < b->time_ns : a->order < b->order;
}

/* ---- notes for who keeps a copy */

static void lose_notes(struct settle_watch *w)
{
    w->all = true;
    w->put_count = 0;
    w->taken_count = 0;
}

/* Room for one more; the queue is bounded, and so is what one copy misses. */
static void *grown(void *array, size_t *room, size_t count, size_t size)
{
    size_t more = *room ? *room * 2 : 64;
    void *moved;

    if (count < *room)
        return array;
    moved = more <= SETTLE_MAX ? realloc(array, more * size) : NULL;
    if (moved)
        *room = more;
    return moved;
}

static void note_put(struct settle_watch *w, const struct settle_entry *entry)
{
    struct settle_entry *put;

    if (w->all)
        return;
    put = grown(w->put, &w->put_room, w->put_count, sizeof(*put));
    if (!put) {
        lose_notes(w);
        return;
    }
    w->put = put;
    w->put[w->put_count++] = *entry;
}

static void note_taken(struct settle_watch *w, uint64_t order)
{
    uint64_t *taken;

    if (w->all)
        return;
    taken = grown(w->taken, &w->taken_room, w->taken_count, sizeof(*taken));
    if (!taken) {
        lose_notes(w);
        return;
    }
    w->taken = taken;
    w->taken[w->taken_count++] = order;
}

void settle_watch_begin(struct settle_watch *w, struct settle_queue *q)
{
    *w = (struct settle_watch){.all = true};
    q->watch = w;
}

void settle_watch_copied(struct settle_watch *w)
{
    w->all = false;
    w->put_count = 0;
    w->taken_count = 0;
}

void settle_watch_fini(struct settle_watch *w)
{
    free(w->put);
    free(w->taken);
    *w = (struct settle_watch){0};
}

/* ---- the queue */

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

static bool insert(struct settle_queue *q, const struct settle_entry *entry)
{
    size_t place = q->count;

    if (q->count == q->size && !grow(q)) {
        q->lost++;
        return false;
    }
    q->count++;
    while (place > 0 && before(entry, &q->entries[(place - 1) / 2])) {
        q->entries[place] = q->entries[(place - 1) / 2];
        place = (place - 1) / 2;
    }
    q->entries[place] = *entry;
    return true;
}

void settle_put(struct settle_queue *q, uint64_t time_ns, const struct memory_id *id,
                enum settle_kind kind)
{
    struct settle_entry entry = {time_ns, q->next_order++, *id, kind};

    if (insert(q, &entry) && q->watch)
        note_put(q->watch, &entry);
}

void settle_restore(struct settle_queue *q, const struct settle_entry *entry)
{
    if (entry->order >= q->next_order)
        q->next_order = entry->order + 1;
    (void)insert(q, entry);
}

bool settle_take(struct settle_queue *q, uint64_t until_ns, struct settle_entry *out)
{
    struct settle_entry last;
    size_t place = 0;

    if (q->count == 0 || q->entries[0].time_ns > until_ns)
        return false;
    *out = q->entries[0];
    if (q->watch)
        note_taken(q->watch, out->order);
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
