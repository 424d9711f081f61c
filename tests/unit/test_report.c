#include "detect/report.h"

#include <string.h>

#include "detect_sample.h"

static struct lab lab;

static struct key *key_of(const char *device, const char *app, const char *name)
{
    struct session s = lab_session(&lab, device, app, name, 0);
    struct identity_ids ids;
    struct parties p;

    identity_name(&lab.correlator.identity, &s, &ids);
    parties_name(&lab.correlator, &s, &ids, &p);
    if (!parties_make(&lab.correlator, &p))
        abort();
    return p.key;
}

static void test_evidence(void)
{
    struct session s = lab_session(&lab, "10.0.0.1", "app", "a.example", 5);
    struct finding_evidence e;

    lab_shape(&s, SHAPE_S2);
    s.inspection = INSPECTION_LIKELY;
    s.inspection_probability = 0.8;
    s.inspection_basis = BASIS_LEARNED_PROFILE;
    report_evidence(&s, 14.4, true, &e);
    ok(memcmp(e.session_id, s.id, 16) == 0, "an entry names its session");
    ok(strncmp(e.community_id, "1:", 2) == 0, "with the community id: %s", e.community_id);
    ok(e.time_ns == s.decided_ns, "the time of its decision");
    is_int(e.outcome, OUTCOME_REJECTED_ENCRYPTED_ALERT, "the outcome");
    is_int(e.shape, SHAPE_S2, "the shape");
    ok(e.inspection == INSPECTION_LIKELY && lab_near(e.inspection_probability, 0.8) &&
           e.inspection_basis == BASIS_LEARNED_PROFILE,
       "how it was inspected");
    ok(lab_near(e.weight_db, 14.4) && e.counted, "and what it weighs");
}

static void test_gather(void)
{
    struct finding_evidence out[FINDING_EVIDENCE_MAX];
    struct memory_id keys[3];
    struct key *first, *second;

    lab_refuse(&lab, "10.0.0.1", "app", "x.example", 10, SHAPE_S1);
    lab_refuse(&lab, "10.0.0.1", "other", "x.example", 11, SHAPE_S1);
    lab_refuse(&lab, "10.0.0.1", "app", "x.example", 12, SHAPE_S1);
    lab_tick(&lab, 20);
    first = key_of("10.0.0.1", "app", "x.example");
    second = key_of("10.0.0.1", "other", "x.example");
    keys[0] = first->entry.id;
    keys[1] = second->entry.id;
    keys[2] = (struct memory_id){1, 2};
    is_int(report_gather(&lab.correlator, keys, 3, NULL, out), 3,
           "the evidence of several keys, of those that are there");
    ok(out[0].time_ns == lab_ns(10.05) && out[1].time_ns == lab_ns(11.05) &&
           out[2].time_ns == lab_ns(12.05),
       "in the order of time");
    is_int(report_gather(&lab.correlator, keys, 3, &second->app, out), 1,
           "of one app alone");
    for (int i = 0; i < 30; i++) {
        lab_refuse(&lab, "10.0.0.1", "app", "x.example", 100 + i, SHAPE_S1);
        lab_refuse(&lab, "10.0.0.1", "other", "x.example", 100.5 + i, SHAPE_S1);
    }
    lab_tick(&lab, 200);
    is_int(report_gather(&lab.correlator, keys, 2, NULL, out), FINDING_EVIDENCE_MAX,
           "as much as there is room for");
    ok(out[FINDING_EVIDENCE_MAX - 1].time_ns == lab_ns(129.55), "the latest");
    ok(out[0].time_ns == lab_ns(129.55 - 0.5 * (FINDING_EVIDENCE_MAX - 1)),
       "without a gap");
}

static void test_notice_id(void)
{
    struct notice n = {.type = FINDING_MTLS_REQUIRED, .scope = span_of_text("x.example")};
    struct notice other = n;
    uint8_t first[16], second[16];

    report_notice_id(&n, first);
    report_notice_id(&n, second);
    ok(memcmp(first, second, 16) == 0, "a notice has one id");
    other.type = FINDING_SITE_OR_INSPECTOR_FAULT;
    report_notice_id(&other, second);
    ok(memcmp(first, second, 16) != 0, "by type");
    other = n;
    other.scope = span_of_text("y.example");
    report_notice_id(&other, second);
    ok(memcmp(first, second, 16) != 0, "scope");
    other = n;
    other.first_session[0] = 1;
    report_notice_id(&other, second);
    ok(memcmp(first, second, 16) != 0, "and first session");
}

static void test_notice(void)
{
    static const uint8_t id[16] = {9};
    struct notice n = {.type = FINDING_MTLS_REQUIRED,
                       .destination = "x.example",
                       .message = "What.",
                       .reason = "Why."};
    size_t before = lab.count;
    const struct finding *f;

    report_notice(&lab.correlator, &n, id, FINDING_UPDATED, 3);
    f = lab_last(&lab);
    is_int(lab.count, before + 1, "a notice is handed on");
    ok(memcmp(f->alert_id, id, 16) == 0 && f->revision == 3 && f->state == FINDING_UPDATED,
       "with its id, revision and state");
    is_text(f->analytic, "PINSIGHT-MTLS-REQUIRED", "under its own rule");
    is_int(f->severity, 21, "low");
    ok(!f->has_device && !f->has_hypotheses && f->has_destination, "with what it is about");
    is_text(f->message, "What.", "what");
    is_text(f->reason, "Why.", "and why");
}

int main(void)
{
    lab_open(&lab);
    test_evidence();
    test_gather();
    test_notice_id();
    test_notice();
    lab_close(&lab);
    return done_testing();
}
