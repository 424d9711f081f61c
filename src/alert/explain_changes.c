/*
 * What would make the verdict another one. Each sentence is a consequence of the rules in effect and
 * the alert's own numbers; where a sum or a share would change, it is worked out.
 */
#include <stdio.h>

#include "alert/alert_words.h"
#include "alert/explain.h"
#include "detect/refusal.h"

void explain_change(struct explanation *e, const char *format, ...)
{
    va_list args;

    if (e->change_count == EXPLAIN_CHANGES_MAX)
        return;
    va_start(args, format);
    (void)vsnprintf(e->changes[e->change_count++], EXPLAIN_LINE_MAX, format, args);
    va_end(args);
}

static const char *target_of(const struct finding *f)
{
    return f->destination[0] ? f->destination : "the destination";
}

/* ---- the sum */

/* Only shapes that an unused connection has as well. */
static bool rests_on_closes(const struct finding *f)
{
    for (size_t i = 0; i < f->evidence_count; i++)
        if (f->evidence[i].shape == SHAPE_S1 || f->evidence[i].shape == SHAPE_S2)
            return false;
    return true;
}

static double contrast_of(const struct finding *f)
{
    for (size_t i = 0; i < f->control_count; i++)
        if (strcmp(f->controls[i].name, "contrast") == 0)
            return f->controls[i].weight_db;
    return 0;
}

static void change_sum(struct explanation *e)
{
    const struct finding *f = e->finding;
    const struct tuning *t = e->tuning;
    double contrast = contrast_of(f);

    explain_change(
        e,
        "One inspected session with data of this app to %s closes the alert: what "
        "was refused is accepted.",
        target_of(f));
    if (rests_on_closes(f))
        explain_change(
            e,
            "An inspected session with data of any other app of the device to %s "
            "withdraws it: all it rests on are closes, and unused connections "
            "close so too.",
            target_of(f));
    if (contrast > 0)
        explain_change(
            e,
            "Without what the device accepted elsewhere (%+.0f dB) the sum would "
            "be %+.1f dB, %s.",
            contrast, f->stage1_db - contrast,
            f->stage1_db - contrast >= t->stage1_fire_db ? "still enough"
                                                         : "and not enough");
}

/* ---- the causes */

/* Observations that would tell a pin from the other causes, and what rules each of them out. */
static const struct {
    enum observation observation;
    enum observation excludes; /* the opposite, which may have been seen; itself: none */
    const char *words;
} asked[] = {
    {OBSERVATION_APP_ACCEPTS_OTHER, OBSERVATION_APP_REJECTS_ALL,
     "the same app accepts inspection of another destination"},
    {OBSERVATION_APP_REJECTS_ALL, OBSERVATION_APP_ACCEPTS_OTHER,
     "the same app refuses every destination"},
    {OBSERVATION_SITE_OK_OTHERS, OBSERVATION_SITE_REJECTED_BY_MANY,
     "another app accepts the same destination"},
    {OBSERVATION_SITE_REJECTED_BY_MANY, OBSERVATION_SITE_OK_OTHERS,
     "many apps on many devices refuse it and none accepts it"},
    {OBSERVATION_PEERS_ACCEPT, OBSERVATION_PEERS_REJECT,
     "the same app accepts it on other devices"},
    {OBSERVATION_PEERS_REJECT, OBSERVATION_PEERS_ACCEPT,
     "the same app refuses it on other devices too"},
    {OBSERVATION_EDR_TRUST_CUSTOM, OBSERVATION_EDR_TRUST_CUSTOM,
     "the device's agent sees the app's own trust logic"},
};

static bool was_seen(const struct finding *f, enum observation observation)
{
    for (size_t i = 0; i < f->control_count; i++)
        if (strcmp(f->controls[i].name, observation_describe(observation)) == 0)
            return true;
    return false;
}

static enum hypothesis leader(const double p[HYPOTHESES])
{
    enum hypothesis best = HYPOTHESIS_PIN;

    for (enum hypothesis h = HYPOTHESIS_PIN; h < HYPOTHESES; h++)
        if (p[h] > p[best])
            best = h;
    return best;
}

static void suppose(const struct explanation *e, enum observation observation,
                    double out[HYPOTHESES])
{
    double sum = 0;

    for (size_t h = 0; h < HYPOTHESES; h++) {
        out[h] = e->finding->hypotheses[h] * e->tuning->likelihoods[observation][h];
        sum += out[h];
    }
    for (size_t h = 0; h < HYPOTHESES; h++)
        out[h] = sum > 0 ? out[h] / sum : 0;
}

static void change_causes(struct explanation *e)
{
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        double then[HYPOTHESES];
        enum hypothesis lead;

        if (was_seen(e->finding, asked[i].observation) ||
            was_seen(e->finding, asked[i].excludes))
            continue;
        suppose(e, asked[i].observation, then);
        lead = leader(then);
        explain_change(e, "If %s: %s with %.0f%%%s.", asked[i].words,
                       alert_hypothesis_words(lead), 100 * then[lead],
                       lead == leader(e->finding->hypotheses) ? "" : ", which leads then");
    }
}

/* ---- by type */

static void change_direct(struct explanation *e)
{
    const struct finding *f = e->finding;
    const struct tuning_opaque *o = &e->tuning->opaque;

    if (f->type != FINDING_OPAQUE_DIRECT && f->type != FINDING_OPAQUE_DIRECT_BEACON)
        return;
    explain_change(e,
                   "An entry for %s in inspection.bypass makes it expected: nothing is "
                   "reported of it.",
                   target_of(f));
    explain_change(e,
                   "It takes %u direct sessions with data within TimeWindow (%.0f s): with "
                   "fewer it is not reported.",
                   o->min_sessions, e->tuning->time_window_s);
    explain_change(e,
                   "Used by %.0f%% of the devices it is no longer rare, and not reported.",
                   100 * o->max_device_share);
}

/* How a notice ends. */
static const char *const ends[FINDING_TYPE_COUNT] = {
    [FINDING_APP_CA_UNTRUSTED] =
        "It is closed when the app accepts an inspected session on the last device named.",
    [FINDING_DEVICE_NOT_ONBOARDED] =
        "It is closed when the device accepts one inspected session.",
    [FINDING_SITE_OR_INSPECTOR_FAULT] =
        "It is closed when any client accepts an inspected session to the destination.",
    [FINDING_MTLS_REQUIRED] =
        "It is told once a day as long as servers go on to demand one.",
    [FINDING_PIN_ROTATION_BREAKAGE] =
        "It is closed when clients accept the destination's own certificate again.",
    [FINDING_PINNING_REMOVED] = "It is told once: what changed on the device has happened.",
    [FINDING_UNKNOWN_INTERCEPTOR] =
        "It is closed when its issuer is not seen for long, or is configured.",
};

void explain_changes(struct explanation *e)
{
    const struct finding *f = e->finding;

    if (alert_is_over(f)) {
        explain_change(e, "Nothing: the alert is %s.", finding_state_name(f->state));
        return;
    }
    if (ends[f->type])
        explain_change(e, "%s", ends[f->type]);
    if (e->has_sum && alert_is_detection(f->type))
        change_sum(e);
    change_direct(e);
    if (e->has_causes && f->has_destination)
        change_causes(e);
    if (alert_is_detection(f->type) && e->tuning->alert_expiry_d > 0)
        explain_change(e, "After %.0f days without news it is closed by itself.",
                       e->tuning->alert_expiry_d);
}
