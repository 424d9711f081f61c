#include "detect/notice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nanotime.h"
#include "base/text.h"
#include "detect/judge.h"
#include "detect/notice_life.h"

static uint64_t before(uint64_t now_ns, uint64_t ns)
{
    return now_ns > ns ? now_ns - ns : 0;
}

static const struct tuning *tuning_of(const struct correlator *c)
{
    return &c->options.rules->tuning;
}

/* ---- about an app, about a site */

/* What both have in common; `message` and the first session of the key go in by the caller. */
static struct notice notice_of(const struct report *r, enum finding_type type,
                               enum hypothesis cause)
{
    const struct suspicion *s = r->parties.key->suspicion;
    struct notice n = {
        .type = type,
        .destination = s->destination,
        .suspicion = s,
        .evidence = r->merged ? r->evidence : s->evidence,
        .evidence_count = r->merged ? r->evidence_count : s->evidence_count,
        .cause = &r->cause,
        .sum = &r->refusal.sum,
        .related = &r->parties.device->address,
        .related_count = 1,
        .stage1_db = r->refusal.db,
        .confidence = refusal_probability(r->refusal.db) * r->cause.probability[cause],
        .start_ns = r->refusal.sum.first_ns,
        .end_ns = r->refusal.sum.last_ns,
    };

    memcpy(n.first_session, s->first_session, sizeof(n.first_session));
    return n;
}

void notice_app(struct correlator *c, struct report *r)
{
    struct parties *p = &r->parties;
    const struct suspicion *s = p->key->suspicion;
    struct notice n = notice_of(r, FINDING_APP_CA_UNTRUSTED, HYPOTHESIS_APPCA);
    char message[FINDING_TEXT_MAX], address[ADDRESS_TEXT_MAX];

    if (!p->app)
        return;
    (void)snprintf(
        message, sizeof(message),
        "An app on device %s (fingerprint %s) does not trust the inspection authority: "
        "it refused %u sessions, the latest to %s.",
        address_describe(&p->device->latest, address), s->ja4, r->refusal.sum.attempts,
        s->destination);
    n.scope = span_of_text(s->app_key);
    n.device = p->device;
    n.message = message;
    n.reason =
        "The device accepts inspection, this app does not: it looks like an app that "
        "trusts public authorities only, not like a pin for one destination.";
    notice_life_raise(c, &p->app->notice, &n, tuning_of(c)->app_notice_h);
}

void notice_app_anywhere(struct correlator *c, struct report *r)
{
    const struct tuning *t = tuning_of(c);
    const struct device *device = r->parties.device;
    uint64_t since = before(c->now_ns, tuning_ns(t->time_window_s));
    struct streak_sum sum = {.only_vetoable = true};

    for (size_t i = 0; i < device->waiting_count; i++) {
        const struct key *key = memory_peek(&c->keys, &device->waiting[i]);

        if (key && key->suspicion && memory_id_equal(&key->app, &r->parties.app_id))
            streak_sum_add(&sum, streak_since(&key->suspicion->streak, since));
    }
    r->refusal = refusal_judge_sum(t, &sum, device, c->now_ns);
    if (!r->refusal.fired || sum.only_vetoable ||
        !refusal_is_selective(device, NULL, sum.first_ns) ||
        r->cause.probability[HYPOTHESIS_APPCA] < t->pin_report_min)
        return;
    r->merged = true;
    r->evidence_count = report_gather(c, device->waiting, device->waiting_count,
                                      &r->parties.app_id, r->evidence);
    notice_app(c, r);
}

void notice_site(struct correlator *c, struct report *r, const struct address *devices,
                 size_t device_count, const char *why)
{
    struct parties *p = &r->parties;
    const struct suspicion *s = p->key->suspicion;
    struct notice n = notice_of(r, FINDING_SITE_OR_INSPECTOR_FAULT, HYPOTHESIS_SITE);
    char message[FINDING_TEXT_MAX];

    if (!p->destination)
        return;
    (void)snprintf(
        message, sizeof(message),
        "Clients refuse the certificate that is shown for %s, and the fault seems to "
        "lie with the site or with the inspection.",
        s->destination);
    n.scope = span_of_text(s->destination);
    n.related = devices;
    n.related_count = device_count;
    n.message = message;
    n.reason = why;
    notice_life_raise(c, &p->destination->notice, &n, tuning_of(c)->site_notice_h);
}

/* ---- a device that accepts nothing */

/* The causes as far as the device alone shows them. */
static void judge_device_cause(struct correlator *c, const struct device *device,
                               struct cause_verdict *v)
{
    struct key no_key = {.accepted = 0};
    struct device_app all_apps = {.accepted = {.count = 0}};
    struct cause_facts facts = {
        .key = &no_key, .device = device, .device_app = &all_apps, .now_ns = c->now_ns};

    for (size_t i = 0; i < device_ring_count(&device->refused); i++) {
        const struct device_event *e = device_ring_get(&device->refused, i);

        (void)id_set_add(&all_apps.refused, e->destination, e->time_ns);
    }
    cause_judge(c->options.rules, &facts, v);
}

static void notify_device(struct correlator *c, struct device *device,
                          const struct refusal_verdict *refusal)
{
    struct cause_verdict cause = {.control_count = 0};
    struct finding_evidence evidence[FINDING_EVIDENCE_MAX];
    char message[FINDING_TEXT_MAX], address[ADDRESS_TEXT_MAX];
    struct notice n = {.type = FINDING_DEVICE_NOT_ONBOARDED,
                       .device = device,
                       .scope = span_of(device->address.bytes, 16),
                       .evidence = evidence,
                       .evidence_count = report_gather(
                           c, device->waiting, device->waiting_count, NULL, evidence),
                       .cause = &cause,
                       .sum = &refusal->sum,
                       .related = &device->address,
                       .related_count = 1,
                       .stage1_db = refusal->db,
                       .start_ns = refusal->sum.first_ns,
                       .end_ns = refusal->sum.last_ns,
                       .message = message};

    judge_device_cause(c, device, &cause);
    n.confidence = refusal_probability(refusal->db) * cause.probability[HYPOTHESIS_DEV];
    memcpy(n.first_session, device->first_session, sizeof(n.first_session));
    (void)snprintf(
        message, sizeof(message),
        "Device %s refuses all TLS inspection: %u sessions refused, none accepted. %s",
        address_describe(&device->latest, address), refusal->sum.attempts,
        device->apps.count > 1
            ? "It seems to lack the inspection authority."
            : "It lacks the inspection authority, or the one app that is seen of it has "
              "trust logic of its own.");
    n.reason =
        device->apps.count > 1
            ? "Several app fingerprints refuse, and the device accepted no inspected "
              "session in the look-back."
            : "All that is seen of the device is one app fingerprint that refuses: a "
              "pinned app and a missing authority cannot be told apart.";
    notice_life_raise(c, &device->notice, &n, tuning_of(c)->device_notice_h);
}

void judge_device(struct correlator *c, struct device *device)
{
    const struct tuning *t = tuning_of(c);
    struct refusal_verdict refusal;

    if (!device->streak || refusal_has_accepted(t, device, c->now_ns))
        return;
    refusal = refusal_judge_streak(t, device->streak, c->now_ns);
    if (refusal.fired)
        notify_device(c, device, &refusal);
}

/* ---- client certificates */

static struct mtls_record *mtls_of(struct destination *d)
{
    if (!d->mtls)
        d->mtls = calloc(1, sizeof(*d->mtls));
    return d->mtls;
}

/* The sessions since then, the oldest first. */
static size_t mtls_since(const struct mtls_record *m, uint64_t since_ns,
                         struct finding_evidence evidence[MTLS_RING],
                         struct address devices[MTLS_RING])
{
    size_t n = 0;

    for (size_t i = 0; i < MTLS_RING; i++) {
        size_t place = (m->count + i) % MTLS_RING;

        if (!m->evidence[place].time_ns || m->evidence[place].time_ns < since_ns)
            continue;
        evidence[n] = m->evidence[place];
        devices[n++] = m->devices[place];
    }
    return n;
}

static void notify_mtls(struct correlator *c, const struct destination *d,
                        uint64_t since_ns)
{
    struct mtls_record *m = d->mtls;
    struct finding_evidence evidence[MTLS_RING];
    struct address devices[MTLS_RING];
    size_t count = mtls_since(m, since_ns, evidence, devices);
    char message[FINDING_TEXT_MAX];
    struct notice n = {.type = FINDING_MTLS_REQUIRED,
                       .scope = span_of_text(d->name),
                       .destination = d->name,
                       .related = devices,
                       .related_count = count,
                       .evidence = evidence,
                       .evidence_count = count,
                       .confidence = 1,
                       .message = message,
                       .reason = "The server asked for a client certificate and ended the "
                                 "connection when it got none."};

    if (count < tuning_of(c)->mtls_sessions)
        return;
    n.start_ns = evidence[0].time_ns;
    n.end_ns = evidence[count - 1].time_ns;
    memcpy(n.first_session, m->first, sizeof(n.first_session));
    (void)snprintf(
        message, sizeof(message),
        "%s demands a client certificate that its clients do not send: at least %u "
        "sessions ended for that reason.",
        d->name, tuning_of(c)->mtls_sessions);
    notice_life_raise(c, &m->notice, &n, tuning_of(c)->mtls_notice_h);
}

void judge_mtls(struct correlator *c, struct parties *p, const struct session *s)
{
    uint64_t since = before(c->now_ns, tuning_ns(tuning_of(c)->time_window_s));
    struct mtls_record *m = mtls_of(p->destination);

    if (!m) {
        c->stats.no_memory++;
        return;
    }
    if (m->count == 0 || m->evidence[(m->count - 1) % MTLS_RING].time_ns < since)
        memcpy(m->first, s->id, sizeof(m->first));
    report_evidence(s, 0, true, &m->evidence[m->count % MTLS_RING]);
    m->devices[m->count++ % MTLS_RING] = s->client;
    notify_mtls(c, p->destination, since);
}
