#include "detect/judge.h"

#include <stddef.h>
#include <string.h>

#include "base/nanotime.h"
#include "base/text.h"
#include "detect/alert_life.h"
#include "detect/notice.h"
#include "detect/popularity.h"
#include "detect/removal.h"

static uint64_t before(uint64_t now_ns, uint64_t ns)
{
    return now_ns > ns ? now_ns - ns : 0;
}

static const struct tuning *tuning_of(const struct correlator *c)
{
    return &c->options.rules->tuning;
}

/* ---- direct sessions */

static uint32_t direct_since(const struct suspicion *s, uint64_t since_ns)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < DIRECT_RING && i < s->direct_count; i++)
        n += s->direct_ns[i] >= since_ns;
    return n;
}

/* A direct session with data that followed a refusal within RetryPatternWindow. */
static bool went_direct(const struct tuning *t, const struct suspicion *s)
{
    uint64_t window_ns = tuning_ns(t->retry_pattern_window_s);

    for (size_t i = 0; i < s->streak.count; i++)
        for (uint32_t k = 0; k < DIRECT_RING && k < s->direct_count; k++)
            if (s->direct_ns[k] >= s->streak.episodes[i].start_ns &&
                s->direct_ns[k] <= episode_last_ns(&s->streak.episodes[i]) + window_ns)
                return true;
    return false;
}

static const char *bypass_actor(const struct destination *d, const struct key *key,
                                uint64_t now_ns)
{
    if (d && id_set_count(&d->direct_apps, before(now_ns, 60 * NS_PER_S), key->app.low) > 0)
        return "box_or_policy";
    return "client_or_unknown";
}

static bool is_rare(const struct correlator *c, const struct destination *d)
{
    const struct tuning_opaque *o = &tuning_of(c)->opaque;
    uint32_t devices;

    if (!d)
        return false;
    devices = popularity_of(d, popularity_window(tuning_of(c), c->now_ns));
    if (c->devices.count < o->small_fleet)
        return devices <= 1;
    return (double)devices < o->max_device_share * (double)c->devices.count;
}

static bool is_allowed(const struct correlator *c, const struct suspicion *s)
{
    bool is_app;

    return lists_allow(c->options.rules, s, c->now_ns, &is_app) != NULL;
}

/* Often in a short time, or now and then through the day but as regular as a clock. */
static bool is_repeated(const struct tuning *t, const struct report *r)
{
    return r->direct_in_window >= t->opaque.min_sessions ||
           (r->direct_in_day >= t->slow_threshold && r->beacon.score >= t->beacon.medium);
}

static bool is_opaque(const struct correlator *c, const struct report *r)
{
    const struct suspicion *s = r->parties.key->suspicion;

    return is_repeated(tuning_of(c), r) && s->in_segment && !s->bypassed &&
           is_rare(c, r->parties.destination) && !is_allowed(c, s);
}

static void observe_direct(const struct correlator *c, struct report *r)
{
    const struct tuning *t = tuning_of(c);
    const struct parties *p = &r->parties;
    const struct suspicion *s = p->key->suspicion;
    uint64_t since_ns = before(c->now_ns, tuning_ns(t->observe.look_back_s));

    r->direct_in_window = direct_since(s, before(c->now_ns, tuning_ns(t->time_window_s)));
    r->direct_in_day =
        beacon_direct_since(&s->beacon, before(c->now_ns, tuning_ns(t->slow_window_s)));
    r->beacon = beacon_judge(&s->beacon, &t->beacon);
    if (!p->device_app)
        return;
    r->direct_others =
        id_set_count(&p->device_app->direct, since_ns, p->destination_id.low);
    r->accepted_others =
        id_set_count(&p->device_app->accepted, since_ns, p->destination_id.low);
}

/* ---- one key */

static struct refusal_verdict judge_streak(const struct correlator *c,
                                           const struct report *r,
                                           const struct streak *streak)
{
    struct refusal_case refusal = {.streak = streak,
                                   .key = r->parties.key,
                                   .device = r->parties.device,
                                   .pair = r->parties.device_destination};

    return refusal_judge(tuning_of(c), &refusal, c->now_ns);
}

static struct pair_refusals *pair_of(const struct parties *p)
{
    return p->device_destination ? p->device_destination->refusals : NULL;
}

/*
 * One program can show several fingerprints (its TLS 1.2 and 1.3 hellos). Where none of them alone
 * reaches the threshold, what all apps of the device did to this destination counts together.
 */
static void merge_apps(struct correlator *c, struct report *r)
{
    struct pair_refusals *pair = pair_of(&r->parties);
    struct refusal_verdict together;

    if (r->refusal.fired || !pair || pair->key_count < 2)
        return;
    together = judge_streak(c, r, &pair->streak);
    if (!together.fired)
        return;
    r->refusal = together;
    r->merged = true;
    r->evidence_count = report_gather(c, pair->keys, pair->key_count, NULL, r->evidence);
}

static void observe(struct correlator *c, struct report *r)
{
    struct parties *p = &r->parties;
    struct cause_facts facts = {.key = p->key,
                                .device = p->device,
                                .device_app = p->device_app,
                                .app = p->app,
                                .destination = p->destination,
                                .app_destination = p->app_destination,
                                .device_count = c->devices.count,
                                .now_ns = c->now_ns,
                                .join = &r->join};

    r->refusal = judge_streak(c, r, &p->key->suspicion->streak);
    merge_apps(c, r);
    observe_direct(c, r);
    r->refused_then_direct = went_direct(tuning_of(c), p->key->suspicion);
    r->bypass_actor = bypass_actor(p->destination, p->key, c->now_ns);
    report_join(c, r);
    cause_judge(c->options.rules, &facts, &r->cause);
}

static bool client_refuses(const struct tuning *t, const double *p)
{
    return p[HYPOTHESIS_DEV] + p[HYPOTHESIS_SITE] < t->refused_max_dev_site;
}

/* A device that never accepted: only what then worked directly, and was all it refused. */
static bool only_it_was_refused(const struct correlator *c, const struct report *r)
{
    const struct device *device = r->parties.device;

    if (refusal_has_accepted(tuning_of(c), device, c->now_ns))
        return false;
    for (size_t i = 0; i < device_ring_count(&device->refused); i++)
        if (device_ring_get(&device->refused, i)->destination !=
            (uint32_t)r->parties.key->destination.low)
            return false;
    return true;
}

/* The other app's alert says it already. */
static bool has_other_alert(const struct report *r)
{
    const struct pair_refusals *pair = pair_of(&r->parties);

    return r->merged && pair->has_alert &&
           !memory_id_equal(&pair->alert_key, &r->parties.key->entry.id);
}

/* What the refusals make it; FINDING_TYPE_COUNT: nothing. */
static enum finding_type refused_type(const struct tuning *t, const struct judgement *j)
{
    const struct report *r = &j->report;
    const double *p = r->cause.probability;

    if (r->refusal.vetoed || j->other_alert)
        return FINDING_TYPE_COUNT;
    if (r->refusal.fired && r->refused_then_direct && j->client_refuses &&
        (j->selective || j->only_refused))
        return FINDING_REFUSED_THEN_DIRECT;
    if (!j->selective)
        return FINDING_TYPE_COUNT;
    if (r->refusal.fired && p[HYPOTHESIS_PIN] >= t->pin_report_min)
        return FINDING_PINNING_SUSPECTED;
    if (!j->client_refuses || p[HYPOTHESIS_APPCA] >= t->refused_max_appca)
        return FINDING_TYPE_COUNT;
    if (r->refusal.fired || r->refusal.early)
        return FINDING_INSPECTION_REFUSED;
    if (r->refusal.sum.vetoable_episodes >= t->short_lived_episodes && !r->refusal.used)
        return FINDING_SHORT_LIVED_SESSIONS;
    return FINDING_TYPE_COUNT;
}

void judge_look(struct correlator *c, struct judgement *j)
{
    const struct tuning *t = tuning_of(c);
    struct report *r = &j->report;
    const struct key *key = r->parties.key;
    enum finding_type opaque;

    r->merged = false;
    r->evidence_count = 0;
    observe(c, r);
    j->since_ns =
        r->refusal.sum.first_ns; /* of the window: an old refusal opens no stretch */
    /* The device itself trusts the inspection: it accepted it elsewhere in this very stretch. */
    j->selective = refusal_is_selective(r->parties.device, &key->destination, j->since_ns);
    j->client_refuses = client_refuses(t, r->cause.probability);
    j->only_refused = only_it_was_refused(c, r);
    j->other_alert = has_other_alert(r);
    j->opaque = is_opaque(c, r);
    j->type = refused_type(t, j);
    opaque = r->beacon.score >= t->beacon.medium ? FINDING_OPAQUE_DIRECT_BEACON
                                                 : FINDING_OPAQUE_DIRECT;
    if (j->opaque && j->type > opaque)
        j->type = opaque;
}

/* ---- notices about a key */

/*
 * The device trusted the authority before and refuses now. One such device waits, unless what it
 * refuses is signed by another authority than what it accepted; when several do, and nobody has
 * accepted anything since, the authority or the inspection broke for all.
 */
static bool notify_fleet(struct correlator *c, struct report *r)
{
    struct broken_fleet *b = &c->broken;
    const struct suspicion *s = r->parties.key->suspicion;
    const struct device *device = r->parties.device;
    size_t i = 0;

    if (!r->refusal.fired || r->refusal.vetoed || !device->last_accept_ns ||
        device->last_accept_ns >= r->refusal.sum.first_ns)
        return false;
    if (s->authority && device->authority && s->authority != device->authority) {
        notice_site(
            c, r, &device->address, 1,
            "The device accepted inspection until its certificates came from another "
            "authority, which seems not to be rolled out everywhere.");
        return true;
    }
    if (c->last_accept_ns >= r->refusal.sum.first_ns) {
        b->count = 0;
        return false;
    }
    /* Somebody accepted since the others broke: they did not break together with this one. */
    if (c->last_accept_ns != b->accept_ns)
        b->count = 0;
    b->accept_ns = c->last_accept_ns;
    while (i < b->count && !address_equal(&b->devices[i], &device->address))
        i++;
    if (i == b->count && b->count < BROKEN_DEVICES)
        b->devices[b->count++] = device->address;
    if (b->count < BROKEN_DEVICES_MIN)
        return false;
    notice_site(
        c, r, b->devices, b->count,
        "Several devices that accepted inspection before refuse it since the same moment, "
        "and none has accepted anything since: the authority, the inspection or a clock "
        "broke for all of them.");
    return true;
}

static void notify_key(struct correlator *c, struct judgement *j)
{
    const struct tuning *t = tuning_of(c);
    struct report *r = &j->report;
    const double *p = r->cause.probability;

    if (notify_fleet(c, r) || r->refusal.vetoed)
        return;
    if (!r->refusal.fired)
        notice_app_anywhere(c, r);
    else if (!j->selective)
        return;
    else if (p[HYPOTHESIS_APPCA] >= t->pin_report_min)
        notice_app(c, r);
    else if (p[HYPOTHESIS_SITE] >= t->pin_report_min)
        notice_site(
            c, r, &r->parties.device->address, 1,
            "Different programs or a browser refuse this destination and nothing accepts "
            "it, while they accept others.");
}

/* No refusal, and fewer direct sessions than anything rests on: so it is with most keys. */
static bool shows_nothing(const struct tuning *t, const struct parties *p)
{
    const struct suspicion *s = p->key->suspicion;

    return s->streak.refusals == 0 && !pair_of(p) && !s->alert.open &&
           s->direct_count < t->opaque.min_sessions && s->direct_count < t->slow_threshold;
}

static void judge_parties(struct correlator *c, const struct parties *p, bool final)
{
    struct judgement j;
    struct report *r = &j.report;

    /* Behind that stand entries that are counted, most of the bytes. */
    memset(&j, 0, offsetof(struct judgement, report.join.entries));
    r->parties = *p;
    j.final = final;
    judge_look(c, &j);
    if (c->options.on_judged)
        c->options.on_judged(c->options.ctx, &j);
    removal_prove(c, &j);
    if (j.type != FINDING_TYPE_COUNT)
        alert_life_raise(c, r, j.type);
    else if (r->refusal.vetoed && r->refusal.fired)
        c->stats.vetoed++;
    else if (r->refusal.fired && !final)
        c->stats.waiting++;
    if (j.type == FINDING_TYPE_COUNT && final)
        notify_key(c, &j);
}

void judge_key(struct correlator *c, const struct memory_id *key_id, bool final)
{
    struct parties p;

    if (!parties_of_key(c, key_id, &p) || !p.key->suspicion)
        return;
    if (final || c->options.on_judged || !shows_nothing(tuning_of(c), &p))
        judge_parties(c, &p, final);
}
