/* Direct sessions where inspection is the rule: what makes them a beacon, and what they risk. */
#include "detect/judge.h"

#include <string.h>

#include "detect_sample.h"

#define PHONE "10.0.0.1"

static struct lab lab;

static void begin(const char *yaml)
{
    lab_close(&lab);
    lab_open_with(&lab, yaml, 1);
}

static int points(const char *contributor)
{
    const struct finding *f = lab_last(&lab);

    for (size_t i = 0; i < f->risk_count; i++)
        if (strcmp(f->risks[i].name, contributor) == 0)
            return f->risks[i].points;
    return 0;
}

/* A direct session of an app to `name` at `server`; the leaf that is seen. */
static void direct(const char *server, const char *name, double at_s,
                   struct certificate *leaf)
{
    struct session s = lab_session(&lab, PHONE, "app", name, at_s);

    s.server = sample_address(server);
    s.version = 0x0303;
    s.certificates[0] = certificate_ref(leaf);
    s.certificate_count = 1;
    lab_push(&lab, &s);
}

/* ---- beacons */

static void test_beacon(void)
{
    begin(LAB_INSPECTED);
    for (int i = 0; i < 12; i++)
        lab_direct(&lab, PHONE, "app", "x.example", 300.0 * i);
    lab_end(&lab);
    is_int(lab_count(&lab, FINDING_OPAQUE_DIRECT), 1, "three in TimeWindow are opaque");
    is_int(lab_count(&lab, FINDING_OPAQUE_DIRECT_BEACON), 1,
           "and when they prove regular, a beacon");
    is_int(lab_last(&lab)->revision, 2, "as a revision of the same alert");
    is_int(points("beacon_strong"), 20, "a risk");
    ok(lab_control(lab_last(&lab), "beacon") != NULL, "the evidence says how regular");
    ok(strstr(lab_last(&lab)->reason, "300 s apart") != NULL, "and the reason: %s",
       lab_last(&lab)->reason);
}

static void test_human(void)
{
    static const int at_s[] = {0,    40,   300,  340,  900,  960,
                               1000, 2500, 2560, 4000, 4500, 7000};

    begin(LAB_INSPECTED);
    for (size_t i = 0; i < sizeof(at_s) / sizeof(at_s[0]); i++)
        lab_direct(&lab, PHONE, "app", "x.example", at_s[i]);
    lab_end(&lab);
    is_int(lab_count(&lab, FINDING_OPAQUE_DIRECT), 1, "as often, but as a person does it");
    is_int(lab_count(&lab, FINDING_OPAQUE_DIRECT_BEACON), 0, "is no beacon");
    is_int(points("beacon_strong") + points("beacon_medium"), 0, "and no risk of one");
}

static void test_slow_beacon(void)
{
    begin(LAB_INSPECTED);
    for (int i = 0; i < 12; i++)
        lab_direct(&lab, PHONE, "app", "x.example", 3600.0 * i);
    lab_end(&lab);
    is_int(lab.count, 1, "once an hour is never three in TimeWindow");
    is_int(lab_last(&lab)->type, FINDING_OPAQUE_DIRECT_BEACON, "but a beacon");
    begin(LAB_INSPECTED);
    for (int i = 0; i < 12; i++)
        lab_direct(&lab, PHONE, "app", "x.example", 6 * 3600.0 * i);
    lab_end(&lab);
    is_int(lab.count, 0, "four times a day are too few in a day");
}

static void test_allowed_beacon(void)
{
    begin("inspection: {segments: [10.0.0.0/8]}\n"
          "rules: {AllowedDestinationList: [x.example]}\n");
    for (int i = 0; i < 12; i++)
        lab_direct(&lab, PHONE, "app", "x.example", 300.0 * i);
    lab_end(&lab);
    is_int(lab.count, 0, "a beacon to an allowed destination is quiet");
    begin("inspection: {segments: [10.0.0.0/8], bypass: [x.example]}\n");
    for (int i = 0; i < 12; i++)
        lab_direct(&lab, PHONE, "app", "x.example", 300.0 * i);
    lab_end(&lab);
    is_int(lab.count, 0, "and so is one that policy bypasses");
}

/* Refusals count as beats, too: they are a risk of a refusal. */
static void test_refused_beacon(void)
{
    begin(LAB_INSPECTED);
    for (int i = 0; i < 14; i++) {
        lab_refuse(&lab, PHONE, "app", "x.example", 200.0 * i, SHAPE_S1);
        lab_accept(&lab, PHONE, "web", "a.example", 200.0 * i + 1);
        lab_accept(&lab, PHONE, "web", "b.example", 200.0 * i + 2);
    }
    lab_direct(&lab, PHONE, "app", "x.example", 200.0 * 13 + 60);
    lab_end(&lab);
    is_int(lab_last(&lab)->type, FINDING_REFUSED_THEN_DIRECT, "refused, then direct");
    is_int(points("beacon_strong"), 20, "as regularly as a beacon");
}

/* ---- risk */

static void test_baseline(void)
{
    const struct finding_control *baseline;

    begin(LAB_INSPECTED);
    lab_accept(&lab, PHONE, "app", "a.example", 1);
    lab_direct(&lab, PHONE, "app", "y.example", 2);
    for (int i = 0; i < 3; i++)
        lab_direct(&lab, PHONE, "app", "x.example", 10 + i);
    lab_end(&lab);
    baseline = lab_control(lab_last(&lab), "baseline");
    ok(baseline && strstr(baseline->fact, "direct to 1 other") &&
           strstr(baseline->fact, "inspection of 1 "),
       "what the app does otherwise on this device is told: %s",
       baseline ? baseline->fact : "nothing");
}

static void test_private(void)
{
    begin(LAB_INSPECTED);
    for (int i = 0; i < 3; i++)
        direct("203.0.113.9", "x.example", 10 + i, &lab_private_leaf);
    lab_end(&lab);
    is_int(points("private_upstream"), 20, "a private certificate is a risk");
    is_int(points("shared_key"), 0, "its key serves one address");
    direct("198.51.100.9", "y.example", 20, &lab_private_leaf);
    direct("203.0.113.9", "x.example", 7 * 3600, &lab_private_leaf);
    for (int i = 0; i < 3; i++)
        direct("198.51.100.9", "y.example", 7 * 3600 + 10 + i, &lab_private_leaf);
    lab_end(&lab);
    is_int(points("shared_key"), 10, "one that serves unrelated addresses is another");
    begin(LAB_INSPECTED);
    for (int i = 0; i < 3; i++)
        direct("203.0.113.9", "x.example", 10 + i, &lab_public_leaf);
    lab_end(&lab);
    is_int(lab.count, 1, "the same with a public one");
    is_int(points("private_upstream"), 0, "is none");
}

/* The box itself could not verify the server, and says so by the authority that it signs with. */
static void refuse_box(const char *yaml)
{
    begin(yaml);
    for (int i = 0; i < 3; i++) {
        struct session s = lab_session(&lab, PHONE, "app", "x.example", 10 + i);

        lab_shape(&s, SHAPE_S1);
        s.version = 0x0303;
        s.certificates[0] = certificate_ref(&lab_inspection_leaf);
        s.certificate_count = 1;
        lab_push(&lab, &s);
    }
    lab_accept(&lab, PHONE, "web", "a.example", 14);
    lab_end(&lab);
}

static void test_untrusted_authority(void)
{
    refuse_box(
        "inspection: {segments: [10.0.0.0/8], trust_model: ios_managed, "
        "authorities: [{file: pcaps/ca/inspection-mitmproxy.pem, untrusted: yes}]}\n");
    is_int(lab_last(&lab)->type, FINDING_PINNING_SUSPECTED, "refused");
    is_int(points("private_upstream"), 20,
           "under the box's authority for servers that it does not trust");
    refuse_box("inspection: {segments: [10.0.0.0/8], trust_model: ios_managed, "
               "authorities: [{file: pcaps/ca/inspection-mitmproxy.pem}]}\n");
    is_int(lab_last(&lab)->type, FINDING_PINNING_SUSPECTED, "refused");
    is_int(points("private_upstream"), 0, "under its other one");
}

static void test_name_is_address(void)
{
    begin(LAB_INSPECTED);
    for (int i = 0; i < 3; i++)
        lab_direct(&lab, PHONE, "app", "203.0.113.9", 10 + i);
    lab_end(&lab);
    is_int(points("no_server_name"), 15, "an address in the place of the name is none");
}

static void test_quic(void)
{
    struct session s;

    begin(LAB_INSPECTED);
    lab_refuse_all(&lab, PHONE, "app", "x.example", 10, SHAPE_S1, 3);
    lab_accept(&lab, PHONE, "web", "a.example", 14);
    s = lab_session(&lab, PHONE, "app", "x.example", 20);
    s.protocol = SESSION_QUIC;
    s.transport = PACKET_UDP;
    lab_push(&lab, &s);
    lab_end(&lab);
    is_int(lab_last(&lab)->type, FINDING_REFUSED_THEN_DIRECT,
           "refused over TCP, then direct over QUIC to the same address and port");
    is_int(points("direct_elsewhere"), 10, "is another way");
    is_int(lab_last(&lab)->counts.quic, 1, "QUIC sessions are counted");
}

int main(void)
{
    test_beacon();
    test_human();
    test_slow_beacon();
    test_allowed_beacon();
    test_refused_beacon();
    test_baseline();
    test_private();
    test_untrusted_authority();
    test_name_is_address();
    test_quic();
    lab_close(&lab);
    return done_testing();
}
