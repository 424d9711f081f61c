#include "config/arena.h"

#include <stdlib.h>

#define BLOCK_BYTES ((size_t)32 * 1024)
#define ALIGNMENT _Alignof(max_align_t)

struct block {
    struct block *next;
    size_t used, size;
    _Alignas(max_align_t) unsigned char bytes[];
};

struct arena {
    struct block *blocks; /* the first one has room */
};

struct arena *arena_new(void)
{
    return calloc(1, sizeof(struct arena));
}

void arena_free(struct arena *arena)
{
    struct block *next;

    if (!arena)
        return;
    for (struct block *b = arena->blocks; b; b = next) {
        next = b->next;
        free(b);
    }
    free(arena);
}

static struct block *block_with_room(struct arena *arena, size_t bytes)
{
    struct block *b = arena->blocks;
    size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES, whole;

    if (b && b->size - b->used >= bytes)
        return b;
    if (__builtin_add_overflow(size, sizeof(*b), &whole))
        return NULL;
    b = calloc(1, whole);
    if (!b)
        return NULL;
    b->size = size;
    b->next = arena->blocks;
    arena->blocks = b;
    return b;
}

void *arena_take(struct arena *arena, size_t count, size_t size)
{
    struct block *b;
    size_t bytes;
    void *taken;

    if (__builtin_mul_overflow(count, size, &bytes) ||
        __builtin_add_overflow(bytes, ALIGNMENT, &bytes))
        return NULL;
    bytes = bytes / ALIGNMENT * ALIGNMENT; /* rounded up, and never 0 */
    b = block_with_room(arena, bytes);
    if (!b)
        return NULL;
    taken = b->bytes + b->used;
    b->used += bytes;
    return taken;
}

char *arena_text(struct arena *arena, struct span bytes)
{
    char *copy = arena_take(arena, 1, bytes.len + 1);

    if (copy && bytes.len)
        memcpy(copy, bytes.data, bytes.len);
    return copy;
}
