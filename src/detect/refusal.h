/*
 * Stage 1: is this destination refused by this app on this device? A sum in decibans over episodes
 * of refusal, with what the device did elsewhere as contrast and its accepts against it.
 */
#pragma once

#include "config/tuning.h"
#include "detect/records.h"

/* Weight of a refused session towards "the client refused this certificate", 0 for other ones. */
double refusal_weight(const struct tuning *t, const struct session *s);

/* Flags of enum in streak.h for a session's shape. */
uint8_t refusal_flags(const struct session *s);

/* Stage 1 of one key at one time. */
struct refusal_verdict {
    double db; /* L */
    double contrast_db;
    double accepts_db; /* negative */
    double sum_db;     /* of the episodes, clamped */
    double decay_db;   /* negative, for the time since the last refusal */
    uint32_t contrast_sessions;
    uint32_t contrast_destinations;
    uint32_t accepts;
    uint32_t resumed;
    struct streak_sum sum;
    double window_s; /* TimeWindow, or the slow window when that one fired */
    bool fired;      /* threshold and sum */
    bool early;      /* not yet, but for tuning.fast_path the sum is enough already */
    bool used;       /* the device got data from the destination in TimeWindow */
    bool vetoed;     /* unused-connection shapes beside useful sessions */
};

/* One key, and whose streak is judged: its own, or that of all apps of the device for the same
 * destination. */
struct refusal_case {
    const struct streak *streak;
    const struct key *key;
    const struct device *device;
    const struct device_destination *pair; /* NULL when it was forgotten */
};

struct refusal_verdict refusal_judge(const struct tuning *t, const struct refusal_case *c,
                                     uint64_t now_ns);

/* The same for a streak over several destinations: no contrast, no veto. */
struct refusal_verdict refusal_judge_streak(const struct tuning *t,
                                            const struct streak *streak, uint64_t now_ns);

/* The same for what several streaks hold in TimeWindow, with the device's other accepts as
 * contrast. */
struct refusal_verdict refusal_judge_sum(const struct tuning *t,
                                         const struct streak_sum *sum,
                                         const struct device *device, uint64_t now_ns);

/* True when the device accepted inspection in the look-back. */
bool refusal_has_accepted(const struct tuning *t, const struct device *device,
                          uint64_t now_ns);

/* P(refused) from L. */
double refusal_probability(double db);

/*
 * True when the device has accepted inspection of another destination (of any, for NULL) since the
 * streak began, and that destination is not refused itself in the same stretch. A device that refused
 * several destinations until its first accept, and this one not again, was given the authority.
 */
bool refusal_is_selective(const struct device *device, const struct memory_id *destination,
                          uint64_t since_ns);

/* Ring of a device's events; false when memory is out, then it keeps what it has. */
bool device_ring_add(struct device_ring *r, const struct device_event *e);
void device_ring_fini(struct device_ring *r);
size_t device_ring_count(const struct device_ring *r);
const struct device_event *device_ring_get(const struct device_ring *r, size_t i);

/* One connection to a destination that works ended, by a bare close or otherwise. */
void noise_add(struct noise *n, const struct tuning *t, uint64_t now_ns, bool failing);

/* Bad radio: factor for the weights of shapes S3 and S5 on this device. */
double refusal_noise_factor(const struct tuning *t, const struct device *device,
                            uint64_t now_ns);
