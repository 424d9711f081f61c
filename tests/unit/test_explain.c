#include "alert/explain.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json_out.h"
#include "config/config.h"
#include "finding_sample.h"
#include "tap.h"

static struct config config;
static struct explanation e;
static char text_buffer[65536];

static void explain_it(const struct finding *f)
{
    explain_finding(f, &config.rules, &e);
}

static const char *text_of(void)
{
    struct text text = text_in(text_buffer, sizeof(text_buffer));

    explain_write_text(&e, false, &text);
    return text_buffer;
}

static bool says(const char *words)
{
    for (size_t i = 0; i < e.change_count; i++)
        if (strstr(e.changes[i], words))
            return true;
    return false;
}

static void test_sum(void)
{
    struct finding f;
    double sum = 0;

    sample_finding(&f);
    explain_it(&f);
    ok(e.has_sum, "refusals are summed up");
    for (size_t i = 0; i < e.step_count; i++)
        sum += e.steps[i].db;
    ok(fabs(sum - f.stage1_db) < 0.31, "the lines add up to what the alert says");
    ok(e.steps[0].db < 0 && strstr(e.steps[0].text, "stage1_prior_db"),
       "the first is the prior");
    ok(e.steps[1].counts && !e.steps[2].counts &&
           strstr(e.steps[2].text, "same episode counts"),
       "a session of an episode that counts already has no number");
    ok(fabs(e.refused - 1 / (1 + pow(10, -1.45))) < 1e-6, "the sum is a probability");
}

static void test_causes(void)
{
    struct finding f;
    double shares[HYPOTHESES], sum = 0;

    sample_finding(&f);
    for (size_t h = 0; h < HYPOTHESES; h++) {
        shares[h] = config.rules.tuning.priors[PRIOR_IOS_MANAGED][h] *
                    sample_controls[1].likelihood[h];
        sum += shares[h];
    }
    for (size_t h = 0; h < HYPOTHESES; h++)
        f.hypotheses[h] = shares[h] / sum;
    explain_it(&f);
    ok(e.knows_prior && strstr(e.factors[0].text, "ios_managed"),
       "the prior is found again");
    is_int(e.factor_count, 2, "with each control that has likelihoods");
    f.hypotheses[0] = 0.111;
    explain_it(&f);
    ok(!e.knows_prior && strstr(text_of(), "judged by other ones"),
       "where no prior leads there, it says so");
}

static void test_changes(void)
{
    struct finding f;

    sample_finding(&f);
    explain_it(&f);
    ok(says("closes the alert"), "an accept would close it");
    ok(!says("unused connections"), "an alert that was sent is no unused connection");
    f.evidence++;
    f.evidence_count--;
    explain_it(&f);
    ok(says("unused connections"), "closes alone may be");
    f.state = FINDING_CLOSED;
    explain_it(&f);
    ok(e.change_count == 1 && says("Nothing"), "nothing changes what is closed");
}

static void test_exclusion(void)
{
    struct finding f;
    struct config proposed;
    struct err why;

    sample_finding(&f);
    explain_it(&f);
    ok(config_load_text(&proposed, "proposed.yaml", span_of_text(e.exclusion), &why) == 0,
       "the exclusion is a configuration");
    is_int(proposed.inspection.bypass_count, 1, "with one entry");
    config_free(&proposed);
    SAMPLE_TEXT(f.destination, "a\", reason: \"x");
    explain_it(&f);
    is_text(e.exclusion, "", "a name that can be no entry is not proposed");
    sample_notice(&f, NULL, 0);
    f.type = FINDING_DEVICE_NOT_ONBOARDED;
    explain_it(&f);
    is_text(e.exclusion, "", "nor is anything for a device");
}

static void test_filters(void)
{
    struct finding f;

    sample_finding(&f);
    explain_it(&f);
    is_text(e.capture_filter, "host 10.1.2.3 and host 203.0.113.9 and port 443",
            "a filter for captures");
    is_text(e.display_filter,
            "ip.addr == 10.1.2.3 && ip.addr == 203.0.113.9 && (tcp.port == 443 || "
            "udp.port == 443)",
            "and one to look with");
    f.device = sample_address("2001:db8::1");
    f.has_destination_address = false;
    explain_it(&f);
    is_text(e.display_filter, "ipv6.addr == 2001:db8::1", "of what is known");
    e.files[e.file_count++] = "a; rm -rf ~";
    ok(!strstr(text_of(), "-nr a; rm"),
       "a name that the shell would run is not in a command");
}

/* An alert of an analysis proxy on a device that feeds know. */
static void sample_known(struct finding *f)
{
    static const uint8_t key[SHA256_BYTES] = {1};
    static const struct finding_identity who = {.hostname = "pixel-7", .user = "alice"};
    static const struct finding_package app = {
        .id = "com.example.bank", .version = "5.1", .source = "connect_event"};
    static const struct finding_interceptor box = {
        .issuer = "CN=Box", .key = key, .product = "mitmproxy"};
    static const struct finding_pin pin = {.survived = PIN_LEAF,
                                           .target = PIN_LEAF_KEY | PIN_INTERMEDIATE};
    static const struct finding_context context[] = {{.kind = "lease",
                                                      .source = "",
                                                      .origin = "leases:1",
                                                      .fact = "10.1.2.3 is pixel-7"}};

    sample_finding(f);
    f->identity = &who;
    f->package = &app;
    f->interceptor = &box;
    f->pin = &pin;
    f->context = context;
    f->context_count = 1;
}

static void test_parties(void)
{
    struct finding f;

    sample_known(&f);
    explain_it(&f);
    ok(strstr(text_of(), "Known as     pixel-7, user alice\n"), "who the device is");
    ok(strstr(text_of(), "App          com.example.bank, version 5.1 (connect_event)\n"),
       "which app");
    ok(strstr(text_of(), "Context      10.1.2.3 is pixel-7 (leases:1), outranked\n"),
       "what a feed tells that names no source");
    ok(strstr(text_of(), "Issuer       CN=Box, key "
                         "sha256/AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=, known as "
                         "mitmproxy\n"),
       "who forges, with its key in one piece");
    ok(strstr(text_of(), "It does not pin the leaf certificate: it accepted such a change "
                         "before. What it can"),
       "and what the app can pin");
}

static char json_line[65536];

static void keep_line(void *ctx, struct span lines)
{
    (void)ctx;
    (void)snprintf(json_line, sizeof(json_line), "%.*s", (int)lines.len,
                   (const char *)lines.data);
}

static void test_json_parties(void)
{
    static char buffer[131072];
    struct finding f;
    struct json_out out;

    sample_known(&f);
    explain_it(&f);
    json_out_init(&out, buffer, sizeof(buffer), keep_line, NULL);
    (void)explain_write_json(&e, &out);
    json_out_flush(&out);
    ok(strstr(json_line, "\"known_as\":{\"hostname\":\"pixel-7\",\"user\":\"alice\"}"),
       "the device in JSON");
    ok(strstr(json_line, "\"package\":\"com.example.bank\",\"version\":\"5.1\""),
       "the app");
    ok(strstr(json_line, "\"interceptor\":{\"issuer\":\"CN=Box\""), "who forges");
    ok(strstr(json_line, "\"target\":[\"leaf_key\",\"intermediate\"]"), "the pin");
    ok(strstr(json_line, "\"context\":[{\"kind\":\"lease\""), "the feeds");
}

/* Of sessions of several days, each has its day. */
static void test_days(void)
{
    struct finding f;

    sample_finding(&f);
    f.start_ns -= UINT64_C(86400000000000);
    explain_it(&f);
    ok(strstr(e.steps[1].text, "2026-11-21 03:45:01.000  "), "a session's day and time");
    sample_finding(&f);
    explain_it(&f);
    ok(strncmp(e.steps[1].text, "03:45:01.000  ", 14) == 0, "of one day, its time");
}

static void count_lines(void *ctx, struct span lines)
{
    *(size_t *)ctx += lines.len > 2 && lines.data[lines.len - 1] == '\n';
}

static void test_json(void)
{
    static char buffer[131072];
    struct finding f;
    struct json_out out;
    size_t lines = 0;

    sample_finding(&f);
    explain_it(&f);
    json_out_init(&out, buffer, sizeof(buffer), count_lines, &lines);
    ok(explain_write_json(&e, &out), "it fits into a line");
    json_out_flush(&out);
    is_int(lines, 1, "one line");
}

int main(void)
{
    struct err why;

    if (config_load_text(&config, "test.yaml", span_of_text(""), &why) < 0)
        abort();
    test_sum();
    test_causes();
    test_changes();
    test_exclusion();
    test_filters();
    test_json();
    test_parties();
    test_json_parties();
    test_days();
    config_free(&config);
    return done_testing();
}
