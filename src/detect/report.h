/*
 * From a key and its verdicts to a finding: severity, risk, confidence, evidence, clauses of the
 * analytics, sentences. When it is issued is alert_life.h's and notice_life.h's.
 */
#pragma once

#include "detect/cause.h"
#include "detect/join.h"
#include "detect/parties.h"
#include "detect/refusal.h"
#include "detect/risk.h"

/* All that a detection of a key rests on. */
struct report {
    struct parties parties;
    struct refusal_verdict refusal;
    struct cause_verdict cause;
    uint32_t direct_in_window; /* direct sessions with data in TimeWindow */
    uint32_t direct_in_day;    /* the same in slow_window, as episodes */
    /* The baseline of the app on this device: other destinations that it reached directly, and
     * under inspection; of each, ID_SET_MAX are remembered. */
    size_t direct_others;
    size_t accepted_others;
    struct beacon_verdict beacon;
    bool refused_then_direct;
    const char *bypass_actor;
    bool merged; /* the refusals of several apps of the device make it up together */
    size_t evidence_count;
    struct join join; /* what feeds tell */
    struct finding_evidence
        evidence[FINDING_EVIDENCE_MAX]; /* when merged; the larger part */
};

/* What a finding of a key points at beside the report. */
struct report_parts {
    struct risk_verdict risk;
    struct finding_pin pin;
    struct finding_clause clauses[FINDING_CLAUSES_MAX];
};

/* Fill in all that depends on the key's present state and not on the life of its alert. */
void report_fill(struct correlator *c, struct report *r, enum finding_type type,
                 struct finding *f, struct report_parts *parts);

/* Ask the feeds about the key and its sessions, once. */
void report_join(struct correlator *c, struct report *r);

/* Count a finding and hand it on. */
void report_issue(struct correlator *c, struct finding *f);

/* The evidence of several keys in order of time; `out` has room for FINDING_EVIDENCE_MAX. Returns
 * how many. With `app`, of that app's keys alone. */
size_t report_gather(struct correlator *c, const struct memory_id *keys, size_t key_count,
                     const struct memory_id *app, struct finding_evidence *out);

/* One entry of evidence from a session. */
void report_evidence(const struct session *s, double weight_db, bool counted,
                     struct finding_evidence *out);

/* A notice. Texts and pointers are lent. */
struct notice {
    enum finding_type type;
    uint8_t first_session[SESSION_ID_BYTES];
    struct span scope;           /* what the alert id is made of beside type and session */
    const struct device *device; /* NULL when it is about several */
    const char *destination;     /* NULL when it is about all */
    const struct suspicion *suspicion; /* may be NULL */
    const char *app_key; /* both NULL when it is about no app, or with `suspicion` */
    const char *ja4;
    const struct finding_evidence *evidence;
    size_t evidence_count;
    const struct cause_verdict *cause; /* may be NULL */
    const struct streak_sum *sum;      /* may be NULL */
    uint32_t refused, accepted;        /* sessions, where there is no `sum` */
    const struct address *related;     /* devices that are affected */
    size_t related_count;
    const struct finding_interceptor *interceptor; /* may be NULL */
    const struct finding_pin *pin;                 /* may be NULL */
    const uint8_t *superseded_by; /* id of the notice that tells it now, NULL */
    double stage1_db;
    double confidence;
    uint64_t start_ns;
    uint64_t end_ns;
    const char *message;
    const char *reason;
};

/* The id of the alert that a notice makes. */
void report_notice_id(const struct notice *n, uint8_t out[16]);

/* Issue a revision of the notice `id`. */
void report_notice(struct correlator *c, const struct notice *n, const uint8_t id[16],
                   enum finding_state state, uint32_t revision);
