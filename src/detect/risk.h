/*
 * Risk of a finding, 0 to 100, apart from how sure it is: every contributor with its points; and
 * the severity that follows from both.
 */
#pragma once

#include "config/rules.h"
#include "detect/records.h"

struct risk_facts {
    const struct suspicion *suspicion;
    const struct app *app;                 /* NULL when forgotten */
    const struct destination *destination; /* NULL when forgotten */
    uint64_t device_count;
    uint64_t now_ns;
    /* What devices and inventories tell; false: no, or nothing is known. */
    bool not_in_use;       /* app in the background, device locked or without interaction */
    bool unmanaged_app;    /* or of a category that does not fit */
    const char *package;   /* the app's name, NULL when nobody tells */
    bool edr_trust_custom; /* an app on it was seen to validate certificates by itself */
};

struct risk_verdict {
    struct finding_risk contributors[FINDING_RISKS_MAX];
    size_t count;
    int score;
    const struct match_entry *allowed; /* entry of an allow-list that holds, else NULL */
    bool allowed_app;
};

void risk_judge(const struct rules *rules, const struct risk_facts *facts,
                struct risk_verdict *out);

/* event.severity from confidence and risk; above low only with a control. */
int risk_severity(const struct tuning_severity *s, double confidence, int risk,
                  bool has_control);

/* event.severity by risk alone (opaque direct sessions). */
int risk_severity_alone(const struct tuning_severity *s, int risk);
