/*
 * The words of alerts: names of rules, and what a person reads in place of codes.
 */
#pragma once

#include "detect/finding.h"

/* "AN1725", "AN1726" as detection says, else the rule of that type ("PINSIGHT-MTLS-REQUIRED"). */
const char *alert_rule_id(const struct finding *f);

/* What that rule is called, and its version. */
const char *alert_rule_name(const struct finding *f);
const char *alert_rule_version(const struct finding *f);

/* True for detections of the technique, false for operational and integrity notices. */
bool alert_is_detection(enum finding_type type);

/* "Pinning suspected" */
const char *alert_title(enum finding_type type);

/* Closed or retracted: nothing is left to do about it. */
bool alert_is_over(const struct finding *f);

/* What to do about it, one sentence. */
const char *alert_advice(enum finding_type type);

/* "high" for 73; the name of the nearest severity that is not higher. */
const char *alert_severity_name(int severity);

/* "fatal certificate alert in the clear" */
const char *alert_outcome_words(enum outcome outcome);

/* "the app pins" */
const char *alert_hypothesis_words(enum hypothesis h);

/* "inspected", "probably inspected", "not inspected", "inspection unknown" */
const char *alert_inspection_words(enum inspection_state state);

/* "not met" for "not_met". */
const char *alert_clause_words(const char *state);
