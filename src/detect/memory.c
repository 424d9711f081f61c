#include "detect/memory.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

void memory_table_init(struct memory_table *t, size_t entry_size, size_t most,
                       void (*drop)(void *ctx, struct memory_entry *entry), void *ctx)
{
    *t = (struct memory_table){
        .entry_size = entry_size, .most = most ? most : 1, .drop = drop, .ctx = ctx};
}

static unsigned hash_of(const struct memory_id *id)
{
    return (unsigned)(id->low ^ id->high >> 32);
}

static void unlink_entry(struct memory_table *t, struct memory_entry *e)
{
    HASH_DELETE(hh, t->entries, e);
    t->count--;
}

static void link_newest(struct memory_table *t, struct memory_entry *e)
{
    unsigned hash = hash_of(&e->id);

    HASH_ADD_BYHASHVALUE(hh, t->entries, id, sizeof(e->id), hash, e);
    t->count++;
}

static void drop_oldest(struct memory_table *t)
{
    struct memory_entry *e = t->entries;

    if (t->drop)
        t->drop(t->ctx, e);
    unlink_entry(t, e);
    free(e);
    t->dropped++;
}

void memory_table_fini(struct memory_table *t)
{
    while (t->entries)
        drop_oldest(t);
}

void *memory_peek(const struct memory_table *t, const struct memory_id *id)
{
    struct memory_entry *e;
    unsigned hash = hash_of(id);

    HASH_FIND_BYHASHVALUE(hh, t->entries, id, sizeof(*id), hash, e);
    return e;
}

void *memory_find(struct memory_table *t, const struct memory_id *id)
{
    struct memory_entry *e = memory_peek(t, id);

    if (e && e->hh.next) {
        unlink_entry(t, e);
        link_newest(t, e);
    }
    return e;
}

void *memory_get(struct memory_table *t, const struct memory_id *id)
{
    struct memory_entry *e = memory_find(t, id);

    if (e)
        return e;
    while (t->count >= t->most)
        drop_oldest(t);
    e = calloc(1, t->entry_size);
    if (!e)
        return NULL;
    e->id = *id;
    link_newest(t, e);
    return e;
}

struct memory_id memory_id_of(uint64_t seed, const struct span *parts, size_t count)
{
    XXH3_state_t state;
    XXH128_hash_t hash;

    XXH3_INITSTATE(&state);
    (void)XXH3_128bits_reset_withSeed(&state, seed);
    for (size_t i = 0; i < count; i++) {
        uint64_t len = parts[i].len;

        (void)XXH3_128bits_update(&state, &len, sizeof(len));
        (void)XXH3_128bits_update(&state, parts[i].data, parts[i].len);
    }
    hash = XXH3_128bits_digest(&state);
    return (struct memory_id){.low = hash.low64, .high = hash.high64};
}

bool id_set_add(struct id_set *s, uint64_t id, uint64_t time_ns)
{
    size_t place = 0;

    for (size_t i = 0; i < s->count; i++) {
        if (s->ids[i] == id) {
            s->times[i] = time_ns;
            return false;
        }
        if (s->times[i] < s->times[place])
            place = i;
    }
    if (s->count < ID_SET_MAX)
        place = s->count++;
    s->ids[place] = id;
    s->times[place] = time_ns;
    return true;
}

bool id_set_has(const struct id_set *s, uint64_t id, uint64_t since_ns)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->ids[i] == id)
            return s->times[i] >= since_ns;
    return false;
}

size_t id_set_count(const struct id_set *s, uint64_t since_ns, uint64_t except)
{
    size_t n = 0;

    for (size_t i = 0; i < s->count; i++)
        n += s->ids[i] != except && s->times[i] >= since_ns;
    return n;
}
