#include "detect/removal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nanotime.h"
#include "base/text.h"
#include "detect/fleet.h"
#include "detect/notice_life.h"

static const struct tuning *tuning_of(const struct correlator *c)
{
    return &c->options.rules->tuning;
}

void removal_forget(struct suspicion *s)
{
    if (s->removal)
        notice_life_free(s->removal->notice);
    free(s->removal);
    s->removal = NULL;
}

/* ---- that it refused */

static void keep_refusals(struct removal *r, const struct finding_evidence *evidence,
                          size_t count)
{
    r->refusal_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (evidence[i].weight_db <= 0)
            continue;
        if (r->refusal_count == REMOVAL_REFUSALS) /* the first one stays */
            memmove(&r->evidence[1], &r->evidence[2],
                    (--r->refusal_count - 1) * sizeof(r->evidence[0]));
        r->evidence[r->refusal_count++] = evidence[i];
    }
}

/* It accepted the same in the look-back before it refused: several programs share the key. */
static bool accepted_before(const struct correlator *c, const struct key *key,
                            uint64_t first_ns)
{
    uint64_t look_back_ns = tuning_ns(tuning_of(c)->observe.look_back_s);

    for (size_t i = 0; i < KEY_RING; i++)
        if (key->accepted_ns[i] && key->accepted_ns[i] <= first_ns &&
            key->accepted_ns[i] + look_back_ns >= first_ns)
            return true;
    return false;
}

void removal_prove(struct correlator *c, const struct judgement *j)
{
    const struct report *r = &j->report;
    struct key *key = r->parties.key;
    struct suspicion *s = key->suspicion;

    if (j->type == FINDING_TYPE_COUNT || !r->refusal.fired || !j->selective || r->merged ||
        accepted_before(c, key, r->refusal.sum.first_ns))
        return;
    if (!s->removal && !(s->removal = calloc(1, sizeof(*s->removal)))) {
        c->stats.no_memory++;
        return;
    }
    if (s->removal->refused == 0) {
        memcpy(s->removal->first_session, s->first_session, SESSION_ID_BYTES);
        s->removal->first_ns = r->refusal.sum.first_ns;
    }
    s->removal->refused = s->refused;
    s->removal->last_ns = r->refusal.sum.last_ns;
    s->removal->authority = s->authority;
    s->removal->accept_count = 0;
    s->removal->raised = false;
    keep_refusals(s->removal, s->evidence, s->evidence_count);
}

/* ---- that it accepts */

/* Whoever lets a destination through answers the SYN like a box, and the segment says nothing. */
static bool is_surely_inspected(const struct correlator *c, const struct session *s,
                                const struct inspection_sum *sum)
{
    if (s->inspection_probability < tuning_of(c)->inspected.yes)
        return false;
    for (size_t i = 0; i < sum->count; i++)
        if (sum->rows[i].evidence == EVIDENCE_AUTHORITY ||
            sum->rows[i].evidence == EVIDENCE_INTERCEPTOR ||
            sum->rows[i].evidence == EVIDENCE_FLIGHT_MATCH)
            return true;
    return false;
}

static bool has_event(const struct device_ring *ring, const struct device_event *wanted)
{
    for (size_t i = 0; i < device_ring_count(ring); i++) {
        const struct device_event *e = device_ring_get(ring, i);

        if (e->app == wanted->app && e->destination == wanted->destination &&
            e->time_ns >= wanted->time_ns)
            return true;
    }
    return false;
}

/* Another app of the device refused in that stretch, and accepts the same destination since. */
static bool another_app_turned(const struct device *d, uint32_t app, uint64_t since_ns)
{
    for (size_t i = 0; i < device_ring_count(&d->refused); i++) {
        const struct device_event *e = device_ring_get(&d->refused, i);

        if (e->app != app && e->time_ns >= since_ns && has_event(&d->accepted, e))
            return true;
    }
    return false;
}

/* What other devices do with the same app and destination tells an update from a tampered app. */
static void write_reason(const struct correlator *c, const struct parties *p,
                         const struct removal *r, char *out, size_t size)
{
    uint64_t day_ns = tuning_ns(tuning_of(c)->dedup_h * 3600);
    uint64_t since_ns = c->now_ns > day_ns ? c->now_ns - day_ns : 0;
    const struct app_destination *a = p->app_destination;
    size_t accepting = a ? id_set_count(&a->accepting, r->last_ns, p->device_id.low) : 0;
    size_t refusing = a ? id_set_count(&a->refusing, since_ns, p->device_id.low) : 0;
    struct text t = text_in(out, size);

    text_add(&t, "The device accepted the inspection of other destinations all the while, "
                 "so it was not the device that changed. ");
    if (accepting > 0)
        text_add_format(&t,
                        "%zu other device%s with the same app accept%s it since, too: that "
                        "looks like an update of the app.",
                        accepting, accepting == 1 ? "" : "s", accepting == 1 ? "s" : "");
    else if (refusing > 0)
        text_add_format(
            &t,
            "%zu other device%s with the same app still refuse%s it: that looks "
            "like a change of this one device, as by an unpinning hook.",
            refusing, refusing == 1 ? "" : "s", refusing == 1 ? "s" : "");
    else
        text_add(&t, "No other device shows whether the app was updated or tampered with.");
}

static struct notice notice_of(const struct parties *p, const struct removal *r,
                               const char *message, const char *reason)
{
    const struct suspicion *s = p->key->suspicion;
    size_t count = (size_t)r->refusal_count + r->accept_count;
    struct notice n = {.type = FINDING_PINNING_REMOVED,
                       .device = p->device,
                       .destination = s->destination,
                       .app_key = s->app_key,
                       .ja4 = s->ja4,
                       .evidence = r->evidence,
                       .evidence_count = count,
                       .refused = r->refused,
                       .accepted = r->accept_count,
                       .related = &p->device->address,
                       .related_count = 1,
                       .confidence = 1,
                       .start_ns = r->first_ns,
                       .end_ns = count ? r->evidence[count - 1].time_ns : r->last_ns,
                       .message = message,
                       .reason = reason};

    memcpy(n.first_session, r->first_session, sizeof(n.first_session));
    return n;
}

/* Device, app and destination, each with an end. */
static struct span scope_of(const struct parties *p, char *out, size_t size)
{
    const struct suspicion *s = p->key->suspicion;
    struct text t = text_in(out, size);

    text_add_hex(&t, span_of(p->device->address.bytes, 16));
    text_add_format(&t, "\n%s\n%s", s->app_key, s->destination);
    return span_of(out, t.len);
}

static void raise_notice(struct correlator *c, const struct parties *p, struct removal *r)
{
    char message[FINDING_TEXT_MAX], reason[FINDING_TEXT_MAX], address[ADDRESS_TEXT_MAX];
    char scope[FINDING_TEXT_MAX], then[NANOTIME_TEXT_MAX];
    const struct suspicion *s = p->key->suspicion;
    struct notice n;

    (void)nanotime_describe(r->last_ns, then);
    (void)snprintf(message, sizeof(message),
                   "An app on device %s (fingerprint %s) that refused TLS inspection of %s "
                   "(%u sessions, the last at %.10s %.8s UTC) accepts it now: %u sessions "
                   "with data, none refused.",
                   address_describe(&p->device->latest, address), s->ja4, s->destination,
                   r->refused, then, then + 11, r->accept_count);
    write_reason(c, p, r, reason, sizeof(reason));
    n = notice_of(p, r, message, reason);
    n.scope = scope_of(p, scope, sizeof(scope));
    notice_life_raise(c, &r->notice, &n, 0);
}

/* ---- on many devices */

static struct removal *removal_of(const struct correlator *c,
                                  const struct memory_id *key_id)
{
    const struct key *key = memory_peek(&c->keys, key_id);

    return key && key->suspicion ? key->suspicion->removal : NULL;
}

static bool is_open(const struct notice_record *notice)
{
    return notice && notice->open;
}

/* Those that still accept; told lately, where each is told alone. */
static void prune_turned(const struct correlator *c, struct fleet *fleet)
{
    uint64_t dedup_ns = tuning_ns(tuning_of(c)->dedup_h * 3600);
    size_t kept = 0;

    for (size_t i = 0; i < fleet->turned_count; i++) {
        const struct removal *r = removal_of(c, &fleet->turned[i]);
        bool is_old =
            r && is_open(r->notice) && r->notice->issued_ns + dedup_ns < c->now_ns;

        if (r && r->raised && !is_old)
            fleet->turned[kept++] = fleet->turned[i];
    }
    fleet->turned_count = (uint8_t)kept;
}

static void note_turned(const struct correlator *c, struct fleet *fleet,
                        const struct memory_id *key_id)
{
    prune_turned(c, fleet);
    if (fleet->turned_count == FLEET_MEMBERS)
        memmove(&fleet->turned[0], &fleet->turned[1],
                --fleet->turned_count * sizeof(fleet->turned[0]));
    fleet->turned[fleet->turned_count++] = *key_id;
}

static void supersede(struct correlator *c, const struct fleet *fleet)
{
    for (size_t i = 0; i < fleet->turned_count; i++) {
        struct removal *r = removal_of(c, &fleet->turned[i]);
        struct parties p;
        struct notice n;

        if (!r || !is_open(r->notice) || !parties_of_key(c, &fleet->turned[i], &p))
            continue;
        n = notice_of(
            &p, r, "The notice is now part of one for many devices.",
            "Enough devices with the same app show the same: one notice tells it for "
            "all of them.");
        n.superseded_by = fleet->removed->alert_id;
        notice_life_end(c, r->notice, &n);
    }
}

static struct notice fleet_notice(const struct parties *p, const struct removal *r,
                                  const char *message, const char *reason)
{
    struct notice n = notice_of(p, r, message, reason);

    n.device = NULL;
    n.related = NULL;
    n.related_count = 0;
    return n;
}

static void raise_for_fleet(struct correlator *c, const struct parties *p,
                            struct removal *r, struct fleet *fleet)
{
    char message[FINDING_TEXT_MAX], scope[FINDING_TEXT_MAX];
    const struct suspicion *s = p->key->suspicion;
    struct address devices[FLEET_MEMBERS];
    struct text t = text_in(scope, sizeof(scope));
    bool was_open = is_open(fleet->removed);
    size_t count = 0;
    struct parties member;
    struct notice n;

    for (size_t i = 0; i < fleet->turned_count; i++)
        if (parties_of_key(c, &fleet->turned[i], &member))
            devices[count++] = member.device->address;
    text_add_format(&t, "%s\n%s", s->app_key, s->destination);
    (void)snprintf(
        message, sizeof(message),
        "An app (fingerprint %s) that refused TLS inspection of %s accepts it now on "
        "%u devices.",
        s->ja4, s->destination, notice_life_count(fleet->removed, devices, count));
    n = fleet_notice(
        p, r, message,
        "So many devices turned within a day: that looks like an update of the "
        "app, not like tampering with one of them.");
    n.scope = span_of(scope, t.len);
    n.related = devices;
    n.related_count = count;
    notice_life_raise(c, &fleet->removed, &n, was_open ? tuning_of(c)->dedup_h : 0);
    if (!was_open && is_open(fleet->removed))
        supersede(c, fleet);
}

/* The key accepts what it refused: alone, or as one of many. */
static void raise_removal(struct correlator *c, const struct parties *p, struct removal *r)
{
    struct fleet *fleet = fleet_get(c, p);

    if (fleet)
        note_turned(c, fleet, &p->key->entry.id);
    if (fleet && (is_open(fleet->removed) ||
                  fleet->turned_count >= tuning_of(c)->fleet_collapse_devices))
        raise_for_fleet(c, p, r, fleet);
    else
        raise_notice(c, p, r);
    r->raised = true;
    if (tuning_of(c)->alert_expiry_d > 0)
        settle_put(&c->expiry, c->now_ns + tuning_ns(tuning_of(c)->alert_expiry_d * 86400),
                   &p->key->entry.id, SETTLE_REMOVAL);
}

void removal_accept(struct correlator *c, const struct parties *p, const struct session *s,
                    const struct inspection_context *context)
{
    struct removal *r = p->key->suspicion ? p->key->suspicion->removal : NULL;

    if (!r || r->raised || !is_surely_inspected(c, s, &context->sum))
        return;
    if (r->authority && s->inspection_authority[0] &&
        strcmp(r->authority, s->inspection_authority) != 0) {
        removal_forget(p->key->suspicion);
        return;
    }
    if (r->accept_count < TUNING_SET_MAX)
        report_evidence(s, 0, true, &r->evidence[r->refusal_count + r->accept_count++]);
    if (r->accept_count < tuning_of(c)->pinning_removed_sessions)
        return;
    if (another_app_turned(p->device, (uint32_t)p->app_id.low, r->first_ns))
        removal_forget(p->key->suspicion);
    else
        raise_removal(c, p, r);
}

/* ---- the end */

/* It is over for this key: the notice of many ends with the last of them. */
static void end_for_fleet(struct correlator *c, const struct parties *p, struct removal *r,
                          const char *why)
{
    struct fleet *fleet = fleet_get(c, p);
    struct notice n;

    r->raised = false;
    if (!fleet || !is_open(fleet->removed))
        return;
    prune_turned(c, fleet);
    if (fleet->turned_count > 0)
        return;
    n = fleet_notice(p, r, "It is over on every device that was told of.", why);
    notice_life_end(c, fleet->removed, &n);
}

static void end(struct correlator *c, const struct parties *p, const char *what,
                const char *why)
{
    struct removal *r = p->key->suspicion->removal;
    char message[FINDING_TEXT_MAX], address[ADDRESS_TEXT_MAX];
    struct notice n;

    (void)snprintf(message, sizeof(message), "Device %s and %s: %s.",
                   address_describe(&p->device->latest, address),
                   p->key->suspicion->destination, what);
    n = notice_of(p, r, message, why);
    notice_life_end(c, r->notice, &n);
    end_for_fleet(c, p, r, why);
}

void removal_refuse(struct correlator *c, const struct parties *p)
{
    struct removal *r = p->key->suspicion->removal;

    if (!r || r->accept_count == 0)
        return;
    if (r->raised)
        end(c, p, "the app refuses inspection again",
            "The app refused an inspected session: the pin is back.");
    removal_forget(p->key->suspicion);
}

void removal_expire(struct correlator *c, const struct memory_id *key_id)
{
    struct parties p;

    if (!parties_of_key(c, key_id, &p) || !p.key->suspicion || !p.key->suspicion->removal ||
        !p.key->suspicion->removal->raised)
        return;
    end(c, &p, "the app goes on accepting inspection",
        "It refused nothing in all that time: accepting is what the app does now.");
    removal_forget(p.key->suspicion);
}
