/*
 * Refusals in a row, as episodes: attempts that start within `episode_gap` of the first attempt of
 * an episode are one, and count with their strongest weight (browsers double and triple).
 *
 * A streak keeps the last STREAK_EPISODES episodes; what it needs of older ones is forgotten with
 * them. It is pure bookkeeping: what the numbers mean is refusal.h's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STREAK_EPISODES 16

enum {
    STREAK_STRONG = 0x01,   /* S1, S2: the client said no by an alert */
    STREAK_VETOABLE = 0x02, /* S3, S4, S5: an unused connection looks the same */
};

struct episode {
    uint64_t start_ns;
    uint32_t last_us; /* decision of the last attempt, microseconds after the start */
    float weight_db;  /* strongest attempt */
    uint16_t attempts;
    uint16_t strong; /* attempts of shape S1 or S2 */
    uint8_t flags;
};

struct streak {
    struct episode episodes[STREAK_EPISODES];
    uint8_t count;     /* the last `count` ones are valid, oldest first */
    uint64_t first_ns; /* first refusal since the streak began */
    uint32_t refusals; /* since it began */
    uint32_t all_episodes;
};

/* What a streak holds since a point in time. */
struct streak_sum {
    double weight_db;
    uint32_t episodes;
    uint32_t attempts;
    uint32_t strong;          /* attempts of S1, S2 */
    uint32_t strong_episodes; /* episodes with one */
    uint32_t vetoable_episodes;
    bool only_vetoable;
    uint64_t first_ns;
    uint64_t last_ns;
};

/* What an attempt is in its episode. */
enum streak_place {
    STREAK_FIRST,     /* it opened the episode */
    STREAK_STRONGEST, /* it counts now, in place of the one that did */
    STREAK_WEAKER,
};

struct streak_refusal {
    uint64_t start_ns;
    uint64_t decided_ns;
    double weight_db;
    uint8_t flags;
};

enum streak_place streak_add(struct streak *s, const struct streak_refusal *refusal,
                             uint64_t episode_gap_ns);

/* When the last attempt of an episode was decided. */
uint64_t episode_last_ns(const struct episode *e);

/* Begin anew. */
void streak_clear(struct streak *s);

/* Episodes that ended at or after `since_ns`. */
struct streak_sum streak_since(const struct streak *s, uint64_t since_ns);

/* Add what another streak holds: episodes of several destinations together. */
void streak_sum_add(struct streak_sum *sum, struct streak_sum other);
