#include "detect/risk.h"

#include <string.h>

#include "detect/popularity.h"
#include "detect_sample.h"

static struct lab lab;
static struct suspicion suspicion;
static struct app app;
static struct destination destination;
static struct risk_facts facts;
static struct risk_verdict verdict;
static char name[SESSION_NAME_MAX];

static void begin(void)
{
    memset(&suspicion, 0, sizeof(suspicion));
    memset(&app, 0, sizeof(app));
    memset(&destination, 0, sizeof(destination));
    (void)snprintf(name, sizeof(name), "api.vendor.example");
    suspicion.destination = name;
    suspicion.server = sample_address("203.0.113.9");
    suspicion.port = 443;
    suspicion.server_name = true;
    SAMPLE_TEXT(suspicion.app_key, "0123456789abcdef");
    SAMPLE_TEXT(suspicion.ja4, "t13d1516h2_8daaf6152771_e5627efa2ab1");
    destination.window = popularity_window(&lab.config.rules.tuning, lab_ns(0));
    app.device_count = 4;
    facts = (struct risk_facts){.suspicion = &suspicion,
                                .app = &app,
                                .destination = &destination,
                                .device_count = 10,
                                .now_ns = lab_ns(0)};
}

static int points(const char *contributor)
{
    for (size_t i = 0; i < verdict.count; i++)
        if (strcmp(verdict.contributors[i].name, contributor) == 0)
            return verdict.contributors[i].points;
    return 0;
}

static int judge(void)
{
    risk_judge(&lab.config.rules, &facts, &verdict);
    return verdict.score;
}

static void test_nothing(void)
{
    begin();
    is_int(judge(), 0, "an ordinary destination of an ordinary app: nothing");
    is_int(verdict.count, 0, "without contributors");
}

static void test_contributors(void)
{
    begin();
    app.device_count = 3;
    is_int(judge(), 10, "an app on three devices");
    is_int(points("rare_app"), 10, "is rare: 10");
    suspicion.server_name = false;
    is_int(judge(), 25, "no server name: 15 more");
    is_int(points("no_server_name"), 15, "listed");
    suspicion.port = 9001;
    is_int(judge(), 35, "a port not usual for TLS: 10 more");
    is_int(points("odd_port"), 10, "listed");
    suspicion.untrusted_upstream = true;
    is_int(judge(), 55, "a private certificate upstream: 20 more");
    is_int(points("private_upstream"), 20, "listed");
    suspicion.direct_elsewhere = true;
    is_int(judge(), 65, "direct by another way: 10 more");
    is_int(points("direct_elsewhere"), 10, "listed");
    is_int(verdict.count, 5, "every contributor is listed");
}

/* Thirteen sessions, so many seconds apart, one of them late by `jitter_s`. */
static void beat(double period_s, double jitter_s)
{
    suspicion.beacon = (struct beacon){.count = 0};
    for (int i = 0; i < 13; i++)
        beacon_add(&suspicion.beacon, &lab.config.rules.tuning.beacon,
                   lab_ns(period_s * i + (i % 2 ? jitter_s : 0) + (i % 3 ? jitter_s : 0)),
                   true);
}

static void test_behaviour(void)
{
    begin();
    beat(300, 0);
    is_int(judge(), 20, "as regular as a clock");
    is_int(points("beacon_strong"), 20, "20");
    beat(300, 50);
    is_int(judge(), 10, "somewhat regular");
    is_int(points("beacon_medium"), 10, "10");
    begin();
    suspicion.shared_key = true;
    is_int(judge(), 10, "a key that serves unrelated addresses: 10");
    suspicion.upload_heavy = true;
    is_int(judge(), 20, "far more sent than received: 10 more");
    facts.unmanaged_app = true;
    is_int(judge(), 35, "an unmanaged app: 15 more");
    facts.edr_trust_custom = true;
    is_int(judge(), 45, "its own certificate check seen on the device: 10 more");
    facts.not_in_use = true;
    is_int(judge(), 65, "nobody uses the device: 20 more");
    is_int(verdict.count, 5, "every contributor is listed");
    suspicion.upload_heavy = false;
    is_int(judge(), 55, "and leaves with its reason");
}

/* ForegroundStateRequired: no: background traffic is nothing special. */
static void test_foreground(void)
{
    struct config config;
    struct err why;

    begin();
    if (config_load_text(&config, "test.yaml",
                         span_of_text("rules: {ForegroundStateRequired: no}\n"), &why) < 0)
        abort();
    facts.not_in_use = true;
    risk_judge(&config.rules, &facts, &verdict);
    is_int(verdict.score, 0, "where background traffic is usual it is no risk");
    config_free(&config);
}

static void test_usual_ports(void)
{
    static const uint16_t ports[] = {443, 8443, 853, 993, 465, 5223, 5228};

    begin();
    for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
        suspicion.port = ports[i];
        is_int(judge(), 0, "port %u is usual", ports[i]);
    }
}

static void test_popularity(void)
{
    begin();
    facts.device_count = 19;
    destination.device_count = 19;
    is_int(judge(), 0, "in a small fleet popularity says nothing");
    facts.device_count = 200;
    destination.device_count = 2;
    is_int(judge(), 15, "used by one in a hundred: rare");
    is_int(points("rare_destination"), 15, "listed");
    destination.device_count = 5;
    is_int(judge(), 0, "in between: nothing");
    destination.device_count = 10;
    is_int(judge(), 0, "used by one in twenty: popular, not below 0");
    is_int(points("popular_destination"), -20, "listed with its points");
}

static void test_allowed(void)
{
    struct config config;
    struct err why;

    begin();
    if (config_load_text(
            &config, "test.yaml",
            span_of_text("rules: {AllowedDestinationList: ['*.vendor.example'], "
                         "AllowedAppList: [0123456789abcdef]}\n"),
            &why) < 0)
        abort();
    app.device_count = 1;
    risk_judge(&config.rules, &facts, &verdict);
    ok(verdict.allowed && !verdict.allowed_app, "a destination on the list");
    is_int(points("allow_listed"), -60, "60 points less");
    is_int(verdict.score, 0, "never below 0");
    (void)snprintf(name, sizeof(name), "api.other.example");
    risk_judge(&config.rules, &facts, &verdict);
    ok(verdict.allowed && verdict.allowed_app, "an app on the list");
    SAMPLE_TEXT(suspicion.app_key, "ffff");
    risk_judge(&config.rules, &facts, &verdict);
    ok(!verdict.allowed, "neither: not allowed");
    config_free(&config);
}

static void test_forgotten(void)
{
    begin();
    facts.app = NULL;
    facts.destination = NULL;
    is_int(judge(), 0, "records that were dropped add nothing");
}

static void test_severity(void)
{
    const struct tuning_severity *s = &lab.config.rules.tuning.severity;

    is_int(risk_severity(s, 0.8, 60, true), 73, "sure and risky: high");
    is_int(risk_severity(s, 0.79, 60, true), 47, "less sure: medium");
    is_int(risk_severity(s, 0.8, 59, true), 47, "sure, some risk: medium");
    is_int(risk_severity(s, 0.8, 30, true), 47, "from 30 points");
    is_int(risk_severity(s, 0.8, 29, true), 21, "below: low");
    is_int(risk_severity(s, 0.5, 60, true), 47, "risky from half sure: medium");
    is_int(risk_severity(s, 0.49, 100, true), 21, "below: low");
    is_int(risk_severity(s, 0.99, 100, false), 21, "without a control never above low");
    is_int(risk_severity_alone(s, 60), 73, "by risk alone: high from 60");
    is_int(risk_severity_alone(s, 30), 47, "medium from 30");
    is_int(risk_severity_alone(s, 29), 21, "else low");
}

int main(void)
{
    lab_open(&lab);
    test_nothing();
    test_contributors();
    test_behaviour();
    test_foreground();
    test_usual_ports();
    test_popularity();
    test_allowed();
    test_forgotten();
    test_severity();
    lab_close(&lab);
    return done_testing();
}
