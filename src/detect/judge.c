#include "detect/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nanotime.h"
#include "base/text.h"
#include "detect/report.h"

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

    if (!d)
        return false;
    if (c->devices.count < o->small_fleet)
        return d->device_count <= 1;
    return (double)d->device_count < o->max_device_share * (double)c->devices.count;
}

static bool is_allowed(const struct correlator *c, const struct suspicion *s)
{
    struct match_destination wanted = {.name = span_of_text(s->destination),
                                       .address = s->is_proxy ? NULL : &s->server,
                                       .port = s->port};

    return match_find_destination(c->options.rules->destinations, &wanted, c->now_ns) ||
           match_find_app(c->options.rules->apps, span_of_text(s->app_key), c->now_ns) ||
           match_find_app(c->options.rules->apps, span_of_text(s->ja4), c->now_ns);
}

static bool is_opaque(const struct correlator *c, const struct report *r)
{
    const struct suspicion *s = r->parties.key->suspicion;

    return r->direct_in_window >= tuning_of(c)->opaque.min_sessions && s->in_segment &&
           !s->bypassed && is_rare(c, r->parties.destination) && !is_allowed(c, s);
}

/* ---- one key */

static struct pair_refusals *pair_of(const struct report *r)
{
    return r->parties.device_destination ? r->parties.device_destination->refusals : NULL;
}

/*
 * One program can show several fingerprints (its TLS 1.2 and 1.3 hellos). Where none of them alone
 * reaches the threshold, what all apps of the device did to this destination counts together.
 */
static void merge_apps(struct correlator *c, struct report *r)
{
    struct pair_refusals *pair = pair_of(r);
    struct refusal_verdict together;

    if (r->refusal.fired || !pair || pair->key_count < 2)
        return;
    together = refusal_judge(tuning_of(c), &pair->streak, r->parties.key, r->parties.device,
                             r->parties.device_destination, c->now_ns);
    if (!together.fired)
        return;
    r->refusal = together;
    r->merged = true;
    report_merge_evidence(c, r);
}

static void observe(struct correlator *c, struct report *r)
{
    struct parties *p = &r->parties;
    const struct tuning *t = tuning_of(c);
    struct cause_facts facts = {.key = p->key,
                                .device = p->device,
                                .device_app = p->device_app,
                                .app = p->app,
                                .destination = p->destination,
                                .app_destination = p->app_destination,
                                .device_count = c->devices.count,
                                .now_ns = c->now_ns};

    r->refusal = refusal_judge(t, &p->key->suspicion->streak, p->key, p->device,
                               p->device_destination, c->now_ns);
    merge_apps(c, r);
    r->direct_in_window = direct_since(p->key->suspicion,
                                       before(c->now_ns, tuning_ns(t->time_window_s)));
    r->refused_then_direct = went_direct(t, p->key->suspicion);
    r->bypass_actor = bypass_actor(p->destination, p->key, c->now_ns);
    cause_judge(c->options.rules, &facts, &r->cause);
}

/* The device itself trusts the inspection: it accepted it elsewhere in this very stretch. */
static bool is_selective(const struct report *r)
{
    const struct key *key = r->parties.key;

    return refusal_is_selective(r->parties.device, key->destination.low,
                                r->merged ? pair_of(r)->streak.first_ns
                                          : key->suspicion->streak.first_ns);
}

static bool client_refuses(const struct tuning *t, const double *p)
{
    return p[HYPOTHESIS_DEV] + p[HYPOTHESIS_SITE] < t->refused_max_dev_site;
}

/* A device that never accepted: only what then worked directly, and was all it refused. */
static bool only_it_was_refused(const struct report *r)
{
    const struct device *device = r->parties.device;

    for (size_t i = 0; i < device_ring_count(&device->refused); i++)
        if (device_ring_get(&device->refused, i)->destination !=
            (uint32_t)r->parties.key->destination.low)
            return false;
    return true;
}

/* The other app's alert says it already. */
static bool has_other_alert(const struct report *r)
{
    const struct pair_refusals *pair = pair_of(r);

    return pair && pair->has_alert && !memory_id_equal(&pair->alert_key, &r->parties.key->entry.id);
}

/* FINDING_TYPE_COUNT: none. */
static enum finding_type detection_of(const struct correlator *c, const struct report *r)
{
    const struct tuning *t = tuning_of(c);
    const double *p = r->cause.probability;
    bool selective = is_selective(r);

    if (r->refusal.vetoed || (r->merged && has_other_alert(r)))
        return FINDING_TYPE_COUNT;
    if (r->refusal.fired && r->refused_then_direct && client_refuses(t, p) &&
        (selective || (!r->parties.device->last_accept_ns && only_it_was_refused(r))))
        return FINDING_REFUSED_THEN_DIRECT;
    if (!selective)
        return FINDING_TYPE_COUNT;
    if (r->refusal.fired && p[HYPOTHESIS_PIN] >= t->pin_report_min)
        return FINDING_PINNING_SUSPECTED;
    if (r->refusal.fired && client_refuses(t, p) && p[HYPOTHESIS_APPCA] < t->refused_max_appca)
        return FINDING_INSPECTION_REFUSED;
    if (r->refusal.sum.vetoable_episodes >= t->short_lived_episodes && client_refuses(t, p) &&
        p[HYPOTHESIS_APPCA] < t->refused_max_appca)
        return FINDING_SHORT_LIVED_SESSIONS;
    return FINDING_TYPE_COUNT;
}

/* ---- notices about a key */

static void notify_app(struct correlator *c, struct report *r)
{
    struct parties *p = &r->parties;
    const struct suspicion *s = p->key->suspicion;
    uint64_t quiet_ns = tuning_ns(tuning_of(c)->app_notice_h * 3600);
    char message[FINDING_TEXT_MAX], address[ADDRESS_TEXT_MAX];
    struct notice n = {.type = FINDING_APP_CA_UNTRUSTED,
                       .scope = span_of_text(s->app_key),
                       .device = p->device,
                       .destination = s->destination,
                       .suspicion = s,
                       .cause = &r->cause,
                       .sum = &r->refusal.sum,
                       .related = &p->device->address,
                       .related_count = 1,
                       .stage1_db = r->refusal.db,
                       .start_ns = r->refusal.sum.first_ns,
                       .end_ns = r->refusal.sum.last_ns,
                       .message = message};

    if (!p->app || (p->app->notice_ns && c->now_ns - p->app->notice_ns < quiet_ns))
        return;
    p->app->notice_ns = c->now_ns;
    memcpy(n.first_session, s->first_session, sizeof(n.first_session));
    n.confidence =
        refusal_probability(r->refusal.db) * r->cause.probability[HYPOTHESIS_APPCA];
    (void)snprintf(message, sizeof(message),
                   "An app on device %s (fingerprint %s) does not trust the inspection authority: "
                   "it refused %u sessions, the latest to %s.",
                   address_describe(&p->device->address, address), s->ja4,
                   r->refusal.sum.attempts, s->destination);
    n.reason = "The device accepts inspection, this app does not: it looks like an app that "
               "trusts public authorities only, not like a pin for one destination.";
    report_notice(c, &n);
}

static void notify_site(struct correlator *c, struct report *r)
{
    struct parties *p = &r->parties;
    const struct suspicion *s = p->key->suspicion;
    uint64_t quiet_ns = tuning_ns(tuning_of(c)->site_notice_h * 3600);
    char message[FINDING_TEXT_MAX];
    struct notice n = {.type = FINDING_SITE_OR_INSPECTOR_FAULT,
                       .scope = span_of_text(s->destination),
                       .destination = s->destination,
                       .suspicion = s,
                       .cause = &r->cause,
                       .sum = &r->refusal.sum,
                       .related = &p->device->address,
                       .related_count = 1,
                       .stage1_db = r->refusal.db,
                       .start_ns = r->refusal.sum.first_ns,
                       .end_ns = r->refusal.sum.last_ns,
                       .message = message};

    if (!p->destination ||
        (p->destination->notice_ns && c->now_ns - p->destination->notice_ns < quiet_ns))
        return;
    p->destination->notice_ns = c->now_ns;
    memcpy(n.first_session, s->first_session, sizeof(n.first_session));
    n.confidence = refusal_probability(r->refusal.db) * r->cause.probability[HYPOTHESIS_SITE];
    (void)snprintf(message, sizeof(message),
                   "Clients refuse the certificate that is shown for %s, and the fault seems to "
                   "lie with the site or with the inspection.",
                   s->destination);
    n.reason = "Different programs or a browser refuse this destination and nothing accepts it, "
               "while they accept others.";
    report_notice(c, &n);
}

static void notify_key(struct correlator *c, struct report *r)
{
    const struct tuning *t = tuning_of(c);
    const double *p = r->cause.probability;

    if (!r->refusal.fired || r->refusal.vetoed || !is_selective(r))
        return;
    if (p[HYPOTHESIS_APPCA] >= t->pin_report_min)
        notify_app(c, r);
    else if (p[HYPOTHESIS_SITE] >= t->pin_report_min)
        notify_site(c, r);
}

void judge_key(struct correlator *c, const struct memory_id *key_id, bool final)
{
    struct report r = {.bypass_actor = NULL};
    enum finding_type type;

    if (!parties_of_key(c, key_id, &r.parties) || !r.parties.key->suspicion)
        return;
    observe(c, &r);
    type = detection_of(c, &r);
    if (type == FINDING_TYPE_COUNT && is_opaque(c, &r))
        type = FINDING_OPAQUE_DIRECT;
    else if (type > FINDING_OPAQUE_DIRECT && type < FINDING_DETECTIONS_END && is_opaque(c, &r))
        type = FINDING_OPAQUE_DIRECT;
    if (type != FINDING_TYPE_COUNT)
        report_detection(c, &r, type);
    else if (r.refusal.vetoed && r.refusal.fired)
        c->stats.vetoed++;
    else if (r.refusal.fired && !final)
        c->stats.waiting++;
    if (type == FINDING_TYPE_COUNT && final)
        notify_key(c, &r);
}

/* ---- a device that accepts nothing */

struct lead {
    enum finding_type type;
    double probability;
};

/* The leading cause among those a notice can name, over what the device shows as a whole. */
static struct lead lead_of(struct correlator *c, struct device *device, struct cause_verdict *v)
{
    const struct tuning *t = tuning_of(c);
    struct key nothing = {.accepted = 0};
    struct device_app refused = {.accepted = {.count = 0}};
    struct cause_facts facts = {
        .key = &nothing, .device = device, .device_app = &refused, .now_ns = c->now_ns};
    struct lead lead = {FINDING_DEVICE_NOT_ONBOARDED, 0};

    for (size_t i = 0; i < device_ring_count(&device->refused); i++) {
        const struct device_event *e = device_ring_get(&device->refused, i);

        (void)id_set_add(&refused.refused, e->destination, e->time_ns);
    }
    cause_judge(c->options.rules, &facts, v);
    lead.probability = v->probability[HYPOTHESIS_DEV];
    if (v->probability[HYPOTHESIS_SITE] > lead.probability)
        lead = (struct lead){FINDING_SITE_OR_INSPECTOR_FAULT, v->probability[HYPOTHESIS_SITE]};
    /* One app alone cannot be told from a device without the authority: the device is named. */
    if (device->apps.count > 1 || refused.refused.count < t->observe.app_rejects_destinations)
        lead = (struct lead){FINDING_DEVICE_NOT_ONBOARDED, v->probability[HYPOTHESIS_DEV]};
    return lead;
}

static void describe_device(const struct device *device, const struct streak_sum *sum,
                            char message[FINDING_TEXT_MAX])
{
    char address[ADDRESS_TEXT_MAX];

    (void)snprintf(message, FINDING_TEXT_MAX,
                   "Device %s refuses all TLS inspection: %u sessions refused, none accepted. It "
                   "seems to lack the inspection authority.",
                   address_describe(&device->address, address), sum->attempts);
}

void judge_device(struct correlator *c, struct device *device)
{
    const struct tuning *t = tuning_of(c);
    struct refusal_verdict refusal = {.fired = false};
    uint64_t look_back_ns = tuning_ns(t->observe.look_back_s);
    uint64_t quiet_ns = tuning_ns(t->device_notice_h * 3600);
    struct cause_verdict cause = {.control_count = 0};
    char message[FINDING_TEXT_MAX];
    struct notice n = {.device = device,
                       .scope = span_of(device->address.bytes, 16),
                       .cause = &cause,
                       .sum = &refusal.sum,
                       .related = &device->address,
                       .related_count = 1,
                       .message = message};
    struct lead lead;

    if (device->streak)
        refusal = refusal_judge_streak(t, device->streak, c->now_ns);
    n.stage1_db = refusal.db;
    n.start_ns = refusal.sum.first_ns;
    n.end_ns = refusal.sum.last_ns;
    if (!refusal.fired ||
        (device->last_accept_ns && device->last_accept_ns >= before(c->now_ns, look_back_ns)))
        return;
    if (device->notice_ns && c->now_ns - device->notice_ns < quiet_ns)
        return;
    device->notice_ns = c->now_ns;
    lead = lead_of(c, device, &cause);
    n.type = lead.type;
    n.confidence = refusal_probability(refusal.db) * lead.probability;
    memcpy(n.first_session, device->first_session, sizeof(n.first_session));
    describe_device(device, &refusal.sum, message);
    n.reason = device->apps.count > 1
                   ? "Several app fingerprints refuse, and the device accepted no inspected "
                     "session in the look-back."
                   : "All that is seen of the device is one app fingerprint that refuses: a "
                     "pinned app and a missing authority cannot be told apart.";
    report_notice(c, &n);
}

/* ---- client certificates */

static struct mtls_record *mtls_of(struct destination *d)
{
    if (!d->mtls)
        d->mtls = calloc(1, sizeof(*d->mtls));
    return d->mtls;
}

/* The devices of the latest sessions, each once; returns how many. */
static size_t mtls_devices(const struct mtls_record *m, struct address out[3])
{
    size_t count = 0;

    for (size_t i = 0; i < 3; i++) {
        bool known = false;

        for (size_t k = 0; k < count; k++)
            known = known || address_equal(&out[k], &m->devices[i]);
        if (!known)
            out[count++] = m->devices[i];
    }
    return count;
}

static void notify_mtls(struct correlator *c, const struct destination *d, uint64_t since_ns)
{
    const struct mtls_record *m = d->mtls;
    char message[FINDING_TEXT_MAX];
    struct address related[3];
    struct notice n = {.type = FINDING_MTLS_REQUIRED,
                       .scope = span_of_text(d->name),
                       .destination = d->name,
                       .related = related,
                       .related_count = mtls_devices(m, related),
                       .confidence = 1,
                       .start_ns = since_ns,
                       .end_ns = c->now_ns,
                       .message = message,
                       .reason = "The server asked for a client certificate and ended the "
                                 "connection when it got none."};

    memcpy(n.first_session, m->first, sizeof(n.first_session));
    (void)snprintf(message, sizeof(message),
                   "%s demands a client certificate that its clients do not send: at least %u "
                   "sessions ended for that reason.",
                   d->name, tuning_of(c)->mtls_sessions);
    report_notice(c, &n);
}

void judge_mtls(struct correlator *c, struct parties *p, const struct session *s)
{
    const struct tuning *t = tuning_of(c);
    uint64_t since = before(c->now_ns, tuning_ns(t->time_window_s));
    uint64_t quiet_ns = tuning_ns(t->mtls_notice_h * 3600);
    struct mtls_record *m = mtls_of(p->destination);
    uint64_t first = c->now_ns;
    uint32_t n = 0;

    if (!m) {
        c->stats.no_memory++;
        return;
    }
    if (m->count == 0 || m->times_ns[(m->count - 1) % 3] < since)
        memcpy(m->first, s->id, sizeof(m->first));
    m->times_ns[m->count % 3] = c->now_ns;
    m->devices[m->count % 3] = s->client;
    m->count++;
    for (size_t i = 0; i < 3; i++) {
        if (!m->times_ns[i] || m->times_ns[i] < since)
            continue;
        n++;
        if (m->times_ns[i] < first)
            first = m->times_ns[i];
    }
    if (n < t->mtls_sessions || (m->notice_ns && c->now_ns - m->notice_ns < quiet_ns))
        return;
    m->notice_ns = c->now_ns;
    notify_mtls(c, p->destination, first);
}
