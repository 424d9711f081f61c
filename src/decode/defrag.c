#include "decode/defrag.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/nanotime.h"
#include "crypto/keyed_hash.h"

/* Fragments begin at multiples of this. */
#define UNIT 8
#define BLOCK_UNITS (DEFRAG_BLOCK / UNIT)
#define BLOCKS_MAX (65536 / DEFRAG_BLOCK)
#define NONE UINT32_MAX

struct block {
    uint8_t bytes[DEFRAG_BLOCK];
    uint64_t present[BLOCK_UNITS / 64]; /* a bit for each unit */
    uint32_t next_free;
};

struct datagram {
    struct defrag_key key;
    uint64_t first_ns;
    uint32_t blocks[BLOCKS_MAX];
    uint32_t fragments;
    uint32_t units; /* present */
    size_t highest; /* behind the last byte held */
    size_t len;     /* valid when `end_known` */
    bool end_known;
    uint8_t protocol;
    uint32_t next_in_slot;
    uint32_t older;
    uint32_t younger;
};

struct defrag {
    uint64_t timeout_ns;
    struct hash_seed seed;
    struct block *blocks;
    struct datagram *datagrams;
    uint32_t *slots; /* hash table of chains */
    uint32_t count;  /* of blocks, and of datagrams: each holds a block at least */
    uint32_t slot_mask;
    uint32_t used_blocks; /* those ever handed out come first, and are chained when free */
    uint32_t used_datagrams;
    uint32_t free_block;
    uint32_t free_datagram; /* chained by next_in_slot */
    uint32_t oldest;
    uint32_t youngest;
    struct defrag_stats stats;
    uint8_t whole[DEFRAG_DATAGRAM_MAX];
};

static uint32_t slot_of(const struct defrag *d, const struct defrag_key *key)
{
    struct {
        struct address source, destination;
        uint32_t id;
    } chosen = {key->source, key->destination, key->id};

    return (uint32_t)keyed_hash(&d->seed, span_of(&chosen, sizeof(chosen))) & d->slot_mask;
}

static bool key_equal(const struct defrag_key *a, const struct defrag_key *b)
{
    return a->id == b->id && a->version == b->version && a->protocol == b->protocol &&
           a->tunnel.kind == b->tunnel.kind && a->tunnel.id == b->tunnel.id &&
           address_equal(&a->source, &b->source) &&
           address_equal(&a->destination, &b->destination) &&
           address_equal(&a->tunnel.source, &b->tunnel.source) &&
           address_equal(&a->tunnel.destination, &b->tunnel.destination);
}

static void unlink_age(struct defrag *d, const struct datagram *g)
{
    if (g->older != NONE)
        d->datagrams[g->older].younger = g->younger;
    else
        d->oldest = g->younger;
    if (g->younger != NONE)
        d->datagrams[g->younger].older = g->older;
    else
        d->youngest = g->older;
}

static void release(struct defrag *d, uint32_t index)
{
    struct datagram *g = &d->datagrams[index];
    uint32_t *link = &d->slots[slot_of(d, &g->key)];

    while (*link != index)
        link = &d->datagrams[*link].next_in_slot;
    *link = g->next_in_slot;
    unlink_age(d, g);
    for (size_t i = 0; i < BLOCKS_MAX; i++) {
        if (g->blocks[i] == NONE)
            continue;
        d->blocks[g->blocks[i]].next_free = d->free_block;
        d->free_block = g->blocks[i];
    }
    g->next_in_slot = d->free_datagram;
    d->free_datagram = index;
}

static void give_up(struct defrag *d, uint32_t index)
{
    d->stats.drops += d->datagrams[index].fragments;
    release(d, index);
}

static uint32_t find(const struct defrag *d, const struct defrag_key *key)
{
    uint32_t index = d->slots[slot_of(d, key)];

    while (index != NONE && !key_equal(&d->datagrams[index].key, key))
        index = d->datagrams[index].next_in_slot;
    return index;
}

/* One that is given back is taken first: memory that was never used costs nothing. */
static uint32_t take_datagram(struct defrag *d)
{
    uint32_t index = d->free_datagram;

    if (index != NONE)
        d->free_datagram = d->datagrams[index].next_in_slot;
    else if (d->used_datagrams < d->count)
        index = d->used_datagrams++;
    return index;
}

static uint32_t take_block(struct defrag *d)
{
    uint32_t index = d->free_block;

    if (index != NONE)
        d->free_block = d->blocks[index].next_free;
    else if (d->used_blocks < d->count)
        index = d->used_blocks++;
    return index;
}

/* A new datagram, the youngest; there is always one free where a block is. */
static uint32_t begin(struct defrag *d, const struct fragment *f)
{
    uint32_t index = take_datagram(d), *slot = &d->slots[slot_of(d, &f->key)];
    struct datagram *g;

    if (index == NONE) {
        give_up(d, d->oldest);
        index = take_datagram(d);
    }
    g = &d->datagrams[index];
    *g = (struct datagram){.key = f->key,
                           .first_ns = f->time_ns,
                           .protocol = f->protocol,
                           .next_in_slot = *slot,
                           .older = d->youngest,
                           .younger = NONE};
    memset(g->blocks, 0xff, sizeof(g->blocks));
    *slot = index;
    if (d->youngest != NONE)
        d->datagrams[d->youngest].younger = index;
    else
        d->oldest = index;
    d->youngest = index;
    return index;
}

/* The block for byte `offset` of a datagram; NULL when the datagram itself had to be given up. */
static struct block *block_for(struct defrag *d, uint32_t index, size_t offset)
{
    uint32_t *at = &d->datagrams[index].blocks[offset / DEFRAG_BLOCK], number;
    struct block *b;

    if (*at != NONE)
        return &d->blocks[*at];
    while ((number = take_block(d)) == NONE) {
        bool itself = d->oldest == index;

        give_up(d, d->oldest);
        if (itself)
            return NULL;
    }
    *at = number;
    b = &d->blocks[number];
    memset(b->present, 0, sizeof(b->present));
    return b;
}

/* Store one unit unless it is there; false where it is there and differs. */
static bool store_unit(struct datagram *g, struct block *b, size_t offset, struct span unit)
{
    size_t in_block = offset % DEFRAG_BLOCK, bit = in_block / UNIT;
    uint64_t mask = UINT64_C(1) << (bit % 64);

    if (b->present[bit / 64] & mask)
        return memcmp(b->bytes + in_block, unit.data, unit.len) == 0;
    b->present[bit / 64] |= mask;
    memcpy(b->bytes + in_block, unit.data, unit.len);
    g->units++;
    return true;
}

/* False when the datagram had to be given up. */
static bool store(struct defrag *d, uint32_t index, const struct fragment *f)
{
    struct datagram *g = &d->datagrams[index];
    struct span rest = f->bytes, unit;
    size_t offset = f->offset;
    bool same = true;

    g->fragments++;
    while (!span_empty(rest)) {
        struct block *b = block_for(d, index, offset);

        if (!b)
            return false;
        unit = span_first(rest, UNIT);
        same &= store_unit(g, b, offset, unit);
        offset += unit.len;
        if (!span_skip(&rest, unit.len))
            break;
    }
    d->stats.contradictions += !same;
    if (offset > g->highest)
        g->highest = offset;
    return true;
}

/* Where the fragment ends must fit to where the datagram ends; false: drop it. */
static bool fits(struct datagram *g, const struct fragment *f)
{
    size_t end = f->offset + f->bytes.len;

    if (g->end_known && (end > g->len || (!f->more && end != g->len)))
        return false;
    if (!f->more && g->highest > end)
        return false;
    if (!f->more) {
        g->end_known = true;
        g->len = end;
    }
    return true;
}

static struct span join(struct defrag *d, const struct datagram *g)
{
    for (size_t offset = 0; offset < g->len; offset += DEFRAG_BLOCK)
        memcpy(d->whole + offset, d->blocks[g->blocks[offset / DEFRAG_BLOCK]].bytes,
               g->len - offset < DEFRAG_BLOCK ? g->len - offset : DEFRAG_BLOCK);
    return span_of(d->whole, g->len);
}

void defrag_tick(struct defrag *d, uint64_t now_ns)
{
    while (d->oldest != NONE &&
           nanotime_since(d->datagrams[d->oldest].first_ns, now_ns) > d->timeout_ns)
        give_up(d, d->oldest);
}

enum defrag_result defrag_push(struct defrag *d, const struct fragment *f,
                               struct span *datagram, uint8_t *protocol)
{
    struct datagram *g;
    uint32_t index;

    CHECK(f->offset % UNIT == 0 && f->offset + f->bytes.len <= DEFRAG_DATAGRAM_MAX);
    CHECK(!f->more || f->bytes.len % UNIT == 0);
    defrag_tick(d, f->time_ns);
    if (d->count == 0) {
        d->stats.drops++;
        return DEFRAG_DROPPED;
    }
    index = find(d, &f->key);
    /* Where time stamps jump, an old one may hide behind a younger. */
    if (index != NONE &&
        nanotime_since(d->datagrams[index].first_ns, f->time_ns) > d->timeout_ns) {
        give_up(d, index);
        index = NONE;
    }
    if (index == NONE)
        index = begin(d, f);
    g = &d->datagrams[index];
    if (!fits(g, f)) {
        d->stats.contradictions++;
        d->stats.drops++;
        return DEFRAG_DROPPED;
    }
    if (f->offset == 0)
        g->protocol = f->protocol;
    if (!store(d, index, f))
        return DEFRAG_DROPPED;
    if (!g->end_known || g->units != (g->len + UNIT - 1) / UNIT)
        return DEFRAG_HELD;
    *datagram = join(d, g);
    *protocol = g->protocol;
    d->stats.reassembled++;
    release(d, index);
    return DEFRAG_DONE;
}

struct defrag *defrag_new(uint64_t bytes, uint64_t timeout_ns, struct err *why)
{
    const uint64_t each =
        sizeof(struct block) + sizeof(struct datagram) + 2 * sizeof(uint32_t);
    struct defrag *d = calloc(1, sizeof(*d));
    uint64_t count = bytes / each, slots = 1;

    if (!d) {
        (void)err_set(why, "no memory for fragments");
        return NULL;
    }
    if (count >= NONE / 2)
        count = NONE / 2;
    while (slots < count)
        slots *= 2;
    d->timeout_ns = timeout_ns;
    d->count = (uint32_t)count;
    d->slot_mask = (uint32_t)(slots - 1);
    d->stats.bytes = count * each;
    d->blocks = calloc(count + 1, sizeof(*d->blocks));
    d->datagrams = calloc(count + 1, sizeof(*d->datagrams));
    d->slots = calloc(slots, sizeof(*d->slots));
    if (!d->blocks || !d->datagrams || !d->slots) {
        (void)err_set(why, "no memory for %llu bytes of fragments",
                      (unsigned long long)bytes);
        defrag_free(d);
        return NULL;
    }
    keyed_hash_seed(&d->seed);
    d->free_block = d->free_datagram = NONE;
    d->oldest = d->youngest = NONE;
    memset(d->slots, 0xff, slots * sizeof(*d->slots));
    return d;
}

void defrag_free(struct defrag *d)
{
    if (!d)
        return;
    free(d->blocks);
    free(d->datagrams);
    free(d->slots);
    free(d);
}

const struct defrag_stats *defrag_stats(const struct defrag *d)
{
    return &d->stats;
}
