#include "detect/notice_life.h"

#include <string.h>

#include "detect_sample.h"

#define PHONE "10.0.0.1"
#define USER_STORE "inspection: {segments: [10.0.0.0/8], trust_model: android_user}\n"

static struct lab lab;

static void begin(const char *yaml)
{
    lab_close(&lab);
    lab_open_with(&lab, yaml, 0);
}

static const struct finding *found(size_t i)
{
    return &lab.found[i].finding;
}

static bool same_id(const struct finding *a, const struct finding *b)
{
    return memcmp(a->alert_id, b->alert_id, sizeof(a->alert_id)) == 0;
}

static void test_device(void)
{
    begin(LAB_INSPECTED);
    lab_refuse_all(&lab, PHONE, "app", "x.example", 10, SHAPE_S1, 3);
    lab_tick(&lab, 40);
    is_int(lab.count, 1, "a device is not onboarded");
    is_int(found(0)->state, FINDING_OPEN, "the notice opens");
    is_int(found(0)->revision, 1, "as number one");
    lab_refuse_all(&lab, PHONE, "app", "x.example", 3600, SHAPE_S1, 3);
    lab_tick(&lab, 3700);
    is_int(lab.count, 1, "once a day");
    lab_refuse_all(&lab, PHONE, "app", "x.example", 86500, SHAPE_S1, 3);
    lab_tick(&lab, 86600);
    is_int(lab.count, 2, "the next day again");
    is_int(found(1)->state, FINDING_UPDATED, "as an update");
    is_int(found(1)->revision, 2, "number two");
    ok(same_id(found(0), found(1)), "of the same notice");
    lab_accept(&lab, PHONE, "app", "a.example", 86700);
    lab_tick(&lab, 86800);
    is_int(lab_count(&lab, FINDING_DEVICE_NOT_ONBOARDED), 3,
           "the device accepts inspection");
    is_int(found(2)->state, FINDING_CLOSED, "which closes the notice");
    is_int(found(2)->revision, 3, "by a revision");
    ok(same_id(found(0), found(2)), "of that id");
    is_int(lab_count(&lab, FINDING_PINNING_SUSPECTED), 1,
           "what it still refuses is a finding of its own: a notice never becomes one");
    ok(!same_id(found(2), found(3)), "with its own id");
    lab_accept(&lab, PHONE, "app", "a.example", 86710);
    lab_tick(&lab, 86820);
    is_int(lab_count(&lab, FINDING_DEVICE_NOT_ONBOARDED), 3, "once");
}

/* The app refuses on one device after another. */
static void distrust(const char *device, double at_s)
{
    lab_refuse_all(&lab, device, "app", "x.example", at_s, SHAPE_S1, 3);
    lab_accept(&lab, device, "web", "a.example", at_s + 3);
    lab_tick(&lab, at_s + 30);
}

static void test_app(void)
{
    begin(USER_STORE);
    distrust(PHONE, 10);
    distrust("10.0.0.2", 100);
    is_int(lab.count, 1, "an app that distrusts the authority: one notice for all devices");
    is_int(found(0)->related_count, 1, "which names the first");
    distrust("10.0.0.3", 86500);
    is_int(lab.count, 2, "the next day's revision");
    is_int(found(1)->related_count, 3, "names all");
    is_int(found(1)->counts.devices, 3, "and counts them");
    lab_accept(&lab, PHONE, "app", "x.example", 86600);
    lab_accept(&lab, "10.0.0.2", "app", "x.example", 86601);
    lab_tick(&lab, 86610);
    is_int(lab.count, 2, "when it accepts on some of them the notice stays");
    lab_accept(&lab, "10.0.0.3", "app", "x.example", 86620);
    lab_tick(&lab, 86630);
    is_int(lab.count, 3, "when it does on the last");
    is_int(found(2)->state, FINDING_CLOSED, "it is closed");
    is_text(found(2)->app_key, "app", "for that app");
}

static void test_site(void)
{
    static const char *const devices[] = {"10.0.0.1", "10.0.0.2", "10.0.0.3"};

    begin(LAB_INSPECTED);
    for (int i = 0; i < 3; i++)
        lab_accept(&lab, devices[i], "web", "a.example", i);
    for (int i = 0; i < 3; i++)
        lab_refuse_all(&lab, devices[i], "web", "x.example", 100 + 10 * i, SHAPE_S1, 3);
    lab_tick(&lab, 200);
    is_int(lab.count, 1, "the inspection broke for three devices");
    lab_accept(&lab, "10.0.0.4", "web", "a.example", 210);
    lab_tick(&lab, 220);
    is_int(lab.count, 1, "another destination that is accepted leaves it open");
    lab_accept(&lab, "10.0.0.4", "web", "x.example", 230);
    lab_tick(&lab, 240);
    is_int(found(1)->state, FINDING_CLOSED, "the destination is accepted again: closed");
    is_int(found(1)->related_count, 3, "for the same devices");
}

static void test_reopened(void)
{
    const struct finding *last;

    begin(LAB_INSPECTED);
    lab_refuse_all(&lab, PHONE, "app", "x.example", 10, SHAPE_S1, 3);
    lab_tick(&lab, 40);
    lab_accept(&lab, PHONE, "app", "x.example", 100);
    lab_tick(&lab, 110);
    is_int(lab.count, 2, "opened and closed");
    lab_refuse_all(&lab, PHONE, "app", "y.example", 190000, SHAPE_S1, 3);
    lab_tick(&lab, 190100);
    last = lab_last(&lab);
    is_int(last->type, FINDING_DEVICE_NOT_ONBOARDED,
           "a device that loses the authority again");
    is_int(last->state, FINDING_OPEN, "gets another notice");
    ok(!same_id(found(0), last), "with another id");
}

static void test_bound(void)
{
    struct notice_record *record = NULL;
    struct address device = {.bytes = {0}};
    struct notice n = {.type = FINDING_MTLS_REQUIRED,
                       .scope = span_of_text("x.example"),
                       .related = &device,
                       .related_count = 1,
                       .message = "",
                       .reason = ""};

    begin(LAB_INSPECTED);
    lab.correlator.now_ns = lab_ns(0);
    for (uint32_t i = 0; i < FINDING_RELATED_MAX + 50; i++) {
        device.bytes[0] = (uint8_t)(i >> 8);
        device.bytes[1] = (uint8_t)i;
        notice_life_raise(&lab.correlator, &record, &n, 24);
    }
    is_int(record ? record->device_count : 0, FINDING_RELATED_MAX,
           "a notice remembers a bounded number of devices");
    notice_life_raise(&lab.correlator, &record, &n, 24);
    is_int(record ? record->revision : 0, 1, "and is told once in its time");
    notice_life_free(record);
    notice_life_free(NULL);
}

int main(void)
{
    lab_open(&lab);
    test_device();
    test_app();
    test_site();
    test_reopened();
    test_bound();
    lab_close(&lab);
    return done_testing();
}
