#include "detect/risk.h"

#include "detect/lists.h"
#include "detect/popularity.h"

static void add(struct risk_verdict *v, const char *name, double points)
{
    if (v->count < FINDING_RISKS_MAX && points != 0)
        v->contributors[v->count++] =
            (struct finding_risk){.name = name, .points = (int)points};
    v->score += (int)points;
}

static bool is_usual_port(const struct tuning_risk *r, uint16_t port)
{
    for (size_t i = 0; i < r->usual_port_count; i++)
        if (r->usual_ports[i] == port)
            return true;
    return false;
}

static void find_allowed(const struct rules *rules, const struct risk_facts *f,
                         struct risk_verdict *v)
{
    bool is_app;

    v->allowed = lists_allow(rules, f->suspicion, f->now_ns, &is_app);
    v->allowed_app = v->allowed && is_app;
    if (v->allowed || !f->package)
        return;
    v->allowed = match_find_app(rules->apps, span_of_text(f->package), f->now_ns);
    v->allowed_app = v->allowed != NULL;
}

/* How many devices use a destination says something in a fleet only. */
static void add_popularity(const struct tuning *t, const struct risk_facts *f,
                           struct risk_verdict *v)
{
    double share;

    if (!f->destination || f->device_count < t->opaque.small_fleet)
        return;
    share = (double)popularity_of(f->destination, popularity_window(t, f->now_ns)) /
            (double)f->device_count;
    if (share <= t->risk.rare_share)
        add(v, "rare_destination", t->risk.rare_destination);
    else if (share >= t->risk.popular_share)
        add(v, "popular_destination", t->risk.popular_destination);
}

/* What the destination looks like, whoever goes there. */
static void add_destination(const struct tuning_risk *r, const struct suspicion *s,
                            struct risk_verdict *v)
{
    if (!s->server_name)
        add(v, "no_server_name", r->no_server_name);
    if (!is_usual_port(r, s->port))
        add(v, "odd_port", r->odd_port);
    if (s->untrusted_upstream)
        add(v, "private_upstream", r->private_upstream);
    if (s->shared_key)
        add(v, "shared_key", r->shared_key);
}

static void add_behaviour(const struct tuning *t, const struct risk_facts *f,
                          struct risk_verdict *v)
{
    const struct tuning_risk *r = &t->risk;
    double beacon = beacon_judge(&f->suspicion->beacon, &t->beacon).score;

    if (beacon >= t->beacon.strong)
        add(v, "beacon_strong", r->beacon_strong);
    else if (beacon >= t->beacon.medium)
        add(v, "beacon_medium", r->beacon_medium);
    if (f->not_in_use && t->foreground_state_required)
        add(v, "not_in_use", r->not_in_use);
    if (f->unmanaged_app)
        add(v, "unmanaged_app", r->unmanaged_app);
    if (f->edr_trust_custom)
        add(v, "edr_trust_custom", r->edr_trust_custom);
    if (f->suspicion->direct_elsewhere)
        add(v, "direct_elsewhere", r->direct_elsewhere);
    if (f->suspicion->upload_heavy)
        add(v, "upload_heavy", r->upload_heavy);
}

void risk_judge(const struct rules *rules, const struct risk_facts *facts,
                struct risk_verdict *out)
{
    const struct tuning *t = &rules->tuning;
    const struct suspicion *s = facts->suspicion;

    *out = (struct risk_verdict){0};
    find_allowed(rules, facts, out);
    add_popularity(t, facts, out);
    if (facts->app && facts->app->device_count <= t->risk.rare_app_devices)
        add(out, "rare_app", t->risk.rare_app);
    add_destination(&t->risk, s, out);
    add_behaviour(t, facts, out);
    if (out->allowed)
        add(out, "allow_listed", t->risk.allow_listed);
    if (out->score < 0)
        out->score = 0;
    if (out->score > 100)
        out->score = 100;
}

int risk_severity(const struct tuning_severity *s, double confidence, int risk,
                  bool has_control)
{
    if (!has_control)
        return (int)s->low;
    if (confidence >= s->high_confidence && risk >= s->high_risk)
        return (int)s->high;
    if ((confidence >= s->high_confidence && risk >= s->medium_risk) ||
        (confidence >= s->medium_confidence && risk >= s->high_risk))
        return (int)s->medium;
    return (int)s->low;
}

int risk_severity_alone(const struct tuning_severity *s, int risk)
{
    if (risk >= s->high_risk)
        return (int)s->high;
    return risk >= s->medium_risk ? (int)s->medium : (int)s->low;
}
