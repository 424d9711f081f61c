#include "flow/conn_pool.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"

enum { SLOT_ALIGNMENT = 64 };

int conn_pool_init(struct conn_pool *p, size_t capacity, size_t state_size, struct err *why)
{
    size_t size = sizeof(struct connection) + state_size;

    *p = (struct conn_pool){.capacity = (uint32_t)capacity};
    p->slot_size = (size + SLOT_ALIGNMENT - 1) / SLOT_ALIGNMENT * SLOT_ALIGNMENT;
    p->slots = capacity > CONN_POOL_MAX ? NULL : calloc(capacity + 1, p->slot_size);
    if (!p->slots)
        return err_set(why, "limits.handshakes: no memory for %zu", capacity);
    return 0;
}

void conn_pool_fini(struct conn_pool *p, struct stream_budget *budget)
{
    for (uint32_t n = p->oldest; n;) {
        struct connection *c = conn_pool_get(p, n);

        n = c->newer;
        stream_clear(&c->streams[0], budget);
        stream_clear(&c->streams[1], budget);
    }
    free(p->slots);
    p->slots = NULL;
}

bool conn_pool_full(const struct conn_pool *p)
{
    return !p->free_list && p->used == p->capacity;
}

struct connection *conn_pool_oldest(const struct conn_pool *p)
{
    return p->oldest ? conn_pool_get(p, p->oldest) : NULL;
}

static void unlink_connection(struct conn_pool *p, struct connection *c)
{
    if (c->older)
        conn_pool_get(p, c->older)->newer = c->newer;
    else
        p->oldest = c->newer;
    if (c->newer)
        conn_pool_get(p, c->newer)->older = c->older;
    else
        p->newest = c->older;
}

static void link_newest(struct conn_pool *p, struct connection *c)
{
    c->older = p->newest;
    c->newer = 0;
    if (p->newest)
        conn_pool_get(p, p->newest)->newer = c->number;
    else
        p->oldest = c->number;
    p->newest = c->number;
}

struct connection *conn_pool_take(struct conn_pool *p)
{
    uint32_t number = p->free_list;
    struct connection *c;

    CHECK(!conn_pool_full(p));
    if (number)
        p->free_list = conn_pool_get(p, number)->newer;
    else
        number = ++p->used;
    c = conn_pool_get(p, number);
    memset(c, 0, p->slot_size);
    c->number = number;
    link_newest(p, c);
    p->taken++;
    p->live++;
    return c;
}

void conn_pool_put(struct conn_pool *p, struct connection *c)
{
    uint32_t number = c->number;

    unlink_connection(p, c);
    c->newer = p->free_list;
    c->number = 0;
    p->free_list = number;
    p->live--;
}

void conn_pool_touch(struct conn_pool *p, struct connection *c, uint32_t now_s)
{
    if (c->touched_s == now_s)
        return;
    c->touched_s = now_s;
    unlink_connection(p, c);
    link_newest(p, c);
}
