/*
 * How regular something is: the starts of the latest episodes of a key in, a score of 0 to 1 out.
 *
 * A ring of BEACON_STARTS seconds, so 132 bytes and a bit each for what the episode was, whatever a
 * key does. An episode that starts less than `min_interval_s` after the one before belongs to it:
 * bursts neither count nor push the ring on. Benign synchronisation is regular as well, so the score
 * is a factor of risk and a quality of a finding, never one by itself.
 *
 * The score is scale-free: it compares the intervals with their own median. It forgives missed
 * beats and timers that are rounded (a beat at two or three times the median counts), and it is
 * blind to jitter of half of the interval and more.
 */
#pragma once

#include "config/tuning.h"

#define BEACON_STARTS 33 /* 32 intervals */

struct beacon {
    uint32_t starts_s[BEACON_STARTS];
    uint32_t count;  /* ever added */
    uint64_t direct; /* bit of each place: a session that nobody inspected, not a refusal */
};

struct beacon_verdict {
    double score; /* 0 when there are too few intervals or their span is too short */
    uint32_t intervals;
    double median_s;
};

/* An episode, or a session that may belong to the latest one, started. */
void beacon_add(struct beacon *b, const struct tuning_beacon *t, uint64_t start_ns,
                bool direct);

/* How many direct ones started at or after `since_ns`. */
uint32_t beacon_direct_since(const struct beacon *b, uint64_t since_ns);

struct beacon_verdict beacon_judge(const struct beacon *b, const struct tuning_beacon *t);
