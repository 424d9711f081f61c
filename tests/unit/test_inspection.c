#include "detect/inspection.h"

#include "detect_sample.h"

static struct lab lab;
static struct inspection inspection;
static struct inspection_context context;

#define CONFIGURED                                                                         \
    "inspection:\n"                                                                        \
    "  segments: [10.0.0.0/8, {network: 10.9.0.0/16, trust_model: ios_managed}]\n"         \
    "  bypass: ['*.bank.example']\n"                                                       \
    "  proxies: ['10.0.0.9:3128']\n"

static void begin(const char *yaml, size_t authorities)
{
    static const char *const names[] = {"CN=Inspection", "CN=New inspection"};
    struct inspection_options options = {
        .authority_names = names, .authority_count = authorities, .seed = 1};

    inspection_fini(&inspection);
    lab_close(&lab);
    lab_open_with(&lab, yaml, authorities);
    options.config = &lab.config.inspection;
    options.tuning = &lab.config.rules.tuning;
    inspection_init(&inspection, &options);
}

static struct session at(const char *device, const char *name)
{
    return lab_session(&lab, device, "app", name, 0);
}

static double judge(struct session *s)
{
    inspection_learn(&inspection, s);
    inspection_judge(&inspection, s, &context);
    return s->inspection_probability;
}

/* P from decibans. */
static bool is_db(double probability, double db)
{
    return fabs(probability - 1 / (1 + pow(10, -db / 10))) < 1e-6;
}

static void test_segments(void)
{
    struct session s;

    begin(CONFIGURED, 0);
    s = at("10.1.2.3", "a.example");
    ok(is_db(judge(&s), 10), "a client in a configured segment: +10 dB");
    is_int(s.inspection, INSPECTION_YES, "which is inspected");
    is_int(s.inspection_basis, BASIS_CONFIGURED, "because it is configured so");
    ok(context.segment != NULL, "its segment is known");
    s = at("10.9.2.3", "a.example");
    (void)judge(&s);
    ok(context.segment && context.segment->trust_model == TRUST_MODEL_IOS_MANAGED,
       "the smallest segment that holds it counts");
    s = at("192.168.1.1", "a.example");
    ok(is_db(judge(&s), -20), "elsewhere: -20 dB");
    is_int(s.inspection, INSPECTION_NO, "which is not inspected");
    is_int(s.inspection_basis, BASIS_NONE, "for no reason of its own");
    ok(!context.segment, "it is in no segment");
}

static void test_bypass(void)
{
    struct session s;

    begin(CONFIGURED, 0);
    s = at("10.1.2.3", "api.bank.example");
    ok(is_db(judge(&s), -15), "a destination of the bypass list: -25 dB");
    ok(context.bypassed, "it says so");
    is_int(s.inspection, INSPECTION_NO, "it is not inspected");
    is_int(inspection.stats.bypassed, 1, "and counted");
    s = at("10.1.2.3", "bank.example.evil.example");
    (void)judge(&s);
    ok(!context.bypassed, "a name that only begins like it is not bypassed");
}

static void test_visible_certificate(void)
{
    struct session s;

    begin(CONFIGURED, 1);
    s = at("192.168.1.1", "a.example");
    s.certificates[0] = certificate_ref(&lab_inspection_leaf);
    s.certificate_count = 1;
    ok(is_db(judge(&s), 40), "a certificate of the authority decides, wherever it is seen");
    is_int(s.inspection, INSPECTION_YES, "it is inspected");
    is_int(s.inspection_basis, BASIS_CERTIFICATE, "by certificate");
    is_text(s.inspection_authority, "CN=Inspection", "of that authority");
    s = at("10.1.2.3", "a.example");
    s.certificates[0] = certificate_ref(&lab_private_leaf);
    s.certificate_count = 1;
    ok(is_db(judge(&s), -40), "with an authority configured any other issuer is direct");
    ok(context.other_authority && context.untrusted_upstream,
       "a self-signed one is a private upstream");
}

/* With no authority configured a certificate must show that it is public. */
static void test_unconfigured_authority(void)
{
    struct session s;

    begin(CONFIGURED, 0);
    s = at("10.1.2.3", "a.example");
    s.certificates[0] = certificate_ref(&lab_private_leaf);
    s.certificate_count = 1;
    ok(is_db(judge(&s), 10), "a private issuer may be the box's");
    s.certificates[0] = certificate_ref(&lab_public_leaf);
    ok(is_db(judge(&s), -40), "one with a timestamp of the public logs is direct");
    lab_private_leaf.public_anchor = true;
    s.certificates[0] = certificate_ref(&lab_private_leaf);
    ok(is_db(judge(&s), -40), "so is one that ends in a public authority");
    lab_private_leaf.public_anchor = false;
}

static void test_explicit_proxy(void)
{
    struct session s;

    begin(CONFIGURED, 0);
    s = at("10.1.2.3", "a.example");
    s.is_explicit_proxy = true;
    SAMPLE_TEXT(s.proxy_target, "api.bank.example");
    s.proxy_port = 443;
    (void)judge(&s);
    ok(context.bypassed, "behind a proxy the target is what policy speaks of");
    SAMPLE_TEXT(s.proxy_target, "a.example");
    ok(is_db(judge(&s), 10), "being proxied is no evidence by itself");
    is_int(s.inspection_basis, BASIS_CONNECT_PROXY, "but the basis");
}

static void test_quic(void)
{
    struct session s;

    begin(CONFIGURED, 0);
    s = at("10.1.2.3", "a.example");
    s.protocol = SESSION_QUIC;
    ok(is_db(judge(&s), -20), "a QUIC session: -30 dB");
    is_int(s.inspection_basis, BASIS_QUIC, "by its protocol");
}

/* ---- learned profiles */

static void answer(struct session *s, uint8_t ttl, uint32_t rtt_us, uint16_t verify)
{
    s->syn_ack = (struct session_syn_ack){
        .seen = true, .ttl = ttl, .window = 65160, .mss = 1460, .window_scale = 7};
    s->rtt_us = rtt_us;
    s->flight[0] = (struct session_record){.type = 23, .encrypted = true, .length = 32};
    s->flight[1] = (struct session_record){.type = 23, .encrypted = true, .length = 868};
    s->flight[2] = (struct session_record){.type = 23, .encrypted = true, .length = verify};
    s->flight[3] = (struct session_record){.type = 23, .encrypted = true, .length = 53};
    s->flight_count = 4;
}

static void learn_box(void)
{
    static const char *const names[] = {"a.one", "b.two", "c.three", "d.four"};

    for (size_t i = 0; i < 4; i++) {
        struct session s = at("10.1.2.3", names[i]);

        answer(&s, 64, 3000, 281);
        (void)judge(&s);
    }
}

static void test_profile(void)
{
    struct session s;

    begin(CONFIGURED, 0);
    learn_box();
    s = at("10.1.2.3", "e.five");
    answer(&s, 64, 3000, 281);
    ok(is_db(judge(&s), 40),
       "the box's answer, distance, hello and flight: +44 dB, cut to 40");
    is_int(s.inspection_basis, BASIS_LEARNED_PROFILE, "by learned profile");
    s = at("10.1.2.3", "f.six");
    answer(&s, 55, 60000, 400);
    ok(is_db(judge(&s), 10 - 15 - 10 - 20),
       "another machine, far, with another key: -45 dB");
    s = at("10.1.2.3", "g.seven");
    answer(&s, 64, 3000, 400);
    ok(is_db(judge(&s), 10 - 20), "spliced through the box: its answer says nothing");
    is_int(s.inspection, INSPECTION_NO, "-10 dB are enough to call it direct");
}

static void test_bypass_through_box(void)
{
    struct session s;

    begin(CONFIGURED, 0);
    learn_box();
    s = at("10.1.2.3", "api.bank.example");
    answer(&s, 64, 3000, 281);
    s.flight_count = 0;
    ok(is_db(judge(&s), 10 - 25),
       "where policy bypasses, the box's answer to the SYN says nothing either");
}

/* Nobody configured the place, but the authority was seen there. */
static void test_unconfigured_network(void)
{
    struct session s;

    begin("inspection: {segments: []}\n", 1);
    for (size_t i = 0; i < 3; i++) {
        s = at("172.16.0.1", "a.example");
        answer(&s, 64, 3000, 281);
        s.version = 0x0303;
        s.certificates[0] = certificate_ref(&lab_inspection_leaf);
        s.certificate_count = 1;
        (void)judge(&s);
    }
    s = at("172.16.5.5", "b.example");
    answer(&s, 64, 3000, 281);
    ok(is_db(judge(&s), 12 + 6),
       "the box that showed it inspects this TLS 1.3 session too");
    is_int(s.inspection, INSPECTION_YES, "for sure");
    s = at("172.17.0.1", "b.example");
    answer(&s, 64, 3000, 281);
    ok(is_db(judge(&s), -20), "in another network nothing is known");
}

static void test_no_authority_no_profile(void)
{
    struct session s;

    begin("inspection: {segments: []}\n", 1);
    for (size_t i = 0; i < 10; i++) {
        s = at("172.16.0.1", "a.example");
        answer(&s, 64, 3000, 281);
        (void)judge(&s);
    }
    ok(is_db(judge(&s), -20), "where nothing is configured or seen, no profile counts");
}

/* A gate that is stricter where nobody configured anything opens after 200 sessions. */
static void test_learned_network(void)
{
    struct session s;
    char text[32];

    begin("inspection: {segments: []}\n", 0);
    for (unsigned i = 0; i < 210; i++) {
        (void)snprintf(text, sizeof(text), "www.site%u.example", i % 25);
        s = at("172.16.0.1", text);
        (void)snprintf(text, sizeof(text), "203.%u.113.7", i % 10);
        s.server = sample_address(text);
        answer(&s, 64, 3000, 281);
        (void)judge(&s);
        if (i == 100)
            is_int(s.inspection, INSPECTION_NO, "at first nothing is known of the place");
    }
    ok(fabs(s.inspection_probability - 0.89) < 1e-6,
       "then its box is known, by its answers");
    is_int(s.inspection, INSPECTION_LIKELY, "which make no more than likely");
    is_int(s.inspection_basis, BASIS_LEARNED_PROFILE, "by learned profile");
    s = at("172.16.0.1", "direct.example");
    answer(&s, 55, 60000, 400);
    (void)judge(&s);
    is_int(s.inspection, INSPECTION_NO, "another machine there is direct");
    s = at("172.16.0.1", "spliced.example");
    answer(&s, 64, 3000, 400);
    (void)judge(&s);
    is_int(s.inspection, INSPECTION_NO, "so is what the box lets through");
    s = at("172.17.0.1", "www.site1.example");
    answer(&s, 64, 3000, 281);
    ok(is_db(judge(&s), -20), "in another network nothing is known");
}

/* A box decrypts some destinations and lets others through, and a certificate tells which. */
static void test_policy(void)
{
    struct session s;

    begin(CONFIGURED, 1);
    learn_box();
    s = at("10.1.2.3", "www.spliced.example");
    s.version = 0x0303;
    answer(&s, 64, 3000, 0);
    s.certificates[0] = certificate_ref(&lab_public_leaf);
    s.certificate_count = 1;
    (void)judge(&s);
    s = at("10.1.2.3", "www.spliced.example");
    answer(&s, 64, 3000, 281);
    s.flight_count = 0;
    s.syn_ack.seen = false;
    s.resumed = true;
    ok(is_db(judge(&s), 10 - 15), "a destination that was let through: -15 dB");
    s = at("10.1.2.3", "www.spliced.example");
    s.decided_ns += UINT64_C(90000) * 1000000000;
    s.resumed = true;
    ok(is_db(judge(&s), 10), "for a day");
    s = at("10.1.2.3", "www.decrypted.example");
    s.version = 0x0303;
    answer(&s, 64, 3000, 0);
    s.certificates[0] = certificate_ref(&lab_inspection_leaf);
    s.certificate_count = 1;
    (void)judge(&s);
    s = at("10.1.2.3", "www.decrypted.example");
    s.resumed = true;
    ok(is_db(judge(&s), 10 + 6), "one that was decrypted: +6 dB");
}

/* What follows a session closely is known when it leaves the hold-back. */
static void test_look_ahead(void)
{
    static const char *const names[] = {"a.one", "b.two", "c.three", "d.four"};
    struct session direct;

    begin(CONFIGURED, 0);
    direct = at("10.1.2.3", "e.five");
    answer(&direct, 55, 60000, 400);
    inspection_learn(&inspection, &direct);
    for (size_t i = 0; i < 4; i++) {
        struct session s = at("10.1.2.3", names[i]);

        answer(&s, 64, 3000, 281);
        inspection_learn(&inspection, &s);
    }
    inspection_judge(&inspection, &direct, &context);
    is_int(direct.inspection, INSPECTION_NO, "the first session is judged beside the next");
}

static void test_states(void)
{
    static const struct {
        double probability;
        enum inspection_state state;
    } rows[] = {
        {0.95, INSPECTION_YES}, {0.6, INSPECTION_LIKELY}, {0.3, INSPECTION_UNKNOWN}};

    begin(CONFIGURED, 0);
    for (size_t i = 0; i < 3; i++) {
        double db = -10 * log10(1 / rows[i].probability - 1);
        struct session s = at("10.1.2.3", "a.example");

        lab.config.rules.tuning.evidence_db.segment = db;
        (void)judge(&s);
        is_int(s.inspection, rows[i].state, "P %.2f is state %d", rows[i].probability,
               rows[i].state);
    }
}

int main(void)
{
    lab_open(&lab);
    test_segments();
    test_bypass();
    test_visible_certificate();
    test_unconfigured_authority();
    test_explicit_proxy();
    test_quic();
    test_profile();
    test_bypass_through_box();
    test_unconfigured_network();
    test_no_authority_no_profile();
    test_learned_network();
    test_policy();
    test_look_ahead();
    test_states();
    inspection_fini(&inspection);
    lab_close(&lab);
    return done_testing();
}
