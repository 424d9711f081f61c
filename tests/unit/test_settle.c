#include "detect/settle.h"

#include "tap.h"

static struct settle_queue queue;

static void put(uint64_t time_ns, uint64_t number)
{
    struct memory_id id = {.low = number};

    settle_put(&queue, time_ns, &id, number % 2 == 1 ? SETTLE_DEVICE : SETTLE_KEY);
}

static int64_t take(uint64_t until_ns)
{
    struct settle_entry e;

    return settle_take(&queue, until_ns, &e) ? (int64_t)e.id.low : -1;
}

static void test_order(void)
{
    is_int(settle_next_ns(&queue), (int64_t)UINT64_MAX, "an empty queue has no next time");
    is_int(take(UINT64_MAX), -1, "and gives nothing");
    put(30, 1);
    put(10, 2);
    put(20, 3);
    put(10, 4);
    is_int(settle_next_ns(&queue), 10, "the first time is the earliest");
    is_int(take(9), -1, "nothing is due before it");
    is_int(take(10), 2, "at equal times the one that was put first");
    is_int(take(10), 4, "then the other");
    is_int(take(15), -1, "the rest waits");
    is_int(take(100), 3, "later ones in the order of time");
    is_int(take(100), 1, "to the last");
    is_int(take(UINT64_MAX), -1, "then it is empty");
}

static void test_kind(void)
{
    struct settle_entry e;

    put(5, 7);
    ok(settle_take(&queue, 5, &e) && e.kind == SETTLE_DEVICE,
       "it says whether it is a device");
    put(5, 8);
    ok(settle_take(&queue, 5, &e) && e.kind == SETTLE_KEY, "or a key");
}

static void test_many(void)
{
    uint64_t last = 0;
    bool ordered = true;

    for (uint64_t i = 0; i < 10000; i++)
        put(i * 7919 % 10007, i);
    for (uint64_t i = 0; i < 10000; i++) {
        uint64_t next = settle_next_ns(&queue);

        ordered = ordered && next >= last && take(UINT64_MAX) >= 0;
        last = next;
    }
    ok(ordered, "ten thousand come out in the order of time");
}

static void test_full(void)
{
    for (uint64_t i = 0; i < SETTLE_MAX + 5; i++)
        put(i, i);
    is_int(queue.count, SETTLE_MAX, "a full queue takes no more");
    is_int(queue.lost, 5, "and counts what it does not take");
}

int main(void)
{
    test_order();
    test_kind();
    test_many();
    test_full();
    settle_fini(&queue);
    return done_testing();
}
