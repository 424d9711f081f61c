#include "detect/refusal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/nanotime.h"

_Static_assert(STREAK_EPISODES >= TUNING_EPISODES_MAX, "thresholds can be met");
_Static_assert(ID_SET_MAX >= TUNING_SET_MAX, "so can those of sets");

/* ---- rings */

/* Most devices accept a few times between two restarts, and refuse nothing. */
/* So many other destinations are refused by the device, not by an app that pins. */
#define OTHERS_OF_DEVICE 3
#define RING_FIRST 4u

bool device_ring_add(struct device_ring *r, const struct device_event *e)
{
    uint32_t room = r->room ? r->room * 2 : RING_FIRST;
    struct device_event *events;

    if (r->count == r->room && r->room < DEVICE_RING) {
        room = room < DEVICE_RING ? room : DEVICE_RING;
        events = realloc(r->events, room * sizeof(*events));
        if (!events)
            return false;
        r->events = events;
        r->room = room;
    }
    r->events[r->count++ % DEVICE_RING] = *e;
    return true;
}

void device_ring_fini(struct device_ring *r)
{
    free(r->events);
    *r = (struct device_ring){.events = NULL};
}

size_t device_ring_count(const struct device_ring *r)
{
    return r->count < DEVICE_RING ? r->count : DEVICE_RING;
}

const struct device_event *device_ring_get(const struct device_ring *r, size_t i)
{
    return &r->events[i];
}

static uint64_t before(uint64_t now_ns, double seconds)
{
    uint64_t ns = tuning_ns(seconds);

    return now_ns > ns ? now_ns - ns : 0;
}

/* ---- one session */

/* The server's choice is visible up to TLS 1.2, after that the offer has to do. */
static bool speaks_h2(const struct session *s)
{
    if (s->next_protocol[0])
        return strcmp(s->next_protocol, "h2") == 0;
    return version_is_tls13(s->version) && session_offers_alpn(s, "h2");
}

static double after_handshake_weight(const struct tuning *t, const struct session *s)
{
    const struct tuning_weights_db *w = &t->weights_db;

    if (s->shape == SHAPE_S4)
        return speaks_h2(s) ? w->rej_post_h2 : w->rej_post_h1;
    if (s->close_how == CLOSE_RST &&
        s->finished_to_close_us <= (uint64_t)(t->post_rst_s * 1e6))
        return w->rej_post_rst;
    return w->rej_post_fin;
}

double refusal_weight(const struct tuning *t, const struct session *s)
{
    const struct tuning_weights_db *w = &t->weights_db;

    if (s->outcome == OUTCOME_REJECTED_ALERT)
        return w->rej_alert;
    if (s->outcome == OUTCOME_REJECTED_ENCRYPTED_ALERT)
        return w->rej_enc_alert;
    if (s->outcome == OUTCOME_REJECTED_AFTER_HANDSHAKE)
        return after_handshake_weight(t, s);
    if (s->outcome == OUTCOME_REJECTED_AFTER_HANDSHAKE_WEAK)
        return w->rej_post_weak;
    if (s->outcome == OUTCOME_REJECTED_CLOSE)
        return s->close_how == CLOSE_RST ? w->rej_close_rst : w->rej_close_fin;
    return 0;
}

uint8_t refusal_flags(const struct session *s)
{
    return s->shape == SHAPE_S1 || s->shape == SHAPE_S2 ? STREAK_STRONG : STREAK_VETOABLE;
}

/* ---- stage 1 */

double refusal_probability(double db)
{
    return 1 / (1 + pow(10, -db / 10));
}

/* By episodes; or by as many refusals that were said aloud, if not all in one episode. */
static bool reaches_threshold(const struct tuning *t, const struct streak_sum *sum,
                              uint32_t threshold)
{
    uint32_t strong = threshold > t->strong_refusals ? threshold : t->strong_refusals;

    return sum->episodes >= threshold ||
           (sum->strong >= strong && sum->strong_episodes >= t->strong_episodes);
}

static double clamp(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

static bool is_other(const struct device_event *e, const struct memory_id *destination)
{
    return !destination || e->destination != (uint32_t)destination->low;
}

static void add_contrast(const struct tuning *t, const struct device *device,
                         const struct memory_id *destination, uint64_t since_ns,
                         struct refusal_verdict *v)
{
    struct id_set seen = {.count = 0};

    for (size_t i = 0; i < device_ring_count(&device->accepted); i++) {
        const struct device_event *e = device_ring_get(&device->accepted, i);

        if (e->time_ns < since_ns || !is_other(e, destination))
            continue;
        v->contrast_sessions++;
        (void)id_set_add(&seen, e->destination, e->time_ns);
    }
    v->contrast_destinations = seen.count;
    if (v->contrast_sessions >= t->contrast_sessions)
        v->contrast_db = t->contrast_db;
}

static void add_accepts(const struct tuning *t, const struct key *key, uint64_t since_ns,
                        struct refusal_verdict *v)
{
    for (size_t i = 0; i < KEY_RING; i++) {
        v->accepts += key->accepted_ns[i] && key->accepted_ns[i] >= since_ns;
        v->resumed += key->resumed_ns[i] && key->resumed_ns[i] >= since_ns;
    }
    v->accepts_db =
        v->accepts * t->weights_db.accepted + v->resumed * t->weights_db.resumed;
}

static struct refusal_verdict sum_up(const struct tuning *t, struct streak_sum sum,
                                     uint32_t threshold)
{
    struct refusal_verdict v = {.sum = sum};

    v.sum_db = clamp(v.sum.weight_db, 0, t->episode_sum_cap_db);
    v.db = t->stage1_prior_db + v.sum_db;
    v.fired = reaches_threshold(t, &v.sum, threshold);
    return v;
}

/* What is known grows old: L halves, towards the prior, with each TimeWindow of silence. */
static double decay(const struct tuning *t, double db, uint64_t last_ns, uint64_t now_ns)
{
    uint64_t windows = nanotime_since(last_ns, now_ns) / (tuning_ns(t->time_window_s) + 1);
    double above = db - t->stage1_prior_db;

    return ldexp(above, windows < 64 ? -(int)windows : -64) - above;
}

static void settle(const struct tuning *t, struct refusal_verdict *v, uint64_t now_ns)
{
    v->db += v->contrast_db + v->accepts_db;
    if (v->db < t->stage1_prior_db)
        v->db = t->stage1_prior_db;
    v->decay_db = decay(t, v->db, v->sum.last_ns, now_ns);
    v->db += v->decay_db;
    v->fired = v->fired && v->db >= t->stage1_fire_db;
}

/* Below the threshold, but said aloud in as many episodes as strong refusals take. */
static bool is_early(const struct tuning *t, const struct refusal_verdict *v)
{
    return t->fast_path && !v->fired && v->sum.strong_episodes >= t->strong_episodes &&
           v->db >= t->stage1_fire_db;
}

struct refusal_verdict refusal_judge(const struct tuning *t, const struct refusal_case *c,
                                     uint64_t now_ns)
{
    const double windows[] = {t->time_window_s, t->slow_window_s};
    uint32_t fast = t->inspection_failure_threshold;
    uint32_t slow_threshold = t->slow_threshold > fast ? t->slow_threshold : fast;
    const uint32_t thresholds[] = {fast, slow_threshold};
    struct refusal_verdict v[2];
    bool slow;

    for (size_t i = 0; i < 2; i++) {
        uint64_t since = before(now_ns, windows[i]);

        v[i] = sum_up(t, streak_since(c->streak, since), thresholds[i]);
        add_contrast(t, c->device, &c->key->destination, since, &v[i]);
        add_accepts(t, c->key, since, &v[i]);
        settle(t, &v[i], now_ns);
        v[i].used = c->pair && c->pair->accepted_data_ns &&
                    c->pair->accepted_data_ns >= before(now_ns, t->time_window_s);
        v[i].vetoed = v[i].used && v[i].sum.only_vetoable;
    }
    slow = !v[0].fired && v[1].fired;
    v[0].early = is_early(t, &v[0]);
    v[slow].window_s = windows[slow];
    return v[slow];
}

struct refusal_verdict refusal_judge_streak(const struct tuning *t,
                                            const struct streak *streak, uint64_t now_ns)
{
    struct streak_sum sum = streak_since(streak, before(now_ns, t->time_window_s));
    struct refusal_verdict v = sum_up(t, sum, t->inspection_failure_threshold);

    settle(t, &v, now_ns);
    v.window_s = t->time_window_s;
    return v;
}

struct refusal_verdict refusal_judge_sum(const struct tuning *t,
                                         const struct streak_sum *sum,
                                         const struct device *device, uint64_t now_ns)
{
    struct refusal_verdict v = sum_up(t, *sum, t->inspection_failure_threshold);

    add_contrast(t, device, NULL, before(now_ns, t->time_window_s), &v);
    settle(t, &v, now_ns);
    v.window_s = t->time_window_s;
    return v;
}

bool refusal_has_accepted(const struct tuning *t, const struct device *device,
                          uint64_t now_ns)
{
    return device->last_accept_ns &&
           device->last_accept_ns >= before(now_ns, t->observe.look_back_s);
}

static bool is_refused_since(const struct device *device, uint64_t destination,
                             uint64_t since_ns)
{
    for (size_t i = 0; i < device_ring_count(&device->refused); i++) {
        const struct device_event *e = device_ring_get(&device->refused, i);

        if (e->destination == (uint32_t)destination && e->time_ns >= since_ns)
            return true;
    }
    return false;
}

/* When the device accepted for the first time that is known, if it was since then; else 0. */
static uint64_t first_accept_ns(const struct device *device, uint64_t since_ns)
{
    const struct device_ring *accepted = &device->accepted;
    const struct device_event *first;

    if (device_ring_count(accepted) == 0 || accepted->count > DEVICE_RING)
        return 0;
    first = device_ring_get(accepted, 0);
    return first->time_ns >= since_ns ? first->time_ns : 0;
}

/*
 * The device refused several other destinations as well, until it accepted for the first time, and
 * this one not again since then: what it lacked was the authority, and now it has it.
 */
static bool was_onboarded(const struct device *device, const struct memory_id *destination,
                          uint64_t since_ns)
{
    uint64_t first_ns = first_accept_ns(device, since_ns);
    uint32_t others[OTHERS_OF_DEVICE];
    size_t count = 0;

    for (size_t i = 0; first_ns && i < device_ring_count(&device->refused); i++) {
        const struct device_event *e = device_ring_get(&device->refused, i);
        size_t k = 0;

        if (e->time_ns >= first_ns && (!destination || !is_other(e, destination)))
            return false;
        while (k < count && others[k] != e->destination)
            k++;
        if (k == count && count < OTHERS_OF_DEVICE && e->time_ns < first_ns &&
            is_other(e, destination))
            others[count++] = e->destination;
    }
    return count == OTHERS_OF_DEVICE;
}

bool refusal_is_selective(const struct device *device, const struct memory_id *destination,
                          uint64_t since_ns)
{
    if (was_onboarded(device, destination, since_ns))
        return false;
    for (size_t i = 0; i < device_ring_count(&device->accepted); i++) {
        const struct device_event *e = device_ring_get(&device->accepted, i);

        if (e->time_ns >= since_ns && is_other(e, destination) &&
            !is_refused_since(device, e->destination, since_ns))
            return true;
    }
    return false;
}

/* ---- bad radio */

static uint32_t noise_step(const struct tuning *t, uint64_t now_ns)
{
    return (uint32_t)(now_ns / (tuning_ns(t->noise_guard.window_s) / NOISE_BUCKETS + 1));
}

void noise_add(struct noise *n, const struct tuning *t, uint64_t now_ns, bool failing)
{
    uint32_t step = noise_step(t, now_ns);

    if (step - n->step >= NOISE_BUCKETS)
        *n = (struct noise){.step = step};
    while (n->step != step) {
        n->step++;
        n->ended[n->step % NOISE_BUCKETS] = 0;
        n->failing[n->step % NOISE_BUCKETS] = 0;
    }
    if (n->ended[step % NOISE_BUCKETS] == UINT16_MAX)
        return;
    n->ended[step % NOISE_BUCKETS]++;
    n->failing[step % NOISE_BUCKETS] =
        (uint16_t)(n->failing[step % NOISE_BUCKETS] + failing);
}

double refusal_noise_factor(const struct tuning *t, const struct device *device,
                            uint64_t now_ns)
{
    const struct noise *n = &device->noise;
    uint32_t all = 0, failing = 0;

    if (noise_step(t, now_ns) - n->step >= NOISE_BUCKETS)
        return 1;
    for (size_t i = 0; i < NOISE_BUCKETS; i++) {
        all += n->ended[i];
        failing += n->failing[i];
    }
    if (all < t->noise_guard.min_flows || failing <= t->noise_guard.share * all)
        return 1;
    return t->noise_guard.factor;
}
