#include "flow/tunnel_table.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

struct identity {
    uint32_t kind;
    uint32_t id;
    uint8_t address[2][16];
};

struct entry {
    struct identity identity;
    uint16_t number;
    UT_hash_handle hh;
};

struct tunnel_table {
    struct entry *entries;
    struct entry *last; /* packets of one tunnel come in runs */
    uint16_t used;
    uint64_t shared;
};

struct tunnel_table *tunnel_table_new(struct err *why)
{
    struct tunnel_table *t = calloc(1, sizeof(*t));

    if (!t)
        (void)err_set(why, "no memory for the tunnel table");
    return t;
}

static struct identity identity_of(const struct tunnel *tunnel)
{
    struct identity identity;
    int swap = memcmp(tunnel->source.bytes, tunnel->destination.bytes,
                      sizeof(identity.address[0])) > 0;

    memset(&identity, 0, sizeof(identity));
    identity.kind = (uint32_t)tunnel->kind;
    identity.id = tunnel->kind == TUNNEL_GTPU ? 0 : tunnel->id;
    memcpy(identity.address[swap], tunnel->source.bytes, 16);
    memcpy(identity.address[!swap], tunnel->destination.bytes, 16);
    return identity;
}

static uint16_t add(struct tunnel_table *t, const struct identity *identity)
{
    struct entry *e;

    if (t->used == TUNNELS_MAX - 1 || !(e = calloc(1, sizeof(*e)))) {
        t->shared++;
        return TUNNELS_MAX;
    }
    e->identity = *identity;
    e->number = ++t->used;
    HASH_ADD(hh, t->entries, identity, sizeof(e->identity), e);
    t->last = e;
    return e->number;
}

uint16_t tunnel_table_find(struct tunnel_table *t, const struct tunnel *tunnel)
{
    struct identity identity;
    struct entry *e;

    identity = identity_of(tunnel);
    if (t->last && memcmp(&t->last->identity, &identity, sizeof(identity)) == 0)
        return t->last->number;
    HASH_FIND(hh, t->entries, &identity, sizeof(identity), e);
    if (!e)
        return add(t, &identity);
    t->last = e;
    return e->number;
}

uint64_t tunnel_table_shared(const struct tunnel_table *t)
{
    return t->shared;
}

void tunnel_table_free(struct tunnel_table *t)
{
    struct entry *e, *next;

    if (!t)
        return;
    e = t->entries;
    HASH_CLEAR(hh, t->entries); /* frees the table, not the entries */
    for (; e; e = next) {
        next = e->hh.next;
        free(e);
    }
    free(t);
}
