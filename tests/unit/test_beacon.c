#include "detect/beacon.h"

#include <math.h>
#include <stdio.h>

#include "random.h"
#include "tap.h"

#define RUNS 2000
#define START_S 1795232898u
#define DOZE_S 60 /* a system that saves power lets timers run out together */

static const struct tuning_beacon tuning = {
    .min_n = 8, .min_span_s = 1800, .min_interval_s = 5, .medium = 0.55, .strong = 0.70};

static struct random_numbers numbers;

static double uniform(void)
{
    return ((double)(random_next(&numbers) >> 11) + 0.5) / 9007199254740992.0;
}

/* ---- the ring */

static void add(struct beacon *b, double at_s, bool direct)
{
    beacon_add(b, &tuning, (uint64_t)((START_S + at_s) * 1e9), direct);
}

static struct beacon every(double period_s, int n)
{
    struct beacon b = {.count = 0};

    for (int i = 0; i < n; i++)
        add(&b, period_s * i, true);
    return b;
}

static void test_too_little(void)
{
    struct beacon b = {.count = 0};

    ok(beacon_judge(&b, &tuning).score == 0, "nothing is no beacon");
    b = every(300, 8);
    ok(beacon_judge(&b, &tuning).score == 0, "seven intervals are too few");
    b = every(300, 9);
    ok(beacon_judge(&b, &tuning).score > 0.9, "eight do");
    b = every(200, 9);
    ok(beacon_judge(&b, &tuning).score == 0, "if they span half an hour");
    b = every(225, 9);
    ok(beacon_judge(&b, &tuning).score > 0.9, "as these just do");
}

static void test_perfect(void)
{
    struct beacon b = every(300, 33);
    struct beacon_verdict v = beacon_judge(&b, &tuning);

    ok(fabs(v.score - 1) < 1e-9, "a clock scores 1");
    is_int(v.intervals, 32, "by 32 intervals");
    is_int(v.median_s, 300, "of 300 s");
    b = every(300, 100);
    is_int(beacon_judge(&b, &tuning).intervals, 32, "and never by more");
}

static void test_bursts(void)
{
    struct beacon b = {.count = 0};

    for (int i = 0; i < 33; i++)
        for (int k = 0; k < 8; k++)
            add(&b, 300 * i + 0.6 * k, true);
    is_int(b.count, 33, "sessions within five seconds are one episode");
    ok(beacon_judge(&b, &tuning).score > 0.99, "and a burst is one beat");
    add(&b, 300, true);
    is_int(b.count, 33, "what is told out of order is none of its own");
}

static void test_direct(void)
{
    struct beacon b = {.count = 0};
    uint64_t start_ns = UINT64_C(1000000000) * START_S;

    for (int i = 0; i < 40; i++)
        add(&b, 300 * i, i % 2 == 1);
    is_int(beacon_direct_since(&b, 0), 17, "direct episodes are told from refusals");
    is_int(beacon_direct_since(&b, start_ns + UINT64_C(1000000000) * 300 * 35), 3,
           "from a time on");
    add(&b, 300 * 40, false);
    add(&b, 300 * 40 + 2, true);
    is_int(beacon_direct_since(&b, start_ns + UINT64_C(1000000000) * 300 * 40), 1,
           "a direct session makes its episode one");
}

static void test_size(void)
{
    is_int(sizeof(((struct beacon *)0)->starts_s), 132, "the ring has 132 bytes");
    ok(sizeof(struct beacon) <= 144, "with its counters at most 144");
}

/* ---- the figures of the simulation */

enum kind { JITTER, LOSSY, DOZE, POISSON, LOG_NORMAL };

static double normal(void)
{
    return sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform());
}

/* The next interval of a sender of that kind. */
static double interval(enum kind kind, double jitter)
{
    double jittered = 300 * (1 + jitter * (2 * uniform() - 1)), sum = jittered;

    switch (kind) {
    case JITTER:
        return jittered;
    case LOSSY:
        while (uniform() < 0.2)
            sum += 300 * (1 + jitter * (2 * uniform() - 1));
        return sum;
    case DOZE: /* `at` is rounded below */
        return jittered;
    case POISSON:
        return -300 * log(uniform());
    case LOG_NORMAL:
        return 300 * exp(1.2 * normal());
    }
    return 0;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void simulate(enum kind kind, double jitter, double scores[RUNS])
{
    numbers = (struct random_numbers){.state = random_seed(46)};
    for (int run = 0; run < RUNS; run++) {
        struct beacon b = {.count = 0};
        double at = 0;

        for (int i = 0; i < BEACON_STARTS; i++) {
            add(&b, kind == DOZE ? ceil(at / DOZE_S) * DOZE_S : at, true);
            at += interval(kind, jitter);
        }
        scores[run] = beacon_judge(&b, &tuning).score;
    }
    qsort(scores, RUNS, sizeof(scores[0]), compare);
}

static void is_near(enum kind kind, double jitter, const char *what, double p05, double p50,
                    double p95)
{
    static double s[RUNS];
    double got[3];

    simulate(kind, jitter, s);
    got[0] = s[RUNS / 20];
    got[1] = s[RUNS / 2];
    got[2] = s[RUNS * 19 / 20];
    ok(fabs(got[0] - p05) < 0.06 && fabs(got[1] - p50) < 0.06 && fabs(got[2] - p95) < 0.06,
       "%s: %.2f/%.2f/%.2f (simulated before: %.2f/%.2f/%.2f)", what, got[0], got[1],
       got[2], p05, p50, p95);
}

static void test_figures(void)
{
    is_near(JITTER, 0, "no jitter", 1, 1, 1);
    is_near(JITTER, 0.1, "10 % jitter", 0.85, 0.91, 0.94);
    is_near(JITTER, 0.3, "30 % jitter", 0.57, 0.67, 0.78);
    is_near(JITTER, 0.5, "50 % jitter", 0.36, 0.50, 0.67);
    is_near(LOSSY, 0.1, "10 % jitter and a fifth lost", 0.71, 0.87, 0.93);
    is_near(DOZE, 0.1, "held back by Doze", 0.92, 0.97, 0.99);
    is_near(POISSON, 0, "at random", 0.25, 0.31, 0.37);
    is_near(LOG_NORMAL, 0, "a human", 0.25, 0.31, 0.37);
}

int main(void)
{
    test_too_little();
    test_perfect();
    test_bursts();
    test_direct();
    test_size();
    test_figures();
    return done_testing();
}
