#include "detect/join_events.h"

#include <stdlib.h>
#include <string.h>

#include "base/nanotime.h"
#include "context/events.h"
#include "detect/inspection.h"
#include "detect/join_app.h"
#include "detect/refusal.h"

#define DAY_NS (86400 * NS_PER_S)
/* A proxy writes its line when it has given up, and by another clock. */
#define PROXY_NS (5 * NS_PER_S)
#define PROXY_LOG_DB 30
#define PROXY_LINES_NOTED 4

static const struct tuning *tuning_of(const struct correlator *c)
{
    return &c->options.rules->tuning;
}

static uint64_t before(uint64_t now_ns, uint64_t ns)
{
    return now_ns > ns ? now_ns - ns : 0;
}

static bool is_app(const struct context_fact *f, const struct join *j)
{
    const char *id = fact_text(f, FIELD_APP_ID);

    return id && j->package.id && strcmp(id, j->package.id) == 0;
}

/* ---- in use? */

/* The latest word about one thing. */
struct latest {
    const struct context_fact *fact;
    enum context_field field;
};

static void keep_latest(struct latest *l, const struct context_fact *f)
{
    if (fact_text(f, l->field) &&
        (!l->fact || f->from_ns > l->fact->from_ns ||
         (f->from_ns == l->fact->from_ns && f->sequence > l->fact->sequence)))
        l->fact = f;
}

/* At one session: yes, no, or nobody tells. Of an app's state only that of the app itself counts. */
static enum told use_at(const struct correlator *c, struct join *j, uint64_t time_ns,
                        bool note)
{
    struct latest latest[] = {{NULL, FIELD_STATE_FOREGROUND},
                              {NULL, FIELD_STATE_LOCKED},
                              {NULL, FIELD_STATE_INTERACTION}};
    uint64_t stale_ns = tuning_ns(tuning_of(c)->time_window_s);
    struct context_events events =
        context_events(c->options.context, &j->device, CONTEXT_STATE, time_ns, time_ns);
    const struct context_fact *f;
    enum told verdict = TOLD_NOTHING;

    while ((f = context_events_next(&events)) != NULL) {
        bool fresh = time_ns - f->from_ns <= stale_ns;

        if (fresh && is_app(f, j))
            keep_latest(&latest[0], f);
        keep_latest(&latest[1], f);
        if (fresh && (is_app(f, j) || !fact_text(f, FIELD_APP_ID)))
            keep_latest(&latest[2], f);
    }
    for (size_t i = 0; i < sizeof(latest) / sizeof(latest[0]); i++) {
        bool wanted = latest[i].field != FIELD_STATE_LOCKED;

        if (!latest[i].fact)
            continue;
        if (note)
            join_note(c, j, latest[i].fact, true);
        if (fact_bool(latest[i].fact, latest[i].field, wanted) != wanted)
            verdict = TOLD_NO;
        else if (verdict == TOLD_NOTHING)
            verdict = TOLD_YES;
    }
    return verdict;
}

/* Not in use at half of the sessions of which anybody knows. */
static void ask_use(const struct correlator *c, const struct join_sessions *sessions,
                    struct join *j)
{
    unsigned yes = 0, no = 0;

    for (size_t i = 0; i < sessions->count; i++) {
        enum told use =
            use_at(c, j, sessions->evidence[i].start_ns, i + 1 == sessions->count);

        yes += use == TOLD_YES;
        no += use == TOLD_NO;
    }
    if (yes + no > 0)
        j->in_use = no >= yes ? TOLD_NO : TOLD_YES;
}

/* ---- its own trust? */

/* An agent that sees what apps do was there: that it tells nothing means something. */
static bool is_watched(const struct correlator *c, const struct join *j, uint64_t time_ns)
{
    static const enum context_kind kinds[] = {CONTEXT_EDR, CONTEXT_STATE};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct context_events events = context_events(
            c->options.context, &j->device, kinds[i], before(time_ns, DAY_NS), time_ns);
        const struct context_fact *f;

        while ((f = context_events_next(&events)) != NULL)
            if (f->telemetry)
                return true;
    }
    return false;
}

static void ask_trust_at(const struct correlator *c, const struct finding_evidence *e,
                         struct join *j)
{
    uint64_t window_ns = tuning_ns(tuning_of(c)->observe.edr_window_s);
    struct context_events events =
        context_events(c->options.context, &j->device, CONTEXT_EDR,
                       before(e->start_ns, window_ns), e->time_ns);
    const struct context_fact *f;

    while ((f = context_events_next(&events)) != NULL) {
        const char *id = fact_text(f, FIELD_APP_ID);
        bool mine = !id || !j->package.id || is_app(f, j);
        bool custom = fact_bool(f, FIELD_EDR_CUSTOM_TRUST, true);

        join_note(c, j, f, mine && custom);
        if (!mine || !custom)
            continue;
        j->custom_trust = TOLD_YES;
        j->trust_app = id;
        j->trust_before_s =
            f->time_ns < e->start_ns ? (double)(e->start_ns - f->time_ns) / 1e9 : 0;
    }
}

static void ask_trust(const struct correlator *c, const struct join_sessions *sessions,
                      struct join *j)
{
    for (size_t i = 0; i < sessions->count && j->custom_trust != TOLD_YES; i++)
        ask_trust_at(c, &sessions->evidence[i], j);
    if (j->custom_trust == TOLD_NOTHING && sessions->count > 0 &&
        is_watched(c, j, sessions->evidence[sessions->count - 1].time_ns))
        j->custom_trust = TOLD_NO;
}

/* ---- the proxy */

/* Does a line of the proxy's log mean this connection? */
static bool is_connection(const struct context_fact *f, const struct finding_evidence *e,
                          const char *destination)
{
    const char *host = fact_text(f, FIELD_NET_HOST);
    const char *source = fact_text(f, FIELD_NET_SRC_PORT);
    char text[ADDRESS_TEXT_MAX];

    if (source && e->client_port && (uint16_t)strtoul(source, NULL, 10) != e->client_port)
        return false;
    if (host)
        return strcmp(host, destination) == 0 ||
               strcmp(host, address_describe(&e->server, text)) == 0;
    if (fact_text(f, FIELD_NET_DST_IP))
        return fact_holds(f, FIELD_NET_DST_IP, address_describe(&e->server, text));
    return source != NULL;
}

static bool says(const struct context_fact *f, const char *verdict)
{
    const char *told = fact_text(f, FIELD_PROXY_VERDICT);

    return told && strcmp(told, verdict) == 0;
}

static bool is_refusal(const struct context_fact *f)
{
    const char *told = fact_text(f, FIELD_PROXY_VERDICT);

    return says(f, "client_rejected") || says(f, "client_failed") || !told;
}

/* The line that is nearest to the session's end; one line stands for one session. */
static const struct context_fact *proxy_word(const struct correlator *c,
                                             const struct context_answer *device,
                                             const struct finding_evidence *e,
                                             const char *destination)
{
    struct context_events events =
        context_events(c->options.context, device, CONTEXT_PROXY,
                       before(e->start_ns, PROXY_NS), e->time_ns + PROXY_NS);
    const struct context_fact *f, *best = NULL;
    uint64_t nearest = UINT64_MAX;

    while ((f = context_events_next(&events)) != NULL) {
        uint64_t apart =
            f->time_ns > e->time_ns ? f->time_ns - e->time_ns : e->time_ns - f->time_ns;

        if (!is_connection(f, e, destination))
            continue;
        if (!best || apart < nearest ||
            (apart == nearest && f->sequence < best->sequence)) {
            nearest = apart;
            best = f;
        }
    }
    return best;
}

static void ask_proxy(const struct correlator *c, const struct suspicion *s,
                      const struct join_sessions *sessions, struct join *j)
{
    for (size_t i = 0; i < sessions->count; i++) {
        const struct finding_evidence *e = &sessions->evidence[i];
        const struct context_fact *f = proxy_word(c, &j->device, e, s->destination);

        if (!f)
            continue;
        if (j->rejected < PROXY_LINES_NOTED)
            join_note(c, j, f, true);
        else
            join_touch(j, f);
        if (!outcome_is_refusal(e->outcome) || !is_refusal(f))
            continue;
        j->rejected++;
        if (fact_text(f, FIELD_PROXY_ERROR))
            j->proxy_error = fact_text(f, FIELD_PROXY_ERROR);
    }
}

/* Sure as a log is: wrong clocks and lines that fit by chance remain. */
static void conclude(struct session *s, struct inspection_context *context, bool inspected)
{
    double db = inspected ? PROXY_LOG_DB : -PROXY_LOG_DB;

    if (inspected ? context->sum.db >= db : context->sum.db <= db)
        return;
    context->sum.db = db;
    s->inspection = inspected ? INSPECTION_YES : INSPECTION_NO;
    s->inspection_probability = refusal_probability(db);
    s->inspection_basis = s->is_explicit_proxy ? BASIS_CONNECT_PROXY : BASIS_CONFIGURED;
}

void join_apply_proxy_word(struct correlator *c, struct session *s,
                           struct inspection_context *context)
{
    struct context_answer device;
    struct finding_evidence e = {.time_ns = s->decided_ns,
                                 .start_ns = s->start_ns,
                                 .server = s->server,
                                 .server_port = s->server_port,
                                 .client_port = s->client_port};
    const struct context_fact *f;
    char name[SESSION_NAME_MAX];

    context->proxy_rejected = false;
    if (!context_knows(c->options.context, CONTEXT_PROXY))
        return;
    (void)context_find_device(c->options.context, &s->client,
                              s->has_macs ? s->client_mac : NULL, s->decided_ns, &device);
    f = proxy_word(c, &device, &e, session_destination(s, name));
    if (!f)
        return;
    context->proxy_rejected = says(f, "client_rejected") && outcome_is_refusal(s->outcome);
    if (says(f, "client_rejected") || says(f, "client_failed") || says(f, "accepted"))
        conclude(s, context, true);
    else if (says(f, "bypassed"))
        conclude(s, context, false);
}

/* ---- what stands beside it */

/* Compliance, alerts of others, authorities that came and went: no weight, but worth knowing. */
static void ask_standing(const struct correlator *c, uint64_t time_ns, struct join *j)
{
    static const enum context_kind kinds[] = {CONTEXT_COMPLIANCE, CONTEXT_ALERT,
                                              CONTEXT_AUTHORITY};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct context_events events = context_events(
            c->options.context, &j->device, kinds[i],
            kinds[i] == CONTEXT_AUTHORITY ? before(time_ns, DAY_NS) : time_ns, time_ns);
        const struct context_fact *f;

        while ((f = context_events_next(&events)) != NULL)
            join_note(c, j, f, true);
    }
}

static void ask_analysis(const struct correlator *c, uint64_t time_ns, struct join *j)
{
    const struct context_fact *f;

    if (!j->package.id)
        return;
    f = context_find_analysis(c->options.context, j->package.id, time_ns);
    if (!f)
        return;
    join_note(c, j, f, true);
    join_learn_app(j, f);
}

void join_ask_events(const struct correlator *c, const struct suspicion *s,
                     const struct join_sessions *sessions, struct join *out)
{
    uint64_t time_ns =
        sessions->count ? sessions->evidence[sessions->count - 1].time_ns : c->now_ns;

    join_ask_app(c, s, sessions, out);
    ask_trust(c, sessions, out);
    ask_use(c, sessions, out);
    ask_proxy(c, s, sessions, out);
    ask_analysis(c, time_ns, out);
    ask_standing(c, time_ns, out);
}
