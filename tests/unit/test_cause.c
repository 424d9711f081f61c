#include "detect/cause.h"

#include <string.h>

#include "detect_sample.h"

static struct lab lab;
static struct key key;
static struct device device;
static struct device_app device_app;
static struct app app;
static struct destination destination;
static struct app_destination app_destination;
static struct suspicion suspicion;
static struct cause_facts facts;
static struct cause_verdict verdict;

static const uint64_t now = UINT64_C(1795232898000000000);

static void begin(enum trust_model model)
{
    memset(&key, 0, sizeof(key));
    memset(&device, 0, sizeof(device));
    memset(&device_app, 0, sizeof(device_app));
    memset(&app, 0, sizeof(app));
    memset(&destination, 0, sizeof(destination));
    memset(&app_destination, 0, sizeof(app_destination));
    memset(&suspicion, 0, sizeof(suspicion));
    key.suspicion = &suspicion;
    key.device.low = 1;
    key.app.low = 2;
    key.destination.low = 3;
    suspicion.trust_model = model;
    facts = (struct cause_facts){.key = &key,
                                 .device = &device,
                                 .device_app = &device_app,
                                 .app = &app,
                                 .destination = &destination,
                                 .app_destination = &app_destination,
                                 .device_count = 10,
                                 .now_ns = now};
}

/* ---- each observation made true */

static void dev_accepts(void)
{
    device.last_accept_ns = now;
    device.accepts = 5;
}

static void app_accepts_other(bool shared)
{
    (void)id_set_add(&device_app.accepted, 99, now);
    app.domain_count = shared ? 51 : 3;
    app.device_count = shared ? 3 : 1;
}

static void site_ok_others(void)
{
    (void)id_set_add(&destination.accepting_apps, 88, now);
    (void)id_set_add(&destination.accepting_devices, 77, now);
}

static bool is_used(const char *name)
{
    for (size_t i = 0; i < verdict.control_count; i++)
        if (strcmp(verdict.controls[i].name, name) == 0)
            return true;
    return false;
}

static double p(enum hypothesis h)
{
    return verdict.probability[h];
}

static void judge(void)
{
    double sum = 0;

    memset(&verdict, 0, sizeof(verdict));
    cause_judge(&lab.config.rules, &facts, &verdict);
    for (size_t h = 0; h < HYPOTHESES; h++)
        sum += verdict.probability[h];
    ok(fabs(sum - 1) < 1e-9, "the causes add up to one");
}

/* ---- the worked results */

static void test_ios(void)
{
    begin(TRUST_MODEL_IOS_MANAGED);
    dev_accepts();
    judge();
    ok(lab_near(p(HYPOTHESIS_PIN), 0.82), "iOS, the device accepts: PIN .82, not %.3f",
       p(HYPOTHESIS_PIN));
    app_accepts_other(true);
    site_ok_others();
    judge();
    ok(lab_near(p(HYPOTHESIS_PIN), 0.93),
       "iOS bank app with a shared fingerprint that accepts others, the site is fine for "
       "others: "
       "PIN .93, not %.3f",
       p(HYPOTHESIS_PIN));
    is_int(verdict.control_count, 3, "from three observations");
    ok(verdict.app_shared, "the fingerprint is known as shared");
}

static void test_android(void)
{
    begin(TRUST_MODEL_ANDROID_USER);
    dev_accepts();
    judge();
    ok(lab_near(p(HYPOTHESIS_APPCA), 0.78) && lab_near(p(HYPOTHESIS_PIN), 0.11),
       "Android user store, the device accepts: APPCA .78, PIN .11, not %.3f, %.3f",
       p(HYPOTHESIS_APPCA), p(HYPOTHESIS_PIN));
    app_accepts_other(false);
    site_ok_others();
    judge();
    ok(lab_near(p(HYPOTHESIS_PIN), 0.61),
       "a fingerprint of its own that accepts others, site fine: PIN .61, not %.3f",
       p(HYPOTHESIS_PIN));
    app_accepts_other(true);
    judge();
    ok(lab_near(p(HYPOTHESIS_APPCA), 0.77), "a shared one: APPCA .77, not %.3f",
       p(HYPOTHESIS_APPCA));
}

static void test_browser(void)
{
    begin(TRUST_MODEL_UNKNOWN);
    SAMPLE_TEXT(suspicion.ja4, "t13d1516h2_8daaf6152771_d8a2da3f94cd");
    suspicion.has_ech = true;
    device.attempts = 12;
    (void)id_set_add(&device.apps, 1, now);
    (void)id_set_add(&device.apps, 2, now);
    for (uint32_t i = 0; i < 3; i++)
        (void)id_set_add(&device_app.refused, 10 + i, now);
    judge();
    ok(verdict.browser, "a browser is told by its hello");
    ok(p(HYPOTHESIS_DEV) > 0.985,
       "it refuses all on a device that accepts nothing: DEV .99");
    ok(is_used("dev_never") && is_used("app_rejects_all"), "by what was observed");
}

/* ---- each observation */

static void test_device_rows(void)
{
    begin(TRUST_MODEL_UNKNOWN);
    judge();
    is_int(verdict.control_count, 0,
           "without anything observed there are the priors alone");
    ok(lab_near(p(HYPOTHESIS_PIN), 0.30) && lab_near(p(HYPOTHESIS_APPCA), 0.35) &&
           lab_near(p(HYPOTHESIS_DEV), 0.20) && lab_near(p(HYPOTHESIS_SITE), 0.15),
       "of an unknown trust model");
    device.attempts = 9;
    (void)id_set_add(&device.apps, 1, now);
    (void)id_set_add(&device.apps, 2, now);
    judge();
    ok(!is_used("dev_never"), "nine attempts are not yet never");
    device.attempts = 10;
    judge();
    ok(is_used("dev_never"), "ten over two apps are");
    device.apps.count = 1;
    judge();
    ok(!is_used("dev_never"), "of one app they are not");
    dev_accepts();
    judge();
    ok(is_used("dev_accepts"), "one accept ends it");
    device.last_accept_ns = now - UINT64_C(86401000000000);
    judge();
    ok(!is_used("dev_accepts"), "for a day");
}

static void test_app_rows(void)
{
    begin(TRUST_MODEL_UNKNOWN);
    (void)id_set_add(&device_app.accepted, 3, now);
    judge();
    ok(!is_used("app_accepts_other"), "an accept of the destination itself is no other");
    for (uint32_t i = 0; i < 3; i++)
        (void)id_set_add(&device_app.refused, 10 + i, now);
    judge();
    ok(!is_used("app_rejects_all"), "an app that accepts one does not refuse all");
    device_app.accepted.count = 0;
    judge();
    ok(is_used("app_rejects_all"), "one that refuses three and accepts none does");
    app_accepts_other(false);
    judge();
    ok(is_used("app_accepts_other") && !is_used("app_rejects_all"),
       "one that accepts another");
    app_accepts_other(true);
    judge();
    ok(is_used("app_accepts_other_shared"), "with a fingerprint that many share");
    app.device_count = 2;
    judge();
    ok(is_used("app_accepts_other"), "a fifth of the devices is not many");
}

static void test_site_rows(void)
{
    begin(TRUST_MODEL_UNKNOWN);
    (void)id_set_add(&destination.accepting_apps, 2, now);
    judge();
    ok(!is_used("site_ok_others"), "the app itself is no other app");
    begin(TRUST_MODEL_UNKNOWN);
    for (uint32_t i = 0; i < 3; i++) {
        (void)id_set_add(&destination.refusing_apps, 10 + i, now);
        (void)id_set_add(&destination.refusing_devices, 20 + i, now);
    }
    judge();
    ok(is_used("site_rejected_by_many"),
       "three apps on three devices refuse it, none accepts");
    ok(p(HYPOTHESIS_SITE) > 0.4, "so the site is the likeliest cause");
    destination.refusing_devices.count = 2;
    judge();
    ok(!is_used("site_rejected_by_many"), "on two devices it is not many");
    destination.refusing_devices.count = 3;
    site_ok_others();
    judge();
    ok(is_used("site_ok_others") && !is_used("site_rejected_by_many"),
       "another app accepts it");
}

static void test_peer_rows(void)
{
    begin(TRUST_MODEL_UNKNOWN);
    (void)id_set_add(&app_destination.refusing, 1, now);
    (void)id_set_add(&app_destination.refusing, 5, now);
    judge();
    ok(!is_used("peers_reject"), "the device itself is no peer");
    (void)id_set_add(&app_destination.refusing, 6, now);
    judge();
    ok(is_used("peers_reject"), "two other devices refuse it with the same app");
    (void)id_set_add(&app_destination.accepting, 7, now);
    (void)id_set_add(&app_destination.accepting, 8, now);
    judge();
    ok(is_used("peers_accept") && !is_used("peers_reject"), "two others accept it");
}

static void test_direct_row(void)
{
    begin(TRUST_MODEL_UNKNOWN);
    suspicion.direct_count = 1;
    suspicion.direct_total = 1;
    suspicion.direct_ns[0] = now;
    judge();
    ok(is_used("direct_ok"), "it works directly");
    suspicion.direct_ns[0] = now - UINT64_C(86401000000000);
    judge();
    ok(!is_used("direct_ok"), "a day ago does not count");
}

static void test_forgotten_records(void)
{
    begin(TRUST_MODEL_IOS_MANAGED);
    facts.device_app = NULL;
    facts.app = NULL;
    facts.destination = NULL;
    facts.app_destination = NULL;
    judge();
    is_int(verdict.control_count, 0, "records that were dropped say nothing");
}

static void test_controls(void)
{
    memset(&verdict, 0, sizeof(verdict));
    for (int i = 0; i < FINDING_CONTROLS_MAX + 3; i++)
        cause_add_control(&verdict, "contrast", 10, "%d", i);
    is_int(verdict.control_count, FINDING_CONTROLS_MAX, "the list of controls is bounded");
    is_text(verdict.controls[1].fact, "1", "each has its fact");
    ok(!verdict.controls[1].has_likelihoods, "and no likelihoods where it has none");
}

static void test_facts(void)
{
    begin(TRUST_MODEL_IOS_MANAGED);
    dev_accepts();
    judge();
    is_text(verdict.controls[0].fact,
            "the device completed 5 inspected sessions, so it trusts the authority",
            "an observation says what was seen");
    ok(verdict.controls[0].has_likelihoods &&
           lab_near(verdict.controls[0].likelihood[HYPOTHESIS_DEV], 0.02),
       "with its likelihoods");
}

int main(void)
{
    lab_open(&lab);
    test_ios();
    test_android();
    test_browser();
    test_device_rows();
    test_app_rows();
    test_site_rows();
    test_peer_rows();
    test_direct_row();
    test_forgotten_records();
    test_controls();
    test_facts();
    lab_close(&lab);
    return done_testing();
}
