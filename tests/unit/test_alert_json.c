#include "alert/alert_json.h"

#include "finding_sample.h"

static const struct observer observer = {.name = "sensor-a", .version = "1.0.0"};

struct fixture {
    struct json_out out;
    char buffer[262144];
    char line[131073];
};

static void keep(void *ctx, struct span lines)
{
    struct fixture *f = ctx;

    if (lines.len < sizeof(f->line)) {
        memcpy(f->line, lines.data, lines.len);
        f->line[lines.len] = '\0';
    }
}

static const char *written(struct fixture *f, const struct finding *finding)
{
    f->line[0] = '\0';
    json_out_init(&f->out, f->buffer, sizeof(f->buffer), keep, f);
    (void)alert_json_write(finding, &observer, &f->out);
    json_out_flush(&f->out);
    return f->line;
}

static void test_detection(struct fixture *f)
{
    struct finding finding;

    sample_finding(&finding);
    is_text(
        written(f, &finding),
        "{\"@timestamp\":\"2026-11-21T03:48:18.537000Z\","
        "\"ecs\":{\"version\":\"8.11.0\"},\"event\":{\"kind\":\"alert\","
        "\"dataset\":\"pinsight.alert\",\"module\":\"pinsight\","
        "\"id\":\"71d4a4c2-679b-5700-9b64-82617ac1655e\",\"category\":[\"network\","
        "\"intrusion_detection\"],\"type\":[\"info\"],"
        "\"action\":\"pinning_suspected\",\"severity\":73,\"risk_score\":65,"
        "\"start\":\"2026-11-21T03:45:01.000000Z\","
        "\"end\":\"2026-11-21T03:48:10.000000Z\","
        "\"reason\":\"4 refusals in 3 episodes within 15 minutes,"
        " 12 inspected sessions accepted to 5 other destinations.\",\"sequence\":2},"
        "\"message\":\"An app on 10.1.2.3 refuses inspection at api.example.com while it "
        "accepts it elsewhere: it most likely pins its own certificate.\","
        "\"observer\":{\"type\":\"ids\",\"vendor\":\"pinsight\","
        "\"product\":\"pinsight\",\"name\":\"sensor-a\",\"version\":\"1.0.0\"},"
        "\"rule\":{\"id\":\"AN1726\",\"name\":\"Detection of SSL Pinning on iOS\","
        "\"ruleset\":\"DET0646\",\"version\":\"1.1\"},"
        "\"threat\":{\"framework\":\"MITRE ATT&CK\",\"tactic\":{\"id\":[\"TA0037\"],"
        "\"name\":[\"Command and Control\"]},\"technique\":{\"id\":[\"T1521\"],"
        "\"name\":[\"Encrypted Channel\"],\"subtechnique\":{\"id\":[\"T1521.003\"],"
        "\"name\":[\"SSL Pinning\"]}}},\"source\":{\"ip\":\"10.1.2.3\","
        "\"mac\":\"00-00-5E-00-53-23\"},\"host\":{\"os\":{\"type\":\"ios\"}},"
        "\"destination\":{\"domain\":\"api.example.com\",\"ip\":\"203.0.113.9\","
        "\"port\":443},"
        "\"network\":{\"community_id\":[\"1:LQU9qZlK+B5F3KDmev6m5PMibrg=\","
        "\"1:d/FP5EW3wiY1vCndhwleRRKHowQ=\"]},\"related\":{\"ip\":[\"10.1.2.3\","
        "\"2001:db8::7\",\"203.0.113.9\"],\"hosts\":[\"api.example.com\"]},"
        "\"pinsight\":{\"alert_id\":\"22222222-2222-2222-2222-222222222222\","
        "\"revision\":2,\"type\":\"pinning_suspected\",\"state\":\"updated\","
        "\"confidence\":0.923,\"hypotheses\":{\"app_pins\":0.930,"
        "\"app_ca_untrusted\":0.040,\"device_not_onboarded\":0.020,"
        "\"site_or_inspector_fault\":0.010},\"stage1_db\":14.50,"
        "\"risk\":{\"score\":65,\"contributors\":[{\"name\":\"rare_destination\","
        "\"points\":15},{\"name\":\"allowed_parent\",\"points\":-60}]},"
        "\"clauses\":[{\"id\":\"AN1726.NSM:Inspection\",\"state\":\"met\"},"
        "{\"id\":\"AN1726.MobileEDR:telemetry\",\"state\":\"no_data\"}],"
        "\"counts\":{\"refused\":4,\"episodes\":3,\"accepted\":12,\"direct\":1,"
        "\"resumed\":0,\"quic\":2,\"devices\":1},\"evidence\":[{\"kind\":\"session\","
        "\"session_id\":\"01000000-0000-0000-0000-000000000000\","
        "\"community_id\":\"1:LQU9qZlK+B5F3KDmev6m5PMibrg=\","
        "\"time\":\"2026-11-21T03:45:01.000000Z\",\"outcome\":\"rejected_alert\","
        "\"shape\":\"S1\",\"inspection\":{\"state\":\"yes\",\"probability\":1.0000,"
        "\"basis\":\"certificate\"},\"weight_db\":22.00,\"counted\":true},"
        "{\"kind\":\"session\","
        "\"session_id\":\"02000000-0000-0000-0000-000000000000\","
        "\"community_id\":\"1:LQU9qZlK+B5F3KDmev6m5PMibrg=\","
        "\"time\":\"2026-11-21T03:45:01.050000Z\","
        "\"outcome\":\"rejected_after_handshake\",\"shape\":\"S4\","
        "\"inspection\":{\"state\":\"likely\",\"probability\":0.7654,"
        "\"basis\":\"learned-profile\"},\"weight_db\":0.00,\"counted\":false},"
        "{\"kind\":\"session\","
        "\"session_id\":\"03000000-0000-0000-0000-000000000000\","
        "\"community_id\":\"1:d/FP5EW3wiY1vCndhwleRRKHowQ=\","
        "\"time\":\"2026-11-21T03:48:10.000000Z\",\"outcome\":\"accepted\","
        "\"inspection\":{\"state\":\"no\",\"probability\":0.0100},\"weight_db\":0.00,"
        "\"counted\":true},{\"kind\":\"control\",\"name\":\"contrast\","
        "\"fact\":\"the device completed 12 inspected sessions to 5 other destinations\","
        "\"weight_db\":10.00},{\"kind\":\"control\",\"name\":\"dev_accepts\","
        "\"fact\":\"the device accepted inspection of other destinations\","
        "\"likelihood\":{\"app_pins\":0.950,\"app_ca_untrusted\":0.950,"
        "\"device_not_onboarded\":0.020,\"site_or_inspector_fault\":0.950}}],"
        "\"app\":{\"key\":\"0123456789abcdef\",\"shared\":true},"
        "\"ja4\":\"t13d1516h2_8daaf6152771_e5627efa2ab1\","
        "\"platform\":{\"name\":\"ios\",\"basis\":\"contacts Apple's push service\"},"
        "\"authority\":\"Corp Inspection CA\",\"bypass_actor\":\"client_or_unknown\","
        "\"device\":{\"basis\":\"mac\",\"random_mac\":true,\"translated\":false,"
        "\"other_ips\":[\"2001:db8::7\"]},\"device_ambiguous\":true,\"informational\":"
        "false}}\n",
        "every key of a detection has its place");
}

static void test_notice(struct fixture *f)
{
    struct address devices[2];
    struct finding finding;

    devices[0] = sample_address("192.0.2.1");
    devices[1] = sample_address("2001:db8::1");
    sample_notice(&finding, devices, 2);
    is_text(written(f, &finding),
            "{\"@timestamp\":\"2026-11-21T03:48:18.537000Z\","
            "\"ecs\":{\"version\":\"8.11.0\"},\"event\":{\"kind\":\"alert\","
            "\"dataset\":\"pinsight.alert\",\"module\":\"pinsight\","
            "\"id\":\"c3dbd20d-d426-56a2-9210-66d0869c6eb3\",\"category\":[\"network\","
            "\"intrusion_detection\"],\"type\":[\"info\"],\"action\":\"mtls_required\","
            "\"severity\":21,\"risk_score\":0,\"start\":\"2026-11-21T03:45:01.000000Z\","
            "\"end\":\"2026-11-21T03:48:10.000000Z\",\"sequence\":1},"
            "\"message\":\"bank.example asks for a client certificate.\","
            "\"observer\":{\"type\":\"ids\",\"vendor\":\"pinsight\","
            "\"product\":\"pinsight\",\"name\":\"sensor-a\",\"version\":\"1.0.0\"},"
            "\"rule\":{\"id\":\"PINSIGHT-MTLS-REQUIRED\","
            "\"name\":\"Destination requires client certificates\","
            "\"ruleset\":\"DET0646\",\"version\":\"1.0\"},"
            "\"destination\":{\"domain\":\"bank.example\"},"
            "\"related\":{\"ip\":[\"192.0.2.1\",\"2001:db8::1\"],"
            "\"hosts\":[\"bank.example\"]},"
            "\"pinsight\":{\"alert_id\":\"00000000-0000-0000-0000-000000000000\","
            "\"revision\":1,\"type\":\"mtls_required\",\"state\":\"open\","
            "\"confidence\":0.000,\"stage1_db\":0.00,\"risk\":{\"score\":0,"
            "\"contributors\":[]},\"clauses\":[],\"counts\":{\"refused\":0,"
            "\"episodes\":0,\"accepted\":0,\"direct\":0,\"resumed\":0,\"quic\":0,"
            "\"devices\":2},\"evidence\":[],\"informational\":false}}\n",
            "a notice has no threat, no source and its devices");
}

static void test_ids(struct fixture *f)
{
    char first[131073];
    struct finding finding;

    sample_finding(&finding);
    memcpy(first, written(f, &finding), sizeof(first));
    is_text(written(f, &finding), first, "the same revision gives the same bytes");
    finding.revision++;
    ok(strncmp(written(f, &finding), first, strlen(first)) != 0 &&
           strstr(first, "\"id\":\"") && strstr(f->line, "\"id\":\"") &&
           strncmp(strstr(first, "\"id\":\""), strstr(f->line, "\"id\":\""), 42) != 0,
       "another revision has another id");
}

static void test_device_is_listed_once(struct fixture *f)
{
    struct address devices[2];
    struct finding finding;

    sample_finding(&finding);
    devices[0] = sample_address("192.0.2.1");
    devices[1] = finding.device;
    finding.related = devices;
    finding.related_count = 2;
    ok(strstr(written(f, &finding),
              "\"related\":{\"ip\":[\"192.0.2.1\",\"10.1.2.3\","
              "\"2001:db8::7\",\"203.0.113.9\"],\"hosts\":[\"api.example.com\"]}") != NULL,
       "a device that is among the related ones stands there once");
}

static void test_numbers_are_fixed(struct fixture *f)
{
    struct finding finding;

    sample_finding(&finding);
    finding.confidence = 1.0 / 3;
    finding.hypotheses[0] = 2.0 / 3;
    finding.stage1_db = -0.001;
    ok(strstr(written(f, &finding),
              "\"confidence\":0.333,\"hypotheses\":{\"app_pins\":0.667,") != NULL,
       "shares have three digits");
    ok(strstr(f->line, "\"stage1_db\":0.00,") != NULL, "and there is no minus zero");
}

/* The most that a finding can hold. */
static void test_largest(struct fixture *f)
{
    static struct finding_evidence evidence[FINDING_EVIDENCE_MAX];
    static struct finding_control controls[FINDING_CONTROLS_MAX];
    static struct address related[FINDING_RELATED_MAX];
    struct finding finding;

    sample_finding(&finding);
    for (size_t i = 0; i < FINDING_EVIDENCE_MAX; i++) {
        evidence[i] = sample_evidence[1];
        evidence[i].community_id[3] = (char)('A' + i);
    }
    for (size_t i = 0; i < FINDING_CONTROLS_MAX; i++) {
        controls[i] = sample_controls[1];
        memset(controls[i].fact, 0xff, sizeof(controls[i].fact) - 1);
    }
    for (size_t i = 0; i < FINDING_RELATED_MAX; i++)
        memset(related[i].bytes, 0xab, sizeof(related[i].bytes));
    finding.evidence = evidence;
    finding.evidence_count = FINDING_EVIDENCE_MAX;
    finding.controls = controls;
    finding.control_count = FINDING_CONTROLS_MAX;
    finding.related = related;
    finding.related_count = FINDING_RELATED_MAX;
    memset(finding.destination, 0xff, sizeof(finding.destination) - 1);
    memset(finding.message, 0xff, sizeof(finding.message) - 1);
    memset(finding.reason, 0xff, sizeof(finding.reason) - 1);
    (void)written(f, &finding);
    is_int(f->out.dropped, 0, "the largest alert fits into a line");
    ok(strlen(f->line) > 60000, "and it is large: %zu bytes", strlen(f->line));
}

static void test_every_type(struct fixture *f)
{
    struct finding finding;

    sample_finding(&finding);
    finding.analytic = NULL;
    for (int type = 0; type < FINDING_TYPE_COUNT; type++) {
        bool detection = type < FINDING_DETECTIONS_END;

        finding.type = (enum finding_type)type;
        (void)written(f, &finding);
        ok((strstr(f->line, "\"threat\":{\"framework\":\"MITRE ATT&CK\"") != NULL) ==
                   detection &&
               strstr(f->line, detection ? "\"rule\":{\"id\":\"AN1725\",\"name\":\""
                                         : "\"rule\":{\"id\":\"PINSIGHT-") != NULL,
           "%s has its rule", finding_type_name(finding.type));
    }
}

int main(void)
{
    static struct fixture f;

    test_detection(&f);
    test_notice(&f);
    test_ids(&f);
    test_device_is_listed_once(&f);
    test_numbers_are_fixed(&f);
    test_largest(&f);
    test_every_type(&f);
    return done_testing();
}
