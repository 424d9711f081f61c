/*
 * Why an alert says what it says, redone from the alert alone: the sum that tells a refusal, line by
 * line; the causes with the controls that were used; what would change the verdict; what to do next;
 * where the packets are. What the rules in effect contribute (prior, threshold, likelihoods) comes
 * from them, and where the alert's own numbers differ that is said.
 *
 * The explanation is plain data and borrows the finding and the rules.
 */
#pragma once

#include "base/text.h"
#include "config/rules.h"
#include "detect/finding.h"

#define EXPLAIN_LINE_MAX 320
#define EXPLAIN_STEPS_MAX (FINDING_EVIDENCE_MAX + FINDING_CONTROLS_MAX + 4)
#define EXPLAIN_CHANGES_MAX 12
#define EXPLAIN_FILES_MAX 8
#define EXPLAIN_YAML_MAX 1024
#define EXPLAIN_FILTER_MAX 512
/* How long a proposed exclusion lasts. */
#define EXPLAIN_EXCLUSION_DAYS 90

/* One line of the sum; one that does not count has 0 dB. */
struct explain_step {
    double db;
    bool counts;
    char text[EXPLAIN_LINE_MAX];
};

/* What multiplies the causes: the prior, then each control. */
struct explain_factor {
    double of[HYPOTHESES];
    char text[EXPLAIN_LINE_MAX];
};

struct explanation {
    const struct finding *finding;
    const struct tuning *tuning;

    bool has_sum; /* a refusal is summed up; else the steps are sessions alone */
    struct explain_step steps[EXPLAIN_STEPS_MAX];
    size_t step_count;
    double sum_db;  /* of the steps: the alert says finding->stage1_db */
    double refused; /* P(refused) of what the alert says */

    bool has_causes;
    bool knows_prior; /* the factors give what the alert says */
    struct explain_factor factors[FINDING_CONTROLS_MAX + 1];
    size_t factor_count;

    char confidence[EXPLAIN_LINE_MAX]; /* how it comes about */
    char severity[EXPLAIN_LINE_MAX];
    char changes[EXPLAIN_CHANGES_MAX][EXPLAIN_LINE_MAX];
    size_t change_count;
    char exclusion[EXPLAIN_YAML_MAX];        /* YAML; empty where none is due */
    char capture_filter[EXPLAIN_FILTER_MAX]; /* BPF; empty without an address */
    char display_filter[EXPLAIN_FILTER_MAX]; /* of Wireshark and tshark */
    const char *files[EXPLAIN_FILES_MAX];    /* captures that hold the sessions; borrowed */
    size_t file_count;
};

/* Redo it. `files` may be empty. */
void explain_finding(const struct finding *f, const struct rules *rules,
                     struct explanation *out);

/* For explain.c: what would make the verdict another one, most telling first. */
void explain_changes(struct explanation *e);
void explain_change(struct explanation *e, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What a clause of the analytics asks for, in words; its id where it is not known. */
const char *explain_clause_words(const char *id);

/* For a person / as one JSON line. */
void explain_write_text(const struct explanation *e, bool colour, struct text *out);
struct json_out;
bool explain_write_json(const struct explanation *e, struct json_out *out);
