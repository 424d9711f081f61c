#include "detect/cause.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/nanotime.h"

static uint64_t look_back(const struct tuning *t, uint64_t now_ns)
{
    uint64_t ns = tuning_ns(t->observe.look_back_s);

    return now_ns > ns ? now_ns - ns : 0;
}

static struct finding_control *next_control(struct cause_verdict *v)
{
    return v->control_count < FINDING_CONTROLS_MAX ? &v->controls[v->control_count++]
                                                   : NULL;
}

__attribute__((format(printf, 2, 0))) static void set_fact(struct finding_control *c,
                                                           const char *format, va_list args)
{
    (void)vsnprintf(c->fact, sizeof(c->fact), format, args);
}

void cause_add_control(struct cause_verdict *v, const char *name, double weight_db,
                       const char *format, ...)
{
    struct finding_control *c = next_control(v);
    va_list args;

    if (!c)
        return;
    *c = (struct finding_control){.name = name, .weight_db = weight_db};
    va_start(args, format);
    set_fact(c, format, args);
    va_end(args);
}

/* Multiply by the likelihoods of an observation and note it. */
__attribute__((format(printf, 4, 5))) static void observe(const struct tuning *t,
                                                          struct cause_verdict *v,
                                                          enum observation observation,
                                                          const char *format, ...)
{
    struct finding_control *c = next_control(v);
    va_list args;

    for (size_t h = 0; h < HYPOTHESES; h++)
        v->probability[h] *= t->likelihoods[observation][h];
    if (!c)
        return;
    *c = (struct finding_control){.name = observation_describe(observation),
                                  .has_likelihoods = true};
    for (size_t h = 0; h < HYPOTHESES; h++)
        c->likelihood[h] = t->likelihoods[observation][h];
    va_start(args, format);
    set_fact(c, format, args);
    va_end(args);
}

static void observe_device(const struct tuning *t, const struct cause_facts *f,
                           struct cause_verdict *v)
{
    uint64_t since = look_back(t, f->now_ns);

    if (f->device->last_accept_ns && f->device->last_accept_ns >= since)
        observe(t, v, OBSERVATION_DEV_ACCEPTS,
                "the device completed %u inspected sessions, so it trusts the authority",
                f->device->accepts);
    else if (f->device->attempts >= t->observe.dev_never_attempts &&
             f->device->apps.count >= t->observe.dev_never_apps)
        observe(t, v, OBSERVATION_DEV_NEVER,
                "the device accepted none of %u inspected sessions, by %u app fingerprints",
                f->device->attempts, f->device->apps.count);
}

static void observe_app(const struct tuning *t, const struct cause_facts *f,
                        struct cause_verdict *v)
{
    uint64_t since = look_back(t, f->now_ns);
    size_t accepted, refused;

    if (!f->device_app)
        return;
    accepted = id_set_count(&f->device_app->accepted, since, f->key->destination.low);
    refused = id_set_count(&f->device_app->refused, since, 0);
    if (accepted > 0)
        observe(t, v,
                v->app_shared ? OBSERVATION_APP_ACCEPTS_OTHER_SHARED
                              : OBSERVATION_APP_ACCEPTS_OTHER,
                "the same app fingerprint%s accepted inspection of %zu other destination%s",
                v->app_shared ? ", which many apps share," : "", accepted,
                accepted == 1 ? "" : "s");
    else if (refused >= t->observe.app_rejects_destinations &&
             id_set_count(&f->device_app->accepted, since, 0) == 0)
        observe(t, v, OBSERVATION_APP_REJECTS_ALL,
                "the same app fingerprint refused %zu destinations and accepted none",
                refused);
}

static void observe_site(const struct tuning *t, const struct cause_facts *f,
                         struct cause_verdict *v)
{
    const struct destination *d = f->destination;
    uint64_t since = look_back(t, f->now_ns);

    if (!d)
        return;
    if (id_set_count(&d->accepting_apps, since, f->key->app.low) > 0)
        observe(t, v, OBSERVATION_SITE_OK_OTHERS,
                "another app fingerprint accepted inspection of the same destination");
    else if (id_set_count(&d->accepting_devices, since, 0) == 0 &&
             id_set_count(&d->refusing_apps, since, 0) >= t->observe.site_rejected_apps &&
             id_set_count(&d->refusing_devices, since, 0) >=
                 t->observe.site_rejected_devices)
        observe(t, v, OBSERVATION_SITE_REJECTED_BY_MANY,
                "the destination is refused by %zu app fingerprints on %zu devices, "
                "accepted by "
                "none",
                id_set_count(&d->refusing_apps, since, 0),
                id_set_count(&d->refusing_devices, since, 0));
}

static void observe_peers(const struct tuning *t, const struct cause_facts *f,
                          struct cause_verdict *v)
{
    uint64_t since = look_back(t, f->now_ns);
    size_t refusing, accepting;

    if (!f->app_destination)
        return;
    refusing = id_set_count(&f->app_destination->refusing, since, f->key->device.low);
    accepting = id_set_count(&f->app_destination->accepting, since, f->key->device.low);
    if (accepting >= t->observe.peer_devices)
        observe(t, v, OBSERVATION_PEERS_ACCEPT,
                "the same app fingerprint accepted this destination on %zu other devices",
                accepting);
    else if (refusing >= t->observe.peer_devices)
        observe(t, v, OBSERVATION_PEERS_REJECT,
                "the same app fingerprint refused this destination on %zu other devices",
                refusing);
}

static void observe_direct(const struct tuning *t, const struct cause_facts *f,
                           struct cause_verdict *v)
{
    const struct suspicion *s = f->key->suspicion;
    uint64_t since = look_back(t, f->now_ns);

    if (!s || s->direct_count == 0 ||
        s->direct_ns[(s->direct_count - 1) % DIRECT_RING] < since)
        return;
    observe(t, v, OBSERVATION_DIRECT_OK,
            "the same app fingerprint works directly with this destination (%u session%s)",
            s->direct_total, s->direct_total == 1 ? "" : "s");
}

static void observe_trust(const struct tuning *t, const struct cause_facts *f,
                          struct cause_verdict *v)
{
    const struct join *j = f->join;

    if (!j || j->custom_trust != TOLD_YES)
        return;
    observe(t, v, OBSERVATION_EDR_TRUST_CUSTOM,
            "%s on the device validated certificates by itself %.0f s before a session",
            j->trust_app ? j->trust_app : "an app", j->trust_before_s);
}

static bool is_shared(const struct tuning *t, const struct cause_facts *f)
{
    if (!f->app || f->device_count == 0)
        return false;
    return f->app->domain_count > t->observe.shared_domains &&
           (double)f->app->device_count >
               t->observe.shared_device_share * (double)f->device_count;
}

static enum prior prior_of(const struct rules *rules, const struct cause_facts *f,
                           struct cause_verdict *v)
{
    const struct suspicion *s = f->key->suspicion;

    v->browser = s && rules_find_browser(rules, span_of_text(s->ja4), s->has_ech) != NULL;
    if (v->browser)
        return PRIOR_BROWSER;
    return (enum prior)(s ? s->trust_model : rules->tuning.trust_model);
}

static void normalise(double probability[HYPOTHESES])
{
    double sum = 0;

    for (size_t h = 0; h < HYPOTHESES; h++)
        sum += probability[h];
    for (size_t h = 0; h < HYPOTHESES; h++)
        probability[h] = sum > 0 ? probability[h] / sum : 1.0 / HYPOTHESES;
}

void cause_judge(const struct rules *rules, const struct cause_facts *facts,
                 struct cause_verdict *out)
{
    const struct tuning *t = &rules->tuning;
    enum prior prior = prior_of(rules, facts, out);

    out->app_shared = is_shared(t, facts);
    for (size_t h = 0; h < HYPOTHESES; h++)
        out->probability[h] = t->priors[prior][h];
    observe_device(t, facts, out);
    observe_app(t, facts, out);
    observe_site(t, facts, out);
    observe_peers(t, facts, out);
    observe_direct(t, facts, out);
    observe_trust(t, facts, out);
    normalise(out->probability);
}
