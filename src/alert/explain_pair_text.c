/*
 * The conditions of a detection, each with what it takes and what there is, and all of it told.
 */
#include <stdio.h>

#include "alert/alert_pin_json.h"
#include "alert/alert_text.h"
#include "alert/alert_words.h"
#include "alert/explain_pair.h"
#include "alert/paragraph.h"
#include "base/json_out.h"
#include "base/nanotime.h"
#include "crypto/uuid.h"
#include "session/event.h"

#define INDENT 15
#define CONDITIONS_MAX 12

struct condition {
    bool holds;
    char text[PAIR_LINE_MAX];
};

struct conditions {
    struct condition all[CONDITIONS_MAX];
    size_t count;
};

__attribute__((format(printf, 3, 4))) static void add(struct conditions *c, bool holds,
                                                      const char *format, ...)
{
    va_list args;

    if (c->count == CONDITIONS_MAX)
        return;
    c->all[c->count].holds = holds;
    va_start(args, format);
    (void)vsnprintf(c->all[c->count++].text, PAIR_LINE_MAX, format, args);
    va_end(args);
}

static void ask_refusals(const struct tuning *t, const struct judgement *j,
                         struct conditions *c)
{
    const struct refusal_verdict *v = &j->report.refusal;
    const double *p = j->report.cause.probability;

    add(c, v->sum.episodes >= t->inspection_failure_threshold || v->fired || v->early,
        "%u refusals in %u episodes within %.0f s; InspectionFailureThreshold asks for %u "
        "episodes, or as many clear alerts in two",
        v->sum.attempts, v->sum.episodes, v->window_s, t->inspection_failure_threshold);
    add(c, v->db >= t->stage1_fire_db,
        "the sum is %+.1f dB: prior %+.0f, refusals %+.1f, contrast %+.0f, accepts %+.0f, "
        "silence %+.1f; stage1_fire_db asks for %+.0f",
        v->db, t->stage1_prior_db, v->sum_db, v->contrast_db, v->accepts_db + 0.0,
        v->decay_db + 0.0, t->stage1_fire_db);
    add(c, !v->vetoed,
        "no app of the device got data from it while all that speaks for refusal are "
        "closes");
    add(c, j->selective || j->only_refused,
        "the device accepted inspection of another destination since the refusals began");
    add(c, j->client_refuses,
        "the device or the site is at fault with %.0f%%; refused_max_dev_site asks for "
        "less "
        "than %.0f%%",
        100 * (p[HYPOTHESIS_DEV] + p[HYPOTHESIS_SITE]), 100 * t->refused_max_dev_site);
    add(c,
        p[HYPOTHESIS_PIN] >= t->pin_report_min ||
            p[HYPOTHESIS_APPCA] < t->refused_max_appca,
        "the app pins with %.0f%% (pin_report_min %.0f%%), or distrusts the authority with "
        "%.0f%% (refused_max_appca: less than %.0f%%)",
        100 * p[HYPOTHESIS_PIN], 100 * t->pin_report_min, 100 * p[HYPOTHESIS_APPCA],
        100 * t->refused_max_appca);
    add(c, !j->other_alert, "no alert of another app of the device says it already");
}

static void ask_direct(const struct tuning *t, const struct pair_app *app,
                       struct conditions *c)
{
    add(c, app->direct >= t->opaque.min_sessions,
        "%u direct sessions with data within TimeWindow; opaque.min_sessions asks for %u",
        app->direct, t->opaque.min_sessions);
    add(c, app->in_segment,
        "the device is in a network whose TLS is meant to be inspected");
    add(c, !app->bypassed, "the destination is on no bypass list");
    add(c, app->last.opaque || app->direct < t->opaque.min_sessions,
        "few devices use the destination, and no allow-list has it");
}

static bool has_refusals(const struct pair_app *app)
{
    return app->last.report.refusal.sum.episodes > 0 || app->had_better;
}

static const struct judgement *telling(const struct pair_app *app)
{
    return app->had_better ? &app->best : &app->last;
}

static void ask(const struct pair_story *p, const struct pair_app *app,
                struct conditions *c)
{
    c->count = 0;
    if (has_refusals(app))
        ask_refusals(p->tuning, telling(app), c);
    if (app->direct > 0)
        ask_direct(p->tuning, app, c);
}

/* ---- as text */

static void write_line(const char *label, const char *text, struct text *out)
{
    struct paragraph line = paragraph_begin(out, label, INDENT);

    line.indent = INDENT + 2;
    paragraph_add(&line, text);
    paragraph_end(&line);
}

static void write_sessions(const struct pair_story *p, struct text *out)
{
    uint32_t kept =
        p->session_count < PAIR_SESSIONS_MAX ? p->session_count : PAIR_SESSIONS_MAX;

    for (uint32_t i = 0; i < kept; i++)
        write_line(i ? "" : "Sessions",
                   p->sessions[(p->session_count - kept + i) % PAIR_SESSIONS_MAX].text,
                   out);
    if (kept < p->session_count)
        text_add_format(out, "               and %u before them\n",
                        p->session_count - kept);
}

static void write_app(const struct pair_story *p, const struct pair_app *app,
                      struct text *out)
{
    struct conditions conditions;
    char time[NANOTIME_TEXT_MAX], line[PAIR_LINE_MAX];
    enum finding_type type = app->last.type;
    char said[32];

    (void)snprintf(said, sizeof(said), " (%s)", app->package_source);
    (void)snprintf(line, sizeof(line), "app %s%s%s%s, judged last at %.19sZ: %s", app->name,
                   app->package[0] ? " = " : "", app->package, app->package[0] ? said : "",
                   nanotime_describe(app->now_ns, time),
                   type == FINDING_TYPE_COUNT ? "no detection" : finding_type_name(type));
    write_line("Verdict", line, out);
    if (app->had_better) {
        (void)snprintf(line, sizeof(line), "its sum was highest at %.19sZ, which follows:",
                       nanotime_describe(app->best_ns, time));
        write_line("", line, out);
    }
    ask(p, app, &conditions);
    for (size_t i = 0; i < conditions.count; i++) {
        struct paragraph asked = paragraph_begin(out, i ? "" : "Asked", INDENT);

        asked.indent = INDENT + 5;
        paragraph_format(&asked, "%s  %s", conditions.all[i].holds ? "yes" : "NO ",
                         conditions.all[i].text);
        paragraph_end(&asked);
    }
}

static const char *nothing_words(const struct pair_story *p)
{
    if (p->session_count == 0)
        return "no session of it is known";
    return p->alert_count
               ? "no session of it was refused under inspection, and none went direct "
                 "where "
                 "inspection is meant: what the alert rests on `pinsight explain ID` tells"
               : "no session of it was refused under inspection, and none went direct "
                 "where "
                 "inspection is meant: there is nothing to judge";
}

/* As in an alert. */
static void write_pin(const struct pair_story *p, struct text *out)
{
    struct finding f = {.type = FINDING_PINNING_SUSPECTED};
    struct finding_pin pin;

    if (!pair_pin(p, &pin))
        return;
    f.pin = &pin;
    alert_text_write_background(&f, out);
}

void pair_write_text(const struct pair_story *p, struct text *out)
{
    struct paragraph head = {.out = out, .indent = 2};
    char address[ADDRESS_TEXT_MAX];

    paragraph_format(&head, "%s and %s: %s", address_describe(&p->device, address),
                     p->destination, p->alert_count ? "" : "no alert");
    for (size_t i = 0; i < p->alert_count; i++) {
        char id[UUID_TEXT_MAX];

        paragraph_format(&head, "%s%s, %s, alert %s", i ? "; " : "",
                         finding_type_name(p->alerts[i].type),
                         finding_state_name(p->alerts[i].state),
                         uuid_describe(p->alerts[i].id, id));
    }
    paragraph_end(&head);
    write_sessions(p, out);
    for (size_t i = 0; i < p->app_count; i++)
        write_app(p, &p->apps[i], out);
    if (p->app_count == 0)
        write_line("Verdict", nothing_words(p), out);
    write_pin(p, out);
    text_add_char(out, '\n');
}

/* ---- as JSON */

static void write_app_json(const struct pair_story *p, const struct pair_app *app,
                           struct json_out *out)
{
    struct conditions conditions;

    ask(p, app, &conditions);
    json_out_object(out, NULL);
    json_out_text(out, "key", app->name);
    json_out_fact(out, "package", app->package);
    json_out_fact(out, "package_source", app->package_source);
    json_out_time(out, "time", app->now_ns);
    if (app->last.type != FINDING_TYPE_COUNT)
        json_out_text(out, "type", finding_type_name(app->last.type));
    json_out_array(out, "asked");
    for (size_t i = 0; i < conditions.count; i++) {
        json_out_object(out, NULL);
        json_out_bool(out, "holds", conditions.all[i].holds);
        json_out_text(out, "text", conditions.all[i].text);
        json_out_end(out);
    }
    json_out_end(out);
    json_out_end(out);
}

bool pair_write_json(const struct pair_story *p, struct json_out *out)
{
    struct finding_pin pin;
    uint32_t kept =
        p->session_count < PAIR_SESSIONS_MAX ? p->session_count : PAIR_SESSIONS_MAX;

    json_out_begin(out);
    json_out_address(out, "device", &p->device);
    json_out_text(out, "destination", p->destination);
    json_out_array(out, "alerts");
    for (size_t i = 0; i < p->alert_count; i++) {
        json_out_object(out, NULL);
        event_uuid("alert_id", p->alerts[i].id, out);
        json_out_text(out, "type", finding_type_name(p->alerts[i].type));
        json_out_text(out, "state", finding_state_name(p->alerts[i].state));
        json_out_end(out);
    }
    json_out_end(out);
    json_out_number(out, "sessions", p->session_count);
    json_out_array(out, "lines");
    for (uint32_t i = 0; i < kept; i++)
        json_out_text(out, NULL,
                      p->sessions[(p->session_count - kept + i) % PAIR_SESSIONS_MAX].text);
    json_out_end(out);
    json_out_array(out, "apps");
    for (size_t i = 0; i < p->app_count; i++)
        write_app_json(p, &p->apps[i], out);
    json_out_end(out);
    if (pair_pin(p, &pin))
        alert_pin_write(&pin, out);
    return json_out_finish(out);
}
