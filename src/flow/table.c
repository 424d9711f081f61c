#include "flow/table.h"

#include <endian.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/check.h"

_Static_assert(sizeof(struct flow) == 64, "a flow is one cache line");

/* A key is packed as it lies in memory. */
_Static_assert(offsetof(struct flow_key, port) == 32 &&
                   offsetof(struct flow_key, tunnel) == 36 &&
                   offsetof(struct flow_key, protocol) == FLOW_KEY_BYTES - 1,
               "the fields of a key have no gaps");

static uint32_t home_of(const struct flow_table *t, const void *key)
{
    return (uint32_t)XXH3_64bits_withSeed(key, FLOW_KEY_BYTES, t->seed) & t->index_mask;
}

uint32_t flow_table_home(const struct flow_table *t, const struct flow_key *key)
{
    return home_of(t, key);
}

/* In words: a call of memcmp would take longer than the comparison. */
static inline bool same_key(const uint8_t *a, const struct flow_key *key)
{
    const uint8_t *b = (const uint8_t *)key;
    uint64_t x[FLOW_KEY_BYTES / 8], y[FLOW_KEY_BYTES / 8], tail[2] = {0, 0};
    uint64_t differ = 0;

    memcpy(x, a, sizeof(x));
    memcpy(y, b, sizeof(y));
    memcpy(&tail[0], a + sizeof(x), FLOW_KEY_BYTES - sizeof(x));
    memcpy(&tail[1], b + sizeof(y), FLOW_KEY_BYTES - sizeof(y));
    for (size_t i = 0; i < FLOW_KEY_BYTES / 8; i++)
        differ |= x[i] ^ y[i];
    return (differ | (tail[0] ^ tail[1])) == 0;
}

int flow_table_init(struct flow_table *t, size_t capacity, uint64_t seed, struct err *why)
{
    uint32_t index_size = 16;

    *t = (struct flow_table){.seed = seed};
    while (index_size < capacity * 2 && index_size < UINT32_C(1) << 31)
        index_size *= 2;
    t->capacity = (uint32_t)capacity;
    t->index_mask = index_size - 1;
    t->flows = calloc(capacity + 1, sizeof(*t->flows));
    t->index = calloc(index_size, sizeof(*t->index));
    t->stats.capacity = capacity;
    if (!t->flows || !t->index) {
        flow_table_fini(t);
        return err_set(why, "limits.flows: no memory for %zu flows", capacity);
    }
    return 0;
}

void flow_table_fini(struct flow_table *t)
{
    free(t->flows);
    free(t->index);
    t->flows = NULL;
    t->index = NULL;
}

/* Which of two addresses is the higher number: 1, 0 or -1. */
static inline int order_of(const struct address *a, const struct address *b)
{
    uint64_t x, y;

    memcpy(&x, a->bytes, sizeof(x));
    memcpy(&y, b->bytes, sizeof(y));
    if (x == y) {
        memcpy(&x, a->bytes + sizeof(x), sizeof(x));
        memcpy(&y, b->bytes + sizeof(y), sizeof(y));
    }
    x = be64toh(x);
    y = be64toh(y);
    return x > y ? 1 : x < y ? -1 : 0;
}

int flow_key_of(const struct packet *packet, uint16_t tunnel, struct flow_key *key)
{
    int order = order_of(&packet->source, &packet->destination);
    int side = order > 0 || (order == 0 && packet->source_port > packet->destination_port);

    memcpy(key->address[side], packet->source.bytes, 16);
    memcpy(key->address[!side], packet->destination.bytes, 16);
    key->port[side] = packet->source_port;
    key->port[!side] = packet->destination_port;
    key->tunnel = tunnel;
    key->protocol = packet->protocol;
    return side;
}

void flow_key_unpack(const struct flow *flow, struct flow_key *key)
{
    memcpy(key, flow->key, FLOW_KEY_BYTES);
}

static void unlink_flow(struct flow_table *t, uint32_t number)
{
    struct flow *f = &t->flows[number];
    struct flow_list *list = &t->lists[(f->flags & FLOW_CLOSED) != 0];

    if (f->older)
        t->flows[f->older].newer = f->newer;
    else
        list->oldest = f->newer;
    if (f->newer)
        t->flows[f->newer].older = f->older;
    else
        list->newest = f->older;
}

static void link_newest(struct flow_table *t, uint32_t number)
{
    struct flow *f = &t->flows[number];
    struct flow_list *list = &t->lists[(f->flags & FLOW_CLOSED) != 0];

    f->older = list->newest;
    f->newer = FLOW_NONE;
    if (list->newest)
        t->flows[list->newest].newer = number;
    else
        list->oldest = number;
    list->newest = number;
}

uint32_t flow_table_find(struct flow_table *t, const struct flow_key *key, uint32_t home,
                         uint32_t now_s)
{
    uint32_t number;

    for (uint32_t i = home; (number = t->index[i]); i = (i + 1) & t->index_mask)
        if (same_key(t->flows[number].key, key))
            break;
    if (number && t->flows[number].touched_s != now_s) {
        t->flows[number].touched_s = now_s;
        unlink_flow(t, number);
        link_newest(t, number);
    }
    return number;
}

bool flow_table_full(const struct flow_table *t)
{
    return t->used == t->capacity && t->free_list == FLOW_NONE;
}

uint32_t flow_table_oldest(const struct flow_table *t, bool closed)
{
    return t->lists[closed].oldest;
}

void flow_table_close(struct flow_table *t, uint32_t number)
{
    struct flow *f = &t->flows[number];

    if (f->flags & FLOW_CLOSED)
        return;
    unlink_flow(t, number);
    f->flags |= FLOW_CLOSED;
    link_newest(t, number);
}

static uint32_t take_free(struct flow_table *t)
{
    uint32_t number = t->free_list;

    if (number)
        t->free_list = t->flows[number].newer;
    else
        number = ++t->used;
    return number;
}

uint32_t flow_table_add(struct flow_table *t, const struct flow_key *key, uint32_t now_s)
{
    uint32_t number, i;
    struct flow *f;

    CHECK(!flow_table_full(t));
    number = take_free(t);
    f = &t->flows[number];
    memset(f, 0, sizeof(*f));
    memcpy(f->key, key, FLOW_KEY_BYTES);
    f->touched_s = now_s;
    i = home_of(t, f->key);
    while (t->index[i])
        i = (i + 1) & t->index_mask;
    t->index[i] = number;
    link_newest(t, number);
    t->stats.created++;
    t->stats.live++;
    return number;
}

/* Deletion from open addressing: entries behind the hole move up unless they are at home there. */
static void close_hole(struct flow_table *t, uint32_t hole)
{
    uint32_t i = hole;

    for (;;) {
        uint32_t number, home;

        i = (i + 1) & t->index_mask;
        number = t->index[i];
        if (!number)
            break;
        home = home_of(t, t->flows[number].key);
        if (((i - home) & t->index_mask) >= ((i - hole) & t->index_mask)) {
            t->index[hole] = number;
            hole = i;
        }
    }
    t->index[hole] = FLOW_NONE;
}

void flow_table_remove(struct flow_table *t, uint32_t number)
{
    struct flow *f = &t->flows[number];
    uint32_t i = home_of(t, f->key);

    while (t->index[i] != number) {
        CHECK(t->index[i] != FLOW_NONE);
        i = (i + 1) & t->index_mask;
    }
    close_hole(t, i);
    unlink_flow(t, number);
    f->newer = t->free_list;
    t->free_list = number;
    t->stats.live--;
}
