#include "detect/observe.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/nanotime.h"
#include "detect/alert_life.h"
#include "detect/breakage.h"
#include "detect/device.h"
#include "detect/interceptor.h"
#include "detect/judge.h"
#include "detect/notice_life.h"
#include "detect/platform.h"
#include "detect/popularity.h"
#include "detect/refusal.h"
#include "detect/removal.h"
#include "detect/report.h"
#include "detect/suspicion.h"
#include "detect/upstream.h"

static const struct tuning *tuning_of(const struct correlator *c)
{
    return &c->options.rules->tuning;
}

static void ask_again(struct correlator *c, struct parties *p)
{
    uint64_t at = c->now_ns + tuning_ns(tuning_of(c)->settle_s);

    if (!p->key->settle_ns)
        settle_put(&c->settle, at, &p->key->entry.id, SETTLE_KEY);
    if (!p->device->settle_ns)
        settle_put(&c->settle, at, &p->device->entry.id, SETTLE_DEVICE);
    p->key->settle_ns = at;
    p->device->settle_ns = at;
}

/* ---- accepted under inspection */

static void clear_pair(struct parties *p)
{
    struct pair_refusals *pair =
        p->device_destination ? p->device_destination->refusals : NULL;

    if (!pair)
        return;
    streak_clear(&pair->streak);
    pair->key_count = 0;
}

static void wait_for_device(struct parties *p)
{
    struct device *d = p->device;

    for (size_t i = 0; i < d->waiting_count; i++)
        if (memory_id_equal(&d->waiting[i], &p->key->entry.id))
            return;
    if (d->waiting_count == DEVICE_WAITING) {
        memmove(&d->waiting[0], &d->waiting[1],
                sizeof(d->waiting[0]) * (DEVICE_WAITING - 1));
        d->waiting_count--;
    }
    d->waiting[d->waiting_count++] = p->key->entry.id;
}

static struct device_event event_of(const struct correlator *c, const struct parties *p)
{
    return (struct device_event){.time_ns = c->now_ns,
                                 .destination = (uint32_t)p->destination_id.low,
                                 .app = (uint32_t)p->app_id.low};
}

/* The open alert of this device and destination rested on unused connections, and here is a used
 * one. */
static void retract(struct correlator *c, struct parties *p)
{
    struct pair_refusals *pair = p->device_destination->refusals;
    struct parties other;
    struct streak_sum sum;

    if (!pair || !pair->has_alert || !parties_of_key(c, &pair->alert_key, &other) ||
        !other.key->suspicion || memory_id_equal(&other.key->entry.id, &p->key->entry.id))
        return;
    sum = streak_since(&other.key->suspicion->streak, 0);
    if (sum.episodes > 0 && sum.only_vetoable &&
        other.key->suspicion->alert.type != FINDING_REFUSED_THEN_DIRECT)
        alert_life_end(
            c, &other, FINDING_RETRACTED,
            "Another app of the device completed an inspected session with data to the "
            "same destination: the sessions without data were unused connections.");
}

static void look_at_waiting(struct correlator *c, struct device *d)
{
    struct memory_id waiting[DEVICE_WAITING];
    size_t count = d->waiting_count;

    if (count > 0)
        memcpy(waiting, d->waiting, count * sizeof(waiting[0]));
    for (size_t i = 0; i < count; i++)
        judge_key(c, &waiting[i], false);
}

static void on_accept(struct correlator *c, struct parties *p, const struct session *s)
{
    struct device_event event = event_of(c, p);
    uint64_t now = c->now_ns;

    c->stats.accepts++;
    c->last_accept_ns = c->now_ns;
    p->key->accepted_ns[p->key->accepted++ % KEY_RING] = now;
    p->device->accepts++;
    p->device->last_accept_ns = now;
    p->device->attempts = 0;
    if (suspicion_authority(c, s))
        p->device->authority = suspicion_authority(c, s);
    c->stats.no_memory += !device_ring_add(&p->device->accepted, &event);
    if (p->device->streak)
        streak_clear(p->device->streak);
    clear_pair(p);
    (void)id_set_add(&p->device_app->accepted, p->destination_id.low, now);
    (void)id_set_add(&p->destination->accepting_apps, p->app_id.low, now);
    (void)id_set_add(&p->destination->accepting_devices, p->device_id.low, now);
    (void)id_set_add(&p->app_destination->accepting, p->device_id.low, now);
    p->device_destination->accepted_data_ns = now;
    retract(c, p);
    notice_life_heal(c, p, s);
    if (p->key->suspicion) {
        alert_life_end(c, p, FINDING_CLOSED,
                       "The same app accepted inspection of the destination: what was "
                       "reported ended.");
        streak_clear(&p->key->suspicion->streak);
        p->key->suspicion->has_first = false;
        p->key->suspicion->evidence_count = 0;
        p->key->suspicion->refused = 0;
    }
    look_at_waiting(c, p->device);
}

/* ---- refused under inspection */

static double weight_of(const struct correlator *c, const struct parties *p,
                        const struct session *s, const struct inspection_context *context)
{
    const struct tuning *t = tuning_of(c);
    double weight = refusal_weight(t, s);

    /* The proxy read the alert that the wire hides. */
    if (context->proxy_rejected && weight < t->weights_db.rej_alert)
        return t->weights_db.rej_alert;
    if (s->inspection_probability < t->inspected.yes)
        weight *= s->inspection_probability;
    if (s->shape == SHAPE_S3 || s->shape == SHAPE_S5)
        weight *= refusal_noise_factor(t, p->device, c->now_ns);
    return weight;
}

static void note_pair(struct parties *p)
{
    struct pair_refusals *d = p->device_destination->refusals;

    for (size_t i = 0; i < d->key_count; i++)
        if (memory_id_equal(&d->keys[i], &p->key->entry.id))
            return;
    if (d->key_count < PAIR_KEYS)
        d->keys[d->key_count++] = p->key->entry.id;
}

/* What only refusals need is made with the first one. */
static bool has_room_for_refusals(struct parties *p)
{
    struct device *d = p->device;

    if (!d->streak)
        d->streak = calloc(1, sizeof(*d->streak));
    if (!d->waiting)
        d->waiting = calloc(DEVICE_WAITING, sizeof(*d->waiting));
    if (!p->device_destination->refusals)
        p->device_destination->refusals =
            calloc(1, sizeof(*p->device_destination->refusals));
    return d->streak && d->waiting && p->device_destination->refusals;
}

static void on_refusal(struct correlator *c, struct parties *p, const struct session *s,
                       const struct inspection_context *context)
{
    struct suspicion *sus = suspicion_get(c, p, s, context);
    uint64_t gap_ns = tuning_ns(tuning_of(c)->episode_gap_s);
    double weight = weight_of(c, p, s, context);
    struct streak_refusal refusal = {.start_ns = s->start_ns,
                                     .decided_ns = s->decided_ns,
                                     .weight_db = weight,
                                     .flags = refusal_flags(s)};
    struct device_event event = event_of(c, p);
    enum streak_place place;

    if (!sus || !has_room_for_refusals(p)) {
        c->stats.no_memory++;
        return;
    }
    c->stats.refusals++;
    removal_refuse(c, p);
    sus->refused++;
    lists_count_allowed(&c->lists, sus, c->now_ns);
    sus->untrusted_upstream = sus->untrusted_upstream || context->untrusted_upstream;
    beacon_add(&sus->beacon, &tuning_of(c)->beacon, s->start_ns, false);
    if (!sus->has_first) {
        memcpy(sus->first_session, s->id, sizeof(sus->first_session));
        sus->has_first = true;
        sus->direct_total = 0; /* "then direct" counts from here */
    }
    place = streak_add(&sus->streak, &refusal, gap_ns);
    if (p->device->streak->refusals == 0)
        memcpy(p->device->first_session, s->id, sizeof(p->device->first_session));
    (void)streak_add(p->device->streak, &refusal, gap_ns);
    (void)streak_add(&p->device_destination->refusals->streak, &refusal, gap_ns);
    note_pair(p);
    if (place == STREAK_STRONGEST)
        suspicion_count_no_longer(sus);
    suspicion_add_evidence(sus, s, weight, place != STREAK_WEAKER);
    c->stats.no_memory += !device_ring_add(&p->device->refused, &event);
    (void)id_set_add(&p->device_app->refused, p->destination_id.low, c->now_ns);
    (void)id_set_add(&p->destination->refusing_apps, p->app_id.low, c->now_ns);
    (void)id_set_add(&p->destination->refusing_devices, p->device_id.low, c->now_ns);
    (void)id_set_add(&p->app_destination->refusing, p->device_id.low, c->now_ns);
    wait_for_device(p);
    ask_again(c, p);
    judge_key(c, &p->key->entry.id, false);
}

/* ---- not inspected */

/* Refusals that counted because the place is configured as inspected, and now this session shows
 * that it is not: they were refusals of the genuine certificate. */
static void withdraw_refusals(struct correlator *c, struct parties *p)
{
    struct suspicion *sus = p->key->suspicion;

    for (size_t i = 0; sus && i < sus->evidence_count; i++)
        if (sus->evidence[i].weight_db > 0 &&
            sus->evidence[i].inspection_basis != BASIS_CONFIGURED)
            return;
    if (!sus || sus->streak.refusals == 0 || sus->direct_total > 0)
        return; /* it was refused, then used directly: one direct session more says nothing new */
    parties_find_pairs(c, p);
    alert_life_end(
        c, p, FINDING_RETRACTED,
        "The sessions were not inspected after all: what answers is not one machine.");
    streak_clear(&sus->streak);
    clear_pair(p);
    sus->has_first = false;
}

/* Soon after a refusal, but by another address or port, or by QUIC. */
static bool goes_elsewhere(const struct tuning *t, const struct suspicion *sus,
                           const struct session *s)
{
    uint64_t window_ns = tuning_ns(t->retry_pattern_window_s);
    uint16_t port = s->is_explicit_proxy ? s->proxy_port : s->server_port;
    uint64_t since_ns = s->start_ns > window_ns ? s->start_ns - window_ns : 0;

    return streak_since(&sus->streak, since_ns).episodes > 0 &&
           (port != sus->port || !address_equal(&s->server, &sus->server) ||
            (s->protocol == SESSION_QUIC && sus->protocol != SESSION_QUIC));
}

/* What a direct session shows of the server and of the way to it. */
static void note_direct(struct correlator *c, struct parties *p, struct suspicion *sus,
                        const struct session *s, const struct inspection_context *context)
{
    const struct tuning *t = tuning_of(c);
    uint64_t window_ns = tuning_ns(t->risk.rare_window_d * 86400);

    sus->bypassed = context->bypassed;
    sus->untrusted_upstream = sus->untrusted_upstream || context->untrusted_upstream;
    lists_count_allowed(&c->lists, sus, c->now_ns);
    sus->quic_total += s->protocol == SESSION_QUIC;
    if (goes_elsewhere(t, sus, s))
        sus->direct_elsewhere = true;
    beacon_add(&sus->beacon, &t->beacon, s->start_ns, true);
    totals_await(&c->totals, s->id, &p->key->entry.id);
    if (sus->in_segment && !sus->bypassed && parties_make_device_app(c, p))
        (void)id_set_add(&p->device_app->direct, p->destination_id.low, c->now_ns);
    if (upstream_is_private(s))
        sus->shared_key = upstream_note(&c->upstream_keys, c->options.seed, s,
                                        c->now_ns > window_ns ? c->now_ns - window_ns : 0);
}

static void on_direct(struct correlator *c, struct parties *p, const struct session *s,
                      const struct inspection_context *context)
{
    struct suspicion *sus;
    uint64_t window_ns = tuning_ns(tuning_of(c)->time_window_s);

    c->stats.direct++;
    (void)id_set_add(&p->destination->direct_apps, p->app_id.low, c->now_ns);
    if (!p->key->suspicion && (!context->segment || context->bypassed))
        return; /* nobody expects it to be inspected */
    sus = suspicion_get(c, p, s, context);
    if (!sus)
        return;
    if (sus->direct_count == 0 ||
        sus->direct_ns[(sus->direct_count - 1) % DIRECT_RING] + window_ns < c->now_ns)
        memcpy(sus->direct_first, s->id, sizeof(sus->direct_first));
    sus->direct_ns[sus->direct_count++ % DIRECT_RING] = c->now_ns;
    sus->direct_total++;
    sus->direct_probability = 1 - s->inspection_probability;
    note_direct(c, p, sus, s, context);
    suspicion_add_evidence(sus, s, 0, true);
    judge_key(c, &p->key->entry.id, false);
}

/* ---- every session */

static void note_device(struct correlator *c, struct parties *p, const struct session *s)
{
    struct device *d = p->device;
    bool failing = s->outcome_raw == OUTCOME_ABORTED_EARLY ||
                   s->outcome_raw == OUTCOME_STALLED || s->shape == SHAPE_S3 ||
                   s->shape == SHAPE_S5;

    c->stats.no_memory += !device_note(d, s, &p->identity);
    if (p->new_key)
        platform_note(c->options.rules, d, s, c->now_ns);
    /* The noise guard counts flows to destinations that the device accepts, or never refused. */
    if (p->destination->accepting_devices.count > 0)
        noise_add(&d->noise, tuning_of(c), c->now_ns, failing);
}

static void note_fleet(struct parties *p, const struct session *s, uint64_t now_ns)
{
    char name[SESSION_NAME_MAX];
    struct span domain =
        profile_registered_domain(span_of_text(session_destination(s, name)));

    if (id_set_add(&p->app->devices, p->device_id.low, now_ns))
        p->app->device_count++;
    if (id_set_add(&p->app->domains, XXH3_64bits(domain.data, domain.len), now_ns))
        p->app->domain_count++;
}

static bool carries_data(const struct session *s)
{
    return s->outcome == OUTCOME_ACCEPTED ||
           (s->outcome == OUTCOME_RESUMED && s->established);
}

static void on_inspected(struct correlator *c, struct parties *p, const struct session *s,
                         const struct inspection_context *context)
{
    bool refusal = outcome_is_refusal(s->outcome);

    if (!parties_make_pairs(c, p)) {
        c->stats.no_memory++;
        return;
    }
    if (refusal || s->outcome == OUTCOME_ACCEPTED) {
        p->device->attempts++;
        (void)id_set_add(&p->device->apps, p->app_id.low, c->now_ns);
    }
    if (refusal) {
        on_refusal(c, p, s, context);
    } else if (s->outcome == OUTCOME_ACCEPTED) {
        on_accept(c, p, s);
        removal_accept(c, p, s, context);
    } else if (s->outcome == OUTCOME_RESUMED && s->established) {
        p->key->resumed_ns[p->key->resumed++ % KEY_RING] = c->now_ns;
        p->device_destination->accepted_data_ns = c->now_ns;
    }
}

static void observe(struct correlator *c, struct parties *p, const struct session *s,
                    const struct inspection_context *context)
{
    const struct tuning *t = tuning_of(c);

    note_device(c, p, s);
    interceptor_observe(c, s, context);
    if (s->inspection_probability < t->inspected.no)
        breakage_observe(c, p, s);
    popularity_note(p->destination, p->key, popularity_window(t, c->now_ns), c->now_ns);
    if (p->new_key)
        note_fleet(p, s, c->now_ns);
    if (s->outcome == OUTCOME_CLIENT_CERTIFICATE_REQUIRED)
        judge_mtls(c, p, s);
    if (s->inspection_probability >= t->inspected.count_min)
        on_inspected(c, p, s, context);
    else if (outcome_is_refusal(s->outcome))
        withdraw_refusals(c, p);
    else if (s->inspection_probability < t->inspected.no && carries_data(s))
        on_direct(c, p, s, context);
}

void observe_session(struct correlator *c, const struct session *s,
                     const struct inspection_context *context, struct parties *p)
{
    /* Else neither the app nor the destination is known. */
    bool is_whole = s->ja4[0] != '\0' || s->protocol == SESSION_UNIDENTIFIED;

    if (is_whole && !parties_make(c, p)) {
        c->stats.no_memory++;
        return;
    }
    if (is_whole)
        observe(c, p, s, context);
    if (c->options.on_observed)
        c->options.on_observed(c->options.ctx, s, context, is_whole ? p : NULL);
}

/* ---- its totals */

void correlator_end(struct correlator *c, const struct session_end *end)
{
    const struct tuning *t = &c->options.rules->tuning;
    struct memory_id id;
    struct key *key;

    if (!totals_take(&c->totals, end, &id) ||
        !totals_is_upload(end, t->risk.upload_ratio, t->opaque.min_bytes))
        return;
    key = memory_find(&c->keys, &id);
    if (key && key->suspicion)
        key->suspicion->upload_heavy = true;
}
