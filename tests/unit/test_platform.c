#include "detect/platform.h"

#include <string.h>

#include "detect_sample.h"

#define PHONE "10.0.0.1"

static struct lab lab;
static struct device device;

static const struct tuning *tuning(void)
{
    return &lab.config.rules.tuning;
}

static void begin(void)
{
    memset(&device, 0, sizeof(device));
}

static void contact(const char *name, uint16_t port)
{
    struct session s = lab_session(&lab, PHONE, "app", name, 0);

    s.server_port = port;
    platform_note(&lab.config.rules, &device, &s, lab_ns(0));
}

static enum platform judge(const char *basis, enum trust_model model)
{
    struct platform_verdict v = platform_judge(tuning(), &device, model);

    is_text(v.basis, basis, "%s by %s",
            platform_name(v.platform) ? platform_name(v.platform) : "unknown",
            basis ? basis : "nothing");
    return v.platform;
}

static void test_wire(void)
{
    begin();
    is_int(judge(NULL, TRUST_MODEL_UNKNOWN), PLATFORM_UNKNOWN, "nothing is known");
    contact("connectivitycheck.gstatic.com", 443);
    is_int(judge(NULL, TRUST_MODEL_UNKNOWN), PLATFORM_UNKNOWN, "one hint is no proof");
    for (int i = 0; i < 5; i++)
        contact("connectivitycheck.gstatic.com", 443);
    is_int(judge(NULL, TRUST_MODEL_UNKNOWN), PLATFORM_UNKNOWN, "and counts once");
    contact("mtalk.google.com", 5228);
    is_int(judge("contacted_hosts", TRUST_MODEL_UNKNOWN), PLATFORM_ANDROID, "two are");
    begin();
    contact("1-courier.push.apple.com", 5223);
    contact("captive.apple.com", 443);
    is_int(judge("contacted_hosts", TRUST_MODEL_UNKNOWN), PLATFORM_IOS, "iOS");
    contact("swscan.apple.com", 443);
    is_int(judge("contacted_hosts", TRUST_MODEL_UNKNOWN), PLATFORM_OTHER,
           "macOS contacts the same, and what iOS never does");
    is_text(platform_analytic(PLATFORM_OTHER), "AN1725", "goes by the first analytic");
}

static void test_mixed(void)
{
    begin();
    contact("connectivitycheck.gstatic.com", 443);
    contact("play-fe.googleapis.com", 443);
    ok(!platform_is_mixed(tuning(), &device), "one platform");
    contact("1-courier.push.apple.com", 5223);
    contact("captive.apple.com", 443);
    contact("albert.apple.com", 443);
    ok(platform_is_mixed(tuning(), &device), "both: several devices behind one address");
    is_int(judge(NULL, TRUST_MODEL_UNKNOWN), PLATFORM_UNKNOWN, "neither is ahead");
}

static void test_trust_model(void)
{
    begin();
    is_int(judge("trust_model", TRUST_MODEL_IOS_MANAGED), PLATFORM_IOS, "a segment of iOS");
    is_int(judge("trust_model", TRUST_MODEL_ANDROID_USER), PLATFORM_ANDROID, "of Android");
    contact("connectivitycheck.gstatic.com", 443);
    contact("mtalk.google.com", 5228);
    is_int(judge("contacted_hosts", TRUST_MODEL_IOS_MANAGED), PLATFORM_ANDROID,
           "what the wire shows outranks it");
    device.platform_told = PLATFORM_IOS;
    is_int(judge("inventory", TRUST_MODEL_UNKNOWN), PLATFORM_IOS,
           "and what an inventory says outranks both");
}

static void alert(const char *yaml)
{
    lab_close(&lab);
    lab_open_with(&lab, yaml, 0);
    for (int i = 0; i < 2; i++) {
        lab_accept(&lab, PHONE, "sys", "captive.apple.com", 1 + i);
        lab_accept(&lab, PHONE, "sys", "albert.apple.com", 3 + i);
    }
    lab_refuse_all(&lab, PHONE, "app", "x.example", 10, SHAPE_S1, 3);
    lab_accept(&lab, PHONE, "web", "a.example", 14);
    lab_end(&lab);
}

static void test_analytic(void)
{
    alert("inspection: {segments: [10.0.0.0/8]}\n");
    is_text(lab_last(&lab)->platform, "ios", "an alert names the platform");
    is_text(lab_last(&lab)->platform_basis, "contacted_hosts", "and its basis");
    is_text(lab_last(&lab)->analytic, "AN1726", "which selects the analytic");
    alert(
        "inspection: {segments: [10.0.0.0/8]}\nrules: {path: tests/unit/data/no-hints}\n");
    is_text(lab_last(&lab)->platform, NULL, "without hints: unknown");
    is_text(lab_last(&lab)->analytic, "AN1725", "and the first analytic");
}

int main(void)
{
    lab_open(&lab);
    test_wire();
    test_mixed();
    test_trust_model();
    test_analytic();
    lab_close(&lab);
    return done_testing();
}
