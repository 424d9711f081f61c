#include "detect/totals.h"

#include <string.h>

#include "detect_sample.h"

#define PHONE "10.0.0.1"

static struct lab lab;
static struct totals totals;

static struct session_end end_of(uint8_t id, uint64_t sent, uint64_t received)
{
    struct session_end end = {.client_bytes = sent, .server_bytes = received};

    memset(end.session_id, id, sizeof(end.session_id));
    return end;
}

static void test_wait(void)
{
    struct memory_id key = {.low = 7}, found;
    struct session_end end = end_of(1, 1, 1), other = end_of(2, 1, 1);
    struct err why;

    is_int(totals_init(&totals, &why), 0, "there is room");
    totals_await(&totals, end.session_id, &key);
    ok(!totals_take(&totals, &other, &found), "another session's end is of no interest");
    ok(totals_take(&totals, &end, &found) && found.low == 7,
       "the awaited one tells the key");
    ok(!totals_take(&totals, &end, &found), "once");
    totals_await(&totals, end.session_id, &key);
    totals_await(&totals, end.session_id, &key);
    is_int(totals.shed, 1, "one that had to give way is counted");
    totals_fini(&totals);
}

static void test_upload(void)
{
    struct session_end much = end_of(1, 9001, 3000), even = end_of(1, 9000, 3000),
                       little = end_of(1, 1500, 100);

    ok(totals_is_upload(&much, 3, 2000), "more than three times what came back");
    ok(!totals_is_upload(&even, 3, 2000), "three times is not more");
    ok(!totals_is_upload(&little, 3, 2000), "nor is a handshake with little behind it");
}

static bool has_risk(const struct finding *f, const char *name)
{
    for (size_t i = 0; i < f->risk_count; i++)
        if (strcmp(f->risks[i].name, name) == 0)
            return true;
    return false;
}

/* Three direct sessions; the totals of the first come before the third. */
static const struct finding *send(uint64_t sent, uint64_t received)
{
    struct session_end end = {.client_bytes = sent, .server_bytes = received};

    lab_close(&lab);
    lab_open(&lab);
    lab_direct(&lab, PHONE, "app", "x.example", 10);
    lab_tick(&lab, 20);
    memcpy(end.session_id, lab.judged[0].id, sizeof(end.session_id));
    correlator_end(&lab.correlator, &end);
    lab_direct(&lab, PHONE, "app", "x.example", 21);
    lab_direct(&lab, PHONE, "app", "x.example", 22);
    lab_end(&lab);
    return lab_last(&lab);
}

static void test_risk(void)
{
    const struct finding *f = send(100000, 5000);

    is_int(f->type, FINDING_OPAQUE_DIRECT, "direct sessions where inspection is the rule");
    ok(has_risk(f, "upload_heavy"), "that send far more than they receive: a risk");
    f = send(5000, 100000);
    is_int(f->type, FINDING_OPAQUE_DIRECT, "the same the other way");
    ok(!has_risk(f, "upload_heavy"), "is none");
}

int main(void)
{
    lab_open(&lab);
    test_wait();
    test_upload();
    test_risk();
    lab_close(&lab);
    return done_testing();
}
