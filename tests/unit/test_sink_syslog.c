#include "alert/sink_syslog.h"

#include <json-c/json.h>
#include <stdlib.h>

#include "base/log.h"
#include "finding_sample.h"
#include "scratch.h"

static const struct observer observer = {.name = "sensor-a", .version = "1.0.0"};

static struct sink_syslog_options options_for(const char *host)
{
    return (struct sink_syslog_options){.address = "127.0.0.1:514",
                                        .transport = RECEIVER_UDP,
                                        .facility = 16,
                                        .host = host,
                                        .observer = &observer,
                                        .spool_path = scratch("spool"),
                                        .spool_bytes = 1 << 20};
}

static bool opens(struct sink_syslog *s, const char *host)
{
    struct sink_syslog_options options = options_for(host);
    struct err why;

    return ok(sink_syslog_init(s, &options, &why) == 0, "the sink opens");
}

/* The message of a finding; lent until the next call. */
static const char *message_of(const struct sink_syslog *s, const struct finding *f)
{
    static char buffer[SYSLOG_MESSAGE_MAX + 1];
    struct text text = text_in(buffer, sizeof(buffer));

    return sink_syslog_message(s, f, &text) ? buffer : "(does not fit)";
}

/* What a reader like rsyslog's mmjsonparse makes of the message: the object behind the cookie. */
static struct json_object *object_of(const char *message)
{
    const char *cookie = strstr(message, " - @cee: ");

    return cookie ? json_tokener_parse(cookie + strlen(" - @cee: ")) : NULL;
}

static void test_exact(void)
{
    struct sink_syslog s;
    struct finding f;

    if (!opens(&s, "gate.example"))
        return;
    sample_finding(&f);
    is_text(
        message_of(&s, &f),
        "<131>1 2026-11-21T03:48:18.537000Z gate.example pinsight - AN1726 - @cee: "
        "{\"@timestamp\":\"2026-11-21T03:48:18.537000Z\",\"ecs\":{\"version\":\"8.11.0\"},"
        "\"event\":{\"kind\":\"alert\",\"dataset\":\"pinsight.alert\","
        "\"module\":\"pinsight\",\"id\":\"71d4a4c2-679b-5700-9b64-82617ac1655e\","
        "\"category\":[\"network\",\"intrusion_detection\"],\"type\":[\"info\"],"
        "\"action\":\"pinning_suspected\",\"severity\":73,\"risk_score\":65,"
        "\"start\":\"2026-11-21T03:45:01.000000Z\",\"end\":\"2026-11-21T03:48:10.000000Z\","
        "\"reason\":\"4 refusals in 3 episodes within 15 minutes, 12 inspected sessions "
        "accepted to 5 other destinations.\",\"sequence\":2},"
        "\"message\":\"An app on 10.1.2.3 refuses inspection at api.example.com while it "
        "accepts it elsewhere: it most likely pins its own certificate.\","
        "\"observer\":{\"type\":\"ids\",\"vendor\":\"pinsight\",\"product\":\"pinsight\","
        "\"name\":\"sensor-a\",\"version\":\"1.0.0\"},\"rule\":{\"id\":\"AN1726\","
        "\"name\":\"Detection of SSL Pinning on "
        "iOS\",\"ruleset\":\"DET0646\",\"version\":\"1.1\"},"
        "\"threat\":{\"framework\":\"MITRE ATT&CK\",\"tactic\":{\"id\":[\"TA0037\"],"
        "\"name\":[\"Command and Control\"]},\"technique\":{\"id\":[\"T1521\"],"
        "\"name\":[\"Encrypted Channel\"],\"subtechnique\":{\"id\":[\"T1521.003\"],"
        "\"name\":[\"SSL Pinning\"]}}},\"source\":{\"ip\":\"10.1.2.3\","
        "\"mac\":\"00-00-5E-00-53-23\"},\"host\":{\"os\":{\"type\":\"ios\"}},"
        "\"destination\":{\"domain\":\"api.example.com\",\"ip\":\"203.0.113.9\","
        "\"port\":443},\"related\":{\"ip\":[\"10.1.2.3\",\"2001:db8::7\",\"203.0.113.9\"],"
        "\"hosts\":[\"api.example.com\"]},"
        "\"pinsight\":{\"alert_id\":\"22222222-2222-2222-2222-222222222222\","
        "\"revision\":2,\"type\":\"pinning_suspected\",\"state\":\"updated\","
        "\"confidence\":0.923,\"hypotheses\":{\"app_pins\":0.930,"
        "\"app_ca_untrusted\":0.040,\"device_not_onboarded\":0.020,"
        "\"site_or_inspector_fault\":0.010},\"counts\":{\"refused\":4,\"episodes\":3,"
        "\"accepted\":12,\"direct\":1,\"resumed\":0,\"quic\":2,\"devices\":1},"
        "\"app\":{\"key\":\"0123456789abcdef\",\"shared\":true},"
        "\"ja4\":\"t13d1516h2_8daaf6152771_e5627efa2ab1\","
        "\"platform\":{\"name\":\"ios\",\"basis\":\"contacts Apple's push service\"},"
        "\"authority\":\"Corp Inspection CA\",\"bypass_actor\":\"client_or_unknown\","
        "\"informational\":false,\"compact\":true}}",
        "an alert is one RFC 5424 message without its evidence");
    sink_syslog_fini(&s);
    sink_syslog_fini(&s);
}

static void test_severities(void)
{
    static const struct {
        int severity;
        const char *priority;
    } rows[] = {
        {99, "<130>1 "}, {73, "<131>1 "}, {47, "<132>1 "}, {21, "<133>1 "}, {1, "<134>1 "}};
    struct sink_syslog s;
    struct finding f;

    if (!opens(&s, "h"))
        return;
    sample_finding(&f);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        f.severity = rows[i].severity;
        ok(strncmp(message_of(&s, &f), rows[i].priority, 7) == 0, "%d is %s", f.severity,
           rows[i].priority);
    }
    sink_syslog_fini(&s);
}

static void test_notice_of_many(void)
{
    static struct address devices[FINDING_RELATED_MAX];
    struct json_object *event, *related, *ips;
    struct sink_syslog s;
    struct finding f;
    const char *message;

    if (!opens(&s, "h"))
        return;
    for (size_t i = 0; i < FINDING_RELATED_MAX; i++)
        devices[i] = sample_address("2001:db8:1111:2222:3333:4444:5555:6666");
    sample_notice(&f, devices, FINDING_RELATED_MAX);
    message = message_of(&s, &f);
    ok(strstr(message, " PINSIGHT-MTLS-REQUIRED - @cee: "),
       "a notice is named by its rule");
    event = object_of(message);
    ok(event && json_object_object_get_ex(event, "related", &related) &&
           json_object_object_get_ex(related, "ip", &ips) &&
           json_object_array_length(ips) == 16,
       "of a thousand devices it lists the first");
    ok(!json_object_object_get_ex(event, "threat", NULL), "it has no threat");
    json_object_put(event);
    sink_syslog_fini(&s);
}

/* The longest texts with the characters that grow most. */
static void test_bound(void)
{
    static struct address devices[FINDING_RELATED_MAX];
    struct json_object *event;
    struct sink_syslog s;
    struct finding f;
    const char *message;

    if (!opens(&s, "h"))
        return;
    sample_finding(&f);
    for (size_t i = 0; i < FINDING_RELATED_MAX; i++)
        devices[i] = sample_address("2001:db8:1111:2222:3333:4444:5555:6666");
    f.related = devices;
    f.related_count = FINDING_RELATED_MAX;
    memset(f.destination, '"', sizeof(f.destination) - 1);
    memset(f.authority, '\\', sizeof(f.authority) - 1);
    memset(f.message, '"', sizeof(f.message) - 1);
    memset(f.reason, '\\', sizeof(f.reason) - 1);
    memset(f.allowed_by, '"', sizeof(f.allowed_by) - 1);
    message = message_of(&s, &f);
    ok(strlen(message) < SYSLOG_MESSAGE_MAX && strlen(message) > 5000,
       "the longest alert fits");
    event = object_of(message);
    ok(event && json_object_object_get_ex(event, "message", NULL), "whole");
    json_object_put(event);
    memset(f.message, 1, sizeof(f.message) - 1);
    memset(f.reason, 2, sizeof(f.reason) - 1);
    message = message_of(&s, &f);
    event = object_of(message);
    ok(strlen(message) < SYSLOG_MESSAGE_MAX && event &&
           !json_object_object_get_ex(event, "message", NULL),
       "one that cannot fit goes without its texts");
    json_object_put(event);
    sink_syslog_fini(&s);
}

static void test_host(void)
{
    static const struct {
        const char *host, *want;
    } rows[] = {{"a b\tc\xc3\xa9", " a_b_c__ pinsight "}, {"", " - pinsight "}};
    struct sink_syslog s;
    struct finding f;
    char name[300];

    sample_finding(&f);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (!opens(&s, rows[i].host))
            return;
        ok(strstr(message_of(&s, &f), rows[i].want), "the host is %s", rows[i].want);
        sink_syslog_fini(&s);
    }
    memset(name, 'h', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    if (opens(&s, name))
        is_int(strlen(s.host), 255, "a long one is cut");
    sink_syslog_fini(&s);
    if (opens(&s, NULL))
        ok(strlen(s.host) > 0 && !strchr(s.host, ' '),
           "without one it is that of the machine");
    sink_syslog_fini(&s);
}

static void test_tls_files(void)
{
    struct sink_syslog_options options = options_for("h");
    struct sink_syslog s;
    struct err why;

    options.transport = RECEIVER_TLS;
    options.trust.authorities = "/no/such.pem";
    ok(sink_syslog_init(&s, &options, &why) < 0,
       "authorities that cannot be read are refused");
    ok(strncmp(why.text, "output.syslog: /no/such.pem: ", 29) == 0, "by name: %s",
       why.text);
    options.trust = (struct tls_trust_options){.certificate = "/no/own.pem"};
    ok(sink_syslog_init(&s, &options, &why) < 0, "so is our own certificate");
    ok(strncmp(why.text, "output.syslog: /no/own.pem: ", 28) == 0, "by name: %s", why.text);
}

int main(void)
{
    log_set_level(LOG_LEVEL_ERROR);
    scratch_begin();
    test_exact();
    test_severities();
    test_notice_of_many();
    test_bound();
    test_host();
    test_tls_files();
    return done_testing();
}
