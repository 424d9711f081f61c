#include "detect/clauses.h"

#include <string.h>

/* Truths that may not be known: no beats not known, not known beats yes. */
static enum told both(enum told a, enum told b)
{
    if (a == TOLD_NO || b == TOLD_NO)
        return TOLD_NO;
    return a == TOLD_YES && b == TOLD_YES ? TOLD_YES : TOLD_NOTHING;
}

static enum told either(enum told a, enum told b)
{
    if (a == TOLD_YES || b == TOLD_YES)
        return TOLD_YES;
    return a == TOLD_NO && b == TOLD_NO ? TOLD_NO : TOLD_NOTHING;
}

static enum told opposite(enum told a)
{
    if (a == TOLD_NOTHING)
        return TOLD_NOTHING;
    return a == TOLD_YES ? TOLD_NO : TOLD_YES;
}

static enum told truth(bool b)
{
    return b ? TOLD_YES : TOLD_NO;
}

/* ---- what a clause asks */

static enum told is_refused(const struct report *r, const struct finding *f)
{
    (void)r;
    return truth(
        f->type == FINDING_INSPECTION_REFUSED || f->type == FINDING_PINNING_SUSPECTED ||
        f->type == FINDING_REFUSED_THEN_DIRECT || f->type == FINDING_SHORT_LIVED_SESSIONS);
}

static enum told is_pattern(const struct report *r, const struct finding *f)
{
    (void)r;
    return truth(
        f->type == FINDING_REFUSED_THEN_DIRECT || f->type == FINDING_SHORT_LIVED_SESSIONS ||
        f->type == FINDING_OPAQUE_DIRECT || f->type == FINDING_OPAQUE_DIRECT_BEACON);
}

static enum told customises(const struct report *r, const struct finding *f)
{
    (void)f;
    return r->join.custom_trust;
}

static enum told customises_unused(const struct report *r, const struct finding *f)
{
    (void)f;
    return both(r->join.custom_trust, opposite(r->join.in_use));
}

static enum told runs_unused(const struct report *r, const struct finding *f)
{
    (void)f;
    return both(r->join.app_managed, opposite(r->join.in_use));
}

/* An app that says nothing of its secure transport, or is what nobody expects, goes unseen. */
static enum told is_odd(const struct join *j)
{
    return either(opposite(j->declares_pinning), opposite(j->category_fits));
}

static enum told managed_and_odd(const struct report *r, const struct finding *f)
{
    (void)f;
    return both(r->join.app_managed, is_odd(&r->join));
}

static enum told supervised_and_odd(const struct report *r, const struct finding *f)
{
    enum told supervised = r->join.known ? r->join.identity.supervised : TOLD_NOTHING;
    enum told beyond_baseline = truth(!f->informational);

    return both(both(supervised, beyond_baseline), managed_and_odd(r, f));
}

/* ---- the clauses */

#define PER_ANALYTIC_MAX 5

struct clause {
    const char *id;
    enum told (*ask)(const struct report *r, const struct finding *f);
    const char *words; /* what it asks, for a reader */
};

static const struct {
    const char *analytic;
    const char *platform; /* whose clauses they are */
    struct clause clauses[PER_ANALYTIC_MAX];
} analytics[] = {
    {"AN1725",
     "android",
     {
         {"AN1725.NSM:Inspection", is_refused,
          "sessions of the app fail only where they are inspected"},
         {"AN1725.NSM:Flow", is_pattern,
          "refusals under inspection, then a direct retry, or stable opaque sessions"},
         {"AN1725.MobileEDR:telemetry.DC0021", customises,
          "the app evaluates trust by itself just before the session"},
         {"AN1725.MobileEDR:telemetry.DC0123", customises_unused,
          "it does so in the background, locked or without recent use"},
         {"AN1725.android:MDMLog", managed_and_odd,
          "a managed app with undeclared secure transport or of an unexpected category"},
     }},
    {"AN1726",
     "ios",
     {
         {"AN1726.NSM:Inspection", is_refused,
          "handshakes fail only when the inspection certificate is presented"},
         {"AN1726.NSM:Flow", is_pattern,
          "refusals, then direct or again and again short sessions to one endpoint"},
         {"AN1726.iOS:MDMLog", supervised_and_odd,
          "a managed app of a supervised device, undeclared or unexpected, beyond the "
          "baseline"},
         {"AN1726.MobileEDR:telemetry.DC0123", runs_unused,
          "a managed app runs in the background or locked before the session"},
     }},
};

static const char *name_of(enum told state)
{
    static const char *const names[] = {
        [TOLD_NOTHING] = "no_data", [TOLD_NO] = "not_met", [TOLD_YES] = "met"};

    return names[state];
}

size_t clauses_list(const struct report *r, const struct finding *f,
                    struct finding_clause out[FINDING_CLAUSES_MAX])
{
    size_t own = strcmp(f->analytic, analytics[1].analytic) == 0, n = 0;

    for (size_t i = 0; i < 2; i++) {
        size_t which = i == 0 ? own : 1 - own;
        bool other = f->platform && strcmp(f->platform, analytics[which].platform) != 0;

        for (size_t k = 0; k < PER_ANALYTIC_MAX; k++) {
            const struct clause *clause = &analytics[which].clauses[k];

            if (!clause->id)
                continue;
            out[n++] = (struct finding_clause){
                .id = clause->id,
                .state = name_of(other ? TOLD_NO : clause->ask(r, f)),
                .words = clause->words,
                .is_own = i == 0,
            };
        }
    }
    return n;
}
