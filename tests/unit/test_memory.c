#include "detect/memory.h"

#include <string.h>

#include "base/nanotime.h"
#include "tap.h"

struct record {
    struct memory_entry entry;
    uint32_t value;
};

static uint32_t dropped_values[16];
static size_t dropped_count;

static void on_drop(void *ctx, struct memory_entry *entry)
{
    (void)ctx;
    if (dropped_count < 16)
        dropped_values[dropped_count++] = ((struct record *)entry)->value;
}

static struct memory_id id(uint64_t n)
{
    struct span part = span_of(&n, sizeof(n));

    return memory_id_of(1, &part, 1);
}

static struct record *get(struct memory_table *t, uint64_t n)
{
    struct memory_id wanted = id(n);
    bool made;
    struct record *r = memory_get(t, &wanted, &made);

    if (made)
        r->value = (uint32_t)n;
    return r;
}

static bool has(const struct memory_table *t, uint64_t n)
{
    struct memory_id wanted = id(n);
    const struct record *r = memory_peek(t, &wanted);

    return r && r->value == n;
}

static void test_records(void)
{
    struct memory_table t;
    struct memory_id one = id(1);
    struct record *r;
    bool made;

    memory_table_init(&t, sizeof(struct record), 10, NULL, NULL);
    ok(!memory_find(&t, &one) && !memory_peek(&t, &one), "nothing is there at first");
    r = memory_get(&t, &one, &made);
    ok(r && made && r->value == 0, "a record is made, zeroed");
    ok(memory_id_equal(&r->entry.id, &one), "with its id");
    r->value = 7;
    ok(memory_get(&t, &one, &made) == r && !made, "the same one is found again");
    ok(memory_find(&t, &one) == r && memory_peek(&t, &one) == r, "by each way");
    is_int(t.count, 1, "and counted once");
    memory_table_fini(&t);
    is_int(t.count, 0, "an ended table is empty");
}

static void test_bound(void)
{
    struct memory_table t;

    dropped_count = 0;
    memory_table_init(&t, sizeof(struct record), 3, on_drop, NULL);
    for (uint64_t n = 1; n <= 3; n++)
        (void)get(&t, n);
    t.now_s = MEMORY_STEP_S;
    (void)get(&t, 1); /* used again, in a later step */
    (void)get(&t, 4);
    ok(has(&t, 1) && !has(&t, 2) && has(&t, 3) && has(&t, 4),
       "a full table drops what was not used for longest");
    is_int(dropped_count, 1, "it is told before it goes");
    is_int(dropped_values[0], 2, "with its content");
    is_int(t.dropped, 1, "and counted");
    t.now_s = 2 * MEMORY_STEP_S;
    ok(has(&t, 3), "looking is no use");
    (void)get(&t, 5);
    ok(!has(&t, 3), "so it goes next");
    memory_table_fini(&t);
    is_int(dropped_count, 5, "those that are left are told at the end");
}

/* What is used twice in one step keeps its place: that is the price of seldom moving. */
static void test_steps(void)
{
    struct memory_table t;

    memory_table_init(&t, sizeof(struct record), 2, NULL, NULL);
    (void)get(&t, 1);
    (void)get(&t, 2);
    t.now_s = MEMORY_STEP_S - 1;
    (void)get(&t, 1);
    (void)get(&t, 3);
    ok(!has(&t, 1), "within a step use does not count");
    memory_table_fini(&t);
}

static void test_many(void)
{
    struct memory_table t;
    bool all = true;

    memory_table_init(&t, sizeof(struct record), 5000, NULL, NULL);
    for (uint64_t n = 1; n <= 20000; n++)
        (void)get(&t, n);
    for (uint64_t n = 1; n <= 20000; n++)
        all = all && has(&t, n) == (n > 15000);
    ok(all, "of twenty thousand the latest five thousand are there");
    is_int(t.count, 5000, "no more");
    is_int(t.dropped, 15000, "the others were dropped");
    memory_table_fini(&t);
}

static void test_ids(void)
{
    struct span ab[] = {span_of_text("a"), span_of_text("b")};
    struct span ba[] = {span_of_text("b"), span_of_text("a")};
    struct span joined[] = {span_of_text("ab"), span_of_text("")};
    struct memory_id first = memory_id_of(1, ab, 2), same = memory_id_of(1, ab, 2);
    struct memory_id other = memory_id_of(1, ba, 2), moved = memory_id_of(1, joined, 2);
    struct memory_id seeded = memory_id_of(2, ab, 2);

    ok(memory_id_equal(&first, &same), "the same parts make the same id");
    ok(!memory_id_equal(&first, &other), "their order counts");
    ok(!memory_id_equal(&first, &moved), "so do their lengths");
    ok(!memory_id_equal(&first, &seeded), "and the seed, so nobody can choose collisions");
}

static void test_long_ids(void)
{
    static uint8_t bytes[3 * MEMORY_ID_PARTS_MAX];
    struct span parts[] = {span_of(bytes, MEMORY_ID_PARTS_MAX), span_of(bytes, 500),
                           span_of(bytes, 500)};
    struct span whole = span_of(bytes, sizeof(bytes));
    struct memory_id first = memory_id_of(1, parts, 3), same = memory_id_of(1, parts, 3);
    struct memory_id cut = memory_id_of(1, &whole, 1);
    struct span begin = span_of(bytes, MEMORY_ID_PARTS_MAX);
    struct memory_id most = memory_id_of(1, &begin, 1);

    ok(memory_id_equal(&first, &same), "parts that are too long are cut, always alike");
    ok(memory_id_equal(&cut, &most), "what is longer than the most counts up to there");
}

static void test_id_set(void)
{
    struct id_set s = {.count = 0};

    ok(id_set_add(&s, 5, 10 * NS_PER_S), "a new id is added");
    ok(!id_set_add(&s, 5, 20 * NS_PER_S), "one that is there is not");
    ok(id_set_has(&s, 5, 20 * NS_PER_S), "but its time moves");
    ok(!id_set_has(&s, 5, 21 * NS_PER_S), "to that second");
    ok(!id_set_has(&s, 6, 0), "others are not in it");
    (void)id_set_add(&s, 6, 5 * NS_PER_S);
    is_int(id_set_count(&s, 0, 0), 2, "both count");
    is_int(id_set_count(&s, 10 * NS_PER_S, 0), 1, "since a time, those added since");
    is_int(id_set_count(&s, 0, 5), 1, "but for one");
}

static void test_full_id_set(void)
{
    struct id_set s = {.count = 0};

    for (uint64_t n = 1; n <= ID_SET_MAX; n++)
        (void)id_set_add(&s, n, n * NS_PER_S);
    (void)id_set_add(&s, 1, 100 * NS_PER_S);
    ok(id_set_add(&s, 99, 101 * NS_PER_S), "a full set takes a new id");
    is_int(s.count, ID_SET_MAX, "and stays full");
    ok(!id_set_has(&s, 2, 0), "for the one that was added longest ago");
    ok(id_set_has(&s, 1, 0) && id_set_has(&s, 99, 0), "not for one that was added again");
}

int main(void)
{
    test_records();
    test_bound();
    test_steps();
    test_many();
    test_ids();
    test_long_ids();
    test_id_set();
    test_full_id_set();
    return done_testing();
}
