#include "alert/outbox.h"

#include <stdlib.h>

#define BYTES_MIN (16u * 1024u)
#define ITEMS_MIN 8u

static bool has_bytes(struct outbox *o, size_t len)
{
    size_t room = o->room ? o->room : BYTES_MIN;
    char *bytes;

    if (len > OUTBOX_BYTES_MAX - o->len)
        return false;
    while (room < o->len + len)
        room *= 2;
    if (room == o->room)
        return true;
    bytes = realloc(o->bytes, room);
    if (!bytes)
        return false;
    o->bytes = bytes;
    o->room = room;
    return true;
}

static bool has_item(struct outbox *o)
{
    size_t room = o->item_room ? o->item_room * 2 : ITEMS_MIN;
    struct outbox_item *items;

    if (o->count < o->item_room)
        return true;
    items = realloc(o->items, room * sizeof(*items));
    if (!items)
        return false;
    o->items = items;
    o->item_room = room;
    return true;
}

bool outbox_put(struct outbox *o, enum outbox_sink sink, struct span bytes)
{
    if (!has_item(o) || !has_bytes(o, bytes.len)) {
        o->refused++;
        return false;
    }
    o->items[o->count++] = (struct outbox_item){sink, o->len, bytes.len};
    memcpy(o->bytes + o->len, bytes.data, bytes.len);
    o->len += bytes.len;
    return true;
}

struct span outbox_bytes(const struct outbox *o, size_t i)
{
    return span_of(o->bytes + o->items[i].offset, o->items[i].len);
}

void outbox_clear(struct outbox *o)
{
    o->count = 0;
    o->len = 0;
}

void outbox_fini(struct outbox *o)
{
    free(o->bytes);
    free(o->items);
    *o = (struct outbox){0};
}
