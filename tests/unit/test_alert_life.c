#include "detect/alert_life.h"

#include <string.h>

#include "detect_sample.h"

#define PHONE "10.0.0.1"
#define DAY 86400.0

static struct lab lab;

static void begin(const char *yaml)
{
    lab_close(&lab);
    lab_open_with(&lab, yaml, 0);
}

/* A pin is suspected: three refusals while the device accepts another destination. */
static void raise(const char *device, const char *app, const char *name, double at_s)
{
    lab_refuse_all(&lab, device, app, name, at_s, SHAPE_S1, 3);
    lab_accept(&lab, device, "web", "web.example", at_s + 3);
    lab_tick(&lab, at_s + 10);
}

static const struct finding *found(size_t i)
{
    return &lab.found[i].finding;
}

static bool same_id(const struct finding *a, const struct finding *b)
{
    return memcmp(a->alert_id, b->alert_id, sizeof(a->alert_id)) == 0;
}

static void test_ids(void)
{
    uint8_t first[16];

    begin(LAB_INSPECTED);
    raise(PHONE, "app", "x.example", 10);
    raise(PHONE, "app", "y.example", 100);
    raise(PHONE, "other", "x.example", 200);
    raise("10.0.0.2", "app", "x.example", 300);
    is_int(lab.count, 4, "four alerts");
    ok(!same_id(found(0), found(1)), "another destination has another id");
    ok(!same_id(found(0), found(2)), "so has another app");
    ok(!same_id(found(0), found(3)), "and another device");
    memcpy(first, found(0)->alert_id, sizeof(first));
    begin(LAB_INSPECTED);
    lab.correlator.options.seed = 77;
    raise(PHONE, "app", "x.example", 10);
    ok(memcmp(first, found(0)->alert_id, sizeof(first)) == 0,
       "the same sessions have the same id in another run");
}

static void test_dedup(void)
{
    begin(LAB_INSPECTED);
    raise(PHONE, "app", "x.example", 10);
    is_int(found(0)->state, FINDING_OPEN, "the first revision opens");
    is_int(found(0)->revision, 1, "as number one");
    for (int i = 1; i < 20; i++)
        raise(PHONE, "app", "x.example", 10 + 200 * i * i); /* not as a beacon does */
    is_int(lab.count, 1, "for a day nothing is repeated");
    raise(PHONE, "app", "x.example", 10 + DAY + 100);
    is_int(lab.count, 2, "then a revision tells the counts");
    is_int(found(1)->state, FINDING_UPDATED, "as an update");
    is_int(found(1)->revision, 2, "number two");
    ok(same_id(found(0), found(1)), "of the same alert");
    is_int(found(1)->counts.refused, 61, "of all refusals until then");
    is_int(found(1)->evidence_count, FINDING_EVIDENCE_MAX, "with the latest of them");
}

static void test_precedence(void)
{
    begin(LAB_INSPECTED);
    raise(PHONE, "app", "x.example", 10);
    lab_direct(&lab, PHONE, "app", "x.example", 30);
    lab_tick(&lab, 60);
    is_int(found(1)->type, FINDING_REFUSED_THEN_DIRECT,
           "a type that takes precedence: a revision");
    raise(PHONE, "app", "x.example", 400);
    raise(PHONE, "app", "x.example", 500 + DAY);
    is_int(lab.count, 3, "later refusals alone are no news before a day");
    is_int(found(2)->type, FINDING_REFUSED_THEN_DIRECT, "and never step down");
}

static void test_severity_rises(void)
{
    begin(LAB_INSPECTED);
    raise(PHONE, "app", "x.example", 10);
    is_int(found(0)->severity, 21, "an alert of low severity");
    lab.config.rules.tuning.risk.rare_app = 70;
    raise(PHONE, "app", "x.example", 100);
    is_int(lab.count, 2, "is told again when it becomes graver");
    is_int(found(1)->severity, 73, "with that severity");
    lab.config.rules.tuning.risk.rare_app = 0;
    raise(PHONE, "app", "x.example", 200);
    is_int(lab.count, 2, "not when it becomes less so");
}

static void test_closed(void)
{
    begin(LAB_INSPECTED);
    raise(PHONE, "app", "x.example", 10);
    lab_accept(&lab, PHONE, "app", "x.example", 100);
    lab_tick(&lab, 110);
    is_int(found(1)->state, FINDING_CLOSED, "the app accepts: the alert is closed");
    ok(strstr(found(1)->message, "The alert that device 10.0.0.1 ") == found(1)->message &&
           strstr(found(1)->message, " is closed. The same app accepted inspection"),
       "in a sentence that says which and why");
    is_int(found(1)->revision, 2, "by a revision");
    ok(same_id(found(0), found(1)), "of that alert");
    is_int(found(1)->type, found(0)->type, "and type");
    raise(PHONE, "app", "x.example", 2000);
    is_int(found(2)->state, FINDING_OPEN, "refusals that begin anew are another alert");
    ok(!same_id(found(0), found(2)), "with another id");
    is_int(lab.correlator.stats.closed, 1, "closing is counted");
}

static void test_retracted(void)
{
    begin(LAB_INSPECTED);
    lab_refuse_all(&lab, PHONE, "app", "x.example", 10, SHAPE_S4, 4);
    lab_accept(&lab, PHONE, "web", "web.example", 14);
    lab_tick(&lab, 20);
    is_int(lab.count, 1, "an alert that rests on connections without data");
    lab_accept(&lab, PHONE, "sync", "x.example", 30);
    lab_tick(&lab, 40);
    is_int(found(1)->state, FINDING_RETRACTED,
           "is withdrawn when another app gets data there");
    is_int(lab.correlator.stats.retracted, 1, "which is counted");
    lab_refuse(&lab, PHONE, "app", "x.example", 2000, SHAPE_S4);
    for (int i = 1; i < 4; i++)
        lab_refuse(&lab, PHONE, "app", "x.example", 2000 + i, SHAPE_S4);
    lab_accept(&lab, PHONE, "web", "web.example", 2004);
    lab_tick(&lab, 2010);
    is_int(lab.count, 3, "when it fires again");
    ok(!same_id(found(0), found(2)) || found(2)->revision == 3,
       "no revision of an id comes twice");
}

static void test_aloud_is_not_retracted(void)
{
    begin(LAB_INSPECTED);
    raise(PHONE, "app", "x.example", 10);
    lab_accept(&lab, PHONE, "sync", "x.example", 30);
    lab_tick(&lab, 40);
    is_int(lab.count, 1, "an alert that rests on certificate alerts stays");
}

/* What counted because the place is configured was not inspected after all. */
static void test_not_inspected(void)
{
    struct session s;

    begin(LAB_INSPECTED);
    raise(PHONE, "app", "x.example", 10);
    s = lab_session(&lab, PHONE, "app", "x.example", 100);
    lab_shape(&s, SHAPE_S1);
    s.version = 0x0303;
    s.certificates[0] = certificate_ref(&lab_public_leaf);
    s.certificate_count = 1;
    lab_push(&lab, &s);
    lab_tick(&lab, 110);
    is_int(
        found(1)->state, FINDING_RETRACTED,
        "a refusal of a genuine certificate shows that nobody inspects there: withdrawn");
}

static void test_rate_cap(void)
{
    char name[32];

    begin(LAB_INSPECTED);
    for (int i = 0; i < 12; i++) {
        (void)snprintf(name, sizeof(name), "x%d.example", i);
        raise(PHONE, "app", name, 100 * i);
    }
    is_int(lab.correlator.stats.opened, 10, "a device opens ten alerts a day");
    is_int(lab.count, 11, "the first beyond makes a revision");
    ok(same_id(found(9), found(10)) && found(10)->state == FINDING_UPDATED,
       "of the last of them");
    is_int(found(10)->counts.withheld, 1, "which says that one was withheld");
    is_int(lab.correlator.stats.rate_capped, 2, "those beyond are counted");
    raise("10.0.0.2", "app", "y.example", 1300);
    is_int(lab.count, 12, "another device has its own");
    raise(PHONE, "app", "z.example", DAY + 100);
    is_int(lab.count, 14, "the next day begins anew");
    ok(same_id(found(9), found(12)) && found(12)->counts.withheld == 2,
       "with the sum of the day before");
    is_int(found(13)->state, FINDING_OPEN, "and a first alert");
    is_int(found(13)->counts.withheld, 0, "which withholds nothing");
}

static void test_allowed(void)
{
    char name[32];

    begin("inspection: {segments: [10.0.0.0/8], trust_model: ios_managed}\n"
          "rules: {AllowedDestinationList: ['*.vendor.example']}\n");
    for (int i = 0; i < 12; i++) {
        (void)snprintf(name, sizeof(name), "x%d.vendor.example", i);
        raise(PHONE, "app", name, 100 * i);
    }
    is_int(lab.count, 12, "alerts of an allow-list do not use up the device's share");
    is_int(found(0)->severity, 1, "they are informational");
    ok(found(0)->informational, "which they say");
    ok(strstr(found(0)->allowed_by, "vendor.example"), "with the entry: %s",
       found(0)->allowed_by);
    is_int(lab.correlator.stats.allow_listed, 12, "and are counted");
}

static void test_expiry(void)
{
    begin(LAB_INSPECTED);
    raise(PHONE, "app", "x.example", 10);
    lab_accept(&lab, PHONE, "web", "web.example", 6.9 * DAY);
    lab_tick(&lab, 6.9 * DAY + 10);
    is_int(lab.count, 1, "an alert without news stays open for seven days");
    lab_tick(&lab, 7 * DAY + 100);
    is_int(lab.count, 2, "then it is closed");
    is_int(found(1)->state, FINDING_CLOSED, "as what ended");
    ok(strstr(found(1)->reason, "long time"), "because nothing more was seen");
    ok(found(1)->time_ns == found(0)->time_ns + (uint64_t)(7 * DAY) * UINT64_C(1000000000),
       "exactly after that time");
}

static void test_news_postpone(void)
{
    begin(LAB_INSPECTED);
    raise(PHONE, "app", "x.example", 10);
    lab_refuse(&lab, PHONE, "app", "x.example", 6 * DAY, SHAPE_S1);
    lab_tick(&lab, 8 * DAY);
    is_int(lab.count, 1, "news postpone it");
    lab_tick(&lab, 13 * DAY + 100);
    is_int(found(1)->state, FINDING_CLOSED, "by seven days");
}

static void test_end_keeps_open(void)
{
    begin(LAB_INSPECTED);
    raise(PHONE, "app", "x.example", 10);
    lab_end(&lab);
    is_int(lab.count, 1, "the end of the input closes no alert");
}

static void test_content(void)
{
    const struct finding *f;

    begin(LAB_INSPECTED);
    lab_accept(&lab, PHONE, "web", "a.example", 0);
    lab_accept(&lab, PHONE, "web", "b.example", 1);
    raise(PHONE, "app", "x.example", 10);
    f = found(0);
    is_text(f->destination, "x.example", "an alert names the destination");
    is_int(f->destination_port, 443, "its port");
    is_text(f->app_key, "app", "the app's fingerprint");
    is_text(f->analytic, "AN1726", "the analytic of the platform");
    is_text(f->platform, "ios", "which the trust model tells");
    is_text(f->platform_basis, "trust_model", "as it says");
    ok(f->has_device && f->has_destination && f->has_hypotheses, "all that it is about");
    ok(f->confidence > 0.7 && f->confidence < 1, "how sure it is");
    is_int(f->counts.episodes, 3, "how many episodes");
    ok(lab_control(f, "contrast") && lab_near(lab_control(f, "contrast")->weight_db, 10),
       "the contrast, with its weight");
    ok(lab_control(f, "dev_accepts"), "each observation");
    ok(f->clause_count >= 4, "the clauses of the analytic");
    is_text(f->clauses[0].state, "met", "the first is met");
}

int main(void)
{
    lab_open(&lab);
    test_ids();
    test_dedup();
    test_precedence();
    test_severity_rises();
    test_closed();
    test_retracted();
    test_aloud_is_not_retracted();
    test_not_inspected();
    test_rate_cap();
    test_allowed();
    test_expiry();
    test_news_postpone();
    test_end_keeps_open();
    test_content();
    lab_close(&lab);
    return done_testing();
}
