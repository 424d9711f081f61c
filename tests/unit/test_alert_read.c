#include "alert/alert_read.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "alert/alert_json.h"
#include "finding_sample.h"
#include "tap.h"

static struct alert_reader *reader;
static char line[65536];
static size_t len;

static void keep_line(void *ctx, struct span lines)
{
    (void)ctx;
    memcpy(line, lines.data, lines.len);
    len = lines.len;
}

static void write_finding(const struct finding *f)
{
    static char buffer[131072];
    struct observer observer = {.name = "sensor", .version = "1"};
    struct json_out out;

    json_out_init(&out, buffer, sizeof(buffer), keep_line, NULL);
    (void)alert_json_write(f, &observer, &out);
    json_out_flush(&out);
    line[len] = '\0';
}

static void write_sample(void)
{
    struct finding f;

    sample_finding(&f);
    write_finding(&f);
}

static enum alert_line read_text(const char *text, struct alert_read *out)
{
    struct alert_session session;
    struct err why;

    return alert_read_line(reader, exact(span_of_text(text)), out, &session, &why);
}

static void test_there_and_back(void)
{
    struct alert_read read = {.line = NULL};
    struct alert_session session;
    struct finding wanted, *f = &read.finding;
    struct err why;

    write_sample();
    sample_finding(&wanted);
    is_int(alert_read_line(reader, span_of(line, len), &read, &session, &why),
           ALERT_LINE_ALERT, "an alert's line is an alert");
    ok(f->type == wanted.type && f->state == wanted.state && f->revision == 2 &&
           memcmp(f->alert_id, wanted.alert_id, 16) == 0,
       "the same one");
    ok(f->severity == 73 && f->risk_score == 65 && fabs(f->confidence - .923) < 1e-6 &&
           fabs(f->stage1_db - 14.5) < 1e-6 && fabs(f->hypotheses[0] - .93) < 1e-6,
       "with its numbers, as they were rounded");
    ok(f->has_device && address_equal(&f->device, &wanted.device) &&
           strcmp(f->destination, "api.example.com") == 0 && f->destination_port == 443 &&
           strcmp(f->app_key, wanted.app_key) == 0 && strcmp(f->platform, "ios") == 0,
       "who and what");
    ok(strcmp(f->message, wanted.message) == 0 && strcmp(f->reason, wanted.reason) == 0,
       "its sentences");
    is_int(f->evidence_count, 3, "its sessions");
    ok(f->evidence[1].shape == SHAPE_S4 && f->evidence[1].inspection == INSPECTION_LIKELY &&
           !f->evidence[1].counted && f->evidence[0].weight_db > 21.9 &&
           f->evidence[0].time_ns == wanted.evidence[0].time_ns,
       "each as it was");
    ok(f->control_count == 2 && f->controls[1].has_likelihoods &&
           fabs(f->controls[1].likelihood[2] - .02) < 1e-6 &&
           fabs(f->controls[0].weight_db - 10) < 1e-6,
       "its controls");
    ok(f->risk_count == 2 && f->risks[1].points == -60 && f->clause_count == 2 &&
           strcmp(f->clauses[0].id, "AN1726.NSM:Inspection") == 0,
       "risks and clauses");
    alert_read_release(&read);
}

static const uint8_t digest[SHA256_BYTES] = {1, 2, 3}, other_digest[SHA256_BYTES] = {4};

static const struct finding_context sample_context[] = {
    {.kind = "inventory",
     .source = "mdm-1",
     .origin = "devices.ndjson:7",
     .time_ns = UINT64_C(1795232600000000000),
     .until_ns = UINT64_MAX,
     .fact = "pixel-7, managed",
     .used = true},
    {.kind = "lease",
     .source = "",
     .origin = "dnsmasq.leases:1",
     .time_ns = UINT64_C(1795232600000000000),
     .until_ns = UINT64_C(1795236200000000000),
     .fact = "10.1.2.3 is phone"},
};

/* What `f` points at of these has to outlive it. */
static void add_parties(struct finding *f)
{
    static const char *const hosts[] = {"a.example", "b.example"};
    static const struct finding_identity who = {.id = "dev-7",
                                                .hostname = "pixel-7",
                                                .os = "Android",
                                                .os_version = "15",
                                                .manufacturer = "Google",
                                                .model = "Pixel 7",
                                                .user = "alice"};
    static const struct finding_package app = {.id = "com.example.bank",
                                               .name = "Bank",
                                               .version = "5.1",
                                               .source = "connect_event"};
    static const struct finding_interceptor box = {.issuer = "CN=Box",
                                                   .key = digest,
                                                   .is_leaf_key = true,
                                                   .product = "mitmproxy",
                                                   .kind = "analysis_proxy",
                                                   .hosts = hosts,
                                                   .host_count = 2};
    static const struct finding_certificate certificate = {
        .sha256 = digest,
        .key = other_digest,
        .issuer = "CN=Issuing",
        .issuer_key = digest,
        .not_before_s = 1700000000,
        .not_after_s = 1800000000,
        .first_ns = UINT64_C(1795232600000000000),
        .last_ns = UINT64_C(1795232700000000000)};
    static struct finding_pin pin = {.basis = PIN_BASIS_OTHER_SESSIONS,
                                     .changed = PIN_LEAF | PIN_LEAF_KEY,
                                     .survived = PIN_LEAF,
                                     .target = PIN_LEAF_KEY | PIN_ROOT,
                                     .changed_ns = UINT64_C(1795232650000000000)};

    pin.has_now = pin.has_before = true;
    pin.now = pin.before = certificate;
    pin.before.issuer_key = NULL;
    f->platform = NULL;
    f->identity = &who;
    f->package = &app;
    f->interceptor = &box;
    f->pin = &pin;
    f->context = sample_context;
    f->context_count = 2;
    f->counts.withheld = 3;
    f->is_superseded = true;
    memset(f->superseded_by, 0x33, sizeof(f->superseded_by));
}

/* What stands for a party before and after the lists that several sources fill. */
static void keep_parties(char host[8192], char judged[32768])
{
    const char *from = strstr(line, "\"source\":"), *to = strstr(line, "\"network\":");
    const char *pinsight = strstr(line, "\"pinsight\":{\"alert_id\"");

    host[0] = judged[0] = '\0';
    if (from && to)
        (void)snprintf(host, 8192, "%.*s", (int)(to - from), from);
    if (pinsight)
        (void)snprintf(judged, 32768, "%s", pinsight);
}

/* Nothing that an alert tells of its parties is lost: written again, it is the same. */
static void test_parties(void)
{
    static char host[8192], host_again[8192], judged[32768], judged_again[32768];
    struct alert_read read = {.line = NULL};
    struct alert_session session;
    struct finding f;
    struct err why;

    sample_finding(&f);
    add_parties(&f);
    write_finding(&f);
    keep_parties(host, judged);
    is_int(alert_read_line(reader, span_of(line, len), &read, &session, &why),
           ALERT_LINE_ALERT, "an alert with all that feeds tell is read");
    ok(read.finding.interceptor && read.finding.interceptor->host_count == 2 &&
           strcmp(read.finding.interceptor->hosts[1], "b.example") == 0,
       "with the names that an issuer signed for");
    write_finding(&read.finding);
    keep_parties(host_again, judged_again);
    ok(host[0] && strstr(host, "Pixel 7"), "device, user and app are written");
    is_text(host_again, host, "and the same after reading");
    is_text(judged_again, judged, "so is all that was judged");
    alert_read_release(&read);
    write_sample();
    (void)alert_read_line(reader, span_of(line, len), &read, &session, &why);
    ok(!read.finding.identity && !read.finding.package && !read.finding.pin &&
           !read.finding.interceptor && read.finding.context_count == 0,
       "a platform alone is no identity, and what nobody tells is absent");
    alert_read_release(&read);
}

/* No cut line is taken for an alert, and none does harm. */
static void test_cut(void)
{
    struct alert_read read = {.line = NULL};
    struct alert_session session;
    struct err why;
    size_t taken = 0;

    write_sample();
    for (size_t n = 0; n + 2 < len; n += 7)
        taken += alert_read_line(reader, exact(span_of(line, n)), &read, &session, &why) !=
                 ALERT_LINE_BROKEN;
    is_int(taken, 0, "the beginning of a line is broken");
    alert_read_release(&read);
}

static void test_others(void)
{
    struct alert_read read = {.line = NULL};
    struct alert_session session = {.file = NULL};
    struct err why;
    static const char text[] =
        "{\"event\":{\"dataset\":\"pinsight.session\",\"id\":"
        "\"6db8192e-3d86-571e-8ad6-ee7de028fd45\"},\"pinsight\":{\"capture\":{\"file\":"
        "\"phone.pcap\"}}}";

    is_int(alert_read_line(reader, span_of_text(text), &read, &session, &why),
           ALERT_LINE_SESSION, "a session is one");
    ok(session.file && strcmp(session.file, "phone.pcap") == 0 &&
           session.session_id[0] == 0x6d,
       "with its id and its capture");
    is_int(read_text("{\"event\":{\"dataset\":\"other\"}}", &read), ALERT_LINE_OTHER,
           "events of others are passed over");
    is_int(read_text("{}", &read), ALERT_LINE_OTHER, "so is an empty object");
    is_int(read_text("[1, 2]", &read), ALERT_LINE_BROKEN, "a list is no event");
    is_int(read_text("words", &read), ALERT_LINE_BROKEN, "nor are words");
    is_int(read_text("{\"event\":7,\"pinsight\":false}", &read), ALERT_LINE_OTHER,
           "what is no alert may look as it likes");
    alert_read_release(&read);
}

static void test_wrong(void)
{
    static const char *const wrong[] = {
        "{\"event\":{\"dataset\":\"pinsight.alert\"},\"pinsight\":{\"type\":\"unheard\"}}",
        "{\"event\":{\"dataset\":\"pinsight.alert\"},\"pinsight\":{\"alert_id\":\"12\"}}",
        "{\"event\":{\"dataset\":\"pinsight.alert\",\"severity\":\"high\"}}",
        "{\"event\":{\"dataset\":\"pinsight.alert\"},\"source\":{\"ip\":\"phone\"}}",
        "{\"event\":{\"dataset\":\"pinsight.alert\"},\"pinsight\":{\"evidence\":{}}}",
        "{\"event\":{\"dataset\":\"pinsight.alert\"},\"pinsight\":{\"evidence\":[{\"kind\":"
        "\"session\",\"shape\":\"S9\"}]}}",
        "{\"event\":{\"dataset\":\"pinsight.alert\"},\"pinsight\":{\"confidence\":1e300}}",
        "{\"event\":{\"dataset\":\"pinsight.alert\"},\"message\":\"\300\263\"}",
    };
    struct alert_read read = {.line = NULL};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        is_int(read_text(wrong[i], &read), ALERT_LINE_BROKEN,
               "an alert that cannot be is broken (%zu)", i);
    alert_read_release(&read);
}

int main(void)
{
    reader = alert_reader_new();
    if (!reader)
        abort();
    test_there_and_back();
    test_parties();
    test_cut();
    test_others();
    test_wrong();
    alert_reader_free(reader);
    return done_testing();
}
