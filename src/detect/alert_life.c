#include "detect/alert_life.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nanotime.h"
#include "crypto/uuid.h"
#include "detect/fleet.h"
#include "detect/removal.h"
#include "detect/sentence.h"

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

#define DAY_NS (86400 * NS_PER_S)

/* A revision of the last alert of the device's share: what was withheld since. */
static void tell_withheld(struct correlator *c, const struct overflow *o)
{
    struct report r = {.bypass_actor = NULL};
    struct open_alert *alert;
    struct report_parts parts;
    struct finding f;

    if (!parties_of_key(c, &o->key, &r.parties) || !r.parties.key->suspicion)
        return;
    alert = &r.parties.key->suspicion->alert;
    report_fill(c, &r, alert->type, &f, &parts);
    f.state = alert->open ? FINDING_UPDATED : FINDING_CLOSED;
    f.severity = alert->severity;
    f.has_hypotheses = false;
    f.confidence = 0;
    f.counts.withheld = o->withheld;
    f.revision = ++alert->revision;
    memcpy(f.alert_id, alert->alert_id, sizeof(f.alert_id));
    (void)snprintf(f.reason, sizeof(f.reason),
                   "The device had its share of %u alerts in a day. What it raises beyond "
                   "is counted and not told: %u so far.",
                   c->options.rules->tuning.device_alert_cap_per_day, o->withheld);
    report_issue(c, &f);
}

/* The share is used up: what comes now is counted once a day for each key, and told twice. */
static void withhold(struct correlator *c, struct device *device, struct open_alert *alert)
{
    struct overflow *o = device->overflow;

    if (alert->emitted_ns >= device->day_ns)
        return;
    alert->emitted_ns = c->now_ns;
    c->stats.rate_capped++;
    if (!o)
        return;
    o->withheld++;
    if (o->watch_ns)
        return;
    tell_withheld(c, o);
    o->watch_ns = device->day_ns + DAY_NS;
    settle_put(&c->expiry, o->watch_ns, &device->entry.id, SETTLE_DEVICE);
}

static bool may_issue(struct correlator *c, struct device *device, struct key *key)
{
    uint32_t share = c->options.rules->tuning.device_alert_cap_per_day;

    if (c->now_ns - device->day_ns >= DAY_NS) {
        device->day_ns = c->now_ns;
        device->alerts_today = 0;
    }
    if (device->alerts_today >= share) {
        withhold(c, device, &key->suspicion->alert);
        return false;
    }
    if (++device->alerts_today < share)
        return true;
    if (!device->overflow && !(device->overflow = calloc(1, sizeof(*device->overflow))))
        c->stats.no_memory++;
    if (device->overflow && !device->overflow->watch_ns)
        *device->overflow = (struct overflow){.key = key->entry.id};
    return true;
}

void alert_life_sum_up(struct correlator *c, const struct memory_id *device_id)
{
    struct device *device = memory_peek(&c->devices, device_id);

    if (!device || !device->overflow || !device->overflow->watch_ns)
        return;
    if (device->overflow->withheld > 1)
        tell_withheld(c, device->overflow);
    free(device->overflow);
    device->overflow = NULL;
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

/* So that another app's accept can retract it. */
static void note_in_pair(struct parties *p)
{
    if (!p->device_destination || !p->device_destination->refusals)
        return;
    p->device_destination->refusals->alert_key = p->key->entry.id;
    p->device_destination->refusals->has_alert = true;
}

/* The key's own alert is over, or never was; its life goes on within the fleet's. */
static void speak_through_fleet(struct correlator *c, struct report *r,
                                const struct finding *f)
{
    struct open_alert *alert = &r->parties.key->suspicion->alert;

    alert->type = f->type;
    alert->severity = f->severity;
    alert->emitted_ns = c->now_ns;
    watch_expiry(c, r->parties.key);
    note_in_pair(&r->parties);
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
    if (fleet_takes(c, r, &f, is_opaque(type) ? s->direct_first : s->first_session)) {
        speak_through_fleet(c, r, &f);
        return;
    }
    if (alert->open && !is_worth_a_revision(c, alert, &f))
        return;
    if (!alert->open) {
        if (!f.informational && !may_issue(c, r->parties.device, r->parties.key))
            return;
        open_alert(alert, r, is_opaque(type) ? s->direct_first : s->first_session);
    }
    f.state = alert->revision == 0 ? FINDING_OPEN : FINDING_UPDATED;
    f.revision = ++alert->revision;
    alert->type = type;
    alert->severity = f.severity;
    alert->emitted_ns = c->now_ns;
    memcpy(f.alert_id, alert->alert_id, sizeof(f.alert_id));
    c->stats.allow_listed += parts.risk.allowed != NULL;
    watch_expiry(c, r->parties.key);
    note_in_pair(&r->parties);
    report_issue(c, &f);
}

void alert_life_revise(struct correlator *c, struct report *r, enum finding_type type)
{
    struct open_alert *alert = &r->parties.key->suspicion->alert;
    struct report_parts parts;
    struct finding f;

    report_fill(c, r, type, &f, &parts);
    if (f.informational) {
        f.informational = false;
        f.severity = (int)c->options.rules->tuning.severity.low;
    }
    f.state = FINDING_UPDATED;
    f.revision = ++alert->revision;
    alert->type = type;
    alert->severity = f.severity;
    alert->emitted_ns = c->now_ns;
    memcpy(f.alert_id, alert->alert_id, sizeof(f.alert_id));
    c->stats.context_revisions++;
    report_issue(c, &f);
}

static void end(struct correlator *c, struct parties *p, enum finding_state state,
                const char *why, const uint8_t *superseded_by)
{
    struct suspicion *s = p->key->suspicion;
    struct report r = {.parties = *p};
    struct report_parts parts;
    struct finding f;

    report_fill(c, &r, s->alert.type, &f, &parts);
    f.state = state;
    f.severity = s->alert.severity;
    f.has_hypotheses = false;
    f.confidence = 0;
    f.revision = ++s->alert.revision;
    memcpy(f.alert_id, s->alert.alert_id, sizeof(f.alert_id));
    f.is_superseded = superseded_by != NULL;
    if (superseded_by)
        memcpy(f.superseded_by, superseded_by, sizeof(f.superseded_by));
    (void)snprintf(f.reason, sizeof(f.reason), "%s", why);
    sentence_end(&r, f.type,
                 superseded_by             ? "now part of a fleet alert"
                 : state == FINDING_CLOSED ? "closed"
                                           : "withdrawn",
                 why, f.message);
    s->alert.open = false;
    s->alert.emitted_ns = 0;
    report_issue(c, &f);
}

void alert_life_end(struct correlator *c, struct parties *p, enum finding_state state,
                    const char *why)
{
    struct suspicion *s = p->key->suspicion;

    if (s && state == FINDING_RETRACTED)
        removal_forget(s);
    if (!s || (!s->alert.open && !s->alert.in_fleet))
        return;
    if (p->device_destination && p->device_destination->refusals)
        p->device_destination->refusals->has_alert = false;
    if (s->alert.in_fleet)
        fleet_leave(c, p, state);
    else
        end(c, p, state, why, NULL);
}

void alert_life_supersede(struct correlator *c, const struct memory_id *key_id,
                          const uint8_t fleet_id[16])
{
    struct parties p;

    if (parties_of_key(c, key_id, &p) && p.key->suspicion && p.key->suspicion->alert.open)
        end(c, &p, FINDING_CLOSED,
            "Enough devices with the same app show the same: one fleet alert tells it for "
            "all of them.",
            fleet_id);
}

void alert_life_expire(struct correlator *c, const struct memory_id *key_id)
{
    struct parties p;

    if (!parties_of_key(c, key_id, &p) || !p.key->suspicion)
        return;
    p.key->suspicion->alert.expires_ns = 0;
    if (!p.key->suspicion->alert.open && !p.key->suspicion->alert.in_fleet)
        return;
    if (expiry_of(c, p.key->suspicion) <= c->now_ns)
        alert_life_end(c, &p, FINDING_CLOSED,
                       "Nothing more of it was seen for a long time.");
    else
        watch_expiry(c, p.key);
}
