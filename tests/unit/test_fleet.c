#include "detect/fleet.h"

#include "crypto/uuid.h"
#include "detect_sample.h"

#define DAY 86400.0

static struct lab lab;

static void begin(const char *yaml)
{
    lab_close(&lab);
    lab_open_with(&lab, yaml, 0);
}

static const char *device(int i)
{
    static char text[32];

    (void)snprintf(text, sizeof(text), "10.0.%d.%d", i / 250, i % 250 + 1);
    return text;
}

/* Device `i` pins x.example: three refusals while it accepts another destination. */
static void pin(int i, double at_s)
{
    lab_refuse_all(&lab, device(i), "app", "x.example", at_s, SHAPE_S1, 3);
    lab_accept(&lab, device(i), "web", "web.example", at_s + 3);
    lab_tick(&lab, at_s + 10);
}

static void pin_all(int from, int to, double at_s)
{
    for (int i = from; i < to; i++)
        pin(i, at_s + 20 * (i - from));
}

static const struct finding *found(size_t i)
{
    return &lab.found[i].finding;
}

static bool same_id(const struct finding *a, const struct finding *b)
{
    return memcmp(a->alert_id, b->alert_id, sizeof(a->alert_id)) == 0;
}

static void test_collapse(void)
{
    struct uuid_name name;
    uint8_t id[16];

    begin(LAB_INSPECTED);
    pin_all(0, 4, 10);
    is_int(lab.count, 4, "four devices raise an alert each");
    pin(4, 100);
    is_int(lab.count, 9, "the fifth makes one of them all, and closes those of the others");
    is_int(found(4)->state, FINDING_OPEN, "the fleet alert opens");
    is_int(found(4)->type, FINDING_PINNING_SUSPECTED, "with their type");
    ok(!found(4)->has_device, "of no single device");
    is_int(found(4)->counts.devices, 5, "of five devices");
    is_int(found(4)->counts.refused, 15, "which refused so many sessions");
    is_int(found(4)->related_count, 5, "named each");
    ok(found(4)->evidence_count == 15, "with the sessions of all of them");
    ok(found(4)->start_ns == lab_ns(10.05), "since the first of them");
    uuid_name_init(&name, "fleet");
    uuid_name_add(&name, span_of_text("app"));
    uuid_name_add(&name, span_of_text("x.example"));
    uuid_name_add(&name, span_of(found(4)->evidence[0].session_id, 16));
    uuid_of_name(&name, id);
    ok(memcmp(id, found(4)->alert_id, 16) == 0,
       "its id is made of app, destination and the first session");
    for (size_t i = 5; i < 9; i++) {
        ok(same_id(found(i), found(i - 5)), "alert %zu", i - 4);
        is_int(found(i)->state, FINDING_CLOSED, "is closed");
        ok(found(i)->is_superseded &&
               memcmp(found(i)->superseded_by, found(4)->alert_id, 16) == 0,
           "as superseded by it");
    }
    is_int(lab.correlator.stats.retracted, 0, "nothing was retracted");
}

static void test_later_members(void)
{
    size_t before;

    begin(LAB_INSPECTED);
    pin_all(0, 5, 10);
    before = lab.count;
    pin(5, 200);
    is_int(lab.count, before + 1, "a sixth device only updates it");
    is_int(lab_last(&lab)->state, FINDING_UPDATED, "by a revision");
    ok(same_id(lab_last(&lab), found(4)), "of the same alert");
    is_int(lab_last(&lab)->counts.devices, 6, "of six devices");
    pin(5, 300);
    pin(2, 330);
    is_int(lab.count, before + 1, "the same devices again tell nothing new");
    pin_all(6, 40, 400);
    is_int(lab.correlator.stats.opened, 5, "no alert is opened for any of forty devices");
    ok(lab.count < before + 20, "which are told in few revisions: %zu", lab.count - before);
    ok(lab_last(&lab)->counts.devices >= 34, "the latest counts nearly all");
    pin(1, DAY + 2000);
    is_int(lab_last(&lab)->counts.devices, 40, "the next day's revision counts all");
}

static void test_apart(void)
{
    begin(LAB_INSPECTED);
    for (int i = 0; i < 8; i++)
        pin(i, 10 + i * (DAY / 3));
    is_int(lab.correlator.stats.opened, 8, "devices hours apart stay alerts of their own");
    is_int(lab.correlator.stats.closed, 0, "and none is closed");
    begin(LAB_INSPECTED);
    for (int i = 0; i < 8; i++) {
        lab_refuse_all(&lab, device(i), i % 2 ? "app" : "other", "x.example", 10 + 20 * i,
                       SHAPE_S1, 3);
        lab_accept(&lab, device(i), "web", "web.example", 13 + 20 * i);
        lab_tick(&lab, 20 + 20 * i);
    }
    is_int(lab.correlator.stats.opened, 8, "so do those of two apps, four devices each");
}

static void test_end(void)
{
    begin(LAB_INSPECTED);
    pin_all(0, 5, 10);
    for (int i = 0; i < 4; i++)
        lab_accept(&lab, device(i), "app", "x.example", 500 + i);
    lab_tick(&lab, 600);
    is_int(lab_last(&lab)->state, FINDING_CLOSED, "(the members were closed before)");
    is_int(lab.correlator.stats.closed, 4, "while one device refuses it stays open");
    lab_accept(&lab, device(4), "app", "x.example", 700);
    lab_tick(&lab, 800);
    is_int(lab.correlator.stats.closed, 5, "the last one's accept closes it");
    ok(same_id(lab_last(&lab), found(4)), "by its own revision");
    is_int(lab_last(&lab)->counts.devices, 5, "for all its devices");
    pin(0, 3 * DAY);
    is_int(lab_last(&lab)->state, FINDING_OPEN, "what one does later is its own again");
    ok(lab_last(&lab)->has_device, "an alert of that device");
}

static void test_expiry(void)
{
    begin(LAB_INSPECTED);
    pin_all(0, 5, 10);
    lab_tick(&lab, 10 + 6 * DAY);
    is_int(lab.correlator.stats.closed, 4, "six days of silence change nothing");
    lab_tick(&lab, 10 + 8 * DAY);
    is_int(lab.correlator.stats.closed, 5, "after seven it is closed");
    is_int(lab_last(&lab)->state, FINDING_CLOSED, "once");
}

/* Unused connections: another app of each device gets its data from there. */
static void test_retracted(void)
{
    begin(LAB_INSPECTED);
    for (int i = 0; i < 5; i++) {
        lab_refuse_all(&lab, device(i), "app", "x.example", 10 + 40 * i, SHAPE_S4, 6);
        lab_accept(&lab, device(i), "web", "web.example", 17 + 40 * i);
        lab_accept(&lab, device(i), "web", "other.example", 18 + 40 * i);
        lab_tick(&lab, 30 + 40 * i);
    }
    ok(!lab_last(&lab)->has_device || lab_last(&lab)->is_superseded, "a fleet alert");
    for (int i = 0; i < 5; i++)
        lab_accept(&lab, device(i), "web", "x.example", 300 + i);
    lab_tick(&lab, 400);
    is_int(lab_last(&lab)->state, FINDING_RETRACTED,
           "what is refuted for every device is retracted");
    is_int(lab.correlator.stats.retracted, 1, "once");
}

static void test_allow_listed(void)
{
    begin("inspection: {segments: [10.0.0.0/8], trust_model: ios_managed}\n"
          "rules: {AllowedDestinationList: [x.example]}\n");
    pin_all(0, 5, 10);
    ok(found(4)->informational && found(4)->severity == 1,
       "an allow-listed fleet is informational like its members");
}

int main(void)
{
    lab_open(&lab);
    test_collapse();
    test_later_members();
    test_apart();
    test_end();
    test_expiry();
    test_retracted();
    test_allow_listed();
    lab_close(&lab);
    return done_testing();
}
