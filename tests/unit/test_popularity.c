#include "detect/popularity.h"

#include <string.h>

#include "base/nanotime.h"
#include "detect_sample.h"

#define DAY (86400 * NS_PER_S)

static struct lab lab;
static struct destination destination;
static struct key keys[20];

static void begin(void)
{
    memset(&destination, 0, sizeof(destination));
    memset(keys, 0, sizeof(keys));
    for (size_t i = 0; i < 20; i++)
        keys[i].device.low = i + 1;
}

/* The first `n` devices use it on that day. */
static void use(int n, uint64_t day)
{
    uint32_t window = popularity_window(&lab.config.rules.tuning, day * DAY);

    for (int i = 0; i < n; i++)
        popularity_note(&destination, &keys[i], window, day * DAY);
}

static uint32_t on(uint64_t day)
{
    return popularity_of(&destination,
                         popularity_window(&lab.config.rules.tuning, day * DAY));
}

static void test_count(void)
{
    begin();
    is_int(on(700), 0, "nobody has used it");
    use(3, 700);
    use(3, 700);
    is_int(on(700), 3, "each device counts once");
    use(20, 701);
    is_int(on(701), 20, "more than the set can hold are counted");
}

static void test_windows(void)
{
    begin();
    use(12, 700);
    is_int(on(706), 12, "for a week");
    is_int(on(707), 12, "and through the next one, while nobody comes");
    use(5, 708);
    is_int(on(708), 12, "the week before counts while it has more");
    is_int(on(714), 5, "then this one does");
    is_int(on(721), 0, "in the end nobody uses it");
    use(1, 730);
    is_int(on(730), 1, "who comes back begins anew");
}

static void test_for_ever(void)
{
    struct tuning t = lab.config.rules.tuning;

    t.risk.rare_window_d = 0;
    is_int(popularity_window(&t, 700 * DAY), popularity_window(&t, 9000 * DAY),
           "without a window there is one");
}

int main(void)
{
    lab_open(&lab);
    test_count();
    test_windows();
    test_for_ever();
    lab_close(&lab);
    return done_testing();
}
