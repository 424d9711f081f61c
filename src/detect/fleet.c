#include "detect/fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nanotime.h"
#include "base/text.h"
#include "crypto/uuid.h"
#include "detect/alert_life.h"
#include "detect/notice_life.h"

/* A revision for every fifth more of the devices: some thirty up to a thousand. */
#define TOLD_SHARE 5

static const struct tuning *tuning_of(const struct correlator *c)
{
    return &c->options.rules->tuning;
}

void fleet_fini(struct fleet *fleet)
{
    free(fleet->devices);
    notice_life_free(fleet->removed);
}

struct memory_id fleet_id(uint64_t seed, const struct memory_id *app,
                          const struct memory_id *destination)
{
    struct span parts[3] = {span_of_text("fleet"), span_of(app, sizeof(*app)),
                            span_of(destination, sizeof(*destination))};

    return memory_id_of(seed, parts, 3);
}

static struct memory_id id_of(const struct correlator *c, const struct parties *p)
{
    return fleet_id(c->options.seed, &p->app_id, &p->destination_id);
}

struct fleet *fleet_get(struct correlator *c, const struct parties *p)
{
    struct memory_id id = id_of(c, p);
    struct fleet *fleet;
    bool made;

    c->fleets.now_s = (uint32_t)(c->now_ns / NS_PER_S);
    fleet = memory_get(&c->fleets, &id, &made);
    c->stats.no_memory += !fleet;
    return fleet;
}

/* ---- members */

static bool knows_device(const struct fleet *fleet, const struct address *device)
{
    for (size_t i = 0; i < fleet->device_count; i++)
        if (address_equal(&fleet->devices[i], device))
            return true;
    return false;
}

static bool add_device(struct fleet *fleet, const struct address *device)
{
    uint32_t room = fleet->device_room ? fleet->device_room * 2 : FLEET_MEMBERS;
    struct address *devices;

    if (fleet->device_count == FINDING_RELATED_MAX)
        return true;
    if (fleet->device_count == fleet->device_room) {
        devices = realloc(fleet->devices, room * sizeof(*devices));
        if (!devices)
            return false;
        fleet->devices = devices;
        fleet->device_room = room;
    }
    fleet->devices[fleet->device_count++] = *device;
    return true;
}

static void remove_device(struct fleet *fleet, const struct address *device)
{
    for (size_t i = 0; i < fleet->device_count; i++)
        if (address_equal(&fleet->devices[i], device)) {
            fleet->devices[i] = fleet->devices[--fleet->device_count];
            return;
        }
}

static void drop_member(struct fleet *fleet, size_t i)
{
    fleet->member_count--;
    memmove(&fleet->members[i], &fleet->members[i + 1],
            (fleet->member_count - i) * sizeof(fleet->members[0]));
}

/* The devices that raised it in dedup_h, this one as the latest. */
static void note_member(struct correlator *c, struct fleet *fleet,
                        const struct fleet_member *member)
{
    uint64_t dedup_ns = tuning_ns(tuning_of(c)->dedup_h * 3600);
    struct fleet_member kept = *member;

    for (size_t i = fleet->member_count; i > 0; i--) {
        const struct fleet_member *old = &fleet->members[i - 1];

        if (memory_id_equal(&old->key, &member->key)) {
            /* The same alert again: it began when it began. */
            memcpy(kept.first_session, old->first_session, sizeof(kept.first_session));
            drop_member(fleet, i - 1);
        } else if (!fleet->open && old->time_ns + dedup_ns < c->now_ns) {
            drop_member(fleet, i - 1);
        }
    }
    if (fleet->member_count == FLEET_MEMBERS)
        drop_member(fleet, 0);
    fleet->members[fleet->member_count++] = kept;
}

static void add_counts(struct finding_counts *sum, const struct finding_counts *more)
{
    sum->refused += more->refused;
    sum->episodes += more->episodes;
    sum->accepted += more->accepted;
    sum->direct += more->direct;
    sum->resumed += more->resumed;
    sum->quic += more->quic;
}

/* From now on the fleet alert speaks for this key. */
static void join(struct correlator *c, struct fleet *fleet,
                 const struct fleet_member *member, struct open_alert *alert)
{
    alert->in_fleet = true;
    fleet->active++;
    if (knows_device(fleet, &member->device))
        return;
    fleet->total++;
    c->stats.no_memory += !add_device(fleet, &member->device);
    add_counts(&fleet->counts, &member->counts);
}

/* ---- telling */

/* Refuted ones do not count, unless all are. */
static uint32_t devices_of(const struct fleet *fleet)
{
    return fleet->retracted < fleet->total ? fleet->total - fleet->retracted : fleet->total;
}

static const char *does_what(enum finding_type type)
{
    static const char *const words[FINDING_DETECTIONS_END] = {
        [FINDING_REFUSED_THEN_DIRECT] =
            "refuse TLS inspection of %s and then reach it directly",
        [FINDING_PINNING_SUSPECTED] = "seem to run an app that pins %s",
        [FINDING_OPAQUE_DIRECT_BEACON] =
            "reach %s past TLS inspection at regular intervals",
        [FINDING_OPAQUE_DIRECT] = "reach %s past TLS inspection",
        [FINDING_INSPECTION_REFUSED] = "refuse TLS inspection of %s",
        [FINDING_SHORT_LIVED_SESSIONS] =
            "open sessions to %s again and again without sending any data",
    };

    return words[type];
}

/* "5 devices with one app fingerprint seem to run an app that pins x.example" */
static void write_message(const struct fleet *fleet, const struct suspicion *s,
                          struct text *out)
{
    const char *what = does_what(fleet->type), *name = strstr(what, "%s");

    text_add_format(out, "%u devices with the same app fingerprint (%s) ",
                    devices_of(fleet), s->ja4);
    text_add_span(out, span_of(what, (size_t)(name - what)));
    text_add(out, s->destination);
    text_add(out, name + 2);
}

/* ": 15 refused sessions since 2026-11-21 07:47:30 UTC." */
static void add_extent(const struct fleet *fleet, struct text *out)
{
    bool refused = fleet->counts.refused > 0;
    char since[NANOTIME_TEXT_MAX];

    (void)nanotime_describe(fleet->start_ns, since);
    text_add_format(out, ": %u %s sessions since %.10s %.8s UTC.",
                    refused ? fleet->counts.refused : fleet->counts.direct,
                    refused ? "refused" : "direct", since, since + 11);
}

static size_t gather(struct correlator *c, const struct fleet *fleet,
                     struct finding_evidence evidence[FINDING_EVIDENCE_MAX])
{
    struct memory_id keys[FLEET_MEMBERS];

    for (size_t i = 0; i < fleet->member_count; i++)
        keys[i] = fleet->members[i].key;
    return report_gather(c, keys, fleet->member_count, NULL, evidence);
}

/* `f` is what one member would say; what is about it alone goes. */
static void issue(struct correlator *c, struct fleet *fleet, struct finding *f,
                  enum finding_state state)
{
    struct finding_evidence evidence[FINDING_EVIDENCE_MAX];

    f->type = fleet->type;
    f->state = state;
    f->severity = fleet->severity;
    f->revision = ++fleet->revision;
    memcpy(f->alert_id, fleet->alert_id, sizeof(f->alert_id));
    f->has_device = false;
    f->has_mac = false;
    f->identity = NULL;
    f->context_count = 0;
    f->device_ambiguous = false;
    f->counts = fleet->counts;
    f->counts.devices = devices_of(fleet);
    f->evidence_count = gather(c, fleet, evidence);
    f->evidence = evidence;
    f->related = fleet->devices;
    f->related_count = fleet->device_count;
    f->start_ns = fleet->start_ns;
    f->end_ns = fleet->last_ns;
    fleet->told = devices_of(fleet);
    fleet->emitted_ns = c->now_ns;
    report_issue(c, f);
}

static void tell(struct correlator *c, struct fleet *fleet, const struct report *r,
                 const struct finding *member, enum finding_state state)
{
    struct finding f = *member;
    struct text message = text_in(f.message, sizeof(f.message));
    struct text reason = text_in(f.reason, sizeof(f.reason));

    write_message(fleet, r->parties.key->suspicion, &message);
    add_extent(fleet, &message);
    text_add_format(&reason,
                    "So many devices with one app point at a roll-out of the app, at the "
                    "destination or at the inspection. Of the latest one: %.400s",
                    member->reason);
    issue(c, fleet, &f, state);
}

/* ---- when it becomes one, and afterwards */

static void make_id(struct fleet *fleet, const struct suspicion *s)
{
    struct uuid_name name;

    uuid_name_init(&name, "fleet");
    uuid_name_add(&name, span_of_text(s->app_key));
    uuid_name_add(&name, span_of_text(s->destination));
    uuid_name_add(&name, span_of(fleet->members[0].first_session, SESSION_ID_BYTES));
    uuid_of_name(&name, fleet->alert_id);
}

static uint64_t expiry_of(const struct correlator *c, const struct fleet *fleet)
{
    return fleet->last_ns + tuning_ns(tuning_of(c)->alert_expiry_d * 86400);
}

static void watch(struct correlator *c, struct fleet *fleet)
{
    if (fleet->watch_ns || tuning_of(c)->alert_expiry_d <= 0)
        return;
    fleet->watch_ns = expiry_of(c, fleet);
    settle_put(&c->expiry, fleet->watch_ns, &fleet->entry.id, SETTLE_FLEET);
}

/* The latest `raise` says what all of them say; the alerts that were told already are closed. */
static void collapse(struct correlator *c, struct fleet *fleet, struct report *r,
                     const struct finding *f)
{
    fleet->open = true;
    fleet->type = f->type;
    fleet->severity = f->severity;
    fleet->revision = fleet->total = fleet->active = fleet->retracted = 0;
    fleet->device_count = 0;
    fleet->counts = (struct finding_counts){.refused = 0};
    fleet->start_ns = f->start_ns;
    make_id(fleet, r->parties.key->suspicion);
    for (size_t i = 0; i < fleet->member_count; i++) {
        struct key *key = memory_peek(&c->keys, &fleet->members[i].key);
        struct open_alert *alert = key && key->suspicion ? &key->suspicion->alert : NULL;

        if (!alert)
            continue;
        join(c, fleet, &fleet->members[i], alert);
        if (alert->open && alert->type < fleet->type)
            fleet->type = alert->type;
        if (alert->open && alert->severity > fleet->severity)
            fleet->severity = alert->severity;
        if (key->suspicion->evidence_count > 0 &&
            key->suspicion->evidence[0].time_ns < fleet->start_ns)
            fleet->start_ns = key->suspicion->evidence[0].time_ns;
    }
    tell(c, fleet, r, f, FINDING_OPEN);
    for (size_t i = 0; i < fleet->member_count; i++)
        alert_life_supersede(c, &fleet->members[i].key, fleet->alert_id);
    watch(c, fleet);
}

static bool is_worth_a_revision(const struct correlator *c, const struct fleet *fleet)
{
    uint32_t step = fleet->told / TOLD_SHARE;

    return devices_of(fleet) >= fleet->told + (step ? step : 1) ||
           c->now_ns >= fleet->emitted_ns + tuning_ns(tuning_of(c)->dedup_h * 3600);
}

static void update(struct correlator *c, struct fleet *fleet, struct report *r,
                   const struct finding *f, const struct fleet_member *member)
{
    bool rises = f->type < fleet->type || f->severity > fleet->severity;

    fleet->type = f->type < fleet->type ? f->type : fleet->type;
    fleet->severity = f->severity > fleet->severity ? f->severity : fleet->severity;
    if (!r->parties.key->suspicion->alert.in_fleet)
        join(c, fleet, member, &r->parties.key->suspicion->alert);
    if (rises || is_worth_a_revision(c, fleet))
        tell(c, fleet, r, f, FINDING_UPDATED);
}

bool fleet_takes(struct correlator *c, struct report *r, const struct finding *f,
                 const uint8_t *first_session)
{
    struct fleet_member member = {.key = r->parties.key->entry.id,
                                  .device = r->parties.device->address,
                                  .time_ns = c->now_ns,
                                  .counts = f->counts};
    struct fleet *fleet = fleet_get(c, &r->parties);

    if (!fleet)
        return false;
    memcpy(member.first_session, first_session, sizeof(member.first_session));
    note_member(c, fleet, &member);
    fleet->last_ns = c->now_ns;
    if (fleet->open) {
        update(c, fleet, r, f, &member);
        return true;
    }
    if (fleet->member_count < tuning_of(c)->fleet_collapse_devices)
        return false;
    collapse(c, fleet, r, f);
    return true;
}

/* ---- the end */

static void end(struct correlator *c, struct fleet *fleet, struct parties *p,
                enum finding_state state, const char *why)
{
    struct report r = {.parties = *p};
    struct report_parts parts;
    struct text message;
    struct finding f;

    report_fill(c, &r, fleet->type, &f, &parts);
    f.has_hypotheses = false;
    f.confidence = 0;
    message = text_in(f.message, sizeof(f.message));
    text_add_format(&message, "%u devices and %s: the alert is %s.", devices_of(fleet),
                    p->key->suspicion->destination,
                    state == FINDING_CLOSED ? "closed" : "withdrawn");
    (void)snprintf(f.reason, sizeof(f.reason), "%s", why);
    issue(c, fleet, &f, state);
    fleet->open = false;
    fleet->member_count = 0;
}

void fleet_leave(struct correlator *c, struct parties *p, enum finding_state state)
{
    struct memory_id id = id_of(c, p);
    struct fleet *fleet = memory_peek(&c->fleets, &id);

    p->key->suspicion->alert.in_fleet = false;
    if (!fleet || !fleet->open)
        return;
    if (fleet->active > 0)
        fleet->active--;
    if (state == FINDING_RETRACTED && ++fleet->retracted < fleet->total)
        remove_device(fleet, &p->device->address);
    if (fleet->active > 0)
        return;
    if (fleet->retracted >= fleet->total)
        end(c, fleet, p, FINDING_RETRACTED, "It was refuted for every device.");
    else
        end(c, fleet, p, FINDING_CLOSED, "What was reported ended on every device.");
}

/* Any member that is still remembered says whom it is about. */
static bool find_member(struct correlator *c, const struct fleet *fleet, struct parties *p)
{
    for (size_t i = fleet->member_count; i > 0; i--)
        if (parties_of_key(c, &fleet->members[i - 1].key, p) && p->key->suspicion)
            return true;
    return false;
}

void fleet_expire(struct correlator *c, const struct memory_id *fleet_id)
{
    struct fleet *fleet = memory_peek(&c->fleets, fleet_id);
    struct parties p;

    if (!fleet)
        return;
    fleet->watch_ns = 0;
    if (!fleet->open)
        return;
    if (expiry_of(c, fleet) > c->now_ns)
        watch(c, fleet);
    else if (find_member(c, fleet, &p))
        end(c, fleet, &p, FINDING_CLOSED, "Nothing more of it was seen for a long time.");
    else
        fleet->open = false;
}
