#include "detect/correlate.h"

#include <string.h>

#include "base/text.h"
#include "detect_sample.h"

static struct lab lab;

static void begin(void)
{
    lab_close(&lab);
    lab_open(&lab);
}

static struct session session(double decided_s, uint8_t id)
{
    struct session s = lab_session(&lab, "10.0.0.1", "app", "a.example", decided_s - 0.05);

    s.decided_ns = lab_ns(decided_s);
    memset(s.id, id, sizeof(s.id));
    return s;
}

static void push(double decided_s, uint8_t id)
{
    struct session s = session(decided_s, id);

    correlator_push(&lab.correlator, &s);
}

/* The ids in the order in which the sessions left, as text. */
static const char *order(void)
{
    static char out[LAB_SESSIONS_MAX * 4];
    struct text t = text_in(out, sizeof(out));

    for (size_t i = 0; i < lab.judged_count; i++)
        text_add_format(&t, "%s%u", i ? " " : "", lab.judged[i].id[0]);
    return out;
}

static void test_order(void)
{
    begin();
    push(3, 30);
    push(1, 10);
    push(2, 21);
    push(2, 20);
    push(1, 11);
    lab_end(&lab);
    is_text(order(), "10 11 20 21 30", "sessions leave by decision, then id");
    is_int(lab.correlator.stats.sessions, 5, "all of them");
}

static void test_any_order_of_arrival(void)
{
    static const uint8_t arrivals[][4] = {{1, 2, 3, 4}, {4, 3, 2, 1}, {2, 4, 1, 3}};
    bool same = true;

    for (size_t i = 0; i < 3; i++) {
        begin();
        for (size_t k = 0; k < 4; k++)
            push(1 + 0.1 * arrivals[i][k], arrivals[i][k]);
        lab_end(&lab);
        same = same && strcmp(order(), "1 2 3 4") == 0;
    }
    ok(same, "in whatever order they are told");
}

static void test_hold_back(void)
{
    begin();
    push(10, 1);
    lab_tick(&lab, 12.4);
    is_int(lab.judged_count, 0, "a session waits for two seconds and the linger");
    push(12, 2);
    lab_tick(&lab, 12.5);
    is_text(order(), "1", "then it leaves");
    lab_tick(&lab, 14.4);
    is_text(order(), "1", "the next one waits as long");
    lab_tick(&lab, 14.5);
    is_text(order(), "1 2", "from its own decision");
}

static void test_late(void)
{
    begin();
    push(10, 1);
    lab_tick(&lab, 20);
    push(11, 2);
    lab_end(&lab);
    is_int(lab.judged_count, 2, "a session that is told too late leaves all the same");
    is_int(lab.correlator.stats.late, 1, "it is counted");
    ok(lab.judged[1].decided_ns >= lab_ns(19.5), "and dated to the first time still open");
}

static void test_duplicates(void)
{
    begin();
    push(10, 1);
    push(10, 1);
    lab_tick(&lab, 20);
    push(10, 1);
    lab_end(&lab);
    is_int(lab.judged_count, 1, "a connection that was captured twice counts once");
    is_int(lab.correlator.stats.duplicates, 2, "its copies are counted");
}

static void test_siblings(void)
{
    struct session lost, won;

    begin();
    lost = session(10, 1);
    lost.start_ns = lab_ns(9.9);
    lab_shape(&lost, SHAPE_S3);
    won = session(10.5, 2);
    won.start_ns = lab_ns(9.95);
    correlator_push(&lab.correlator, &won);
    correlator_push(&lab.correlator, &lost);
    lab_end(&lab);
    is_int(lab.judged[0].outcome, OUTCOME_SUPERSEDED,
           "a session is seen beside those that were decided after it");
    is_int(lab.judged[0].outcome_raw, OUTCOME_REJECTED_CLOSE, "what it showed stays");
    is_int(lab.correlator.stats.superseded, 1, "counted");
    is_int(lab.correlator.stats.refusals, 0, "it is no refusal");
}

static void test_inspection(void)
{
    begin();
    push(10, 1);
    lab_end(&lab);
    is_int(lab.judged[0].inspection, INSPECTION_YES,
           "a session leaves with its inspection");
    is_int(lab.judged[0].inspection_basis, BASIS_CONFIGURED, "and what that rests on");
}

/* The clock of the input steps back: what was waiting is settled, and time begins anew. */
static void test_drained_twice(void)
{
    begin();
    push(100, 1);
    lab_end(&lab);
    push(10, 2);
    lab_end(&lab);
    is_text(order(), "1 2", "after a drain earlier times are taken again");
    is_int(lab.correlator.stats.late, 0, "as they are");
}

static void test_bounded_tables(void)
{
    struct correlator_options options;
    struct err why;

    begin();
    options = lab.correlator.options;
    correlator_fini(&lab.correlator);
    options.max_devices = 4;
    options.max_keys = 4;
    if (correlator_init(&lab.correlator, &options, &why) < 0)
        abort();
    for (int i = 0; i < 200; i++) {
        char device[24], name[24];

        (void)snprintf(device, sizeof(device), "10.0.%d.1", i);
        (void)snprintf(name, sizeof(name), "x%d.example", i);
        lab_refuse(&lab, device, "app", name, 100 * i, SHAPE_S1);
        lab_accept(&lab, device, "web", name, 100 * i + 1);
    }
    lab_end(&lab);
    ok(lab.correlator.keys.count <= 4 && lab.correlator.devices.count <= 4,
       "tables keep to their limits");
    ok(lab.correlator.keys.dropped > 0, "what they shed is counted");
}

static void test_no_finding_without_change(void)
{
    begin();
    for (int i = 0; i < 100; i++)
        lab_accept(&lab, "10.0.0.1", "app", "a.example", i);
    lab_end(&lab);
    is_int(lab.count, 0, "a device that accepts everything is nothing to tell");
    is_int(lab.correlator.stats.accepts, 100, "its accepts are counted");
}

/* Two runs over the same sessions, with other seeds, say the same. */
static void test_seeds(void)
{
    uint8_t ids[2][16];

    for (int run = 0; run < 2; run++) {
        struct correlator_options options;
        struct err why;

        begin();
        options = lab.correlator.options;
        correlator_fini(&lab.correlator);
        options.seed = (uint64_t)run * 12345;
        if (correlator_init(&lab.correlator, &options, &why) < 0)
            abort();
        lab_refuse_all(&lab, "10.0.0.1", "app", "x.example", 10, SHAPE_S1, 3);
        lab_accept(&lab, "10.0.0.1", "web", "a.example", 13);
        lab_end(&lab);
        is_int(lab.count, 1, "run %d finds it", run + 1);
        memcpy(ids[run], lab_last(&lab)->alert_id, 16);
    }
    ok(memcmp(ids[0], ids[1], 16) == 0, "with the same id, whatever the seed");
}

int main(void)
{
    lab_open(&lab);
    test_order();
    test_any_order_of_arrival();
    test_hold_back();
    test_late();
    test_duplicates();
    test_siblings();
    test_inspection();
    test_drained_twice();
    test_bounded_tables();
    test_no_finding_without_change();
    test_seeds();
    lab_close(&lab);
    return done_testing();
}
