#include "detect/memory_watch.h"

#include <stdlib.h>

#define TOUCHED ((uint64_t)1 << 63)
#define ROOM_MIN 256u

void memory_watch_begin(struct memory_watch *w, struct memory_table *t)
{
    *w = (struct memory_watch){.all = true};
    t->watch = w;
    for (struct memory_entry *e = memory_next(t, NULL); e; e = memory_next(t, e))
        memory_watch_used(w, e->number);
}

void memory_watch_fini(struct memory_watch *w)
{
    free(w->turns);
    free(w->touched);
    free(w->gone);
    *w = (struct memory_watch){0};
}

/* The array with room for one more element, maybe at another place; NULL when memory is out. */
static void *grown(void *array, size_t *room, size_t count, size_t size)
{
    size_t more = *room ? *room * 2 : ROOM_MIN;
    void *moved;

    if (count < *room)
        return array;
    moved = realloc(array, more * size);
    if (moved)
        *room = more;
    return moved;
}

static void forget_notes(struct memory_watch *w)
{
    for (size_t i = 0; i < w->touched_count; i++)
        w->turns[w->touched[i]] &= ~TOUCHED;
    w->touched_count = 0;
    w->gone_count = 0;
}

static void lose_notes(struct memory_watch *w)
{
    forget_notes(w);
    w->all = true;
}

/* A place for the turn of that number; false when memory is out. */
static bool has_turn(struct memory_watch *w, uint32_t number)
{
    uint32_t room = w->turns_room ? w->turns_room : ROOM_MIN;
    uint64_t *turns;

    if (number < w->turns_room)
        return true;
    while (room <= number)
        room *= 2;
    turns = realloc(w->turns, room * sizeof(*turns));
    if (!turns)
        return false;
    memset(turns + w->turns_room, 0, (room - w->turns_room) * sizeof(*turns));
    w->turns = turns;
    w->turns_room = room;
    return true;
}

uint64_t memory_watch_turn(const struct memory_watch *w, uint32_t number)
{
    return number < w->turns_room ? w->turns[number] & ~TOUCHED : 0;
}

void memory_watch_restore(struct memory_watch *w, uint32_t number, uint64_t turn)
{
    if (number < w->turns_room)
        w->turns[number] = turn | (w->turns[number] & TOUCHED);
    if (turn > w->turn)
        w->turn = turn;
}

void memory_watch_copied(struct memory_watch *w)
{
    forget_notes(w);
    w->all = false;
}

void memory_watch_used(struct memory_watch *w, uint32_t number)
{
    if (!has_turn(w, number)) {
        lose_notes(w);
        return;
    }
    w->turns[number] = ++w->turn | (w->turns[number] & TOUCHED);
}

void memory_watch_touched(struct memory_watch *w, uint32_t number)
{
    uint32_t *touched;

    if (w->all)
        return; /* everything will be copied */
    touched = grown(w->touched, &w->touched_room, w->touched_count, sizeof(*touched));
    if (touched)
        w->touched = touched;
    if (!touched || !has_turn(w, number)) {
        lose_notes(w);
        return;
    }
    if (w->turns[number] & TOUCHED)
        return;
    w->turns[number] |= TOUCHED;
    w->touched[w->touched_count++] = number;
}

void memory_watch_gone(struct memory_watch *w, const struct memory_id *id)
{
    struct memory_id *gone;

    if (w->all)
        return;
    gone = w->gone_count < WATCH_GONE_MAX
               ? grown(w->gone, &w->gone_room, w->gone_count, sizeof(*gone))
               : NULL;
    if (!gone) {
        lose_notes(w);
        return;
    }
    w->gone = gone;
    w->gone[w->gone_count++] = *id;
}
