#include "detect/alert_life.h"

#include <stdio.h>
#include <string.h>

#include "base/nanotime.h"
#include "crypto/uuid.h"

static void alert_id_of(const struct suspicion *s, const struct device *device,
                        const uint8_t *first_session, uint8_t out[16])
{
    struct uuid_name name;

    uuid_name_init(&name, "alert");
    uuid_name_add(&name, span_of(device->address.bytes, 16));
    uuid_name_add(&name, span_of_text(s->app_key));
    uuid_name_add(&name, span_of_text(s->destination));
    uuid_name_add(&name, span_of(first_session, SESSION_ID_BYTES));
    uuid_of_name(&name, out);
}

static bool is_opaque(enum finding_type type)
{
    return type == FINDING_OPAQUE_DIRECT || type == FINDING_OPAQUE_DIRECT_BEACON;
}

static bool may_issue(struct correlator *c, struct device *device)
{
    const uint64_t day_ns = 86400 * NS_PER_S;

    if (c->now_ns - device->day_ns >= day_ns) {
        device->day_ns = c->now_ns;
        device->alerts_today = 0;
    }
    if (device->alerts_today >= c->options.rules->tuning.device_alert_cap_per_day) {
        c->stats.rate_capped++;
        return false;
    }
    device->alerts_today++;
    return true;
}

static bool is_worth_a_revision(const struct correlator *c, const struct open_alert *a,
                                const struct finding *f)
{
    uint64_t dedup_ns = tuning_ns(c->options.rules->tuning.dedup_h * 3600);

    return f->type < a->type || f->severity > a->severity ||
           c->now_ns >= a->emitted_ns + dedup_ns;
}

/* The same refusals that were closed once go on with their alert's revisions. */
static void open_alert(struct open_alert *alert, const struct report *r,
                       const uint8_t *first_session)
{
    uint8_t id[16];

    alert_id_of(r->parties.key->suspicion, r->parties.device, first_session, id);
    if (memcmp(id, alert->alert_id, sizeof(id)) != 0)
        *alert = (struct open_alert){.expires_ns = alert->expires_ns};
    memcpy(alert->alert_id, id, sizeof(id));
    alert->open = true;
}

static void count_allowed(struct correlator *c, const struct risk_verdict *risk)
{
    size_t apps = match_list_count(c->options.rules->apps);

    if (!risk->allowed)
        return;
    c->stats.allow_listed++;
    c->allow_hits[risk->allowed_app ? risk->allowed->index : apps + risk->allowed->index]++;
}

/* When an open alert has had no news for long enough. */
static uint64_t expiry_of(const struct correlator *c, const struct suspicion *s)
{
    uint64_t last_ns = s->alert.emitted_ns;

    if (s->evidence_count > 0 && s->evidence[s->evidence_count - 1].time_ns > last_ns)
        last_ns = s->evidence[s->evidence_count - 1].time_ns;
    return last_ns + tuning_ns(c->options.rules->tuning.alert_expiry_d * 86400);
}

static void watch_expiry(struct correlator *c, struct key *key)
{
    struct open_alert *alert = &key->suspicion->alert;

    if (alert->expires_ns || c->options.rules->tuning.alert_expiry_d <= 0)
        return;
    alert->expires_ns = expiry_of(c, key->suspicion);
    settle_put(&c->expiry, alert->expires_ns, &key->entry.id, SETTLE_KEY);
}

void alert_life_raise(struct correlator *c, struct report *r, enum finding_type type)
{
    struct suspicion *s = r->parties.key->suspicion;
    struct open_alert *alert = &s->alert;
    struct report_parts parts;
    struct finding f;

    if (alert->open && alert->type < type)
        return; /* an open alert never steps down, and what holds now is less */
    report_fill(c, r, type, &f, &parts);
    if (alert->open && !is_worth_a_revision(c, alert, &f))
        return;
    if (!alert->open) {
        if (!f.informational && !may_issue(c, r->parties.device))
            return;
        open_alert(alert, r, is_opaque(type) ? s->direct_first : s->first_session);
    }
    f.state = alert->revision == 0 ? FINDING_OPEN : FINDING_UPDATED;
    f.revision = ++alert->revision;
    alert->type = type;
    alert->severity = f.severity;
    alert->emitted_ns = c->now_ns;
    memcpy(f.alert_id, alert->alert_id, sizeof(f.alert_id));
    count_allowed(c, &parts.risk);
    watch_expiry(c, r->parties.key);
    if (r->parties.device_destination && r->parties.device_destination->refusals) {
        r->parties.device_destination->refusals->alert_key = r->parties.key->entry.id;
        r->parties.device_destination->refusals->has_alert = true;
    }
    report_issue(c, &f);
}

void alert_life_end(struct correlator *c, struct parties *p, enum finding_state state,
                    const char *why)
{
    struct suspicion *s = p->key->suspicion;
    struct report r = {.parties = *p};
    char address[ADDRESS_TEXT_MAX];
    struct report_parts parts;
    struct finding f;

    if (!s || !s->alert.open)
        return;
    report_fill(c, &r, s->alert.type, &f, &parts);
    f.state = state;
    f.severity = s->alert.severity;
    f.has_hypotheses = false;
    f.confidence = 0;
    f.revision = ++s->alert.revision;
    memcpy(f.alert_id, s->alert.alert_id, sizeof(f.alert_id));
    (void)snprintf(f.reason, sizeof(f.reason), "%s", why);
    (void)snprintf(f.message, sizeof(f.message), "Device %s and %s: the alert is %s.",
                   address_describe(&p->device->address, address), s->destination,
                   state == FINDING_CLOSED ? "closed" : "withdrawn");
    s->alert.open = false;
    if (p->device_destination && p->device_destination->refusals)
        p->device_destination->refusals->has_alert = false;
    report_issue(c, &f);
}

void alert_life_expire(struct correlator *c, const struct memory_id *key_id)
{
    struct parties p;

    if (!parties_of_key(c, key_id, &p) || !p.key->suspicion)
        return;
    p.key->suspicion->alert.expires_ns = 0;
    if (!p.key->suspicion->alert.open)
        return;
    if (expiry_of(c, p.key->suspicion) <= c->now_ns)
        alert_life_end(c, &p, FINDING_CLOSED,
                       "Nothing more of it was seen for a long time.");
    else
        watch_expiry(c, p.key);
}
