#include "detect/memory.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/nanotime.h"

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

    if (e && t->now_s - e->used_s >= MEMORY_STEP_S) {
        e->used_s = t->now_s;
        unlink_entry(t, e);
        link_newest(t, e);
    }
    return e;
}

void *memory_get(struct memory_table *t, const struct memory_id *id, bool *made)
{
    struct memory_entry *e = memory_find(t, id);

    *made = !e;
    if (e)
        return e;
    while (t->count >= t->most)
        drop_oldest(t);
    e = calloc(1, t->entry_size);
    if (!e)
        return NULL;
    e->id = *id;
    e->used_s = t->now_s;
    link_newest(t, e);
    return e;
}

struct memory_id memory_id_of(uint64_t seed, const struct span *parts, size_t count)
{
    uint8_t bytes[MEMORY_ID_PARTS_MAX + 16];
    size_t len = 0;
    XXH128_hash_t hash;

    for (size_t i = 0; i < count; i++) {
        size_t room = MEMORY_ID_PARTS_MAX - len;
        struct span part = span_first(parts[i], room);
        uint16_t part_len = (uint16_t)part.len;

        memcpy(bytes + len, &part_len, sizeof(part_len));
        len += sizeof(part_len);
        memcpy(bytes + len, part.data, part.len);
        len += part.len;
        if (len > MEMORY_ID_PARTS_MAX)
            break;
    }
    hash = XXH3_128bits_withSeed(bytes, len, seed);
    return (struct memory_id){.low = hash.low64, .high = hash.high64};
}

bool id_set_add(struct id_set *s, uint64_t id, uint64_t time_ns)
{
    uint32_t now_s = (uint32_t)(time_ns / NS_PER_S);
    size_t place = 0;

    for (size_t i = 0; i < s->count; i++) {
        if (s->ids[i] == (uint32_t)id) {
            s->times_s[i] = now_s;
            return false;
        }
        if (s->times_s[i] < s->times_s[place])
            place = i;
    }
    if (s->count < ID_SET_MAX)
        place = s->count++;
    s->ids[place] = (uint32_t)id;
    s->times_s[place] = now_s;
    return true;
}

bool id_set_has(const struct id_set *s, uint64_t id, uint64_t since_ns)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->ids[i] == (uint32_t)id)
            return s->times_s[i] >= since_ns / NS_PER_S;
    return false;
}

size_t id_set_count(const struct id_set *s, uint64_t since_ns, uint64_t except)
{
    uint64_t since_s = since_ns / NS_PER_S;
    size_t n = 0;

    for (size_t i = 0; i < s->count; i++)
        n += s->ids[i] != (uint32_t)except && s->times_s[i] >= since_s;
    return n;
}
