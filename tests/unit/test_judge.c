#include "detect/judge.h"

#include <string.h>

#include "detect_sample.h"

#define PHONE "10.0.0.1"
#define BROWSER "t13d1516h2_8daaf6152771_d8a2da3f94cd"

static struct lab lab;

static void begin(const char *yaml, size_t authorities)
{
    lab_close(&lab);
    lab_open_with(&lab, yaml, authorities);
}

static size_t count(enum finding_type type)
{
    return lab_count(&lab, type);
}

/* ---- selectivity: devices first */

static void test_selective(void)
{
    begin(LAB_INSPECTED, 0);
    lab_refuse_all(&lab, PHONE, "app", "x.example", 10, SHAPE_S1, 2);
    lab_accept(&lab, PHONE, "web", "a.example", 11.5);
    lab_refuse(&lab, PHONE, "app", "x.example", 12, SHAPE_S1);
    lab_tick(&lab, 20);
    is_int(lab.count, 1,
           "three refusals while the device accepts something else: one finding");
    is_int(lab_last(&lab)->type, FINDING_PINNING_SUSPECTED, "a pin is suspected");
    ok(lab_last(&lab)->time_ns == lab_ns(12.05), "with the third refusal");
    lab_end(&lab);
    is_int(lab.count, 1, "and nothing more");
}

/* With fast_path two clear refusals are told, low; the third makes it what it is. */
static void test_fast_path(void)
{
    for (int fast = 0; fast < 2; fast++) {
        begin(LAB_INSPECTED, 0);
        lab.config.rules.tuning.fast_path = fast != 0;
        lab_refuse(&lab, PHONE, "app", "x.example", 10, SHAPE_S1);
        lab_accept(&lab, PHONE, "web", "a.example", 11.5);
        lab_refuse(&lab, PHONE, "app", "x.example", 12, SHAPE_S1);
        lab_tick(&lab, 20);
        is_int(lab.count, fast, "two clear refusals with fast_path %d", fast);
        if (!fast)
            continue;
        ok(lab_last(&lab)->type == FINDING_INSPECTION_REFUSED &&
               lab_last(&lab)->severity == 21 &&
               strstr(lab_last(&lab)->reason, "told early (fast_path)"),
           "it is refused, at low severity, and told early");
        lab_refuse(&lab, PHONE, "app", "x.example", 30, SHAPE_S1);
        lab_tick(&lab, 50);
        ok(lab.count == 2 && lab_last(&lab)->revision == 2 &&
               lab_last(&lab)->type == FINDING_PINNING_SUSPECTED &&
               !strstr(lab_last(&lab)->reason, "fast_path"),
           "the third is a revision of the same alert");
    }
}

static void test_pending(void)
{
    begin(LAB_INSPECTED, 0);
    for (int i = 0; i < 3; i++)
        lab_accept(&lab, PHONE, "web", "a.example", i);
    lab_refuse_all(&lab, PHONE, "app", "x.example", 10, SHAPE_S1, 3);
    lab_tick(&lab, 60);
    is_int(lab.count, 0,
           "a device that accepted before the stretch only: neither alert nor notice");
    ok(lab.correlator.stats.waiting > 0, "the key waits");
    lab_accept(&lab, PHONE, "web", "b.example", 100);
    lab_tick(&lab, 110);
    is_int(count(FINDING_PINNING_SUSPECTED), 1, "the device's next accept decides");
    ok(lab_last(&lab)->time_ns == lab_ns(100.05), "at its time");
}

static void test_pending_too_long(void)
{
    begin(LAB_INSPECTED, 0);
    lab_accept(&lab, PHONE, "web", "a.example", 0);
    lab_refuse_all(&lab, PHONE, "app", "x.example", 10, SHAPE_S1, 3);
    lab_accept(&lab, PHONE, "web", "b.example", 1000);
    lab_end(&lab);
    is_int(lab.count, 0, "an accept after TimeWindow decides nothing");
}

static void test_not_selective(void)
{
    begin(LAB_INSPECTED, 0);
    lab_accept(&lab, PHONE, "web", "a.example", 0);
    lab_refuse(&lab, PHONE, "app", "x.example", 10, SHAPE_S1);
    lab_accept(&lab, PHONE, "web", "y.example", 11);
    lab_refuse(&lab, PHONE, "web", "y.example", 12, SHAPE_S1);
    lab_refuse_all(&lab, PHONE, "app", "x.example", 13, SHAPE_S1, 2);
    lab_end(&lab);
    is_int(lab.count, 0,
           "what was accepted is refused itself in the stretch: nothing is said");
}

/* ---- worst delay */

static void tick_until(double from_s, double to_s)
{
    for (double at = from_s; at <= to_s; at += 0.1)
        lab_tick(&lab, at);
}

static void test_worst_delay(void)
{
    double hold_s = (double)correlator_hold_back_ns(&lab.correlator) / 1e9;
    double settle_s = lab.config.rules.tuning.settle_s;
    double worst_s = hold_s + settle_s;

    ok(lab_near(worst_s, 12.5),
       "the worst delay is hold_back_s, the linger and settle_s: 12.5 s");
    begin(LAB_INSPECTED, 0);
    lab_accept(&lab, PHONE, "web", "a.example", 0);
    lab_refuse_all(&lab, PHONE, "app", "x.example", 10, SHAPE_S1, 3);
    tick_until(12.1, 21.9);
    lab_accept(&lab, PHONE, "web", "b.example",
               21.95); /* decided 9.95 s after the refusal */
    tick_until(22, 40);
    is_int(lab.count, 1, "an alert that waits for the device");
    ok(lab.found[0].emitted_ns <= lab_ns(12.05 + worst_s + 0.1),
       "is out %.1f s after the refusal that fires it",
       (double)(lab.found[0].emitted_ns - lab_ns(12.05)) / 1e9);
    begin(LAB_INSPECTED, 0);
    lab_refuse_all(&lab, PHONE, "app", "x.example", 10, SHAPE_S1, 3);
    tick_until(12.1, 40);
    is_int(lab.count, 1, "a notice for want of any accept");
    ok(lab.found[0].emitted_ns <= lab_ns(12.05 + worst_s + 0.1), "is out %.1f s after it",
       (double)(lab.found[0].emitted_ns - lab_ns(12.05)) / 1e9);
}

static void test_end_settles(void)
{
    begin(LAB_INSPECTED, 0);
    lab_refuse_all(&lab, PHONE, "app", "x.example", 10, SHAPE_S1, 3);
    is_int(lab.count, 0, "nothing is said while it waits");
    lab_end(&lab);
    is_int(lab.count, 1, "the end of the input settles it");
}

/* ---- devices that accept nothing */

static void test_device_notice(void)
{
    const struct finding *f;

    begin(LAB_INSPECTED, 0);
    lab_refuse_all(&lab, PHONE, "app", "x.example", 10, SHAPE_S1, 2);
    lab_refuse_all(&lab, PHONE, "other", "y.example", 12, SHAPE_S1, 2);
    lab_end(&lab);
    f = lab_last(&lab);
    is_int(lab.count, 1, "one notice for a device that refuses everything");
    is_int(f->type, FINDING_DEVICE_NOT_ONBOARDED, "it is not onboarded");
    is_int(f->severity, 21, "low");
    ok(f->has_hypotheses, "with all probabilities");
    is_int(f->evidence_count, 4, "and every session it rests on");
    is_int(f->counts.refused, 4, "which it counts");
    ok(f->related_count == 1 && address_equal(&f->related[0], &f->device),
       "for that device");
    ok(strstr(f->reason, "Several app fingerprints"), "because several apps refuse");
}

static void test_only_traffic(void)
{
    begin(LAB_INSPECTED, 0);
    lab_refuse_all(&lab, PHONE, "app", "x.example", 10, SHAPE_S1, 3);
    lab_end(&lab);
    is_int(lab_last(&lab)->type, FINDING_DEVICE_NOT_ONBOARDED,
           "a device whose whole traffic is one refusing app");
    is_int(lab_last(&lab)->severity, 21, "gets a low notice");
    ok(strstr(lab_last(&lab)->reason, "cannot be told apart"),
       "that says that a pin and a missing authority cannot be told apart");
    ok(strstr(lab_last(&lab)->message, "or the one app"), "and claims neither");
}

static void test_fleet(void)
{
    static const char *const devices[] = {"10.0.0.1", "10.0.0.2", "10.0.0.3"};
    const struct finding *f;

    begin(LAB_INSPECTED, 0);
    for (int i = 0; i < 3; i++)
        lab_accept(&lab, devices[i], "web", "a.example", i);
    for (int i = 0; i < 3; i++)
        lab_refuse_all(&lab, devices[i], "web", "x.example", 100 + 10 * i, SHAPE_S1, 3);
    lab_end(&lab);
    f = lab_last(&lab);
    is_int(lab.count, 1,
           "three devices that accepted break at once, nobody accepts: one notice");
    is_int(f->type, FINDING_SITE_OR_INSPECTOR_FAULT,
           "the site or the inspection is at fault");
    is_int(f->related_count, 3, "for three devices");
    is_int(f->counts.devices, 3, "counted");
}

static bool has_detection(void)
{
    for (size_t i = 0; i < lab.count; i++)
        if (lab.found[i].finding.type == FINDING_PINNING_SUSPECTED ||
            lab.found[i].finding.type == FINDING_INSPECTION_REFUSED)
            return true;
    return false;
}

/* A device that refuses `others` destinations beside one, and then gets the authority. */
static void onboard(int others)
{
    static const char *const names[] = {"b.example", "c.example", "d.example"};

    begin(LAB_INSPECTED, 0);
    for (int i = 0; i < others; i++)
        lab_refuse_all(&lab, PHONE, "web", names[i], 90 + i, SHAPE_S1, 1);
    lab_refuse_all(&lab, PHONE, "web", "x.example", 100, SHAPE_S1, 4);
    lab_accept(&lab, PHONE, "web", "a.example", 200);
}

static void test_onboarded(void)
{
    onboard(3);
    lab_end(&lab);
    ok(!has_detection(), "what a device refused before it had the authority is no pin");
    onboard(3);
    lab_refuse_all(&lab, PHONE, "web", "x.example", 210, SHAPE_S1, 1);
    lab_accept(&lab, PHONE, "web", "a.example", 260);
    lab_end(&lab);
    ok(has_detection(), "what it refuses still is one");
    onboard(0);
    lab_end(&lab);
    ok(has_detection(), "so is all that it refused when it refused nothing else");
}

/* Three devices refuse, each in a quiet hour of its own, while the others accept in between. */
static void test_no_fleet(void)
{
    static const char *const devices[] = {"10.0.0.1", "10.0.0.2", "10.0.0.3"};

    begin(LAB_INSPECTED, 0);
    for (int i = 0; i < 3; i++)
        lab_accept(&lab, devices[i], "web", "a.example", i);
    for (int i = 0; i < 3; i++) {
        lab_refuse_all(&lab, devices[i], "web", "x.example", 1000 + 5000 * i, SHAPE_S1, 3);
        lab_accept(&lab, "10.0.0.9", "web", "a.example", 2000 + 5000 * i);
    }
    lab_end(&lab);
    is_int(lab.count, 0, "devices that break at different times did not break together");
}

static void refuse_under(const char *leaf_of, double at_s, struct certificate *leaf)
{
    struct session s = lab_session(&lab, PHONE, "web", leaf_of, at_s);

    lab_shape(&s, SHAPE_S1);
    s.version = 0x0303;
    s.certificates[0] = certificate_ref(leaf);
    s.certificate_count = 1;
    lab_push(&lab, &s);
}

static void test_new_authority(void)
{
    static struct certificate new_leaf = {
        .references = 1, .authority = 1, .readable = true};
    struct session s;

    begin(LAB_INSPECTED, 2);
    s = lab_session(&lab, PHONE, "web", "a.example", 0);
    s.version = 0x0303;
    s.certificates[0] = certificate_ref(&lab_inspection_leaf);
    s.certificate_count = 1;
    lab_push(&lab, &s);
    for (int i = 0; i < 3; i++)
        refuse_under("x.example", 100 + i, &new_leaf);
    lab_end(&lab);
    is_int(lab.count, 1, "a device refuses since the certificates have another issuer");
    is_int(lab_last(&lab)->type, FINDING_SITE_OR_INSPECTOR_FAULT,
           "the inspection is at fault");
    ok(strstr(lab_last(&lab)->reason, "another authority"), "which is said");
    is_text(lab_last(&lab)->authority, "CN=New inspection", "and which authority it is");
}

/* ---- causes */

static void refuse_and_accept(const char *app)
{
    lab_accept(&lab, PHONE, "web", "a.example", 0);
    lab_refuse_all(&lab, PHONE, app, "x.example", 10, SHAPE_S1, 3);
    lab_accept(&lab, PHONE, "web", "b.example", 14);
    lab_end(&lab);
}

static void test_causes(void)
{
    begin("inspection: {segments: [10.0.0.0/8]}\n", 0);
    refuse_and_accept("app");
    is_int(lab_last(&lab)->type, FINDING_INSPECTION_REFUSED,
           "where no cause leads, inspection is refused and the cause open");
    begin("inspection: {segments: [10.0.0.0/8], trust_model: android_user}\n", 0);
    refuse_and_accept("app");
    is_int(lab.count, 1, "apps that trust public authorities only");
    is_int(lab_last(&lab)->type, FINDING_APP_CA_UNTRUSTED, "get a notice, no alert");
    is_text(lab_last(&lab)->app_key, "app", "of that app");
    begin("inspection: {segments: [10.0.0.0/8]}\n", 0);
    refuse_and_accept(BROWSER);
    ok(count(FINDING_PINNING_SUSPECTED) + count(FINDING_INSPECTION_REFUSED) >= 1,
       "a hello like a browser's without its extension is judged as an app's");
}

static void test_site(void)
{
    begin("inspection: {segments: [10.0.0.0/8]}\n", 0);
    lab_accept(&lab, PHONE, "web", "a.example", 0);
    for (int i = 0; i < 3; i++) {
        struct session s = lab_session(&lab, PHONE, BROWSER, "x.example", 10 + i);

        lab_shape(&s, SHAPE_S1);
        s.ech = true;
        lab_push(&lab, &s);
    }
    lab_accept(&lab, PHONE, "web", "b.example", 14);
    lab_end(&lab);
    is_int(lab.count, 1, "a browser that refuses one site");
    is_int(lab_last(&lab)->type, FINDING_SITE_OR_INSPECTOR_FAULT, "speaks of the site");
    is_text(lab_last(&lab)->destination, "x.example", "which is named");
}

/* No destination often enough by itself, but all of them together. */
static void test_app_anywhere(void)
{
    const struct finding *f;

    begin("inspection: {segments: [10.0.0.0/8], trust_model: android_user}\n", 0);
    lab_accept(&lab, PHONE, "web", "a.example", 0);
    lab_refuse(&lab, PHONE, "app", "x.example", 10, SHAPE_S1);
    lab_refuse(&lab, PHONE, "app", "y.example", 11, SHAPE_S1);
    lab_refuse(&lab, PHONE, "app", "z.example", 12, SHAPE_S1);
    lab_accept(&lab, PHONE, "web", "b.example", 14);
    lab_end(&lab);
    f = lab_last(&lab);
    is_int(lab.count, 1, "an app refuses three destinations once each");
    is_int(f->type, FINDING_APP_CA_UNTRUSTED, "it does not trust the authority");
    is_int(f->evidence_count, 3, "by the three sessions");
    begin("inspection: {segments: [10.0.0.0/8], trust_model: android_user}\n", 0);
    lab_accept(&lab, PHONE, "web", "a.example", 0);
    for (int i = 0; i < 6; i++) {
        static const char *const names[] = {"u.example", "v.example", "w.example",
                                            "x.example", "y.example", "z.example"};

        lab_refuse(&lab, PHONE, "app", names[i], 10 + i, SHAPE_S4);
    }
    lab_accept(&lab, PHONE, "web", "b.example", 17);
    lab_end(&lab);
    is_int(lab.count, 0, "connections that were closed unused do not say so");
}

/* ---- veto and short-lived sessions */

static void weak(const char *app, double at_s, int n)
{
    for (int i = 0; i < n; i++) {
        struct session s = lab_session(&lab, PHONE, app, "x.example", at_s + i);

        lab_shape(&s, SHAPE_S4);
        s.outcome = OUTCOME_REJECTED_AFTER_HANDSHAKE_WEAK;
        s.outcome_raw = s.outcome;
        lab_push(&lab, &s);
    }
}

static void test_veto(void)
{
    begin(LAB_INSPECTED, 0);
    lab_accept(&lab, PHONE, "web", "a.example", 0);
    lab_accept(&lab, PHONE, "sync", "x.example", 1);
    lab_refuse_all(&lab, PHONE, "app", "x.example", 10, SHAPE_S4, 6);
    lab_accept(&lab, PHONE, "web", "b.example", 17);
    lab_end(&lab);
    is_int(lab.count, 0, "unused connections beside data of another app are no refusals");
    ok(lab.correlator.stats.vetoed > 0, "which is counted");
    begin(LAB_INSPECTED, 0);
    lab_accept(&lab, PHONE, "web", "a.example", 0);
    lab_resume(&lab, PHONE, "sync", "x.example", 1);
    lab_refuse_all(&lab, PHONE, "app", "x.example", 10, SHAPE_S4, 6);
    lab_accept(&lab, PHONE, "web", "b.example", 17);
    lab_end(&lab);
    is_int(lab.count, 0, "data of a resumed session will do");
    begin(LAB_INSPECTED, 0);
    lab_accept(&lab, PHONE, "web", "a.example", 0);
    lab_accept(&lab, PHONE, "sync", "x.example", 1);
    lab_refuse_all(&lab, PHONE, "app", "x.example", 10, SHAPE_S1, 3);
    lab_accept(&lab, PHONE, "web", "b.example", 17);
    lab_end(&lab);
    is_int(lab.count, 1, "what was said aloud is not vetoed");
}

static void test_short_lived(void)
{
    begin(LAB_INSPECTED, 0);
    lab_accept(&lab, PHONE, "web", "a.example", 0);
    weak("app", 10, 5);
    lab_accept(&lab, PHONE, "web", "b.example", 15.5);
    lab_tick(&lab, 30);
    is_int(lab.count, 0, "five sessions that ended without data are nothing yet");
    weak("app", 31, 1);
    lab_tick(&lab, 60);
    is_int(count(FINDING_SHORT_LIVED_SESSIONS), 1, "six are short-lived sessions");
    is_int(lab_last(&lab)->severity, 21, "low");
    begin(LAB_INSPECTED, 0);
    lab.config.rules.tuning.weights_db.rej_alert = 2; /* too little for stage 1 */
    lab_accept(&lab, PHONE, "web", "a.example", 0);
    lab_accept(&lab, PHONE, "sync", "x.example", 1);
    lab_refuse(&lab, PHONE, "app", "x.example", 9, SHAPE_S1);
    weak("app", 10, 6);
    lab_accept(&lab, PHONE, "web", "b.example", 17);
    lab_end(&lab);
    is_int(lab.count, 0, "not where any app of the device got data");
    begin(LAB_INSPECTED, 0);
    for (int i = 0; i < 6; i++) {
        weak("app", 1000 * i, 1);
        lab_accept(&lab, PHONE, "web", "b.example", 1000 * i + 1);
    }
    lab_end(&lab);
    is_int(lab.count, 0, "nor six over hours: they count in TimeWindow");
}

/* ---- one program, several fingerprints */

static void test_merge(void)
{
    const struct finding *f;

    begin(LAB_INSPECTED, 0);
    lab_accept(&lab, PHONE, "web", "a.example", 0);
    lab_refuse_all(&lab, PHONE, "app13", "x.example", 10, SHAPE_S1, 2);
    lab_refuse_all(&lab, PHONE, "app12", "x.example", 12, SHAPE_S1, 2);
    lab_accept(&lab, PHONE, "web", "b.example", 15);
    lab_end(&lab);
    f = lab_last(&lab);
    is_int(lab.count, 1, "refusals of two fingerprints count together, once");
    is_int(f->evidence_count, 4, "with the sessions of both");
    is_int(f->counts.refused, 4, "counted");
    ok(lab_control(f, "other_fingerprints"), "which is said");
}

/* ---- direct sessions */

static void test_refused_then_direct(void)
{
    const struct finding *f;

    begin(LAB_INSPECTED, 0);
    lab_refuse_all(&lab, PHONE, "app", "x.example", 10, SHAPE_S1, 3);
    lab_accept(&lab, PHONE, "web", "a.example", 13);
    lab_direct(&lab, PHONE, "app", "x.example", 60);
    lab_end(&lab);
    f = lab_last(&lab);
    is_int(lab.count, 2, "an alert and its revision");
    is_int(lab.found[0].finding.type, FINDING_PINNING_SUSPECTED,
           "first a pin is suspected");
    is_int(f->type, FINDING_REFUSED_THEN_DIRECT, "then it went direct");
    is_int(f->state, FINDING_UPDATED, "an update");
    is_int(f->revision, 2, "of the same alert");
    ok(memcmp(f->alert_id, lab.found[0].finding.alert_id, 16) == 0, "with its id");
    is_text(f->bypass_actor, "client_or_unknown", "who let it through is open");
    is_int(f->counts.direct, 1, "one direct session");
    begin(LAB_INSPECTED, 0);
    lab_refuse_all(&lab, PHONE, "app", "x.example", 10, SHAPE_S1, 3);
    lab_accept(&lab, PHONE, "web", "a.example", 13);
    lab_direct(&lab, PHONE, "web", "x.example", 59);
    lab_direct(&lab, PHONE, "app", "x.example", 60);
    lab_end(&lab);
    is_text(lab_last(&lab)->bypass_actor, "box_or_policy",
            "when another app goes direct in the same minute it is the box");
}

static void test_direct_elsewhere(void)
{
    struct session s;

    begin(LAB_INSPECTED, 0);
    lab_refuse_all(&lab, PHONE, "app", "x.example", 10, SHAPE_S1, 3);
    lab_accept(&lab, PHONE, "web", "a.example", 13);
    s = lab_session(&lab, PHONE, "app", "x.example", 60);
    s.version = 0x0303;
    s.server = sample_address("203.0.113.77");
    s.certificates[0] = certificate_ref(&lab_public_leaf);
    s.certificate_count = 1;
    lab_push(&lab, &s);
    lab_end(&lab);
    is_int(lab_last(&lab)->type, FINDING_REFUSED_THEN_DIRECT, "direct by another address");
    ok(lab_last(&lab)->risk_score == 20, "is a risk: %d points",
       lab_last(&lab)->risk_score);
}

static void test_direct_too_late(void)
{
    begin(LAB_INSPECTED, 0);
    lab_refuse_all(&lab, PHONE, "app", "x.example", 10, SHAPE_S1, 3);
    lab_accept(&lab, PHONE, "web", "a.example", 13);
    lab_direct(&lab, PHONE, "app", "x.example", 12.1 + 120);
    lab_end(&lab);
    is_int(count(FINDING_REFUSED_THEN_DIRECT), 0,
           "a direct session after RetryPatternWindow does not belong to it");
}

static void test_direct_of_silent_device(void)
{
    begin(LAB_INSPECTED, 0);
    lab_refuse_all(&lab, PHONE, "app", "x.example", 10, SHAPE_S1, 3);
    lab_direct(&lab, PHONE, "app", "x.example", 15);
    lab_end(&lab);
    is_int(count(FINDING_REFUSED_THEN_DIRECT), 1,
           "a device that never accepted, but all it refused then worked directly");
    begin(LAB_INSPECTED, 0);
    lab_refuse_all(&lab, PHONE, "app", "x.example", 10, SHAPE_S1, 3);
    lab_refuse(&lab, PHONE, "app", "y.example", 13, SHAPE_S1);
    lab_direct(&lab, PHONE, "app", "x.example", 15);
    lab_end(&lab);
    is_int(count(FINDING_REFUSED_THEN_DIRECT), 0, "not one that refuses others as well");
}

static void direct_three(const char *yaml, const char *name)
{
    begin(yaml, 0);
    for (int i = 0; i < 3; i++)
        lab_direct(&lab, PHONE, "app", name, 10 + i);
    lab_end(&lab);
}

static void test_opaque_direct(void)
{
    direct_three(LAB_INSPECTED, "x.example");
    is_int(lab.count, 1, "three direct sessions with data where inspection is the rule");
    is_int(lab_last(&lab)->type, FINDING_OPAQUE_DIRECT, "are opaque");
    ok(!lab_last(&lab)->has_hypotheses, "no cause of a refusal is given");
    ok(lab_last(&lab)->confidence > 0.99, "as sure as that they were direct");
    is_int(lab_last(&lab)->evidence_count, 3, "all three are listed");
    ok(lab_last(&lab)->evidence[0].counted, "and count");
    direct_three("inspection: {segments: [172.16.0.0/12]}\n", "x.example");
    is_int(lab.count, 0, "not outside the inspected segments");
    direct_three("inspection: {segments: [10.0.0.0/8], bypass: [x.example]}\n",
                 "x.example");
    is_int(lab.count, 0, "not where policy bypasses");
    direct_three("inspection: {segments: [10.0.0.0/8]}\n"
                 "rules: {AllowedDestinationList: [x.example]}\n",
                 "x.example");
    is_int(lab.count, 0, "not on an allow-list");
}

static void test_opaque_needs(void)
{
    begin(LAB_INSPECTED, 0);
    lab_direct(&lab, PHONE, "app", "x.example", 10);
    lab_direct(&lab, PHONE, "app", "x.example", 11);
    lab_end(&lab);
    is_int(lab.count, 0, "two direct sessions are not enough");
    begin(LAB_INSPECTED, 0);
    for (int i = 0; i < 3; i++)
        lab_direct(&lab, PHONE, "app", "x.example", 500 * i);
    lab_end(&lab);
    is_int(lab.count, 0, "nor three over more than TimeWindow");
    begin(LAB_INSPECTED, 0);
    lab_direct(&lab, "10.0.0.2", "app", "x.example", 9);
    for (int i = 0; i < 3; i++)
        lab_direct(&lab, PHONE, "app", "x.example", 10 + i);
    lab_end(&lab);
    is_int(lab.count, 0, "nor what two devices of a small fleet use");
}

/* ---- client certificates */

static void demand(const char *device, double at_s)
{
    struct session s = lab_session(&lab, device, "app", "x.example", at_s);

    s.outcome = OUTCOME_CLIENT_CERTIFICATE_REQUIRED;
    s.outcome_raw = s.outcome;
    lab_push(&lab, &s);
}

static void test_mtls(void)
{
    const struct finding *f;

    begin(LAB_INSPECTED, 0);
    demand(PHONE, 1);
    demand("10.0.0.2", 2);
    lab_tick(&lab, 10);
    is_int(lab.count, 0, "two sessions without the wanted certificate are nothing");
    demand(PHONE, 11);
    lab_tick(&lab, 20);
    f = lab_last(&lab);
    is_int(lab.count, 1, "three are a notice");
    is_int(f->type, FINDING_MTLS_REQUIRED, "that one is required");
    is_int(f->evidence_count, 3, "by three sessions");
    ok(f->evidence[0].time_ns == lab_ns(1.05) && f->evidence[2].time_ns == lab_ns(11.05),
       "in the order of time");
    is_int(f->related_count, 2, "of two devices");
    ok(!f->has_device, "it is about the destination");
    for (int i = 0; i < 10; i++)
        demand(PHONE, 100 + i);
    lab_tick(&lab, 200);
    is_int(lab.count, 1, "once a day");
    for (int i = 0; i < 3; i++)
        demand("10.0.0.3", 86500 + i);
    lab_end(&lab);
    is_int(lab.count, 2, "the next day again");
    is_int(lab_last(&lab)->revision, 2, "as a revision");
    is_int(lab_last(&lab)->related_count, 3, "with all devices");
}

/* ---- what counts */

static void test_probability_scales(void)
{
    begin(LAB_INSPECTED, 0);
    lab.config.rules.tuning.evidence_db.segment = 6.0206; /* P .8 */
    lab_refuse_all(&lab, PHONE, "app", "x.example", 10, SHAPE_S1, 3);
    lab_accept(&lab, PHONE, "web", "a.example", 13);
    lab_end(&lab);
    ok(lab_near(lab_last(&lab)->evidence[0].weight_db, 17.6),
       "a session that was probably inspected counts by its probability: 22 dB times .8");
    begin(LAB_INSPECTED, 0);
    lab.config.rules.tuning.evidence_db.segment = -0.1;
    lab_refuse_all(&lab, PHONE, "app", "x.example", 10, SHAPE_S1, 3);
    lab_accept(&lab, PHONE, "web", "a.example", 13);
    lab_end(&lab);
    is_int(lab.count, 0, "below one half it does not count");
    is_int(lab.correlator.stats.refusals, 0, "at all");
}

static void test_noise_halves(void)
{
    begin(LAB_INSPECTED, 0);
    for (int i = 0; i < 12; i++) {
        lab_accept(&lab, PHONE, "web", "a.example", i);
        lab_refuse(&lab, PHONE, "web", "a.example", i + 0.4, SHAPE_S5);
    }
    lab_refuse(&lab, PHONE, "app", "x.example", 20, SHAPE_S3);
    lab_refuse(&lab, PHONE, "app", "x.example", 21, SHAPE_S4);
    lab_refuse(&lab, PHONE, "app", "x.example", 22, SHAPE_S1);
    lab_refuse(&lab, PHONE, "app", "x.example", 23, SHAPE_S1);
    lab_accept(&lab, PHONE, "web", "b.example", 24);
    lab_end(&lab);
    ok(lab_near(lab_last(&lab)->evidence[0].weight_db, 3.5), "bad radio halves S3");
    ok(lab_near(lab_last(&lab)->evidence[1].weight_db, 9), "not S4");
    ok(lab_near(lab_last(&lab)->evidence[2].weight_db, 22), "not S1");
}

static void test_episode_evidence(void)
{
    const struct finding *f;

    begin(LAB_INSPECTED, 0);
    lab_refuse(&lab, PHONE, "app", "x.example", 10, SHAPE_S4);
    lab_refuse(&lab, PHONE, "app", "x.example", 10.1, SHAPE_S1);
    lab_refuse(&lab, PHONE, "app", "x.example", 10.2, SHAPE_S4);
    lab_refuse_all(&lab, PHONE, "app", "x.example", 11, SHAPE_S1, 2);
    lab_accept(&lab, PHONE, "web", "a.example", 14);
    lab_end(&lab);
    f = lab_last(&lab);
    is_int(f->evidence_count, 5, "every attempt is listed");
    ok(!f->evidence[0].counted && f->evidence[1].counted && !f->evidence[2].counted,
       "of an episode the strongest one counts");
    is_int(f->counts.episodes, 3, "three episodes");
}

static void test_no_hello(void)
{
    struct session s;

    begin(LAB_INSPECTED, 0);
    s = lab_session(&lab, PHONE, "app", "x.example", 1);
    s.ja4[0] = '\0';
    lab_push(&lab, &s);
    lab_end(&lab);
    is_int(lab.correlator.keys.count, 0, "a session without a ClientHello makes no key");
}

int main(void)
{
    lab_open(&lab);
    test_worst_delay();
    test_selective();
    test_fast_path();
    test_pending();
    test_pending_too_long();
    test_not_selective();
    test_end_settles();
    test_device_notice();
    test_only_traffic();
    test_fleet();
    test_no_fleet();
    test_onboarded();
    test_new_authority();
    test_causes();
    test_site();
    test_app_anywhere();
    test_veto();
    test_short_lived();
    test_merge();
    test_refused_then_direct();
    test_direct_elsewhere();
    test_direct_too_late();
    test_direct_of_silent_device();
    test_opaque_direct();
    test_opaque_needs();
    test_mtls();
    test_probability_scales();
    test_noise_halves();
    test_episode_evidence();
    test_no_hello();
    lab_close(&lab);
    return done_testing();
}
