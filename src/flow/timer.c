#include "flow/timer.h"

#include <stdlib.h>

int timer_heap_init(struct timer_heap *h, uint32_t capacity, struct err *why)
{
    *h = (struct timer_heap){.capacity = capacity};
    h->entries = calloc(capacity, sizeof(*h->entries));
    h->places = calloc(capacity, sizeof(*h->places));
    if (!h->entries || !h->places) {
        timer_heap_fini(h);
        return err_set(why, "limits.handshakes: no memory for %u timers", capacity);
    }
    return 0;
}

void timer_heap_fini(struct timer_heap *h)
{
    free(h->entries);
    free(h->places);
    h->entries = NULL;
    h->places = NULL;
}

static void put(struct timer_heap *h, uint32_t place, struct timer_entry entry)
{
    h->entries[place] = entry;
    h->places[entry.number] = place + 1;
}

/* Equal times fire in the order of their numbers, so that a replay does the same again. */
static bool earlier(const struct timer_entry *a, const struct timer_entry *b)
{
    return a->time_ns != b->time_ns ? a->time_ns < b->time_ns : a->number < b->number;
}

static void sift_up(struct timer_heap *h, uint32_t place, struct timer_entry entry)
{
    while (place > 0) {
        uint32_t parent = (place - 1) / 2;

        if (!earlier(&entry, &h->entries[parent]))
            break;
        put(h, place, h->entries[parent]);
        place = parent;
    }
    put(h, place, entry);
}

static void sift_down(struct timer_heap *h, uint32_t place, struct timer_entry entry)
{
    for (;;) {
        uint32_t child = place * 2 + 1;

        if (child >= h->count)
            break;
        if (child + 1 < h->count && earlier(&h->entries[child + 1], &h->entries[child]))
            child++;
        if (!earlier(&h->entries[child], &entry))
            break;
        put(h, place, h->entries[child]);
        place = child;
    }
    put(h, place, entry);
}

void timer_heap_set(struct timer_heap *h, uint32_t number, uint64_t time_ns)
{
    struct timer_entry entry = {.time_ns = time_ns, .number = number};
    uint32_t place = h->places[number];

    if (place == 0) {
        h->count++;
        sift_up(h, h->count - 1, entry);
    } else if (earlier(&entry, &h->entries[place - 1])) {
        sift_up(h, place - 1, entry);
    }
}

static void remove_place(struct timer_heap *h, uint32_t place)
{
    struct timer_entry last = h->entries[--h->count];

    h->places[h->entries[place].number] = 0;
    if (place == h->count)
        return;
    if (place > 0 && earlier(&last, &h->entries[(place - 1) / 2]))
        sift_up(h, place, last);
    else
        sift_down(h, place, last);
}

void timer_heap_remove(struct timer_heap *h, uint32_t number)
{
    if (h->places[number])
        remove_place(h, h->places[number] - 1);
}

bool timer_heap_next(struct timer_heap *h, uint64_t now_ns, struct timer_entry *out)
{
    if (!timer_heap_is_due(h, now_ns))
        return false;
    *out = h->entries[0];
    remove_place(h, 0);
    return true;
}
