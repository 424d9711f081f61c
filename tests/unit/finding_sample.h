/*
 * A finding with something in every field, for tests.
 */
#pragma once

#include "detect/finding.h"
#include "session_sample.h"

static const struct address sample_other = {{0x20, 0x01, 0x0d, 0xb8, [15] = 7}};

static const struct finding_evidence sample_evidence[] = {
    {.session_id = {1},
     .community_id = "1:LQU9qZlK+B5F3KDmev6m5PMibrg=",
     .time_ns = UINT64_C(1795232701000000000),
     .outcome = OUTCOME_REJECTED_ALERT,
     .shape = SHAPE_S1,
     .inspection = INSPECTION_YES,
     .inspection_probability = 1,
     .inspection_basis = BASIS_CERTIFICATE,
     .weight_db = 22,
     .counted = true},
    {.session_id = {2},
     .community_id = "1:LQU9qZlK+B5F3KDmev6m5PMibrg=",
     .time_ns = UINT64_C(1795232701050000000),
     .outcome = OUTCOME_REJECTED_AFTER_HANDSHAKE,
     .shape = SHAPE_S4,
     .inspection = INSPECTION_LIKELY,
     .inspection_probability = 0.76543,
     .inspection_basis = BASIS_LEARNED_PROFILE},
    {.session_id = {3},
     .community_id = "1:d/FP5EW3wiY1vCndhwleRRKHowQ=",
     .time_ns = UINT64_C(1795232890000000000),
     .outcome = OUTCOME_ACCEPTED,
     .inspection = INSPECTION_NO,
     .inspection_probability = 0.01,
     .counted = true},
};

static const struct finding_control sample_controls[] = {
    {.name = "contrast",
     .fact = "the device completed 12 inspected sessions to 5 other destinations",
     .weight_db = 10},
    {.name = "dev_accepts",
     .fact = "the device accepted inspection of other destinations",
     .has_likelihoods = true,
     .likelihood = {.95, .95, .02, .95}},
};

static const struct finding_risk sample_risks[] = {
    {"rare_destination", 15},
    {"allowed_parent", -60},
};

static const struct finding_clause sample_clauses[] = {
    {"AN1726.NSM:Inspection", "met", "handshakes fail when inspected", true},
    {"AN1726.MobileEDR:telemetry", "no_data", "a managed app runs in the background", true},
};

/* A pinned app on an iPhone. */
static inline void sample_finding(struct finding *f)
{
    *f = (struct finding){
        .type = FINDING_PINNING_SUSPECTED,
        .state = FINDING_UPDATED,
        .revision = 2,
        .time_ns = UINT64_C(1795232898537000000),
        .start_ns = UINT64_C(1795232701000000000),
        .end_ns = UINT64_C(1795232890000000000),
        .analytic = "AN1726",
        .platform = "ios",
        .platform_basis = "contacts Apple's push service",
        .severity = 73,
        .risk_score = 65,
        .confidence = 0.9234,
        .stage1_db = 14.5,
        .hypotheses = {.93, .04, .02, .01},
        .has_hypotheses = true,
        .has_device = true,
        .device = sample_address("10.1.2.3"),
        .has_mac = true,
        .mac = {0x00, 0x00, 0x5e, 0x00, 0x53, 0x23},
        .device_basis = "mac",
        .device_first = sample_address("10.1.2.3"),
        .device_others = &sample_other,
        .device_other_count = 1,
        .random_mac = true,
        .device_ambiguous = true,
        .has_destination = true,
        .destination_address = sample_address("203.0.113.9"),
        .destination_port = 443,
        .has_destination_address = true,
        .app_shared = true,
        .bypass_actor = "client_or_unknown",
        .counts = {4, 3, 12, 1, 0, 2, 1},
        .evidence = sample_evidence,
        .evidence_count = 3,
        .controls = sample_controls,
        .control_count = 2,
        .risks = sample_risks,
        .risk_count = 2,
        .clauses = sample_clauses,
        .clause_count = 2,
    };
    memset(f->alert_id, 0x22, sizeof(f->alert_id));
    SAMPLE_TEXT(f->destination, "api.example.com");
    SAMPLE_TEXT(f->app_key, "0123456789abcdef");
    SAMPLE_TEXT(f->ja4, "t13d1516h2_8daaf6152771_e5627efa2ab1");
    SAMPLE_TEXT(f->authority, "Corp Inspection CA");
    SAMPLE_TEXT(
        f->message,
        "An app on 10.1.2.3 refuses inspection at api.example.com while it accepts it "
        "elsewhere: it most likely pins its own certificate.");
    SAMPLE_TEXT(f->reason,
                "4 refusals in 3 episodes within 15 minutes, 12 inspected sessions "
                "accepted to 5 other destinations.");
}

/* A notice that concerns several devices. */
static inline void sample_notice(struct finding *f, const struct address *devices,
                                 size_t count)
{
    *f = (struct finding){
        .type = FINDING_MTLS_REQUIRED,
        .state = FINDING_OPEN,
        .revision = 1,
        .time_ns = UINT64_C(1795232898537000000),
        .start_ns = UINT64_C(1795232701000000000),
        .end_ns = UINT64_C(1795232890000000000),
        .severity = 21,
        .has_destination = true,
        .counts = {.devices = (uint32_t)count},
        .related = devices,
        .related_count = count,
    };
    SAMPLE_TEXT(f->destination, "bank.example");
    SAMPLE_TEXT(f->message, "bank.example asks for a client certificate.");
}
