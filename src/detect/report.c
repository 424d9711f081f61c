#include "detect/report.h"

#include <stdio.h>
#include <string.h>

#include "base/nanotime.h"
#include "base/text.h"
#include "crypto/uuid.h"
#include "detect/breakage.h"
#include "detect/clauses.h"
#include "detect/device.h"
#include "detect/pin_words.h"
#include "detect/platform.h"
#include "detect/sentence.h"
#include "session/community_id.h"

/* ---- ids */

void report_notice_id(const struct notice *n, uint8_t out[16])
{
    struct uuid_name name;

    uuid_name_init(&name, "notice");
    uuid_name_add(&name, span_of_text(finding_type_name(n->type)));
    uuid_name_add(&name, n->scope);
    uuid_name_add(&name, span_of(n->first_session, SESSION_ID_BYTES));
    uuid_of_name(&name, out);
}

/* ---- common parts of a finding */

static void set_platform(const struct tuning *t, struct finding *f,
                         const struct device *device, enum trust_model trust_model,
                         const struct join *join)
{
    struct platform_verdict v = platform_judge(t, device, trust_model);

    if (join_platform(join) != PLATFORM_UNKNOWN)
        v = (struct platform_verdict){join_platform(join), "inventory"};
    f->platform = platform_name(v.platform);
    f->platform_basis = v.basis;
    f->analytic = platform_analytic(v.platform);
}

static void set_device(const struct tuning *t, struct finding *f,
                       const struct device *device)
{
    f->has_device = true;
    f->device = device->latest;
    f->has_mac = device->has_mac;
    memcpy(f->mac, device->mac, sizeof(f->mac));
    f->device_basis = identity_basis_name((enum identity_basis)device->basis);
    f->device_first = device->address;
    f->device_others = device->others;
    f->device_other_count = device_other_count(device);
    f->random_mac = device->own_mac && identity_mac_is_random(device->mac);
    f->translated = device_is_translated(t, device);
    f->device_ambiguous = device_is_ambiguous(t, device);
}

static void set_context(struct finding *f, const struct join *join)
{
    f->identity = join->known ? &join->identity : NULL;
    f->package = join->package.id ? &join->package : NULL;
    f->context = join->entries;
    f->context_count = join->entry_count;
}

static void set_suspicion(struct finding *f, const struct suspicion *s)
{
    (void)snprintf(f->app_key, sizeof(f->app_key), "%s", s->app_key);
    (void)snprintf(f->ja4, sizeof(f->ja4), "%s", s->ja4);
    (void)snprintf(f->authority, sizeof(f->authority), "%s",
                   s->authority ? s->authority : "");
    f->evidence = s->evidence;
    f->evidence_count = s->evidence_count;
    f->counts.refused = s->refused;
    f->counts.direct = s->direct_total;
}

static void set_destination(struct finding *f, const struct suspicion *s)
{
    f->has_destination = true;
    (void)snprintf(f->destination, sizeof(f->destination), "%s", s->destination);
    f->has_destination_address = true;
    f->destination_address = s->server;
    f->destination_port = s->port;
    /* Behind a proxy both are the proxy's, as in its sessions; what it was asked for has the name. */
    if (s->is_proxy && s->evidence_count > 0)
        f->destination_port = s->evidence[s->evidence_count - 1].server_port;
}

/* ---- evidence */

void report_evidence(const struct session *s, double weight_db, bool counted,
                     struct finding_evidence *out)
{
    struct session_ends ends = session_ends_of(s);

    *out = (struct finding_evidence){.time_ns = s->decided_ns,
                                     .outcome = s->outcome,
                                     .shape = s->shape,
                                     .inspection = s->inspection,
                                     .inspection_probability = s->inspection_probability,
                                     .inspection_basis = s->inspection_basis,
                                     .weight_db = weight_db,
                                     .counted = counted,
                                     .client_port = s->client_port,
                                     .server_port = s->server_port,
                                     .server = s->server,
                                     .start_ns = s->start_ns};
    memcpy(out->session_id, s->id, sizeof(out->session_id));
    (void)community_id_of(&ends, out->community_id);
}

/* The oldest ones give way. */
static size_t add_in_order(struct finding_evidence *all, size_t count,
                           const struct finding_evidence *e)
{
    size_t place;

    if (count == FINDING_EVIDENCE_MAX) {
        if (all[0].time_ns >= e->time_ns)
            return count;
        memmove(&all[0], &all[1], (count - 1) * sizeof(all[0]));
        count--;
    }
    for (place = count; place > 0 && all[place - 1].time_ns > e->time_ns; place--)
        all[place] = all[place - 1];
    all[place] = *e;
    return count + 1;
}

size_t report_gather(struct correlator *c, const struct memory_id *keys, size_t key_count,
                     const struct memory_id *app, struct finding_evidence *out)
{
    size_t count = 0;

    for (size_t i = 0; i < key_count; i++) {
        const struct key *key = memory_peek(&c->keys, &keys[i]);

        if (!key || !key->suspicion || (app && !memory_id_equal(&key->app, app)))
            continue;
        for (size_t k = 0; k < key->suspicion->evidence_count; k++)
            count = add_in_order(out, count, &key->suspicion->evidence[k]);
    }
    return count;
}

/* ---- what feeds tell */

void report_join(struct correlator *c, struct report *r)
{
    const struct suspicion *s = r->parties.key->suspicion;
    struct join_sessions sessions = {.evidence = r->merged ? r->evidence : s->evidence,
                                     .count =
                                         r->merged ? r->evidence_count : s->evidence_count};

    join_look(c, &r->parties, &sessions, &r->join);
}

/* What the proxy saw of the refusals: no weight, it confirms what was weighed already. */
static void add_proxy_control(struct report *r)
{
    const struct join *j = &r->join;

    if (j->rejected > 0)
        cause_add_control(&r->cause, "proxy_log", 0,
                          "the proxy's log confirms %u of the refusals%s%s", j->rejected,
                          j->proxy_error ? ": " : "", j->proxy_error ? j->proxy_error : "");
}

/* ---- issuing */

void report_issue(struct correlator *c, struct finding *f)
{
    c->stats.findings[f->type]++;
    if (f->state == FINDING_OPEN)
        c->stats.opened++;
    else if (f->state == FINDING_UPDATED)
        c->stats.updated++;
    else if (f->state == FINDING_CLOSED)
        c->stats.closed++;
    else
        c->stats.retracted++;
    c->options.on_finding(c->options.ctx, f);
}

static bool is_opaque(enum finding_type type)
{
    return type == FINDING_OPAQUE_DIRECT || type == FINDING_OPAQUE_DIRECT_BEACON;
}

static double confidence_of(const struct report *r, enum finding_type type)
{
    const double *p = r->cause.probability;
    double refused = refusal_probability(r->refusal.db);

    if (is_opaque(type))
        return r->parties.key->suspicion->direct_probability;
    if (type == FINDING_PINNING_SUSPECTED)
        return refused * p[HYPOTHESIS_PIN];
    return refused * (p[HYPOTHESIS_PIN] + p[HYPOTHESIS_APPCA]);
}

static void add_contrast_control(struct report *r)
{
    const struct refusal_verdict *v = &r->refusal;

    if (v->contrast_db > 0)
        cause_add_control(
            &r->cause, "contrast", v->contrast_db,
            "the device completed %u inspected sessions to other destinations in "
            "the time window",
            v->contrast_sessions);
    if (v->accepts > 0 || v->resumed > 0)
        cause_add_control(&r->cause, "accepts", v->accepts_db,
                          "%u inspected sessions of the same app to this destination were "
                          "accepted",
                          v->accepts + v->resumed);
}

/* What was counted: of this app, or of all apps of the device when they count together. */
static void set_counts(struct finding *f, struct report *r)
{
    const struct key *key = r->parties.key;

    f->counts.episodes = key->suspicion->streak.all_episodes;
    f->counts.accepted = key->accepted;
    f->counts.resumed = key->resumed;
    f->counts.quic = key->suspicion->quic_total;
    f->counts.devices = 1;
    if (!r->merged)
        return;
    f->evidence = r->evidence;
    f->evidence_count = r->evidence_count;
    f->counts.refused = r->refusal.sum.attempts;
    f->counts.episodes = r->refusal.sum.episodes;
    cause_add_control(&r->cause, "other_fingerprints", 0,
                      "%u app fingerprints of the device refused it; their refusals count "
                      "together",
                      r->parties.device_destination->refusals->key_count);
}

/* How regular it is, and what this app of the device does otherwise: no weight, but worth knowing. */
static void add_direct_controls(const struct correlator *c, struct report *r,
                                enum finding_type type)
{
    const struct tuning *t = &c->options.rules->tuning;

    if (r->beacon.score >= t->beacon.medium)
        cause_add_control(
            &r->cause, "beacon", 0,
            "%u intervals of about %.0f s between its attempts, regular by %.2f",
            r->beacon.intervals, r->beacon.median_s, r->beacon.score);
    if (is_opaque(type))
        cause_add_control(
            &r->cause, "baseline", 0,
            "on this device the app went direct to %zu other destinations and "
            "accepted inspection of %zu in the look-back (%d at most are "
            "remembered)",
            r->direct_others, r->accepted_others, ID_SET_MAX);
}

/* The destination's own certificates, where they were seen. */
static void add_pin(const struct correlator *c, const struct report *r, struct finding *f,
                    struct report_parts *parts)
{
    const struct genuine *g = breakage_genuine(c, &r->parties.destination_id);

    if (g && genuine_describe(g, (uint32_t)r->parties.app_id.low, &parts->pin))
        f->pin = &parts->pin;
}

/* Whoever pins it has to follow, and soon. */
static void warn_of_expiry(const struct correlator *c, struct finding *f)
{
    size_t len = strlen(f->reason);
    struct text more = text_in(f->reason + len, sizeof(f->reason) - len);

    if (f->pin)
        pin_words_expiry(f->pin, c->now_ns,
                         c->options.rules->tuning.certificate_expiry_d * 86400, &more);
}

static void add_context(struct risk_facts *facts, const struct join *j)
{
    facts->not_in_use = j->in_use == TOLD_NO;
    facts->unmanaged_app = j->app_managed == TOLD_NO || j->category_fits == TOLD_NO;
    facts->edr_trust_custom = j->custom_trust == TOLD_YES;
    facts->package = j->package.id;
}

/* Who it is in the words of those who know, behind what the wire shows. */
static void name_names(struct finding *f, const struct join *j)
{
    struct text t = {.data = f->message, .size = sizeof(f->message)};
    const char *device = j->identity.hostname ? j->identity.hostname : j->identity.id;

    t.len = strlen(f->message);
    if (device) {
        text_add(&t, " The device is ");
        text_add_span(&t, span_of_text(device));
        if (j->identity.user) {
            text_add(&t, " of ");
            text_add_span(&t, span_of_text(j->identity.user));
        }
    }
    if (j->package.id) {
        text_add(&t, device ? ", the app " : " The app is ");
        text_add_span(&t, span_of_text(j->package.id));
    }
    if (device || j->package.id)
        text_add_char(&t, '.');
}

/* What allow-lists hold for is for information, whatever it would be otherwise. */
static void set_severity(const struct tuning_severity *t, const struct risk_verdict *risk,
                         bool has_control, struct finding *f)
{
    f->risks = risk->contributors;
    f->risk_count = risk->count;
    f->risk_score = risk->score;
    f->severity = is_opaque(f->type)
                      ? risk_severity_alone(t, risk->score)
                      : risk_severity(t, f->confidence, risk->score, has_control);
    if (!risk->allowed)
        return;
    f->informational = true;
    f->severity = (int)t->informational;
    (void)snprintf(f->allowed_by, sizeof(f->allowed_by), "%s: %s", risk->allowed->list,
                   risk->allowed->match);
}

void report_fill(struct correlator *c, struct report *r, enum finding_type type,
                 struct finding *f, struct report_parts *parts)
{
    struct risk_verdict *risk = &parts->risk;
    const struct rules *rules = c->options.rules;
    struct suspicion *s = r->parties.key->suspicion;
    bool opaque = is_opaque(type);
    struct risk_facts facts = {.suspicion = s,
                               .app = r->parties.app,
                               .destination = r->parties.destination,
                               .device_count = c->devices.count,
                               .now_ns = c->now_ns};
    bool has_control;

    report_join(c, r);
    add_context(&facts, &r->join);
    if (!opaque)
        add_contrast_control(r);
    add_proxy_control(r);
    has_control = r->cause.control_count > 0 && (opaque || !r->refusal.early);
    risk_judge(rules, &facts, risk);
    *f = (struct finding){.type = type, .time_ns = c->now_ns};
    set_platform(&rules->tuning, f, r->parties.device, s->trust_model, &r->join);
    set_context(f, &r->join);
    set_device(&rules->tuning, f, r->parties.device);
    f->device = s->client;
    set_destination(f, s);
    set_suspicion(f, s);
    f->confidence = confidence_of(r, type);
    if (f->device_ambiguous)
        f->confidence *= rules->tuning.ambiguous_device_factor;
    f->stage1_db = r->refusal.db;
    f->has_hypotheses = !opaque;
    memcpy(f->hypotheses, r->cause.probability, sizeof(f->hypotheses));
    f->app_shared = r->cause.app_shared;
    f->bypass_actor = type == FINDING_REFUSED_THEN_DIRECT ? r->bypass_actor : NULL;
    set_counts(f, r);
    add_direct_controls(c, r, type);
    f->controls = r->cause.controls;
    f->control_count = r->cause.control_count;
    f->related = &r->parties.device->address;
    f->related_count = 1;
    set_severity(&rules->tuning.severity, risk, has_control, f);
    f->start_ns = f->evidence_count ? f->evidence[0].time_ns : c->now_ns;
    f->end_ns = f->evidence_count ? f->evidence[f->evidence_count - 1].time_ns : c->now_ns;
    f->clauses = parts->clauses;
    f->clause_count = clauses_list(r, f, parts->clauses);
    add_pin(c, r, f, parts);
    sentence_message(r, type, f->message, sizeof(f->message));
    name_names(f, &r->join);
    sentence_reason(r, type, rules->tuning.stage1_fire_db, f->reason, sizeof(f->reason));
    warn_of_expiry(c, f);
}

/* ---- notices */

static const char *notice_analytic(enum finding_type type)
{
    static const char *const names[FINDING_TYPE_COUNT] = {
        [FINDING_APP_CA_UNTRUSTED] = "PINSIGHT-APP-CA-UNTRUSTED",
        [FINDING_DEVICE_NOT_ONBOARDED] = "PINSIGHT-DEVICE-NOT-ONBOARDED",
        [FINDING_SITE_OR_INSPECTOR_FAULT] = "PINSIGHT-SITE-OR-INSPECTOR-FAULT",
        [FINDING_MTLS_REQUIRED] = "PINSIGHT-MTLS-REQUIRED",
        [FINDING_PIN_ROTATION_BREAKAGE] = "PINSIGHT-PIN-ROTATION-BREAKAGE",
        [FINDING_PINNING_REMOVED] = "PINSIGHT-PINNING-REMOVED",
        [FINDING_UNKNOWN_INTERCEPTOR] = "PINSIGHT-UNKNOWN-INTERCEPTOR",
    };

    return names[type];
}

/* Operational notices are low; what points at an attack or at an outage is not. */
static int notice_severity(const struct tuning_severity *s, enum finding_type type)
{
    bool medium = type == FINDING_PIN_ROTATION_BREAKAGE ||
                  type == FINDING_PINNING_REMOVED || type == FINDING_UNKNOWN_INTERCEPTOR;

    return (int)(medium ? s->medium : s->low);
}

static void set_notice_counts(struct finding *f, const struct notice *n)
{
    f->counts.refused = n->suspicion ? f->counts.refused : n->refused;
    f->counts.accepted = n->accepted;
    if (n->sum) {
        f->counts.refused = n->sum->attempts;
        f->counts.episodes = n->sum->episodes;
    }
    f->counts.devices = (uint32_t)n->related_count;
}

void report_notice(struct correlator *c, const struct notice *n, const uint8_t id[16],
                   enum finding_state state, uint32_t revision)
{
    struct finding f = {.type = n->type, .state = state, .revision = revision};
    struct join join = {0};

    if (n->device)
        join_device(c, n->device, c->now_ns, &join);
    f.time_ns = c->now_ns;
    memcpy(f.alert_id, id, sizeof(f.alert_id));
    set_platform(&c->options.rules->tuning, &f, n->device,
                 n->suspicion ? n->suspicion->trust_model
                              : c->options.rules->tuning.trust_model,
                 &join);
    set_context(&f, &join);
    f.analytic = notice_analytic(n->type);
    if (n->device)
        set_device(&c->options.rules->tuning, &f, n->device);
    if (n->suspicion)
        set_suspicion(&f, n->suspicion);
    if (n->app_key)
        (void)snprintf(f.app_key, sizeof(f.app_key), "%s", n->app_key);
    if (n->ja4)
        (void)snprintf(f.ja4, sizeof(f.ja4), "%s", n->ja4);
    f.evidence = n->evidence;
    f.evidence_count = n->evidence_count;
    if (n->destination) {
        f.has_destination = true;
        (void)snprintf(f.destination, sizeof(f.destination), "%s", n->destination);
    }
    if (n->cause) {
        f.has_hypotheses = true;
        memcpy(f.hypotheses, n->cause->probability, sizeof(f.hypotheses));
        f.controls = n->cause->controls;
        f.control_count = n->cause->control_count;
    }
    set_notice_counts(&f, n);
    f.related = n->related;
    f.related_count = n->related_count;
    f.stage1_db = n->stage1_db;
    f.confidence = n->confidence;
    if (f.device_ambiguous)
        f.confidence *= c->options.rules->tuning.ambiguous_device_factor;
    f.severity = notice_severity(&c->options.rules->tuning.severity, n->type);
    f.interceptor = n->interceptor;
    f.pin = n->pin;
    f.is_superseded = n->superseded_by != NULL;
    if (n->superseded_by)
        memcpy(f.superseded_by, n->superseded_by, sizeof(f.superseded_by));
    f.start_ns = n->start_ns;
    f.end_ns = n->end_ns;
    (void)snprintf(f.message, sizeof(f.message), "%s", n->message);
    (void)snprintf(f.reason, sizeof(f.reason), "%s", n->reason);
    report_issue(c, &f);
}
