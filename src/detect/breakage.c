#include "detect/breakage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nanotime.h"
#include "base/text.h"
#include "detect/notice_life.h"
#include "detect/pin_words.h"
#include "detect/refusal.h"

static const struct tuning *tuning_of(const struct correlator *c)
{
    return &c->options.rules->tuning;
}

void breakage_free(struct breakage *b)
{
    if (b)
        notice_life_free(b->notice);
    free(b);
}

const struct genuine *breakage_genuine(const struct correlator *c,
                                       const struct memory_id *destination_id)
{
    return memory_peek(&c->genuines, destination_id);
}

/* ---- who refuses */

static void note_member(struct breakage *b, const struct parties *p)
{
    b->refusing += p->key->breakage != b->mark;
    p->key->breakage = b->mark;
    struct breakage_member member = {.device = (uint32_t)p->device_id.low,
                                     .app = (uint32_t)p->app_id.low,
                                     .address = p->device->address};

    for (size_t i = 0; i < b->member_count; i++)
        if (b->members[i].device == member.device && b->members[i].app == member.app)
            return;
    if (b->member_count == BREAKAGE_MEMBERS)
        memmove(&b->members[0], &b->members[1], --b->member_count * sizeof(b->members[0]));
    b->members[b->member_count++] = member;
}

/* True when it was one. */
static bool drop_member(struct breakage *b, const struct parties *p)
{
    uint32_t device = (uint32_t)p->device_id.low, app = (uint32_t)p->app_id.low;

    if (p->key->breakage != b->mark)
        return false;
    p->key->breakage = 0;
    b->refusing--;
    for (size_t i = 0; i < b->member_count; i++)
        if (b->members[i].device == device && b->members[i].app == app) {
            b->members[i] = b->members[--b->member_count];
            break;
        }
    return true;
}

static void note_evidence(struct breakage *b, const struct session *s, double weight_db,
                          bool counted)
{
    if (b->evidence_count == BREAKAGE_EVIDENCE)
        memmove(&b->evidence[1], &b->evidence[2],
                (--b->evidence_count - 1) * sizeof(b->evidence[0]));
    report_evidence(s, weight_db, counted, &b->evidence[b->evidence_count++]);
}

/* ---- telling */

/* Stage 1 over the refusals of all devices, `episodes` of them since then. */
static bool adds_up(const struct correlator *c, const struct breakage *b, double window_s,
                    uint32_t episodes, double *db)
{
    const struct tuning *t = tuning_of(c);
    uint64_t window_ns = tuning_ns(window_s);
    struct streak_sum sum =
        streak_since(&b->streak, c->now_ns > window_ns ? c->now_ns - window_ns : 0);
    double cap = t->episode_sum_cap_db;

    *db = t->stage1_prior_db + (sum.weight_db < cap ? sum.weight_db : cap);
    return sum.episodes >= episodes && *db >= t->stage1_fire_db;
}

static bool fires(const struct correlator *c, const struct breakage *b, double *db)
{
    const struct tuning *t = tuning_of(c);

    return adds_up(c, b, t->time_window_s, t->inspection_failure_threshold, db) ||
           adds_up(c, b, t->slow_window_s, t->slow_threshold, db);
}

static void describe(const struct genuine *g, uint32_t app, struct finding_pin *pin)
{
    const struct genuine_change *change = &g->breakage->change;

    (void)genuine_describe(g, app, pin);
    pin->basis = change->basis;
    pin->changed = change->changed;
    pin->survived = change->survived;
    pin->target = change->broken;
    pin->changed_ns = change->since_ns;
}

static struct notice notice_of(const struct breakage *b, const char *destination)
{
    struct notice n = {.type = FINDING_PIN_ROTATION_BREAKAGE,
                       .scope = span_of_text(destination),
                       .destination = destination,
                       .app_key = b->app_key,
                       .ja4 = b->ja4,
                       .evidence = b->evidence,
                       .evidence_count = b->evidence_count,
                       .refused = b->refused,
                       .start_ns = b->evidence[0].time_ns,
                       .end_ns = b->last_ns};

    memcpy(n.first_session, b->first_session, sizeof(n.first_session));
    return n;
}

static void raise_notice(struct correlator *c, struct genuine *g, const struct parties *p,
                         double db)
{
    struct breakage *b = g->breakage;
    char message[FINDING_TEXT_MAX], reason[FINDING_TEXT_MAX];
    struct notice n = notice_of(b, p->destination->name);
    struct address devices[BREAKAGE_MEMBERS];
    struct finding_counts counts = {.refused = b->refused};
    struct finding_pin pin;

    for (size_t i = 0; i < b->member_count; i++)
        devices[i] = b->members[i].address;
    describe(g, (uint32_t)p->app_id.low, &pin);
    counts.devices = notice_life_count(b->notice, devices, b->member_count);
    pin_words_breakage(&pin, p->destination->name, &counts, message, sizeof(message));
    pin_words_reason(&pin, reason, sizeof(reason));
    n.message = message;
    n.reason = reason;
    n.related = devices;
    n.related_count = b->member_count;
    n.pin = &pin;
    n.stage1_db = db;
    n.confidence = refusal_probability(db);
    notice_life_raise(c, &b->notice, &n, tuning_of(c)->site_notice_h);
}

static void watch(struct correlator *c, struct genuine *g)
{
    struct breakage *b = g->breakage;

    if (b->watch_ns)
        return;
    b->watch_ns = b->last_ns + tuning_ns(tuning_of(c)->slow_window_s);
    settle_put(&c->expiry, b->watch_ns, &g->entry.id, SETTLE_GENUINE);
}

static void end(struct correlator *c, struct genuine *g, const char *why)
{
    struct breakage *b = g->breakage;
    const struct destination *d = memory_peek(&c->destinations, &g->entry.id);
    char message[FINDING_TEXT_MAX];
    struct finding_pin pin;
    struct notice n;

    if (d && b->notice && b->notice->open) {
        describe(g, b->member_count ? b->members[0].app : 0, &pin);
        n = notice_of(b, d->name);
        (void)snprintf(message, sizeof(message),
                       "Clients no longer refuse the genuine certificate of %s.", d->name);
        n.message = message;
        n.reason = why;
        n.pin = &pin;
        notice_life_end(c, b->notice, &n);
    }
    breakage_free(b);
    g->breakage = NULL;
}

/* ---- sessions */

static struct breakage *breakage_of(struct correlator *c, struct genuine *g,
                                    const struct genuine_change *change,
                                    const struct session *s)
{
    struct breakage *b = g->breakage;
    bool open = b && b->notice && b->notice->open;

    /* Another change, before the one before broke anything. */
    if (b && !open && change->basis == PIN_BASIS_CERTIFICATES &&
        change->since_ns > b->change.since_ns) {
        breakage_free(b);
        b = NULL;
    }
    if (!b) {
        b = g->breakage = calloc(1, sizeof(*b));
        if (!b) {
            c->stats.no_memory++;
            return NULL;
        }
        b->change = *change;
        memcpy(b->first_session, s->id, sizeof(b->first_session));
        memcpy(&b->mark, s->id, sizeof(b->mark));
        b->mark |= 1;
        memcpy(b->app_key, s->app_key, sizeof(b->app_key));
        memcpy(b->ja4, s->ja4, sizeof(b->ja4));
    }
    /* What the refused certificate itself shows is more than what others did. */
    if (change->basis < b->change.basis)
        b->change = *change;
    return b;
}

static void on_refusal(struct correlator *c, struct genuine *g, const struct parties *p,
                       const struct session *s)
{
    const struct tuning *t = tuning_of(c);
    double weight = refusal_weight(t, s), db;
    struct genuine_change change;
    struct streak_refusal refusal;
    enum streak_place place;
    struct breakage *b;

    if (!genuine_refuse(g, s, (uint32_t)p->app_id.low, c->now_ns, &change) ||
        p->device->first_ns >= change.since_ns)
        return;
    b = breakage_of(c, g, &change, s);
    if (!b)
        return;
    refusal = (struct streak_refusal){.start_ns = s->start_ns,
                                      .decided_ns = s->decided_ns,
                                      .weight_db = weight,
                                      .flags = refusal_flags(s)};
    place = streak_add(&b->streak, &refusal, tuning_ns(t->episode_gap_s));
    note_evidence(b, s, weight, place != STREAK_WEAKER);
    note_member(b, p);
    b->refused++;
    b->last_ns = c->now_ns;
    watch(c, g);
    if ((b->notice && b->notice->open) || fires(c, b, &db)) {
        (void)fires(c, b, &db);
        raise_notice(c, g, p, db);
    }
}

static void on_accept(struct correlator *c, struct genuine *g, const struct parties *p,
                      const struct session *s)
{
    struct breakage *b = g->breakage;

    genuine_accept(g, s, (uint32_t)p->app_id.low, c->now_ns);
    if (b && drop_member(b, p) && b->refusing == 0)
        end(c, g, "Every device that refused it has accepted it again.");
}

void breakage_observe(struct correlator *c, const struct parties *p,
                      const struct session *s)
{
    bool refusal = outcome_is_refusal(s->outcome);
    struct genuine *g;
    bool made;

    if (s->protocol != SESSION_TLS || (!refusal && s->outcome != OUTCOME_ACCEPTED))
        return;
    c->genuines.now_s = (uint32_t)(c->now_ns / NS_PER_S);
    g = refusal ? memory_find(&c->genuines, &p->destination_id)
                : memory_get(&c->genuines, &p->destination_id, &made);
    if (g && refusal)
        on_refusal(c, g, p, s);
    else if (g)
        on_accept(c, g, p, s);
    else if (!refusal)
        c->stats.no_memory++;
}

void breakage_expire(struct correlator *c, const struct memory_id *destination_id)
{
    struct genuine *g = memory_peek(&c->genuines, destination_id);
    struct breakage *b = g ? g->breakage : NULL;

    if (!b || !b->watch_ns)
        return;
    b->watch_ns = 0;
    if (b->last_ns + tuning_ns(tuning_of(c)->slow_window_s) > c->now_ns)
        watch(c, g);
    else
        end(c, g, "Nothing was refused for a long time.");
}
