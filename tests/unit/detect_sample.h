/*
 * A correlator with the built-in rules, and short ways to push sessions of named devices, apps and
 * destinations into it. What it finds is kept, evidence and controls included.
 */
#pragma once

#include <math.h>

#include "config/config.h"
#include "detect/correlate.h"
#include "detect/judge.h"
#include "session_sample.h"

#define LAB_FINDINGS_MAX 64
#define LAB_SESSIONS_MAX 512
#define LAB_START_S 1795232898u
#define LAB_INSPECTED "inspection: {segments: [10.0.0.0/8], trust_model: ios_managed}\n"

struct lab_finding {
    struct finding finding; /* its pointers are those below */
    struct finding_evidence evidence[FINDING_EVIDENCE_MAX];
    struct finding_control controls[FINDING_CONTROLS_MAX];
    struct finding_risk risks[FINDING_RISKS_MAX];
    struct finding_clause clauses[FINDING_CLAUSES_MAX];
    struct address related[16];
    uint64_t emitted_ns; /* packet time of the tick that let it out */
};

struct lab {
    struct config config;
    struct correlator correlator;
    struct lab_finding found[LAB_FINDINGS_MAX];
    size_t count;
    struct session judged[LAB_SESSIONS_MAX]; /* without references */
    size_t judged_count;
    uint32_t pushed;
    uint64_t clock_ns; /* of the latest tick */
};

__attribute__((unused)) static struct certificate lab_public_leaf = {.references = 1,
                                                                     .issuer = "CN=Public",
                                                                     .has_sct = true,
                                                                     .authority = -1,
                                                                     .readable = true};
__attribute__((unused)) static struct certificate lab_private_leaf = {
    .references = 1,
    .subject = "CN=Private",
    .issuer = "CN=Private",
    .self_signed = true,
    .authority = -1,
    .readable = true};
__attribute__((unused)) static struct certificate lab_inspection_leaf = {
    .references = 1, .issuer = "CN=Inspection", .authority = 0, .readable = true};

static inline void lab_on_finding(void *ctx, const struct finding *f)
{
    struct lab *lab = ctx;
    struct lab_finding *found = &lab->found[lab->count];
    size_t related = f->related_count < 16 ? f->related_count : 16;

    if (lab->count == LAB_FINDINGS_MAX)
        abort();
    lab->count++;
    found->finding = *f;
    found->emitted_ns = lab->clock_ns;
    for (size_t i = 0; i < f->evidence_count; i++)
        found->evidence[i] = f->evidence[i];
    for (size_t i = 0; i < f->control_count; i++)
        found->controls[i] = f->controls[i];
    for (size_t i = 0; i < f->risk_count; i++)
        found->risks[i] = f->risks[i];
    for (size_t i = 0; i < f->clause_count; i++)
        found->clauses[i] = f->clauses[i];
    for (size_t i = 0; i < related; i++)
        found->related[i] = f->related[i];
    found->finding.evidence = found->evidence;
    found->finding.controls = found->controls;
    found->finding.risks = found->risks;
    found->finding.clauses = found->clauses;
    found->finding.related = found->related;
}

static inline void lab_on_session(void *ctx, const struct session *s)
{
    struct lab *lab = ctx;

    if (lab->judged_count == LAB_SESSIONS_MAX)
        abort();
    lab->judged[lab->judged_count++] = *s;
}

/* `yaml`: the configuration; two authorities are known by name where `authorities` says so. */
static inline void lab_open_with(struct lab *lab, const char *yaml, size_t authorities)
{
    static const char *const names[] = {"CN=Inspection", "CN=New inspection"};
    struct correlator_options options = {.authority_names = names,
                                         .authority_count = authorities,
                                         .max_devices = 1000,
                                         .max_keys = 10000,
                                         .seed = 1,
                                         .ctx = lab,
                                         .on_session = lab_on_session,
                                         .on_finding = lab_on_finding};
    struct err why;

    memset(lab, 0, sizeof(*lab));
    if (config_load_text(&lab->config, "test.yaml", span_of_text(yaml), &why) < 0) {
        (void)fprintf(stderr, "%s\n", why.text);
        abort();
    }
    options.rules = &lab->config.rules;
    options.inspection = &lab->config.inspection;
    if (correlator_init(&lab->correlator, &options, &why) < 0)
        abort();
}

static inline void lab_open(struct lab *lab)
{
    lab_open_with(lab, LAB_INSPECTED, 0);
}

static inline void lab_close(struct lab *lab)
{
    correlator_fini(&lab->correlator);
    config_free(&lab->config);
}

static inline uint64_t lab_ns(double at_s)
{
    return LAB_START_S * UINT64_C(1000000000) + (uint64_t)(at_s * 1e9 + 0.5);
}

/* An inspected TLS 1.3 session with data, decided 50 ms after it began at `at_s`. */
static inline struct session lab_session(struct lab *lab, const char *device,
                                         const char *app, const char *name, double at_s)
{
    struct session s = {
        .protocol = SESSION_TLS,
        .transport = PACKET_TCP,
        .client = sample_address(device),
        .server = sample_address("203.0.113.9"),
        .client_port = (uint16_t)(40000 + lab->pushed % 20000),
        .server_port = 443,
        .version = 0x0304,
        .cipher = 0x1301,
        .has_server_hello = true,
        .established = true,
        .start_ns = lab_ns(at_s),
        .end_ns = lab_ns(at_s + 0.05),
        .decided_ns = lab_ns(at_s + 0.05),
        .outcome = OUTCOME_ACCEPTED,
        .outcome_raw = OUTCOME_ACCEPTED,
        .syn_ack = {.window_scale = SESSION_NO_WINDOW_SCALE},
    };

    lab->pushed++;
    for (size_t i = 0; i < 4; i++)
        s.id[i] = (uint8_t)(lab->pushed >> (24 - 8 * i));
    SAMPLE_TEXT(s.server_name, name);
    SAMPLE_TEXT(s.app_key, app);
    SAMPLE_TEXT(s.ja4, app);
    SAMPLE_TEXT(s.alpn_offered, "h2\nhttp/1.1\n");
    return s;
}

/* Packet time reaches `at_s`. */
static inline void lab_tick(struct lab *lab, double at_s)
{
    lab->clock_ns = lab_ns(at_s);
    correlator_tick(&lab->correlator, lab->clock_ns);
}

static inline void lab_push(struct lab *lab, const struct session *s)
{
    lab->clock_ns = s->decided_ns;
    correlator_tick(&lab->correlator, s->decided_ns);
    correlator_push(&lab->correlator, s);
}

static inline void lab_end(struct lab *lab)
{
    correlator_drain(&lab->correlator);
}

/* Refused in that shape: S1 to S5. */
static inline void lab_shape(struct session *s, enum outcome_shape shape)
{
    static const enum outcome outcomes[] = {[SHAPE_S1] = OUTCOME_REJECTED_ALERT,
                                            [SHAPE_S2] = OUTCOME_REJECTED_ENCRYPTED_ALERT,
                                            [SHAPE_S3] = OUTCOME_REJECTED_CLOSE,
                                            [SHAPE_S4] = OUTCOME_REJECTED_AFTER_HANDSHAKE,
                                            [SHAPE_S5] = OUTCOME_REJECTED_AFTER_HANDSHAKE};

    s->shape = shape;
    s->outcome = outcomes[shape];
    s->outcome_raw = outcomes[shape];
    s->established = shape >= SHAPE_S4;
    s->close_by = SIDE_CLIENT;
    s->close_how = CLOSE_FIN;
    s->finished_to_close_us = 10000;
}

static inline void lab_accept(struct lab *lab, const char *device, const char *app,
                              const char *name, double at_s)
{
    struct session s = lab_session(lab, device, app, name, at_s);

    lab_push(lab, &s);
}

static inline void lab_refuse(struct lab *lab, const char *device, const char *app,
                              const char *name, double at_s, enum outcome_shape shape)
{
    struct session s = lab_session(lab, device, app, name, at_s);

    lab_shape(&s, shape);
    lab_push(lab, &s);
}

/* A session with data that nobody inspected: another issuer's certificate is seen. */
static inline void lab_direct(struct lab *lab, const char *device, const char *app,
                              const char *name, double at_s)
{
    struct session s = lab_session(lab, device, app, name, at_s);

    s.version = 0x0303;
    s.certificates[0] = certificate_ref(&lab_public_leaf);
    s.certificate_count = 1;
    lab_push(lab, &s);
}

static inline void lab_resume(struct lab *lab, const char *device, const char *app,
                              const char *name, double at_s)
{
    struct session s = lab_session(lab, device, app, name, at_s);

    s.outcome = OUTCOME_RESUMED;
    s.outcome_raw = OUTCOME_RESUMED;
    s.resumed = true;
    lab_push(lab, &s);
}

/* So many refusals, a second apart. */
static inline void lab_refuse_all(struct lab *lab, const char *device, const char *app,
                                  const char *name, double at_s, enum outcome_shape shape,
                                  int n)
{
    for (int i = 0; i < n; i++)
        lab_refuse(lab, device, app, name, at_s + i, shape);
}

/* Revisions of that type so far. */
static inline size_t lab_count(const struct lab *lab, enum finding_type type)
{
    size_t n = 0;

    for (size_t i = 0; i < lab->count; i++)
        n += lab->found[i].finding.type == type;
    return n;
}

/* The latest finding, or that of a type; a program with none has failed already. */
static inline const struct finding *lab_last(const struct lab *lab)
{
    static const struct finding none = {.type = FINDING_TYPE_COUNT};

    return lab->count ? &lab->found[lab->count - 1].finding : &none;
}

/* The first control of that name in a finding, NULL when there is none. */
static inline const struct finding_control *lab_control(const struct finding *f,
                                                        const char *name)
{
    for (size_t i = 0; i < f->control_count; i++)
        if (strcmp(f->controls[i].name, name) == 0)
            return &f->controls[i];
    return NULL;
}

static inline bool lab_near(double got, double wanted)
{
    return fabs(got - wanted) < 0.005;
}
