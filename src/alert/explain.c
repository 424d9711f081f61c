#include "alert/explain.h"

#include <math.h>
#include <stdio.h>

#include "alert/alert_words.h"
#include "base/nanotime.h"
#include "crypto/uuid.h"
#include "detect/refusal.h"
#include "detect/risk.h"
#include "session/session_names.h"

#define DAY_S 86400u
/* What the event rounds: three digits of a share, two of a decibel. */
#define SHARE_NEAR 0.0021
#define DB_NEAR 0.3

__attribute__((format(printf, 4, 5))) static void
add_step(struct explanation *e, double db, bool counts, const char *format, ...)
{
    struct explain_step *step;
    va_list args;

    if (e->step_count == EXPLAIN_STEPS_MAX)
        return;
    step = &e->steps[e->step_count++];
    step->db = counts ? db : 0;
    step->counts = counts;
    e->sum_db += step->db;
    va_start(args, format);
    (void)vsnprintf(step->text, sizeof(step->text), format, args);
    va_end(args);
}

/* ---- the sum */

static void add_session(struct explanation *e, const struct finding_evidence *s)
{
    const uint64_t day_ns = DAY_S * NS_PER_S;
    const struct finding *f = e->finding;
    bool refused = outcome_is_refusal(s->outcome);
    int day = f->start_ns / day_ns == f->end_ns / day_ns ? 11 : 0; /* characters left out */
    char time[NANOTIME_TEXT_MAX], shape[16] = "";
    const char *basis = "";

    (void)nanotime_describe(s->time_ns, time);
    time[10] = ' ';
    if (s->shape != SHAPE_NONE)
        (void)snprintf(shape, sizeof(shape), " (%s)", outcome_shape_name(s->shape));
    if (s->inspection_basis != BASIS_NONE)
        basis = inspection_basis_name(s->inspection_basis);
    add_step(e, s->weight_db, refused && s->counted, "%.*s  %s%s, %s (%s%s%.1f%%)%s",
             23 - day, time + day, alert_outcome_words(s->outcome), shape,
             alert_inspection_words(s->inspection), basis, *basis ? ", " : "",
             100 * s->inspection_probability,
             refused && !s->counted ? "; a stronger one of the same episode counts" : "");
}

static double refusals_db(const struct finding *f)
{
    double sum = 0;

    for (size_t i = 0; i < f->evidence_count; i++)
        if (f->evidence[i].counted && outcome_is_refusal(f->evidence[i].outcome))
            sum += f->evidence[i].weight_db;
    return sum;
}

/* What the lines above do not show: sessions that left the list, time that passed. */
static void add_rest(struct explanation *e)
{
    double rest = e->finding->stage1_db - e->sum_db;

    if (fabs(rest) < DB_NEAR)
        return;
    add_step(e, rest, true, "%s",
             rest < 0 ? "time without a refusal: the sum halves with each TimeWindow"
                      : "refusals that the alert does not list any more");
}

/* Nothing is summed up, but these are the sessions. */
static void add_sessions(struct explanation *e)
{
    for (size_t i = 0; i < e->finding->evidence_count; i++)
        add_session(e, &e->finding->evidence[i]);
}

static void add_sum(struct explanation *e)
{
    const struct finding *f = e->finding;
    const struct tuning *t = e->tuning;
    double refusals = refusals_db(f);

    add_step(e, t->stage1_prior_db, true, "before anything is known (stage1_prior_db)");
    for (size_t i = 0; i < f->evidence_count; i++)
        add_session(e, &f->evidence[i]);
    if (refusals > t->episode_sum_cap_db)
        add_step(e, t->episode_sum_cap_db - refusals, true,
                 "refusals count for %.0f dB at most (episode_sum_cap_db)",
                 t->episode_sum_cap_db);
    for (size_t i = 0; i < f->control_count; i++)
        if (!f->controls[i].has_likelihoods && f->controls[i].weight_db != 0)
            add_step(e, f->controls[i].weight_db, true, "%s: %s", f->controls[i].name,
                     f->controls[i].fact);
    add_rest(e);
    e->refused = refusal_probability(f->stage1_db);
}

/* ---- the causes */

static void posterior(const struct finding *f, const double prior[HYPOTHESES],
                      double out[HYPOTHESES])
{
    double sum = 0;

    for (size_t h = 0; h < HYPOTHESES; h++) {
        out[h] = prior[h];
        for (size_t i = 0; i < f->control_count; i++)
            if (f->controls[i].has_likelihoods)
                out[h] *= f->controls[i].likelihood[h];
        sum += out[h];
    }
    for (size_t h = 0; h < HYPOTHESES; h++)
        out[h] = sum > 0 ? out[h] / sum : 1.0 / HYPOTHESES;
}

static double distance(const double a[HYPOTHESES], const double b[HYPOTHESES])
{
    double most = 0;

    for (size_t h = 0; h < HYPOTHESES; h++)
        most = fmax(most, fabs(a[h] - b[h]));
    return most;
}

/* The alert does not name its prior; only one of them leads to what it says. */
static int find_prior(const struct explanation *e)
{
    int best = -1;
    double least = SHARE_NEAR;

    for (int i = 0; i < PRIORS; i++) {
        double shares[HYPOTHESES];

        posterior(e->finding, e->tuning->priors[i], shares);
        if (distance(shares, e->finding->hypotheses) < least) {
            least = distance(shares, e->finding->hypotheses);
            best = i;
        }
    }
    return best;
}

static struct explain_factor *add_factor(struct explanation *e, const double of[HYPOTHESES],
                                         const char *text)
{
    struct explain_factor *factor = &e->factors[e->factor_count++];

    memcpy(factor->of, of, sizeof(factor->of));
    (void)snprintf(factor->text, sizeof(factor->text), "%s", text);
    return factor;
}

static void add_causes(struct explanation *e)
{
    const struct finding *f = e->finding;
    int prior = find_prior(e);
    char text[64];

    e->has_causes = f->has_hypotheses;
    e->knows_prior = prior >= 0;
    if (!e->has_causes)
        return;
    (void)snprintf(text, sizeof(text), "before anything is known: %s",
                   prior == PRIOR_BROWSER ? "a browser"
                   : prior >= 0           ? trust_model_describe((enum trust_model)prior)
                                          : "");
    if (prior >= 0)
        (void)add_factor(e, e->tuning->priors[prior], text);
    for (size_t i = 0; i < f->control_count; i++)
        if (f->controls[i].has_likelihoods)
            (void)add_factor(e, f->controls[i].likelihood, f->controls[i].fact);
}

/* ---- confidence and severity */

static void add_confidence(struct explanation *e)
{
    const struct finding *f = e->finding;
    const double *p = f->hypotheses;
    double other = p[HYPOTHESIS_PIN] + p[HYPOTHESIS_APPCA];
    const char *cause = "the app refuses, pin or not";
    double share = other;

    if (!e->has_sum || !e->has_causes || f->confidence <= 0)
        return;
    if (f->type == FINDING_PINNING_SUSPECTED || !alert_is_detection(f->type)) {
        static const enum hypothesis of_notice[FINDING_TYPE_COUNT] = {
            [FINDING_PINNING_SUSPECTED] = HYPOTHESIS_PIN,
            [FINDING_APP_CA_UNTRUSTED] = HYPOTHESIS_APPCA,
            [FINDING_DEVICE_NOT_ONBOARDED] = HYPOTHESIS_DEV,
            [FINDING_SITE_OR_INSPECTOR_FAULT] = HYPOTHESIS_SITE,
        };

        cause = alert_hypothesis_words(of_notice[f->type]);
        share = p[of_notice[f->type]];
    }
    if (fabs(e->refused * share - f->confidence) < 0.01)
        (void)snprintf(e->confidence, sizeof(e->confidence),
                       "%.1f%% that it was refused, times %.1f%% that %s, is %.0f%%",
                       100 * e->refused, 100 * share, cause, 100 * f->confidence);
}

static bool is_opaque(enum finding_type type)
{
    return type == FINDING_OPAQUE_DIRECT || type == FINDING_OPAQUE_DIRECT_BEACON;
}

static bool has_control(const struct finding *f)
{
    return f->control_count > 0;
}

static void add_severity(struct explanation *e)
{
    const struct finding *f = e->finding;
    const struct tuning_severity *s = &e->tuning->severity;
    char *out = e->severity;
    size_t size = sizeof(e->severity);

    if (f->informational)
        (void)snprintf(out, size, "informational: allowed by %s", f->allowed_by);
    else if (!alert_is_detection(f->type))
        (void)snprintf(out, size, "%s, as every notice of this type",
                       alert_severity_name(f->severity));
    else if (is_opaque(f->type))
        (void)snprintf(out, size, "%s, of risk %d alone: high takes %.0f, medium %.0f",
                       alert_severity_name(f->severity), f->risk_score, s->high_risk,
                       s->medium_risk);
    else if (!has_control(f))
        (void)snprintf(out, size,
                       "%s: nothing was compared that could speak against it, so it cannot "
                       "be more",
                       alert_severity_name(f->severity));
    else
        (void)snprintf(out, size,
                       "%s, of confidence %.0f%% and risk %d: high takes %.0f%% and %.0f, "
                       "medium %.0f%% and %.0f, or %.0f%% and %.0f",
                       alert_severity_name(f->severity), 100 * f->confidence, f->risk_score,
                       100 * s->high_confidence, s->high_risk, 100 * s->high_confidence,
                       s->medium_risk, 100 * s->medium_confidence, s->high_risk);
}

/* ---- what to do with it */

static bool may_be_excluded(enum finding_type type)
{
    return alert_is_detection(type) || type == FINDING_APP_CA_UNTRUSTED ||
           type == FINDING_MTLS_REQUIRED;
}

static void add_exclusion(struct explanation *e)
{
    const struct finding *f = e->finding;
    uint64_t until_ns = f->end_ns + EXPLAIN_EXCLUSION_DAYS * DAY_S * NS_PER_S;
    char address[ADDRESS_TEXT_MAX], id[UUID_TEXT_MAX], until[NANOTIME_TEXT_MAX];
    const char *match = f->destination[0]
                            ? f->destination
                            : address_describe(&f->destination_address, address);

    if (!may_be_excluded(f->type) || (!f->destination[0] && !f->has_destination_address) ||
        f->end_ns == 0)
        return;
    /* A name is as the client sent it: only one that can be an entry is proposed as one. */
    if (!match_valid(MATCH_DESTINATIONS, match))
        return;
    (void)snprintf(e->exclusion, sizeof(e->exclusion),
                   "inspection:\n"
                   "  bypass:\n"
                   "    - match: \"%s\"\n"
                   "      reason: \"%s, alert %s\"\n"
                   "      owner: \"who answers for it\"\n"
                   "      expires: %.10s\n",
                   match, alert_title(f->type), uuid_describe(f->alert_id, id),
                   nanotime_describe(until_ns, until));
}

/* Behind an explicit proxy the port is that of the target, not of the packets. */
static bool knows_port(const struct finding *f)
{
    for (size_t i = 0; i < f->evidence_count; i++)
        if (f->evidence[i].inspection_basis == BASIS_CONNECT_PROXY)
            return false;
    return f->has_destination_address && f->destination_port != 0;
}

static void add_filters(struct explanation *e)
{
    const struct finding *f = e->finding;
    struct text bpf = text_in(e->capture_filter, sizeof(e->capture_filter));
    struct text display = text_in(e->display_filter, sizeof(e->display_filter));
    const struct address *ends[2] = {f->has_device ? &f->device : NULL,
                                     f->has_destination_address ? &f->destination_address
                                                                : NULL};

    for (size_t i = 0; i < 2; i++) {
        char address[ADDRESS_TEXT_MAX];

        if (!ends[i])
            continue;
        (void)address_describe(ends[i], address);
        text_add_format(&bpf, "%shost %s", bpf.len ? " and " : "", address);
        text_add_format(&display, "%s%s.addr == %s", display.len ? " && " : "",
                        address_is_v4(ends[i]) ? "ip" : "ipv6", address);
    }
    if (!bpf.len || !knows_port(f))
        return;
    text_add_format(&bpf, " and port %u", f->destination_port);
    text_add_format(&display, " && (tcp.port == %u || udp.port == %u)", f->destination_port,
                    f->destination_port);
}

static bool is_summed_up(const struct finding *f)
{
    for (size_t i = 0; i < f->evidence_count; i++)
        if (outcome_is_refusal(f->evidence[i].outcome))
            return f->stage1_db != 0;
    return false;
}

void explain_finding(const struct finding *f, const struct rules *rules,
                     struct explanation *out)
{
    *out = (struct explanation){.finding = f, .tuning = &rules->tuning};
    out->has_sum = is_summed_up(f);
    if (out->has_sum)
        add_sum(out);
    else
        add_sessions(out);
    add_causes(out);
    add_confidence(out);
    add_severity(out);
    explain_changes(out);
    add_exclusion(out);
    add_filters(out);
}
