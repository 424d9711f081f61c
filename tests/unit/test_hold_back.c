#include "detect/hold_back.h"

#include <stdlib.h>

#include "session_sample.h"

/* A session that is known by its time and one byte of its id. */
static void put(struct hold_back *h, uint64_t decided_ns, uint8_t id)
{
    struct session s;

    sample_bare(&s);
    s.decided_ns = decided_ns;
    memset(s.id, id, sizeof(s.id));
    ok(hold_back_put(h, &s), "session %u is kept", id);
}

static int first_id(const struct hold_back *h, uint64_t until_ns)
{
    const struct session *s = hold_back_first(h, until_ns);

    return s ? s->id[0] : -1;
}

static int next_id(const struct hold_back *h, uint64_t until_ns)
{
    const struct session *s = hold_back_next(h, until_ns);

    return s ? s->id[0] : -1;
}

static void test_order(void)
{
    static const struct {
        uint64_t decided_ns;
        uint8_t id;
    } told[] = {{30, 1}, {10, 9}, {20, 5}, {10, 2}, {40, 3}};
    static const int wanted[] = {2, 9, 5, 1, 3};
    struct hold_back h;

    hold_back_init(&h);
    for (size_t i = 0; i < 5; i++)
        put(&h, told[i].decided_ns, told[i].id);
    is_int(first_id(&h, 9), -1, "before its time none is first");
    for (size_t i = 0; i < 5; i++) {
        struct session *s = hold_back_take(&h);

        is_int(s ? s->id[0] : -1, wanted[i], "number %zu by time, then id", i);
        if (s)
            hold_back_give(&h, s);
    }
    ok(!hold_back_take(&h), "then it is empty");
    hold_back_fini(&h);
}

static void test_line(void)
{
    struct hold_back h;

    hold_back_init(&h);
    ok(!hold_back_line_up(&h) && !hold_back_leave(&h), "nobody is in an empty line");
    put(&h, 20, 2);
    put(&h, 10, 1);
    ok(hold_back_line_up(&h) && hold_back_line_up(&h), "they line up");
    is_int(first_id(&h, UINT64_MAX), -1, "who is in line waits no longer for others");
    put(&h, 5, 3);
    is_int(next_id(&h, 9), -1, "the first of the line has its time");
    is_int(next_id(&h, 10), 1, "and is next then");
    hold_back_give(&h, hold_back_leave(&h));
    is_int(next_id(&h, UINT64_MAX), 2, "one that comes later does not overtake");
    hold_back_fini(&h);
    ok(true, "who is left is released with the queue");
}

/* The line moves to its front and grows while sessions come and go. */
static void test_long_line(void)
{
    struct hold_back h;
    bool in_order = true;
    uint64_t left = 0;
    struct session s;

    hold_back_init(&h);
    sample_bare(&s);
    for (uint64_t i = 1; i <= 1000; i++) {
        s.decided_ns = i;
        in_order = in_order && hold_back_put(&h, &s) && hold_back_line_up(&h);
        if (i % 3 != 0) {
            struct session *leaves = hold_back_leave(&h);

            in_order = in_order && leaves && leaves->decided_ns == ++left;
            hold_back_give(&h, leaves);
        }
    }
    ok(in_order, "a thousand sessions leave in order while others line up");
    is_int(h.line_count, 1000 - left, "and the rest is in line");
    hold_back_fini(&h);
}

static void test_full(void)
{
    struct hold_back h;

    hold_back_init(&h);
    h.count = HOLD_BACK_MAX - 1;
    ok(!hold_back_full(&h), "there is room for one more");
    h.line_count = 1;
    ok(hold_back_full(&h), "those in line count as well");
    h.count = 0;
    h.line_count = 0;
    hold_back_fini(&h);
}

int main(void)
{
    test_order();
    test_line();
    test_long_line();
    test_full();
    return done_testing();
}
