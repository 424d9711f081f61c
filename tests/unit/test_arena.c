#include "tap.h"

#include "config/arena.h"

static void test_pieces_are_zeroed_and_aligned(void)
{
    struct arena *arena = arena_new();
    bool zeroed = true, aligned = true;

    for (size_t size = 0; size < 200; size++) {
        unsigned char *piece = arena_take(arena, 3, size);

        aligned &= (uintptr_t)piece % _Alignof(max_align_t) == 0;
        for (size_t i = 0; i < 3 * size; i++)
            zeroed &= piece[i] == 0;
        memset(piece, 0xff, 3 * size);
    }
    ok(zeroed, "a new piece is zeroed and overlaps no other");
    ok(aligned, "a new piece is aligned for any type");
    arena_free(arena);
}

static void test_large_piece(void)
{
    struct arena *arena = arena_new();
    unsigned char *large = arena_take(arena, 1, 1 << 20), *small = arena_take(arena, 1, 1);

    memset(large, 1, 1 << 20);
    is_int(*small, 0, "a piece larger than a block has room of its own");
    arena_free(arena);
}

static void test_impossible_sizes(void)
{
    struct arena *arena = arena_new();

    ok(!arena_take(arena, SIZE_MAX, 2), "a product that overflows gives nothing");
    ok(!arena_take(arena, SIZE_MAX, 1), "nor does a size with no room for the bookkeeping");
    arena_free(arena);
    arena_free(NULL);
}

static void test_text(void)
{
    struct arena *arena = arena_new();

    is_text(arena_text(arena, hex("61 62 63")), "abc", "a text is copied and ended");
    is_text(arena_text(arena, span_of(NULL, 0)), "", "the empty text as well");
    arena_free(arena);
}

int main(void)
{
    test_pieces_are_zeroed_and_aligned();
    test_large_piece();
    test_impossible_sizes();
    test_text();
    return done_testing();
}
