#include "detect/notice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nanotime.h"
#include "base/text.h"
#include "detect/judge.h"

static uint64_t before(uint64_t now_ns, uint64_t ns)
{
    return now_ns > ns ? now_ns - ns : 0;
}

static const struct tuning *tuning_of(const struct correlator *c)
{
    return &c->options.rules->tuning;
}

/* ---- about an app, about a site */

void notice_app(struct correlator *c, struct report *r)
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

void notice_site(struct correlator *c, struct report *r, const struct address *devices,
                 size_t device_count)
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
                       .related = devices,
                       .related_count = device_count,
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
    n.reason = device_count > 1
                   ? "Several devices that accepted inspection before refuse it since the same "
                     "moment, and none has accepted anything since: the authority, the inspection "
                     "or a clock broke for all of them."
                   : "Different programs or a browser refuse this destination and nothing "
                     "accepts it, while they accept others.";
    report_notice(c, &n);
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
    char message[FINDING_TEXT_MAX], address[ADDRESS_TEXT_MAX];
    struct notice n = {.type = FINDING_DEVICE_NOT_ONBOARDED,
                       .device = device,
                       .scope = span_of(device->address.bytes, 16),
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
    (void)snprintf(message, sizeof(message),
                   "Device %s refuses all TLS inspection: %u sessions refused, none accepted. It "
                   "seems to lack the inspection authority.",
                   address_describe(&device->address, address), refusal->sum.attempts);
    n.reason = device->apps.count > 1
                   ? "Several app fingerprints refuse, and the device accepted no inspected "
                     "session in the look-back."
                   : "All that is seen of the device is one app fingerprint that refuses: a "
                     "pinned app and a missing authority cannot be told apart.";
    report_notice(c, &n);
}

void judge_device(struct correlator *c, struct device *device)
{
    const struct tuning *t = tuning_of(c);
    uint64_t look_back_ns = tuning_ns(t->observe.look_back_s);
    uint64_t quiet_ns = tuning_ns(t->device_notice_h * 3600);
    struct refusal_verdict refusal;

    if (!device->streak ||
        (device->last_accept_ns && device->last_accept_ns >= before(c->now_ns, look_back_ns)))
        return;
    refusal = refusal_judge_streak(t, device->streak, c->now_ns);
    if (!refusal.fired || (device->notice_ns && c->now_ns - device->notice_ns < quiet_ns))
        return;
    device->notice_ns = c->now_ns;
    notify_device(c, device, &refusal);
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
