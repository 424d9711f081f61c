/*
 * Stage 2: why is it refused? Four hypotheses (the app pins, the app does not trust the authority,
 * the device is not onboarded, the site or the box is at fault), a prior by trust model, and
 * observations that each multiply by their likelihoods at most once.
 */
#pragma once

#include "config/rules.h"
#include "detect/join.h"
#include "detect/records.h"

/* What the tables say about one key; NULL where nothing is known. */
struct cause_facts {
    const struct key *key;
    const struct device *device;
    const struct device_app *device_app;
    const struct app *app;
    const struct destination *destination;
    const struct app_destination *app_destination;
    uint64_t device_count; /* devices known */
    uint64_t now_ns;
    const struct join *join; /* what feeds tell; NULL: not asked */
};

struct cause_verdict {
    double probability[HYPOTHESES];
    struct finding_control controls[FINDING_CONTROLS_MAX];
    size_t control_count;
    bool browser;
    bool app_shared;
};

void cause_judge(const struct rules *rules, const struct cause_facts *facts,
                 struct cause_verdict *out);

/* Add a control that is no likelihood row; lost when the list is full. */
void cause_add_control(struct cause_verdict *v, const char *name, double weight_db,
                       const char *format, ...) __attribute__((format(printf, 4, 5)));
