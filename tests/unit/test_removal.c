#include "detect/removal.h"

#include "detect_sample.h"

#define PHONE "10.0.0.1"
#define DAY 86400.0

static struct lab lab;

static void begin(size_t authorities)
{
    lab_close(&lab);
    lab_open_with(&lab, LAB_INSPECTED, authorities);
}

/* An inspected session whose forged certificate is seen. */
static struct session forged(const char *device, const char *app, const char *name,
                             double at_s)
{
    struct session s = lab_session(&lab, device, app, name, at_s);

    s.version = 0x0303;
    s.certificates[0] = certificate_ref(&lab_inspection_leaf);
    s.certificate_count = 1;
    return s;
}

static void accept(const char *device, const char *app, const char *name, double at_s)
{
    struct session s = forged(device, app, name, at_s);

    lab_push(&lab, &s);
}

static void refuse(const char *device, const char *app, const char *name, double at_s,
                   enum outcome_shape shape)
{
    struct session s = forged(device, app, name, at_s);

    lab_shape(&s, shape);
    lab_push(&lab, &s);
}

/* The app refuses x.example four times while the device accepts another destination. */
static void pin(const char *device, double at_s)
{
    for (int i = 0; i < 4; i++)
        refuse(device, "app", "x.example", at_s + 10 * i, SHAPE_S1);
    accept(device, "web", "web.example", at_s + 41);
    lab_tick(&lab, at_s + 60);
}

static void accept_all(const char *device, const char *app, double at_s, int n)
{
    for (int i = 0; i < n; i++)
        accept(device, app, "x.example", at_s + 10 * i);
    lab_tick(&lab, at_s + 10 * n + 20);
}

static size_t removals(void)
{
    return lab_count(&lab, FINDING_PINNING_REMOVED);
}

static const struct finding *last_removal(void)
{
    const struct finding *f = lab_last(&lab);

    for (size_t i = 0; i < lab.count; i++)
        if (lab.found[i].finding.type == FINDING_PINNING_REMOVED)
            f = &lab.found[i].finding;
    return f;
}

static void test_removed(void)
{
    const struct finding *f;

    begin(1);
    pin(PHONE, 10);
    accept_all(PHONE, "app", 5000, 2);
    is_int(removals(), 0, "two accepted sessions are too few");
    accept_all(PHONE, "app", 5100, 4);
    is_int(removals(), 1, "the third says that the pin is gone, once");
    f = last_removal();
    is_int(f->state, FINDING_OPEN, "the notice opens");
    is_int(f->severity, 47, "which is worth a look");
    is_text(f->destination, "x.example", "for that destination");
    is_text(f->app_key, "app", "and that app");
    ok(f->has_device, "on that device");
    is_int(f->counts.refused, 4, "it refused four sessions");
    is_int(f->counts.accepted, 3, "and accepted three");
    is_int(f->evidence_count, 7, "which are all listed");
    ok(strstr(f->reason, "No other device") != NULL, "nothing else tells the reason");
}

static void test_again(void)
{
    begin(1);
    pin(PHONE, 10);
    accept_all(PHONE, "app", 5000, 3);
    refuse(PHONE, "app", "x.example", 6000, SHAPE_S1);
    lab_tick(&lab, 6100);
    is_int(removals(), 2, "a refusal");
    is_int(last_removal()->state, FINDING_CLOSED, "closes it");
    accept_all(PHONE, "app", 7000, 4);
    is_int(removals(), 2, "what goes to and fro is two programs: no more of it");
}

static void test_expiry(void)
{
    begin(1);
    pin(PHONE, 10);
    accept_all(PHONE, "app", 5000, 3);
    lab_tick(&lab, 5100 + 6 * DAY);
    is_int(removals(), 1, "it stays open for a week");
    lab_tick(&lab, 5100 + 8 * DAY);
    is_int(removals(), 2, "then");
    is_int(last_removal()->state, FINDING_CLOSED, "accepting is what the app does");
}

static void test_peers(void)
{
    begin(1);
    pin(PHONE, 10);
    pin("10.0.0.2", 100);
    accept_all(PHONE, "app", 5000, 3);
    ok(strstr(last_removal()->reason, "unpinning hook") != NULL,
       "where others still refuse it is this device that changed");
    accept_all("10.0.0.2", "app", 6000, 3);
    ok(strstr(last_removal()->reason, "update of the app") != NULL,
       "where others accept as well it is an update");
}

static const char *device(int i)
{
    static char text[32];

    (void)snprintf(text, sizeof(text), "10.0.0.%d", i);
    return text;
}

static void test_fleet(void)
{
    const struct finding *f = NULL;

    begin(1);
    for (int i = 1; i <= 7; i++)
        pin(device(i), 10 + 100 * i);
    for (int i = 1; i <= 4; i++)
        accept_all(device(i), "app", 5000 + 100 * i, 3);
    is_int(removals(), 4, "four devices turn: a notice each");
    accept_all(device(5), "app", 5500, 3);
    is_int(removals(), 9, "the fifth makes one for all and closes the others");
    for (size_t i = 0; i < lab.count; i++)
        if (lab.found[i].finding.type == FINDING_PINNING_REMOVED &&
            !lab.found[i].finding.has_device)
            f = &lab.found[i].finding;
    is_int(f ? f->counts.devices : 0, 5, "it names five devices");
    ok(last_removal()->is_superseded && f &&
           memcmp(last_removal()->superseded_by, f->alert_id, 16) == 0,
       "as superseded by it");
    accept_all(device(6), "app", 5700, 3);
    is_int(removals(), 9, "a sixth only joins");
    accept_all(device(7), "app", 5500 + DAY, 3);
    is_int(removals(), 10, "a revision a day later");
    is_int(last_removal()->counts.devices, 7, "names all");
    lab_tick(&lab, 5600 + 9 * DAY);
    is_int(removals(), 11, "when it has become what the app does on all of them");
    is_int(last_removal()->state, FINDING_CLOSED, "it is closed");
}

/* ---- what it is not */

/* The device lacked the authority: it accepted nothing before. */
static void test_onboarded(void)
{
    begin(1);
    for (int i = 0; i < 4; i++) {
        refuse(PHONE, "app", "x.example", 10 + 10 * i, SHAPE_S1);
        refuse(PHONE, "web", "y.example", 12 + 10 * i, SHAPE_S1);
    }
    lab_tick(&lab, 100);
    accept_all(PHONE, "app", 5000, 4);
    is_int(removals(), 0, "a device that is onboarded removes no pin");
}

/* A browser with a store of its own accepted meanwhile; then the authority is installed. */
static void test_other_apps_turn(void)
{
    begin(1);
    for (int i = 0; i < 4; i++) {
        refuse(PHONE, "app", "x.example", 10 + 10 * i, SHAPE_S1);
        refuse(PHONE, "mail", "y.example", 12 + 10 * i, SHAPE_S1);
    }
    accept(PHONE, "web", "web.example", 51);
    lab_tick(&lab, 100);
    ok(lab.count > 0, "(they are told)");
    accept(PHONE, "mail", "y.example", 4990);
    accept_all(PHONE, "app", 5000, 4);
    is_int(removals(), 0, "where another app turns, too, the authority was installed");
}

/* The box lets the destination through: other certificates, or none that are seen. */
static void test_bypassed(void)
{
    begin(1);
    pin(PHONE, 10);
    for (int i = 0; i < 4; i++)
        lab_direct(&lab, PHONE, "app", "x.example", 5000 + 10 * i);
    lab_tick(&lab, 5100);
    is_int(removals(), 0, "direct sessions accept no inspection");
    begin(0);
    lab_refuse_all(&lab, PHONE, "app", "x.example", 10, SHAPE_S1, 4);
    lab_accept(&lab, PHONE, "web", "web.example", 16);
    lab_tick(&lab, 60);
    is_int(lab_count(&lab, FINDING_PINNING_SUSPECTED), 1, "(a pin is suspected)");
    for (int i = 0; i < 4; i++)
        lab_accept(&lab, PHONE, "app", "x.example", 5000 + 10 * i);
    lab_tick(&lab, 5100);
    is_int(removals(), 0,
           "nor do sessions of which only the configuration says that they are inspected");
}

static void test_other_authority(void)
{
    begin(2);
    pin(PHONE, 10);
    lab_inspection_leaf.authority = 1;
    accept_all(PHONE, "app", 5000, 4);
    lab_inspection_leaf.authority = 0;
    is_int(removals(), 0, "accepting another authority removes no pin");
}

static void test_shared_key(void)
{
    begin(1);
    accept(PHONE, "app", "x.example", 1);
    pin(PHONE, 1000);
    ok(lab_count(&lab, FINDING_PINNING_SUSPECTED) > 0, "(a pin is suspected)");
    accept_all(PHONE, "app", 5000, 4);
    is_int(removals(), 0, "what accepted and refused the same day is two programs");
}

/* Unused connections that another app's data explains. */
static void test_retracted(void)
{
    begin(1);
    for (int i = 0; i < 6; i++)
        refuse(PHONE, "app", "x.example", 10 + 10 * i, SHAPE_S4);
    accept(PHONE, "web", "web.example", 71);
    accept(PHONE, "web", "more.example", 72);
    accept(PHONE, "web", "third.example", 73);
    lab_tick(&lab, 100);
    ok(lab.count > 0, "(it is told)");
    accept(PHONE, "web", "x.example", 200);
    lab_tick(&lab, 210);
    is_int(lab_last(&lab)->state, FINDING_RETRACTED, "(and withdrawn)");
    accept_all(PHONE, "app", 5000, 4);
    is_int(removals(), 0, "what was withdrawn cannot be removed");
}

int main(void)
{
    lab_open(&lab);
    test_removed();
    test_again();
    test_expiry();
    test_peers();
    test_fleet();
    test_onboarded();
    test_other_apps_turn();
    test_bypassed();
    test_other_authority();
    test_shared_key();
    test_retracted();
    lab_close(&lab);
    return done_testing();
}
