#include "tap.h"

#include "tls/gather.h"

#define MESSAGE_MAX 6000

static uint32_t seed = 1;

static uint32_t random_below(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

static void fill(uint8_t *message, size_t len)
{
    for (size_t i = 0; i < len; i++)
        message[i] = (uint8_t)random_below(256);
}

/* Pieces of random places and lengths until the message is whole; the last ones fill holes. */
static bool gathers(struct gather *g, struct tls_budget *budget, const uint8_t *message,
                    uint32_t len)
{
    for (int i = 0; i < 40; i++) {
        uint32_t at = random_below(len);
        uint32_t left = len - at;
        struct span piece =
            span_of(message + at, 1 + random_below(left < 700 ? left : 700));

        if (!gather_put(g, budget, MESSAGE_MAX, at, piece))
            return false;
        if (!span_equal(gather_ready(g), span_of(message, gather_ready(g).len)))
            return false;
    }
    while (gather_ready(g).len < len) {
        uint32_t at = (uint32_t)gather_ready(g).len;

        if (!gather_put(g, budget, MESSAGE_MAX, at, span_of(message + at, 1)))
            return false;
    }
    return span_equal(gather_ready(g), span_of(message, len));
}

static void any_order_gives_the_same_bytes(void)
{
    struct tls_budget budget = {.most_bytes = 1 << 20};
    static uint8_t message[MESSAGE_MAX];
    size_t right = 0;

    for (int i = 0; i < 2000; i++) {
        struct gather g = {.data = NULL};
        uint32_t len = 1 + random_below(MESSAGE_MAX);

        fill(message, len);
        right += gathers(&g, &budget, message, len);
        gather_clear(&g, &budget);
    }
    is_int(right, 2000, "2000 messages in pieces that overlap come out whole");
    is_int(budget.bytes, 0, "and all memory is given back");
}

static void the_first_byte_for_a_place_counts(void)
{
    struct tls_budget budget = {.most_bytes = 1 << 20};
    struct gather g = {.data = NULL};

    ok(gather_put(&g, &budget, 100, 2, span_of_text("cd")), "bytes behind a hole");
    is_int(gather_ready(&g).len, 0, "nothing is ready");
    ok(gather_put(&g, &budget, 100, 0, span_of_text("ABCDEF")), "bytes over it");
    is_span(gather_ready(&g), span_of_text("ABcdEF"), "do not change what was there");
    gather_clear(&g, &budget);
}

static void the_front_can_be_dropped(void)
{
    struct tls_budget budget = {.most_bytes = 1 << 20};
    struct gather g = {.data = NULL};

    ok(gather_put(&g, &budget, 100, 0, span_of_text("abcd")), "four bytes");
    ok(gather_put(&g, &budget, 100, 6, span_of_text("gh")), "two behind a hole");
    gather_drop(&g, &budget, 3);
    is_span(gather_ready(&g), span_of_text("d"), "what is left moves up");
    ok(gather_put(&g, &budget, 100, 1, span_of_text("ef")), "the hole is filled");
    is_span(gather_ready(&g), span_of_text("defgh"), "and all is ready");
    gather_drop(&g, &budget, 5);
    is_int(budget.bytes, 0, "an empty one holds no memory");
    ok(gather_put(&g, &budget, 100, 0, span_of_text("x")), "and can be used again");
    gather_clear(&g, &budget);
}

static void ceilings_hold(void)
{
    struct tls_budget budget = {.most_bytes = 8192};
    struct gather g = {.data = NULL}, other = {.data = NULL};

    ok(!gather_put(&g, &budget, 100, 99, span_of_text("ab")),
       "nothing ends beyond the ceiling");
    ok(!gather_put(&g, &budget, 100, UINT64_MAX, span_of_text("a")), "nor begins there");
    ok(!gather_put(&g, &budget, 100, UINT64_MAX - 1, span_of_text("ab")),
       "nor wraps around");
    is_int(budget.bytes, 0, "what is refused takes no memory");
    ok(gather_put(&g, &budget, 100, 99, span_of_text("a")), "the last place is one");
    is_int(budget.bytes, 200, "memory is that of the ceiling");
    ok(gather_put(&other, &budget, 16384, 0, span_of_text("a")), "another one fits");
    ok(!gather_put(&other, &budget, 16384, 4000, span_of_text("a")), "its growth does not");
    is_span(gather_ready(&other), span_of_text("a"), "and loses nothing");
    ok(gather_put(&other, &budget, 16384, 5000, span_of(NULL, 0)), "no bytes need no room");
    gather_clear(&g, &budget);
    gather_clear(&other, &budget);
    is_int(budget.bytes, 0, "all is given back");
}

int main(void)
{
    any_order_gives_the_same_bytes();
    the_first_byte_for_a_place_counts();
    the_front_can_be_dropped();
    ceilings_hold();
    return done_testing();
}
