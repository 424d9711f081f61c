#include "detect/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/nanotime.h"
#include "detect/memory_watch.h"

#define INDEX_MIN 64u
#define PAGE_BYTES 4096u
#define CACHE_LINE 64u
#define FETCHED_MAX 256u /* bytes of a record that are fetched ahead */

void memory_table_init(struct memory_table *t, size_t entry_size, size_t most,
                       void (*drop)(void *ctx, struct memory_entry *entry), void *ctx)
{
    *t = (struct memory_table){.entry_size = (entry_size + 15) / 16 * 16,
                               .most = most ? most : 1,
                               .drop = drop,
                               .ctx = ctx};
}

static struct memory_entry *entry_of(const struct memory_table *t, uint32_t number)
{
    uint32_t place = number - 1;

    return (struct memory_entry *)(void *)(t->chunks[place / MEMORY_CHUNK] +
                                           place % MEMORY_CHUNK * t->entry_size);
}

static uint32_t tag_of(const struct memory_id *id)
{
    return (uint32_t)(id->high >> 32);
}

/* ---- order of use */

static void unlink_entry(struct memory_table *t, struct memory_entry *e)
{
    if (e->older)
        entry_of(t, e->older)->newer = e->newer;
    else
        t->oldest = e->newer;
    if (e->newer)
        entry_of(t, e->newer)->older = e->older;
    else
        t->newest = e->older;
}

static void link_newest(struct memory_table *t, struct memory_entry *e)
{
    e->older = t->newest;
    e->newer = 0;
    if (t->newest)
        entry_of(t, t->newest)->newer = e->number;
    else
        t->oldest = e->number;
    t->newest = e->number;
    if (t->watch)
        memory_watch_used(t->watch, e->number);
}

/* ---- the index */

static void index_put(struct memory_table *t, const struct memory_entry *e)
{
    uint32_t place = (uint32_t)e->id.low & t->index_mask;

    while (t->index[place].number)
        place = (place + 1) & t->index_mask;
    t->index[place] = (struct memory_slot){e->number, tag_of(&e->id)};
}

/* Entries behind a hole move up unless they are at home there. */
static void index_take(struct memory_table *t, const struct memory_entry *e)
{
    uint32_t hole = (uint32_t)e->id.low & t->index_mask, place;

    while (t->index[hole].number != e->number)
        hole = (hole + 1) & t->index_mask;
    for (place = (hole + 1) & t->index_mask; t->index[place].number;
         place = (place + 1) & t->index_mask) {
        const struct memory_entry *there = entry_of(t, t->index[place].number);
        uint32_t home = (uint32_t)there->id.low & t->index_mask;

        if (((place - home) & t->index_mask) >= ((place - hole) & t->index_mask)) {
            t->index[hole] = t->index[place];
            hole = place;
        }
    }
    t->index[hole].number = 0;
}

/* Keep the index at most two thirds full. */
static bool index_grow(struct memory_table *t)
{
    uint32_t size = t->index ? (t->index_mask + 1) * 2 : INDEX_MIN;
    struct memory_slot *index;

    if (t->index && (t->count + 1) * 3 <= ((size_t)t->index_mask + 1) * 2)
        return true;
    index = calloc(size, sizeof(*index));
    if (!index)
        return false;
    free(t->index);
    t->index = index;
    t->index_mask = size - 1;
    for (uint32_t n = t->oldest; n; n = entry_of(t, n)->newer)
        index_put(t, entry_of(t, n));
    return true;
}

/* ---- records */

/* The kernel gives the pages at once: one by one, asking would take as long as clearing them. */
static unsigned char *new_chunk(size_t bytes)
{
    unsigned char *chunk = malloc(bytes);
    size_t skipped = (PAGE_BYTES - (uintptr_t)chunk % PAGE_BYTES) % PAGE_BYTES;

    if (chunk && bytes > skipped)
        (void)madvise(chunk + skipped, bytes - skipped, MADV_POPULATE_WRITE);
    return chunk;
}

/* A number without a record: a new one, or the one that `drop_oldest` left. 0: memory is out. */
static uint32_t new_number(struct memory_table *t)
{
    uint32_t chunk = t->used / MEMORY_CHUNK;
    unsigned char **chunks;

    if (t->used % MEMORY_CHUNK == 0) {
        chunks = realloc(t->chunks, (chunk + 1) * sizeof(*chunks));
        if (!chunks)
            return 0;
        t->chunks = chunks;
        t->chunks[chunk] = new_chunk(MEMORY_CHUNK * t->entry_size);
        if (!t->chunks[chunk])
            return 0;
    }
    return ++t->used;
}

static uint32_t drop_oldest(struct memory_table *t)
{
    struct memory_entry *e = entry_of(t, t->oldest);

    if (t->drop)
        t->drop(t->ctx, e);
    if (t->watch)
        memory_watch_gone(t->watch, &e->id);
    index_take(t, e);
    unlink_entry(t, e);
    t->count--;
    t->dropped++;
    return e->number;
}

void memory_table_fini(struct memory_table *t)
{
    for (uint32_t n = t->oldest; n && t->drop; n = entry_of(t, n)->newer)
        t->drop(t->ctx, entry_of(t, n));
    for (uint32_t i = 0; i * MEMORY_CHUNK < t->used; i++)
        free(t->chunks[i]);
    free(t->chunks);
    free(t->index);
    *t = (struct memory_table){0};
}

void *memory_peek(const struct memory_table *t, const struct memory_id *id)
{
    uint32_t tag = tag_of(id), place = (uint32_t)id->low & t->index_mask;

    if (!t->index)
        return NULL;
    for (; t->index[place].number; place = (place + 1) & t->index_mask) {
        struct memory_entry *e;

        if (t->index[place].tag != tag)
            continue;
        e = entry_of(t, t->index[place].number);
        if (!memory_id_equal(&e->id, id))
            continue;
        if (t->watch)
            memory_watch_touched(t->watch, e->number);
        return e;
    }
    return NULL;
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
    uint32_t number;

    *made = !e;
    if (e)
        return e;
    if (!index_grow(t))
        return NULL;
    number = t->count >= t->most ? drop_oldest(t) : new_number(t);
    if (!number)
        return NULL;
    e = entry_of(t, number);
    memset(e, 0, t->entry_size);
    e->id = *id;
    e->number = number;
    e->used_s = t->now_s;
    index_put(t, e);
    link_newest(t, e);
    t->count++;
    if (t->watch)
        memory_watch_touched(t->watch, number);
    return e;
}

struct memory_entry *memory_next(const struct memory_table *t,
                                 const struct memory_entry *after)
{
    uint32_t number = after ? after->newer : t->oldest;

    return number ? entry_of(t, number) : NULL;
}

struct memory_entry *memory_entry_of(const struct memory_table *t, uint32_t number)
{
    return entry_of(t, number);
}

void memory_fetch_index(const struct memory_table *t, const struct memory_id *id)
{
    if (t->index)
        __builtin_prefetch(&t->index[(uint32_t)id->low & t->index_mask]);
}

void memory_fetch_record(const struct memory_table *t, const struct memory_id *id)
{
    const struct memory_slot *slot =
        t->index ? &t->index[(uint32_t)id->low & t->index_mask] : NULL;
    const unsigned char *record;

    if (!slot || !slot->number || slot->tag != tag_of(id))
        return;
    record = (const unsigned char *)entry_of(t, slot->number);
    for (size_t at = 0; at < t->entry_size && at < FETCHED_MAX; at += CACHE_LINE)
        __builtin_prefetch(record + at, 1);
}

struct memory_id memory_id_join(uint64_t seed, const struct memory_id *ids, size_t count)
{
    XXH128_hash_t hash = XXH3_128bits_withSeed(ids, count * sizeof(*ids), seed);

    return (struct memory_id){.low = hash.low64, .high = hash.high64};
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
        if (!span_empty(part)) /* an empty one may point nowhere */
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
