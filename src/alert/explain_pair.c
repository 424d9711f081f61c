#include "alert/explain_pair.h"

#include <stdio.h>

#include "alert/alert_words.h"
#include "base/nanotime.h"
#include "detect/breakage.h"
#include "session/session_names.h"

void pair_begin(struct pair_story *p, struct correlator *c, const struct address *device,
                const char *destination)
{
    *p = (struct pair_story){.tuning = &c->options.rules->tuning,
                             .correlator = c,
                             .device = *device,
                             .destination = destination};
}

/* Of an app without a hello no fingerprint is known. */
static const char *app_name(const char *app_key)
{
    return app_key[0] ? app_key : "unknown";
}

static struct pair_app *app_of(struct pair_story *p, const struct memory_id *key,
                               const char *name)
{
    struct pair_app *app;

    for (size_t i = 0; i < p->app_count; i++)
        if (memory_id_equal(&p->apps[i].key, key))
            return &p->apps[i];
    if (p->app_count == PAIR_APPS_MAX)
        return NULL;
    app = &p->apps[p->app_count++];
    app->key = *key;
    (void)snprintf(app->name, sizeof(app->name), "%s", app_name(name));
    return app;
}

static void note_destination(struct pair_story *p, const struct parties *parties)
{
    p->destination_id = parties->destination_id;
    p->has_destination_id = true;
}

bool pair_pin(const struct pair_story *p, struct finding_pin *out)
{
    const struct genuine *g =
        p->has_destination_id ? breakage_genuine(p->correlator, &p->destination_id) : NULL;

    *out = (struct finding_pin){.has_now = false};
    return g && genuine_describe(g, p->app_count ? p->apps[0].pinning : 0, out);
}

/* ---- sessions */

static bool is_ours(const struct pair_story *p, const struct session *s)
{
    char name[SESSION_NAME_MAX];

    return address_equal(&s->client, &p->device) &&
           strcmp(session_destination(s, name), p->destination) == 0;
}

static void add_rows(struct text *t, const struct inspection_sum *sum)
{
    for (size_t i = 0; i < sum->count; i++)
        text_add_format(t, "%s%s %+.0f", i ? ", " : ": ",
                        inspection_evidence_name(sum->rows[i].evidence), sum->rows[i].db);
}

/* What it counted for: the correlator has put it into the evidence, if it counts at all. */
static void add_weight(struct text *t, const struct session *s,
                       const struct parties *parties)
{
    const struct suspicion *sus = parties ? parties->key->suspicion : NULL;

    for (size_t i = sus ? sus->evidence_count : 0; i > 0; i--) {
        const struct finding_evidence *e = &sus->evidence[i - 1];

        if (memcmp(e->session_id, s->id, sizeof(s->id)) != 0)
            continue;
        if (e->weight_db != 0 && e->counted)
            text_add_format(t, "; %+.1f dB", e->weight_db);
        else if (e->weight_db != 0)
            text_add(t, "; a stronger one of the same episode counts");
        return;
    }
}

void pair_observe(struct pair_story *p, const struct session *s,
                  const struct inspection_context *context, const struct parties *parties)
{
    struct pair_session *session;
    char time[NANOTIME_TEXT_MAX];
    struct text t;

    if (!is_ours(p, s))
        return;
    if (parties)
        note_destination(p, parties);
    session = &p->sessions[p->session_count++ % PAIR_SESSIONS_MAX];
    t = text_in(session->text, sizeof(session->text));
    text_add_format(&t, "%.23sZ  app %.8s: %s", nanotime_describe(s->decided_ns, time),
                    app_name(s->app_key), alert_outcome_words(s->outcome));
    if (s->shape != SHAPE_NONE)
        text_add_format(&t, " (%s)", outcome_shape_name(s->shape));
    text_add_format(&t, ", %s (%.1f%%%s", alert_inspection_words(s->inspection),
                    100 * s->inspection_probability,
                    context->bypassed ? ", on the bypass list" : "");
    add_rows(&t, &context->sum);
    text_add(&t, ")");
    add_weight(&t, s, parties);
}

/* ---- judgements and alerts */

static bool is_of(const struct pair_story *p, const struct parties *parties)
{
    return parties->device && address_equal(&parties->device->address, &p->device) &&
           parties->key->suspicion &&
           strcmp(parties->key->suspicion->destination, p->destination) == 0;
}

void pair_judge(struct pair_story *p, const struct judgement *j)
{
    const struct suspicion *s = j->report.parties.key->suspicion;
    struct pair_app *app;

    if (!is_of(p, &j->report.parties))
        return;
    app = app_of(p, &j->report.parties.key->entry.id, s->app_key);
    if (!app)
        return;
    if (app->judged && j->report.refusal.db < app->last.report.refusal.db &&
        (!app->had_better || app->last.report.refusal.db > app->best.report.refusal.db)) {
        app->best = app->last;
        app->best_ns = app->now_ns;
        app->had_better = true;
    }
    app->judged = true;
    app->pinning = (uint32_t)j->report.parties.app_id.low;
    (void)snprintf(app->package, sizeof(app->package), "%s", s->package ? s->package : "");
    (void)snprintf(app->package_source, sizeof(app->package_source), "%s",
                   s->package_source);
    note_destination(p, &j->report.parties);
    app->last = *j;
    app->now_ns = p->correlator->now_ns;
    app->direct = j->report.direct_in_window;
    app->in_segment = s->in_segment;
    app->bypassed = s->bypassed;
}

void pair_find(struct pair_story *p, const struct finding *f)
{
    size_t i = 0;

    if ((f->has_device && !address_equal(&f->device, &p->device)) ||
        (f->has_destination && strcmp(f->destination, p->destination) != 0) ||
        (!f->has_device && !f->has_destination))
        return;
    while (i < p->alert_count && memcmp(p->alerts[i].id, f->alert_id, 16) != 0)
        i++;
    if (i == PAIR_ALERTS_MAX)
        return;
    if (i == p->alert_count)
        p->alert_count++;
    memcpy(p->alerts[i].id, f->alert_id, 16);
    p->alerts[i].type = f->type;
    p->alerts[i].state = f->state;
}

/* ---- what is remembered */

static void remember_sessions(struct pair_story *p, const struct suspicion *s)
{
    for (size_t i = 0; i < s->evidence_count; i++) {
        const struct finding_evidence *e = &s->evidence[i];
        struct pair_session *session = &p->sessions[p->session_count++ % PAIR_SESSIONS_MAX];
        char time[NANOTIME_TEXT_MAX];

        (void)snprintf(session->text, sizeof(session->text),
                       "%.23sZ  app %.8s: %s, %s (%.1f%%); %+.1f dB",
                       nanotime_describe(e->time_ns, time), app_name(s->app_key),
                       alert_outcome_words(e->outcome),
                       alert_inspection_words(e->inspection),
                       100 * e->inspection_probability, e->counted ? e->weight_db : 0);
    }
}

/* Its certificates may be known though no key of the device is. */
static void find_destination(struct pair_story *p)
{
    struct memory_table *all = &p->correlator->destinations;

    for (struct memory_entry *e = memory_next(all, NULL); e; e = memory_next(all, e)) {
        const struct destination *d = memory_peek(all, &e->id);

        if (!d || !d->name || strcmp(d->name, p->destination) != 0)
            continue;
        p->destination_id = e->id;
        p->has_destination_id = true;
        return;
    }
}

void pair_remember(struct pair_story *p)
{
    struct correlator *c = p->correlator;

    find_destination(p);
    for (struct memory_entry *e = memory_next(&c->keys, NULL); e;
         e = memory_next(&c->keys, e)) {
        struct judgement j = {.final = true};
        const struct suspicion *s;

        if (!parties_of_key(c, &e->id, &j.report.parties) || !is_of(p, &j.report.parties))
            continue;
        s = j.report.parties.key->suspicion;
        remember_sessions(p, s);
        judge_look(c, &j);
        pair_judge(p, &j);
        if (s->alert.open && p->alert_count < PAIR_ALERTS_MAX) {
            struct pair_alert *alert = &p->alerts[p->alert_count++];

            memcpy(alert->id, s->alert.alert_id, 16);
            alert->type = s->alert.type;
            alert->state = FINDING_OPEN;
        }
    }
}
