#include "detect/placement.h"

#include <string.h>

#include "detect_sample.h"

static struct lab lab;
static struct placement placement;

static void begin(const char *yaml)
{
    memset(&placement, 0, sizeof(placement));
    lab_close(&lab);
    lab_open_with(&lab, yaml, 0);
}

/* Sessions of `clients` clients with `apps` ways to say hello to `names` names. */
static void note(int sessions, int clients, int apps, int names)
{
    for (int i = 0; i < sessions; i++) {
        char client[32], app[32], name[32];
        struct session s;

        (void)snprintf(client, sizeof(client), "10.0.0.%d", 1 + i % clients);
        (void)snprintf(app, sizeof(app), "app%d", i % apps);
        (void)snprintf(name, sizeof(name), "www.site%d.example", i % names);
        s = lab_session(&lab, client, app, name, i);
        s.inspection = INSPECTION_YES;
        s.inspection_basis = BASIS_CONFIGURED;
        placement_note(&placement, &lab.config.inspection, &s, true);
    }
}

static void test_one_hello(void)
{
    begin(LAB_INSPECTED);
    note(99, 30, 1, 50);
    ok(!placement.upstream, "too few sessions to doubt the sensor's place");
    note(1, 1, 1, 1);
    ok(placement.upstream, "many clients that say hello in one way: behind the inspection");
    begin(LAB_INSPECTED);
    note(300, 30, 2, 50);
    ok(!placement.upstream, "two ways: clients");
    begin(LAB_INSPECTED);
    note(300, 3, 1, 50);
    ok(!placement.upstream, "few clients may well have one program");
    begin(LAB_INSPECTED);
    note(300, 30, 1, 3);
    ok(!placement.upstream, "and one program of many clients its few servers");
    begin(LAB_INSPECTED);
    note(300, 30, 20, 50);
    ok(!placement.upstream, "many ways");
}

static void test_box_seen(void)
{
    struct session s;

    begin(LAB_INSPECTED);
    note(300, 30, 1, 50);
    s = lab_session(&lab, "10.0.0.1", "app0", "a.example", 0);
    s.inspection = INSPECTION_YES;
    s.inspection_basis = BASIS_CERTIFICATE;
    placement_note(&placement, &lab.config.inspection, &s, true);
    ok(!placement.upstream, "one certificate of the box: in front of it");
    note(3000, 30, 1, 50);
    ok(!placement.upstream, "for good");
}

static void test_proxy(void)
{
    begin("inspection: {segments: [10.9.0.0/16], proxies: ['10.0.0.1:3128']}\n");
    for (int i = 0; i < 150; i++) {
        char name[32];
        struct session s;

        (void)snprintf(name, sizeof(name), "www.site%d.example", i % 40);
        s = lab_session(&lab, "10.0.0.1", i % 2 ? "a" : "b", name, i);
        s.inspection = INSPECTION_NO;
        placement_note(&placement, &lab.config.inspection, &s, false);
    }
    ok(placement.upstream, "nothing but the proxy's own sessions: behind it");
    begin("inspection: {segments: [10.9.0.0/16], proxies: ['10.0.0.1:3128']}\n");
    note(300, 30, 3, 50);
    ok(!placement.upstream, "the proxy's beside those of clients: between them");
}

/* All through the correlator: what is found before, and not after. */
static void run(int apps)
{
    begin(LAB_INSPECTED);
    for (int i = 0; i < 150; i++) {
        char client[32], app[32], name[32];

        (void)snprintf(client, sizeof(client), "10.0.0.%d", 1 + i % 30);
        (void)snprintf(app, sizeof(app), "app%d", i % apps);
        (void)snprintf(name, sizeof(name), "www.site%d.example", i % 40);
        lab_accept(&lab, client, app, name, i);
    }
    lab_refuse_all(&lab, "10.0.0.1", "app0", "x.example", 200, SHAPE_S1, 3);
    lab_accept(&lab, "10.0.0.1", "app0", "a.example", 204);
    lab_end(&lab);
}

static void test_no_judgement(void)
{
    run(1);
    is_int(lab.count, 0, "behind the inspection nothing is judged");
    ok(lab.correlator.placement.upstream, "the sensor knows where it is");
    is_int(lab.correlator.stats.upstream, 154 - 99, "and counts what it leaves");
    is_int(lab.judged_count, 154, "sessions are told all the same");
    run(5);
    is_int(lab.count, 1, "in front of it the same is found");
    is_int(lab.correlator.stats.upstream, 0, "and nothing left");
}

int main(void)
{
    lab_open(&lab);
    test_one_hello();
    test_box_seen();
    test_proxy();
    test_no_judgement();
    lab_close(&lab);
    return done_testing();
}
