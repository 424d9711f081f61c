#include "detect/join_app.h"

#include <stdlib.h>
#include <string.h>

#include "base/nanotime.h"
#include "context/events.h"

#define CANDIDATES_MAX 8
/* What lasts longer is no moment but a span in which something happened at some time. */
#define MOMENT_NS (60 * NS_PER_S)

struct candidate {
    const char *id;
    const char *source;
    unsigned points;
    const struct context_fact *fact; /* the best of them */
    unsigned best;
};

struct poll {
    const struct correlator *c;
    const struct suspicion *suspicion;
    struct candidate candidates[CANDIDATES_MAX];
    size_t count;
    const struct context_fact *seen[FINDING_CONTEXT_MAX];
    size_t seen_count;
};

static const char *name_of(const struct context_fact *f)
{
    const char *id = fact_text(f, FIELD_APP_ID);

    return id ? id : fact_text(f, FIELD_APP_NAME);
}

static void see(struct poll *p, const struct context_fact *f)
{
    for (size_t i = 0; i < p->seen_count; i++)
        if (p->seen[i] == f)
            return;
    if (p->seen_count < FINDING_CONTEXT_MAX)
        p->seen[p->seen_count++] = f;
}

static void vote(struct poll *p, const struct candidate *for_whom)
{
    size_t i = 0;

    while (i < p->count && strcmp(p->candidates[i].id, for_whom->id) != 0)
        i++;
    if (i == CANDIDATES_MAX)
        return;
    if (i == p->count)
        p->candidates[p->count++] = (struct candidate){.id = for_whom->id};
    p->candidates[i].points += for_whom->best;
    if (for_whom->best > p->candidates[i].best) {
        p->candidates[i].best = for_whom->best;
        p->candidates[i].fact = for_whom->fact;
        p->candidates[i].source = for_whom->source;
    }
}

/* How well an app's connection or question fits a session; 0: not at all. */
static unsigned fit(const struct poll *p, const struct context_fact *f,
                    const struct finding_evidence *e)
{
    const char *host = fact_text(f, FIELD_NET_HOST);
    const char *port = fact_text(f, FIELD_NET_DST_PORT);
    bool names = host && strcmp(host, p->suspicion->destination) == 0;
    bool goes = false;
    char text[ADDRESS_TEXT_MAX];

    if (fact_text(f, FIELD_NET_DST_IP) &&
        fact_holds(f, FIELD_NET_DST_IP, address_describe(&e->server, text)))
        goes = !port || (uint16_t)strtoul(port, NULL, 10) == e->server_port;
    if (!names && !goes)
        return 0;
    if (f->until_ns - f->from_ns > MOMENT_NS)
        return 1;
    return goes && port ? 3 : 2;
}

static const char *source_of(const struct context_fact *f, unsigned points)
{
    if (f->kind == CONTEXT_EDR)
        return "edr";
    if (points == 1)
        return "privacy_report";
    return points == 3 ? "connect_event" : "dns_event";
}

static uint64_t apart(const struct context_fact *f, uint64_t time_ns)
{
    return f->from_ns > time_ns ? f->from_ns - time_ns : time_ns - f->from_ns;
}

static bool is_nearer(const struct context_fact *a, const struct context_fact *b,
                      uint64_t time_ns)
{
    if (apart(a, time_ns) != apart(b, time_ns))
        return apart(a, time_ns) < apart(b, time_ns);
    return a->sequence < b->sequence;
}

static void poll_session(struct poll *p, const struct join *j,
                         const struct finding_evidence *e)
{
    uint64_t window_ns = tuning_ns(p->c->options.rules->tuning.observe.app_window_s);
    uint64_t from = e->start_ns > window_ns ? e->start_ns - window_ns : 0;
    struct context_events events = context_events(
        p->c->options.context, &j->device, CONTEXT_NETWORK, from, e->time_ns + window_ns);
    const struct context_fact *f;
    struct candidate best = {.id = NULL};

    while ((f = context_events_next(&events)) != NULL) {
        unsigned points = fit(p, f, e);

        if (points == 0)
            continue;
        see(p, f);
        if (points > best.best ||
            (points == best.best && is_nearer(f, best.fact, e->start_ns)))
            best = (struct candidate){.id = name_of(f),
                                      .source = source_of(f, points),
                                      .fact = f,
                                      .best = points};
    }
    if (best.id)
        vote(p, &best);
}

/* Who validates certificates by itself shortly before is probably who refuses. */
static void poll_trust(struct poll *p, const struct join *j,
                       const struct finding_evidence *e)
{
    uint64_t window_ns = tuning_ns(p->c->options.rules->tuning.observe.edr_window_s);
    uint64_t from = e->start_ns > window_ns ? e->start_ns - window_ns : 0;
    struct context_events events =
        context_events(p->c->options.context, &j->device, CONTEXT_EDR, from, e->time_ns);
    const struct context_fact *f;

    while ((f = context_events_next(&events)) != NULL)
        if (name_of(f) && fact_bool(f, FIELD_EDR_CUSTOM_TRUST, true)) {
            struct candidate one = {
                .id = name_of(f), .source = source_of(f, 2), .fact = f, .best = 2};

            see(p, f);
            vote(p, &one);
            return;
        }
}

static const struct candidate *winner(const struct poll *p)
{
    const struct candidate *best = NULL;

    for (size_t i = 0; i < p->count; i++)
        if (!best || p->candidates[i].points > best->points)
            best = &p->candidates[i];
    return best;
}

/* Version, management and category as the inventory of the device has them. */
static void describe_app(struct poll *p, struct join *j, uint64_t time_ns)
{
    struct context_events events =
        context_events(p->c->options.context, &j->device, CONTEXT_APP, time_ns, time_ns);
    const struct context_fact *f;

    while ((f = context_events_next(&events)) != NULL) {
        const char *id = fact_text(f, FIELD_APP_ID), *name = fact_text(f, FIELD_APP_NAME);

        if (!(id && strcmp(id, j->package.id) == 0) &&
            !(name && strcmp(name, j->package.id) == 0))
            continue;
        join_note(p->c, j, f, true);
        if (!j->package.version)
            j->package.version = fact_text(f, FIELD_APP_VERSION);
        if (!j->package.name)
            j->package.name = name;
        join_learn_app(j, f);
    }
}

void join_learn_app(struct join *j, const struct context_fact *f)
{
    const char *category = fact_text(f, FIELD_APP_CATEGORY);
    const char *expected = fact_text(f, FIELD_APP_EXPECTED_CATEGORY);

    if (j->app_managed == TOLD_NOTHING && fact_text(f, FIELD_APP_MANAGED))
        j->app_managed = fact_bool(f, FIELD_APP_MANAGED, false) ? TOLD_YES : TOLD_NO;
    if (j->declares_pinning == TOLD_NOTHING && fact_text(f, FIELD_APP_DECLARES_PINNING))
        j->declares_pinning =
            fact_bool(f, FIELD_APP_DECLARES_PINNING, false) ? TOLD_YES : TOLD_NO;
    if (j->category_fits == TOLD_NOTHING && category && expected)
        j->category_fits = strcmp(category, expected) == 0 ? TOLD_YES : TOLD_NO;
}

void join_ask_app(const struct correlator *c, const struct suspicion *s,
                  const struct join_sessions *sessions, struct join *out)
{
    struct poll p = {.c = c, .suspicion = s};
    const struct candidate *best;

    if (s->package) {
        struct candidate told = {.id = s->package, .source = s->package_source, .best = 4};

        vote(&p, &told);
    }
    for (size_t i = 0; i < sessions->count; i++) {
        poll_session(&p, out, &sessions->evidence[i]);
        poll_trust(&p, out, &sessions->evidence[i]);
    }
    best = winner(&p);
    if (!best)
        return;
    out->package = (struct finding_package){.id = best->id, .source = best->source};
    for (size_t i = 0; i < p.count; i++)
        if (p.candidates[i].fact)
            join_note(c, out, p.candidates[i].fact, &p.candidates[i] == best);
    for (size_t i = 0; i < p.seen_count; i++)
        join_touch(out, p.seen[i]);
    if (sessions->count > 0)
        describe_app(&p, out, sessions->evidence[sessions->count - 1].time_ns);
}
