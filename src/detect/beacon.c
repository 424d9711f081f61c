#include "detect/beacon.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/nanotime.h"

#define INTERVALS_MAX (BEACON_STARTS - 1)
#define BEATS_MISSED_MAX 6    /* multiples of the median that still count as a beat */
#define BEAT_TOLERANCE 0.15   /* of the median, around each */
#define DEVIATION_MAX 0.35    /* of the median: intervals that scatter more are no beat */
#define INTERVALS_ENOUGH 16.0 /* more of them say no more */

_Static_assert(BEACON_STARTS <= 64, "a bit for each place");

/* What the parts of the score weigh, together 1. */
static const struct {
    double steady, beats, symmetric, many;
} weights = {0.45, 0.25, 0.15, 0.15};

void beacon_add(struct beacon *b, const struct tuning_beacon *t, uint64_t start_ns,
                bool direct)
{
    uint32_t start_s = (uint32_t)(start_ns / NS_PER_S);
    uint32_t place = b->count % BEACON_STARTS;

    if (b->count > 0) {
        uint32_t latest = (b->count - 1) % BEACON_STARTS;
        uint32_t latest_s = b->starts_s[latest];

        /* One that is told out of order started in an episode that is known. */
        if (start_s < latest_s || start_s - latest_s < t->min_interval_s) {
            b->direct |= (uint64_t)direct << latest;
            return;
        }
    }
    b->starts_s[place] = start_s;
    b->direct &= ~((uint64_t)1 << place);
    b->direct |= (uint64_t)direct << place;
    b->count++;
}

uint32_t beacon_direct_since(const struct beacon *b, uint64_t since_ns)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < BEACON_STARTS && i < b->count; i++)
        n += (b->direct >> i & 1) && b->starts_s[i] >= since_ns / NS_PER_S;
    return n;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Quantile `q` of sorted values, between two neighbours where it falls between them. */
static double quantile(const double *sorted, size_t n, double q)
{
    double place = q * (double)(n - 1);
    size_t below = (size_t)place;

    if (below + 1 >= n)
        return sorted[n - 1];
    return sorted[below] + (place - (double)below) * (sorted[below + 1] - sorted[below]);
}

/* In order of time; how many. */
static size_t intervals_of(const struct beacon *b, double out[INTERVALS_MAX])
{
    uint32_t kept = b->count < BEACON_STARTS ? b->count : BEACON_STARTS;
    size_t n = 0;

    for (uint32_t i = 1; i < kept; i++) {
        uint32_t this = (b->count - kept + i) % BEACON_STARTS;
        uint32_t last = (b->count - kept + i - 1) % BEACON_STARTS;

        out[n++] = (double)(b->starts_s[this] - b->starts_s[last]);
    }
    return n;
}

/* Median of what the values are away from theirs. */
static double deviation(const double *sorted, size_t n, double median)
{
    double away[INTERVALS_MAX];

    for (size_t i = 0; i < n; i++)
        away[i] = fabs(sorted[i] - median);
    qsort(away, n, sizeof(away[0]), compare);
    return quantile(away, n, 0.5);
}

/* Bowley's: -1 to 1, by quartiles, so that one long pause does not matter. */
static double skew(const double *sorted, size_t n, double median)
{
    double low = quantile(sorted, n, 0.25), high = quantile(sorted, n, 0.75);

    return high > low ? (low + high - 2 * median) / (high - low) : 0;
}

static double share_of_beats(const double *intervals, size_t n, double median)
{
    size_t beats = 0;

    for (size_t i = 0; i < n; i++) {
        double ratio = intervals[i] / median, whole = round(ratio);

        beats += whole >= 1 && whole <= BEATS_MISSED_MAX &&
                 fabs(ratio - whole) <= BEAT_TOLERANCE;
    }
    return (double)beats / (double)n;
}

struct beacon_verdict beacon_judge(const struct beacon *b, const struct tuning_beacon *t)
{
    double d[INTERVALS_MAX], span_s = 0;
    struct beacon_verdict v = {.intervals = (uint32_t)intervals_of(b, d)};
    size_t n = v.intervals;
    double steady;

    for (size_t i = 0; i < n; i++)
        span_s += d[i];
    if (n == 0 || n < t->min_n || span_s < t->min_span_s)
        return v;
    qsort(d, n, sizeof(d[0]), compare);
    v.median_s = quantile(d, n, 0.5);
    if (v.median_s <= 0) /* nothing keeps two starts apart when min_interval_s is 0 */
        return v;
    steady = 1 - deviation(d, n, v.median_s) / (DEVIATION_MAX * v.median_s);
    v.score = weights.steady * fmax(0, steady) +
              weights.beats * share_of_beats(d, n, v.median_s) +
              weights.symmetric * (1 - fabs(skew(d, n, v.median_s))) +
              weights.many * fmin(1, (double)n / INTERVALS_ENOUGH);
    return v;
}
