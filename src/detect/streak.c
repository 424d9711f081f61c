#include "detect/streak.h"

#include <string.h>

static struct episode *new_episode(struct streak *s)
{
    if (s->count == STREAK_EPISODES) {
        memmove(&s->episodes[0], &s->episodes[1],
                (STREAK_EPISODES - 1) * sizeof(s->episodes[0]));
        s->count--;
    }
    s->all_episodes++;
    return &s->episodes[s->count++];
}

/* The episode an attempt belongs to; sessions come in the order of their decision, not start. */
static struct episode *episode_of(struct streak *s, uint64_t start_ns, uint64_t gap_ns)
{
    for (size_t i = s->count; i > 0; i--) {
        struct episode *e = &s->episodes[i - 1];

        if (start_ns >= e->start_ns ? start_ns - e->start_ns <= gap_ns
                                    : e->start_ns - start_ns <= gap_ns)
            return e;
    }
    return NULL;
}

uint64_t episode_last_ns(const struct episode *e)
{
    return e->start_ns + (uint64_t)e->last_us * 1000;
}

static void set_last(struct episode *e, uint64_t decided_ns)
{
    uint64_t us = decided_ns > e->start_ns ? (decided_ns - e->start_ns + 999) / 1000 : 0;

    if (us > UINT32_MAX)
        us = UINT32_MAX;
    if (us > e->last_us)
        e->last_us = (uint32_t)us;
}

enum streak_place streak_add(struct streak *s, const struct streak_refusal *refusal,
                             uint64_t episode_gap_ns)
{
    struct episode *e = episode_of(s, refusal->start_ns, episode_gap_ns);
    enum streak_place place = STREAK_WEAKER;

    if (!e) {
        place = STREAK_FIRST;
        e = new_episode(s);
        *e = (struct episode){.start_ns = refusal->start_ns,
                              .weight_db = (float)refusal->weight_db};
    } else if (refusal->weight_db > (double)e->weight_db) {
        place = STREAK_STRONGEST;
        e->weight_db = (float)refusal->weight_db;
    }
    set_last(e, refusal->decided_ns);
    e->attempts++;
    e->strong = (uint16_t)(e->strong + ((refusal->flags & STREAK_STRONG) != 0));
    e->flags |= refusal->flags;
    if (s->refusals == 0)
        s->first_ns = refusal->start_ns;
    s->refusals++;
    return place;
}

void streak_clear(struct streak *s)
{
    memset(s, 0, sizeof(*s));
}

struct streak_sum streak_since(const struct streak *s, uint64_t since_ns)
{
    struct streak_sum sum = {.only_vetoable = true};

    for (size_t i = 0; i < s->count; i++) {
        const struct episode *e = &s->episodes[i];
        uint64_t last_ns = episode_last_ns(e);

        if (last_ns < since_ns)
            continue;
        if (sum.episodes == 0)
            sum.first_ns = e->start_ns;
        if (last_ns > sum.last_ns)
            sum.last_ns = last_ns;
        sum.episodes++;
        sum.attempts += e->attempts;
        sum.strong += e->strong;
        sum.strong_episodes += e->strong > 0;
        sum.vetoable_episodes += (e->flags & STREAK_VETOABLE) != 0;
        sum.weight_db += (double)e->weight_db;
        if (e->flags & STREAK_STRONG)
            sum.only_vetoable = false;
    }
    return sum;
}

void streak_sum_add(struct streak_sum *sum, struct streak_sum other)
{
    if (other.episodes == 0)
        return;
    if (sum->episodes == 0 || other.first_ns < sum->first_ns)
        sum->first_ns = other.first_ns;
    if (other.last_ns > sum->last_ns)
        sum->last_ns = other.last_ns;
    sum->weight_db += other.weight_db;
    sum->episodes += other.episodes;
    sum->attempts += other.attempts;
    sum->strong += other.strong;
    sum->strong_episodes += other.strong_episodes;
    sum->vetoable_episodes += other.vetoable_episodes;
    sum->only_vetoable = sum->only_vetoable && other.only_vetoable;
}
