#include "tap.h"

#include "flow/timer.h"
#include "random.h"

#define NEVER UINT64_MAX
#define NUMBERS 300

static void begin(struct timer_heap *h, uint32_t capacity)
{
    struct err why;

    if (timer_heap_init(h, capacity, &why) < 0)
        abort();
}

static void times_fire_in_order(void)
{
    struct timer_heap h;
    struct timer_entry due;

    begin(&h, 10);
    ok(!timer_heap_next(&h, NEVER, &due), "an empty heap has nothing due");
    timer_heap_set(&h, 3, 300);
    timer_heap_set(&h, 1, 100);
    timer_heap_set(&h, 2, 200);
    ok(!timer_heap_next(&h, 99, &due), "nothing is due before its time");
    ok(timer_heap_next(&h, 100, &due) && due.number == 1 && due.time_ns == 100,
       "at its time it is");
    ok(!timer_heap_next(&h, 100, &due), "once");
    ok(timer_heap_next(&h, 500, &due) && due.number == 2, "then the next");
    ok(timer_heap_next(&h, 500, &due) && due.number == 3, "and the last");
    timer_heap_fini(&h);
}

static void equal_times_fire_by_number(void)
{
    struct timer_heap h;
    struct timer_entry due;
    bool in_order = true;

    begin(&h, 10);
    for (uint32_t n = 9; n > 0; n--)
        timer_heap_set(&h, n, 50);
    for (uint32_t n = 1; n < 10; n++)
        in_order = in_order && timer_heap_next(&h, 50, &due) && due.number == n;
    ok(in_order, "equal times fire in the order of their numbers");
    timer_heap_fini(&h);
}

static void setting_again_only_hastens(void)
{
    struct timer_heap h;
    struct timer_entry due;

    begin(&h, 4);
    timer_heap_set(&h, 1, 100);
    timer_heap_set(&h, 1, 200);
    ok(timer_heap_next(&h, 100, &due), "a later time leaves the earlier one");
    ok(!timer_heap_next(&h, 500, &due), "and is not kept beside it");
    timer_heap_set(&h, 1, 100);
    timer_heap_set(&h, 1, 50);
    ok(timer_heap_next(&h, 50, &due), "an earlier time takes its place");
    ok(!timer_heap_next(&h, 500, &due), "alone");
    timer_heap_remove(&h, 1);
    timer_heap_set(&h, 2, 10);
    timer_heap_remove(&h, 2);
    ok(!timer_heap_next(&h, 500, &due), "what was removed does not fire");
    timer_heap_fini(&h);
}

/* The first by time, then by number, of a plain array. */
static uint32_t first_of(const uint64_t *times)
{
    uint32_t first = 0;

    for (uint32_t n = 1; n < NUMBERS; n++)
        if (times[n] < times[first])
            first = n;
    return first;
}

static bool step_agrees(struct timer_heap *h, uint64_t *times, struct random_numbers *r)
{
    uint32_t n = random_below(r, NUMBERS);
    uint64_t time = random_below(r, 1000);
    struct timer_entry due;
    uint32_t first;

    switch (random_below(r, 4)) {
    case 0:
    case 1:
        timer_heap_set(h, n, time);
        times[n] = time < times[n] ? time : times[n];
        return true;
    case 2:
        timer_heap_remove(h, n);
        times[n] = NEVER;
        return true;
    }
    first = first_of(times);
    if (!timer_heap_next(h, time, &due))
        return times[first] > time;
    if (times[first] != due.time_ns || first != due.number)
        return false;
    times[first] = NEVER;
    return true;
}

static void random_times_agree_with_an_array(void)
{
    uint64_t seed = random_seed(2);
    struct random_numbers r = {seed};
    uint64_t times[NUMBERS];
    struct timer_heap h;
    struct timer_entry due, before = {0};
    bool agrees = true;

    begin(&h, NUMBERS);
    for (uint32_t n = 0; n < NUMBERS; n++)
        times[n] = NEVER;
    for (int i = 0; i < 100000 && agrees; i++)
        agrees = step_agrees(&h, times, &r);
    ok(agrees, "a hundred thousand random steps agree with an array (seed %llu)",
       (unsigned long long)seed);
    while (agrees && timer_heap_next(&h, NEVER, &due)) {
        agrees = due.time_ns > before.time_ns ||
                 (due.time_ns == before.time_ns && due.number >= before.number);
        before = due;
    }
    ok(agrees && h.count == 0, "what is left comes out sorted");
    timer_heap_fini(&h);
}

static void memory_of_one_timer_is_known(void)
{
    is_int(sizeof(struct timer_entry) + sizeof(uint32_t), 20, "a timer takes 20 bytes");
}

int main(void)
{
    times_fire_in_order();
    equal_times_fire_by_number();
    setting_again_only_hastens();
    random_times_agree_with_an_array();
    memory_of_one_timer_is_known();
    return done_testing();
}
