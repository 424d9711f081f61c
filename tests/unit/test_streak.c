#include "detect/streak.h"

#include <string.h>

#include "tap.h"

#define MS UINT64_C(1000000)
#define GAP (300 * MS)

static struct streak streak;

static enum streak_place add(uint64_t start_ms, double weight_db, uint8_t flags)
{
    struct streak_refusal refusal = {.start_ns = start_ms * MS,
                                     .decided_ns = (start_ms + 50) * MS,
                                     .weight_db = weight_db,
                                     .flags = flags};

    return streak_add(&streak, &refusal, GAP);
}

/* Its end is long after its start, or before. */
static void add_odd(uint64_t start_ns, uint64_t decided_ns)
{
    struct streak_refusal refusal = {
        .start_ns = start_ns, .decided_ns = decided_ns, .weight_db = 1};

    (void)streak_add(&streak, &refusal, GAP);
}

static void test_episodes(void)
{
    struct streak_sum sum;

    streak_clear(&streak);
    is_int(add(1000, 5, STREAK_VETOABLE), STREAK_FIRST,
           "the first refusal opens an episode");
    is_int(add(1260, 4, STREAK_VETOABLE), STREAK_WEAKER,
           "a browser's second try belongs to it");
    is_int(add(1300, 22, STREAK_STRONG), STREAK_STRONGEST,
           "so does one after 300 ms, and a stronger one counts in its place");
    is_int(add(1301, 7, STREAK_VETOABLE), STREAK_FIRST,
           "one after more than 300 ms opens another: the gap is from the first attempt");
    sum = streak_since(&streak, 0);
    is_int(sum.episodes, 2, "two episodes");
    is_int(sum.attempts, 4, "four attempts");
    is_int(sum.strong, 1, "one of them by alert");
    is_int(sum.strong_episodes, 1, "in one episode");
    is_int(sum.vetoable_episodes, 2, "both have one that an unused connection looks like");
    ok(!sum.only_vetoable, "but not only such");
    ok(sum.weight_db > 28.9 && sum.weight_db < 29.1,
       "each counts with its strongest attempt");
    is_int(sum.first_ns, 1000 * MS, "from the start of the first");
    is_int(sum.last_ns, 1351 * MS, "to the decision of the last");
}

/* Sessions come in the order of their decision. */
static void test_disorder(void)
{
    streak_clear(&streak);
    (void)add(5000, 7, STREAK_VETOABLE);
    is_int(add(4800, 7, STREAK_VETOABLE), STREAK_WEAKER,
           "one that began shortly before and was decided later is no episode of its own");
    is_int(add(4000, 7, STREAK_VETOABLE), STREAK_FIRST, "one that began long before is");
}

static void test_window(void)
{
    struct streak_sum sum;

    streak_clear(&streak);
    (void)add(1000, 7, STREAK_VETOABLE);
    (void)add(2000, 7, STREAK_VETOABLE);
    sum = streak_since(&streak, 1051 * MS);
    is_int(sum.episodes, 1, "an episode that was decided before the window is left out");
    sum = streak_since(&streak, 1050 * MS);
    is_int(sum.episodes, 2, "one that was decided at its beginning is not");
    ok(sum.only_vetoable, "nothing but such as unused connections look like");
    sum = streak_since(&streak, 3000 * MS);
    is_int(sum.episodes, 0, "nothing is left at last");
}

static void test_bound(void)
{
    struct streak_sum sum;

    streak_clear(&streak);
    for (uint64_t i = 0; i < STREAK_EPISODES + 3; i++)
        (void)add(1000 * i, 1, STREAK_VETOABLE);
    sum = streak_since(&streak, 0);
    is_int(sum.episodes, STREAK_EPISODES, "the latest episodes are kept");
    is_int(sum.first_ns, 3000 * MS, "the oldest ones go");
    is_int(streak.all_episodes, STREAK_EPISODES + 3, "all are counted");
    is_int(streak.first_ns, 0, "and the beginning is known");
    streak_clear(&streak);
    is_int(streak_since(&streak, 0).episodes, 0, "an accept clears it");
}

static void test_long_attempt(void)
{
    streak_clear(&streak);
    add_odd(MS, UINT64_C(10000000000000));
    ok(streak_since(&streak, 0).last_ns > UINT64_C(4000000000000),
       "an attempt of hours ends late, at most some 71 minutes after its start");
    add_odd(UINT64_C(20000000000000), MS);
    is_int(streak_since(&streak, 0).last_ns, UINT64_C(20000000000000),
           "one that was decided before it began ends when it began");
}

static void test_together(void)
{
    struct streak_sum sum = {.only_vetoable = true};
    struct streak_sum none = {.only_vetoable = true};

    streak_clear(&streak);
    (void)add(3000, 7, STREAK_VETOABLE);
    streak_sum_add(&sum, streak_since(&streak, 0));
    streak_clear(&streak);
    (void)add(1000, 22, STREAK_STRONG);
    streak_sum_add(&sum, streak_since(&streak, 0));
    streak_sum_add(&sum, none);
    is_int(sum.episodes, 2, "episodes of two destinations together");
    is_int(sum.first_ns, 1000 * MS, "from the first of either");
    is_int(sum.last_ns, 3050 * MS, "to the last of either");
    is_int(sum.strong, 1, "with what one of them said aloud");
    ok(!sum.only_vetoable, "so that no unused connection explains all");
}

int main(void)
{
    test_episodes();
    test_disorder();
    test_window();
    test_bound();
    test_long_attempt();
    test_together();
    return done_testing();
}
