#include "detect/join.h"

#include "context_sample.h"
#include "detect_sample.h"

#define PHONE "10.0.0.1"
#define APP "com.example.bank"
#define PLAIN "inspection: {segments: [10.0.0.0/8]}\n"

static struct lab lab;
static struct context *context;
static struct feed_sample feed;

/* What was found, as texts that outlive the callback. */
static struct {
    struct lab_finding copy;
    char package[64], package_source[32], version[16], id[32], user[32];
    char facts[FINDING_CONTEXT_MAX][CONTEXT_WORDS_MAX];
    bool used[FINDING_CONTEXT_MAX];
    size_t context_count;
    size_t findings;
    uint8_t first_id[16];
} told;

static void keep(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text ? text : "-");
}

static void on_finding(void *ctx, const struct finding *f)
{
    (void)ctx;
    lab.count = 0;
    lab_on_finding(&lab, f);
    told.copy = lab.found[0];
    if (told.findings++ == 0)
        memcpy(told.first_id, f->alert_id, sizeof(told.first_id));
    keep(told.package, sizeof(told.package), f->package ? f->package->id : NULL);
    keep(told.package_source, sizeof(told.package_source),
         f->package ? f->package->source : NULL);
    keep(told.version, sizeof(told.version), f->package ? f->package->version : NULL);
    keep(told.id, sizeof(told.id), f->identity ? f->identity->id : NULL);
    keep(told.user, sizeof(told.user), f->identity ? f->identity->user : NULL);
    told.context_count = f->context_count;
    for (size_t i = 0; i < f->context_count; i++) {
        keep(told.facts[i], sizeof(told.facts[i]), f->context[i].fact);
        told.used[i] = f->context[i].used;
    }
}

static void begin_with(const char *yaml, const char *feed_text)
{
    context_free(context);
    lab_close(&lab);
    memset(&told, 0, sizeof(told));
    lab_open_with(&lab, yaml, 0);
    feed_write(&feed, "feed.ndjson", feed_text);
    feed.config.format = CONTEXT_FORMAT_NDJSON;
    context = feed_open_all(&feed.config, 1);
    lab.correlator.options.context = context;
    lab.correlator.options.on_finding = on_finding;
    lab.correlator.reviewed = context_sequence(context);
}

static void begin(const char *feed_text)
{
    begin_with(PLAIN, feed_text);
}

/* A record of that kind and second; LAB_START_S is 2026-11-21T03:48:18. */
#define AT(second) "{\"ts\":\"2026-11-21T03:48:" second "Z\","
#define OF_PHONE "\"device\":{\"ip\":\"" PHONE "\"}"
#define OF_APP "\"app\":{\"id\":\"" APP "\"}"
#define CONNECTS(second, app)                                                              \
    AT(second)                                                                             \
    "\"kind\":\"app_net\"," OF_PHONE ",\"app\":{\"id\":\"" app "\"},\"net\":{\"dst_ip\":"  \
    "\"203.0.113.9\",\"dst_port\":443}}\n"
#define TRUSTS(second)                                                                     \
    AT(second)                                                                             \
    "\"kind\":\"edr\",\"source\":\"agent\"," OF_PHONE "," OF_APP                           \
    ",\"edr\":{\"custom_trust\":true,\"method\":\"TrustManager\"}}\n"
#define LEASE                                                                              \
    AT("00")                                                                               \
    "\"kind\":\"lease\",\"device\":{\"ip\":\"" PHONE "\",\"mac\":\"02:00:00:00:00:05\"}}"  \
    "\n"
#define INVENTORY                                                                          \
    AT("00")                                                                               \
    "\"kind\":\"inventory\",\"device\":{\"id\":\"dev-7\",\"mac\":\"020000000005\","        \
    "\"user\":\"alice\",\"os\":\"android\"}}\n"

/* Refused three times from second 10 on, while another destination is accepted. */
static void refuse(void)
{
    lab_accept(&lab, PHONE, "web", "a.example", 9);
    lab_refuse(&lab, PHONE, "app", "x.example", 10, SHAPE_S1);
    lab_accept(&lab, PHONE, "web", "a.example", 10.5);
    lab_refuse(&lab, PHONE, "app", "x.example", 11, SHAPE_S1);
    lab_refuse(&lab, PHONE, "app", "x.example", 12, SHAPE_S1);
    lab_tick(&lab, 30);
}

static const char *clause(const char *id)
{
    for (size_t i = 0; i < told.copy.finding.clause_count; i++)
        if (strcmp(told.copy.clauses[i].id, id) == 0)
            return told.copy.clauses[i].state;
    return "absent";
}

static bool has_risk(const char *name)
{
    for (size_t i = 0; i < told.copy.finding.risk_count; i++)
        if (strcmp(told.copy.risks[i].name, name) == 0)
            return true;
    return false;
}

static bool has_fact(const char *words, bool used)
{
    for (size_t i = 0; i < told.context_count; i++)
        if (strstr(told.facts[i], words) && told.used[i] == used)
            return true;
    return false;
}

static void test_nothing(void)
{
    begin("");
    refuse();
    is_int(told.findings, 1, "an alert without any feed");
    is_int(told.context_count, 0, "has no context");
    is_text(told.package, "-", "and names no app");
    is_text(clause("AN1725.NSM:Inspection"), "met", "what the network shows is met");
    is_text(clause("AN1725.MobileEDR:telemetry.DC0021"), "no_data", "of the rest");
    is_text(clause("AN1725.MobileEDR:telemetry.DC0123"), "no_data", "nobody");
    is_text(clause("AN1725.android:MDMLog"), "no_data", "has data");
    is_text(clause("AN1726.iOS:MDMLog"), "no_data", "on either platform");
    is_int(told.copy.finding.clause_count, 9, "all clauses of both analytics are there");
}

static void test_device(void)
{
    begin(LEASE INVENTORY);
    refuse();
    is_text(told.id, "dev-7", "the lease leads to the inventory");
    is_text(told.user, "alice", "and to the user");
    is_text(told.copy.finding.platform, "android", "and to the platform");
    is_text(told.copy.finding.platform_basis, "inventory", "with its basis");
    is_text(clause("AN1726.NSM:Inspection"), "not_met",
            "the other platform's clauses are not met");
    is_int(told.context_count, 2, "both records are named");
}

static void test_app(void)
{
    begin(CONNECTS("28", APP) CONNECTS("29", APP) CONNECTS("30", "com.example.other"));
    refuse();
    is_text(told.package, APP, "the app that connected most often at those times");
    is_text(told.package_source, "connect_event", "and how it is known");
    ok(has_fact(APP " connected", true), "its record is used");
    ok(has_fact("com.example.other connected", false), "the other app's is outranked");
    begin(CONNECTS("10",
                   APP) "{\"ts\":\"2026-11-21T02:00:00Z\",\"kind\":\"app_net\"," OF_PHONE
                        "," OF_APP ",\"net\":{\"host\":\"x.example\"}}\n");
    refuse();
    is_text(told.package, APP, "half a minute apart is near enough");
    begin("{\"ts\":\"2026-11-21T02:00:00Z\",\"kind\":\"app_net\"," OF_PHONE "," OF_APP
          ",\"net\":{\"host\":\"x.example\"}}\n");
    refuse();
    is_text(told.package, "-", "two hours apart is not");
    begin("{\"ts\":\"2026-11-20T02:00:00Z\",\"valid_until\":\"2026-11-22T02:00:00Z\","
          "\"kind\":"
          "\"app_net\"," OF_APP ",\"net\":{\"host\":\"x.example\"}}\n");
    refuse();
    is_text(told.package_source, "privacy_report",
            "a report of the whole time that names no device will do where none is better");
}

static void test_trust(void)
{
    begin(TRUSTS("27"));
    refuse();
    ok(lab_control(&told.copy.finding, "edr_trust_custom") != NULL,
       "an agent's word is an observation of the second stage");
    ok(has_risk("edr_trust_custom"), "and a risk");
    is_text(clause("AN1725.MobileEDR:telemetry.DC0021"), "met", "and meets its clause");
    is_text(told.package, APP, "and names the app");
    begin("{\"ts\":\"2026-11-21T03:40:00Z\",\"kind\":\"edr\"," OF_PHONE "," OF_APP
          ",\"edr\":{\"custom_trust\":true}}\n");
    refuse();
    ok(!lab_control(&told.copy.finding, "edr_trust_custom"),
       "eight minutes ago is too long");
    is_text(clause("AN1725.MobileEDR:telemetry.DC0021"), "not_met",
            "but shows that the agent looks");
}

#define STATE(state)                                                                       \
    CONNECTS("28", APP)                                                                    \
    AT("20") "\"kind\":\"app_state\"," OF_PHONE "," OF_APP ",\"state\":{" state "}}\n"

static void test_use(void)
{
    begin(STATE("\"foreground\":false"));
    refuse();
    ok(has_risk("not_in_use"), "an app in the background is a risk");
    is_text(clause("AN1725.MobileEDR:telemetry.DC0123"), "not_met",
            "it customised no trust, so that clause is not met");
    begin(STATE("\"foreground\":true"));
    refuse();
    ok(!has_risk("not_in_use"), "one in the foreground is none");
    begin(STATE("\"foreground\":true,\"locked\":true"));
    refuse();
    ok(has_risk("not_in_use"), "a locked device is");
    begin(STATE("\"foreground\":false") TRUSTS("27"));
    refuse();
    is_text(clause("AN1725.MobileEDR:telemetry.DC0123"), "met",
            "both together meet the clause");
    begin_with(PLAIN "rules: {ForegroundStateRequired: false}\n",
               STATE("\"foreground\":false"));
    refuse();
    ok(!has_risk("not_in_use"), "ForegroundStateRequired switches it off");
}

#define INSTALLED(rest)                                                                    \
    CONNECTS("28", APP)                                                                    \
    AT("00")                                                                               \
    "\"kind\":\"app\"," OF_PHONE ",\"app\":{\"id\":\"" APP "\",\"version\":\"5.1\"" rest   \
    "}}\n"

static void test_management(void)
{
    begin(INSTALLED(",\"managed\":false"));
    refuse();
    is_text(told.version, "5.1", "the inventory knows the version");
    ok(has_risk("unmanaged_app"), "an unmanaged app is a risk");
    is_text(clause("AN1725.android:MDMLog"), "not_met",
            "the clause asks for a managed one");
    begin(INSTALLED(",\"managed\":true,\"declares_pinning\":false"));
    refuse();
    ok(!has_risk("unmanaged_app"), "a managed one is none");
    is_text(clause("AN1725.android:MDMLog"), "met", "managed and undeclared meets it");
    begin(INSTALLED(
        ",\"managed\":true,\"category\":\"game\",\"expected_category\":\"finance\""));
    refuse();
    ok(has_risk("unmanaged_app"), "so is one of another category than expected");
    begin_with(PLAIN "rules: {AllowedAppList: [" APP "]}\n", CONNECTS("28", APP));
    refuse();
    ok(told.copy.finding.informational, "AllowedAppList takes the app's name");
}

#define REJECTED(second)                                                                   \
    AT(second)                                                                             \
    "\"kind\":\"proxy\"," OF_PHONE ",\"net\":{\"host\":\"x.example\"},\"proxy\":"          \
    "{\"verdict\":\"client_rejected\",\"error\":\"unknown ca\"}}\n"

static void test_proxy(void)
{
    const struct finding_control *control;

    begin_with("", REJECTED("28") REJECTED("29") REJECTED("30")
                       AT("27") "\"kind\":\"proxy\"," OF_PHONE
                                ",\"net\":{\"host\":\"a.example\"},"
                                "\"proxy\":{\"verdict\":\"accepted\"}}\n");
    refuse();
    is_int(told.findings, 1,
           "where nothing is configured, the proxy's log shows inspection");
    control = lab_control(&told.copy.finding, "proxy_log");
    ok(control && strstr(control->fact, "confirms 3 of the refusals: unknown ca"),
       "and confirms the refusals");
    is_int(told.copy.evidence[0].inspection, INSPECTION_YES, "the sessions were inspected");
    begin(REJECTED("28"));
    lab_accept(&lab, PHONE, "web", "a.example", 9);
    lab_refuse(&lab, PHONE, "app", "x.example", 10, SHAPE_S3);
    lab_accept(&lab, PHONE, "web", "a.example", 10.5);
    lab_refuse(&lab, PHONE, "app", "x.example", 11, SHAPE_S3);
    lab_refuse(&lab, PHONE, "app", "x.example", 12, SHAPE_S3);
    lab_tick(&lab, 30);
    is_int(told.findings, 1,
           "a bare close whose alert the proxy read counts as that alert");
    begin("");
    lab_accept(&lab, PHONE, "web", "a.example", 9);
    lab_refuse(&lab, PHONE, "app", "x.example", 10, SHAPE_S3);
    lab_accept(&lab, PHONE, "web", "a.example", 10.5);
    lab_refuse(&lab, PHONE, "app", "x.example", 11, SHAPE_S3);
    lab_refuse(&lab, PHONE, "app", "x.example", 12, SHAPE_S3);
    lab_tick(&lab, 30);
    is_int(told.findings, 0, "without its log it does not");
}

static void append(const char *line)
{
    FILE *file = fopen(feed.path, "a");

    (void)fputs(line, file);
    (void)fclose(file);
    context_poll(context, lab.clock_ns);
}

static void test_late(void)
{
    begin("");
    refuse();
    is_int(told.findings, 1, "the alert is told before anything is known");
    append(LEASE);
    lab_tick(&lab, 40);
    is_int(told.findings, 2, "a record that comes late");
    is_int(told.copy.finding.revision, 2, "revises it");
    is_int(told.copy.finding.state, FINDING_UPDATED, "as an update");
    ok(memcmp(told.first_id, told.copy.finding.alert_id, 16) == 0, "of the same alert");
    append(INVENTORY);
    lab_tick(&lab, 50);
    is_int(told.findings, 3, "so does one that is reached by it");
    is_text(told.id, "dev-7", "and names the device");
    append(INVENTORY);
    lab_tick(&lab, 60);
    is_int(told.findings, 3, "a duplicate does not");
    append(AT("00") "\"kind\":\"inventory\",\"device\":{\"id\":\"dev-9\",\"mac\":"
                    "\"020000000009\"}}\n");
    append("this is no record\n");
    lab_tick(&lab, 70);
    is_int(told.findings, 3, "nor does what is about somebody else, or nothing at all");
    append(TRUSTS("27"));
    lab_tick(&lab, 4000);
    is_int(told.findings, 4, "an hour later the sessions are judged as they stood");
    ok(lab_control(&told.copy.finding, "edr_trust_custom") != NULL, "with what is new");
    is_int(lab.correlator.stats.context_revisions, 3, "revisions are counted");
    is_int(context_stats(context).malformed, 1, "and so is the broken line");
}

static void test_held(void)
{
    begin("{\"received\":\"2026-11-21T03:50:00Z\",\"ts\":\"2026-11-21T03:48:27Z\",\"kind\":"
          "\"edr\"," OF_PHONE "," OF_APP ",\"edr\":{\"custom_trust\":true}}\n");
    refuse();
    is_int(told.findings, 1, "a record that became known later");
    ok(!lab_control(&told.copy.finding, "edr_trust_custom"), "is not known before");
    lab_end(&lab);
    correlator_hear_out(&lab.correlator);
    is_int(told.findings, 2, "and revises the alert");
    ok(told.copy.finding.time_ns == lab_ns(102), "at its time");
}

int main(void)
{
    scratch_begin();
    test_nothing();
    test_device();
    test_app();
    test_trust();
    test_use();
    test_management();
    test_proxy();
    test_late();
    test_held();
    context_free(context);
    lab_close(&lab);
    return done_testing();
}
