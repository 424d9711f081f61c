#include "detect/refusal.h"

#include <string.h>

#include "detect_sample.h"

static struct lab lab;
static struct tuning tuning;
static struct streak streak;
static struct device device;
static struct device_destination pair;
static struct key key;

static void begin(void)
{
    memset(&streak, 0, sizeof(streak));
    device_ring_fini(&device.accepted);
    device_ring_fini(&device.refused);
    memset(&device, 0, sizeof(device));
    memset(&pair, 0, sizeof(pair));
    memset(&key, 0, sizeof(key));
    key.destination.low = 7;
}

static struct session refused(enum outcome_shape shape)
{
    struct session s = lab_session(&lab, "10.0.0.1", "app", "a.example", 0);

    lab_shape(&s, shape);
    return s;
}

/* ---- one session */

static void test_weights(void)
{
    struct session s = refused(SHAPE_S1);

    ok(lab_near(refusal_weight(&tuning, &s), 22), "S1: 22 dB");
    s = refused(SHAPE_S2);
    ok(lab_near(refusal_weight(&tuning, &s), 18), "S2: 18 dB");
    s = refused(SHAPE_S3);
    ok(lab_near(refusal_weight(&tuning, &s), 7), "S3 by FIN: 7 dB");
    s.close_how = CLOSE_RST;
    ok(lab_near(refusal_weight(&tuning, &s), 6), "S3 by RST: 6 dB");
    s = refused(SHAPE_S4);
    ok(lab_near(refusal_weight(&tuning, &s), 9), "S4 where h2 is offered: 9 dB");
    s.alpn_offered[0] = '\0';
    ok(lab_near(refusal_weight(&tuning, &s), 6), "S4 without: 6 dB");
    s = refused(SHAPE_S5);
    ok(lab_near(refusal_weight(&tuning, &s), 5), "S5 by FIN: 5 dB");
    s.close_how = CLOSE_RST;
    ok(lab_near(refusal_weight(&tuning, &s), 6), "S5 by RST within 100 ms: 6 dB");
    s.finished_to_close_us = 100001;
    ok(lab_near(refusal_weight(&tuning, &s), 5), "S5 by RST later: 5 dB");
    s.outcome = OUTCOME_REJECTED_AFTER_HANDSHAKE_WEAK;
    ok(lab_near(refusal_weight(&tuning, &s), 2), "the weak class: 2 dB");
}

static void test_no_weight(void)
{
    static const enum outcome none[] = {
        OUTCOME_ACCEPTED,         OUTCOME_CERTIFICATE_EXPIRED,
        OUTCOME_PROTOCOL_FAILURE, OUTCOME_SERVER_FAULT,
        OUTCOME_IDLE_UNUSED,      OUTCOME_SUPERSEDED,
        OUTCOME_ECH_RETRY,        OUTCOME_CLIENT_CANCELLED,
        OUTCOME_ABORTED_EARLY,    OUTCOME_UNKNOWN,
        OUTCOME_RESUMED};

    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        struct session s = refused(SHAPE_S1);

        s.outcome = none[i];
        ok(lab_near(refusal_weight(&tuning, &s), 0), "%s weighs nothing",
           outcome_name(none[i]));
    }
}

/* Up to TLS 1.2 the server's choice is visible and counts, not the offer. */
static void test_protocol(void)
{
    struct session s = refused(SHAPE_S4);

    s.version = 0x0303;
    SAMPLE_TEXT(s.next_protocol, "http/1.1");
    ok(lab_near(refusal_weight(&tuning, &s), 6), "http/1.1 chosen: 6 dB");
    SAMPLE_TEXT(s.next_protocol, "h2");
    ok(lab_near(refusal_weight(&tuning, &s), 9), "h2 chosen: 9 dB");
    s.next_protocol[0] = '\0';
    ok(lab_near(refusal_weight(&tuning, &s), 6), "none chosen in TLS 1.2: 6 dB");
}

static void test_flags(void)
{
    for (enum outcome_shape shape = SHAPE_S1; shape <= SHAPE_S5; shape++) {
        struct session s = refused(shape);

        is_int(refusal_flags(&s), shape <= SHAPE_S2 ? STREAK_STRONG : STREAK_VETOABLE,
               "S%d %s", (int)(shape - SHAPE_S1 + 1),
               shape <= SHAPE_S2 ? "was said aloud" : "looks like an unused connection");
    }
}

/* ---- stage 1 */

static void refuse(double at_s, double weight_db, uint8_t flags)
{
    struct streak_refusal refusal = {.start_ns = lab_ns(at_s),
                                     .decided_ns = lab_ns(at_s),
                                     .weight_db = weight_db,
                                     .flags = flags};

    (void)streak_add(&streak, &refusal, UINT64_C(300000000));
}

static struct refusal_verdict judge(double at_s)
{
    struct refusal_case refusal = {&streak, &key, &device, &pair};

    return refusal_judge(&tuning, &refusal, lab_ns(at_s));
}

static void accept_other(double at_s, uint32_t destination)
{
    struct device_event e = {.time_ns = lab_ns(at_s), .destination = destination};

    (void)device_ring_add(&device.accepted, &e);
}

static void test_threshold(void)
{
    begin();
    refuse(1, 22, STREAK_STRONG);
    ok(!judge(1).fired, "one refusal fires nothing");
    refuse(2, 22, STREAK_STRONG);
    ok(!judge(2).fired, "nor do two, however clear");
    refuse(3, 22, STREAK_STRONG);
    ok(judge(3).fired, "three episodes do");
    begin();
    refuse(1, 22, STREAK_STRONG);
    refuse(1.1, 22, STREAK_STRONG);
    ok(!judge(2).fired, "two refusals in one episode do not");
    refuse(2, 22, STREAK_STRONG);
    ok(judge(2).fired, "three clear ones in two episodes do");
    begin();
    refuse(1, 22, STREAK_STRONG);
    refuse(1.1, 22, STREAK_STRONG);
    refuse(1.2, 22, STREAK_STRONG);
    ok(!judge(2).fired, "three in one do not");
    begin();
    refuse(1, 20, STREAK_VETOABLE);
    refuse(1.1, 20, STREAK_VETOABLE);
    refuse(2, 20, STREAK_VETOABLE);
    ok(!judge(2).fired, "nor do unclear ones in two");
}

static void test_fast_path(void)
{
    begin();
    refuse(1, 22, STREAK_STRONG);
    refuse(2, 22, STREAK_STRONG);
    ok(!judge(2).early, "nothing is told early without fast_path");
    tuning.fast_path = true;
    ok(judge(2).early && !judge(2).fired,
       "with it, two clear refusals are enough for that");
    refuse(3, 22, STREAK_STRONG);
    ok(!judge(3).early && judge(3).fired, "the third is no early one");
    begin();
    refuse(1, 22, STREAK_STRONG);
    refuse(1.1, 22, STREAK_STRONG);
    ok(!judge(2).early, "two in one episode are not enough");
    begin();
    refuse(1, 20, STREAK_VETOABLE);
    refuse(2, 20, STREAK_VETOABLE);
    ok(!judge(2).early, "nor are unclear ones");
    begin();
    refuse(1, 12, STREAK_STRONG);
    refuse(2, 12, STREAK_STRONG);
    ok(!judge(2).early, "nor a sum below stage1_fire_db");
    tuning.fast_path = false;
}

static void test_higher_threshold(void)
{
    tuning.inspection_failure_threshold = 5;
    begin();
    for (int i = 0; i < 4; i++)
        refuse(i, 22, STREAK_STRONG);
    ok(!judge(4).fired, "InspectionFailureThreshold 5: four clear refusals do not fire");
    refuse(4, 22, STREAK_STRONG);
    ok(judge(4).fired, "five do");
    tuning.inspection_failure_threshold = 3;
}

/* L = -20 + clamp(episodes, 0..40) + contrast - 15 an accept - 7 a resumption. */
static void test_sum(void)
{
    struct refusal_verdict v;

    begin();
    for (int i = 0; i < 3; i++)
        refuse(i, 9, STREAK_VETOABLE);
    v = judge(3);
    ok(lab_near(v.db, 7) && !v.fired, "three S4: +7 dB, not enough");
    refuse(3, 9, STREAK_VETOABLE);
    v = judge(4);
    ok(lab_near(v.db, 16) && v.fired, "four: +16 dB");
    refuse(4, 9, STREAK_VETOABLE);
    refuse(5, 9, STREAK_VETOABLE);
    v = judge(6);
    ok(lab_near(v.sum_db, 40) && lab_near(v.db, 20), "the episodes count up to 40 dB");
    ok(lab_near(v.sum.weight_db, 54), "of 54");
    begin();
    ok(lab_near(judge(1).db, -20), "nothing: the prior");
}

static void test_documented_counts(void)
{
    static const struct {
        double weight_db;
        int episodes;
    } rows[] = {{9, 4}, {7, 5}, {6, 5}, {5, 6}};

    for (size_t i = 0; i < 4; i++) {
        begin();
        for (int n = 1; n < rows[i].episodes; n++)
            refuse(n, rows[i].weight_db, STREAK_VETOABLE);
        ok(!judge(10).fired, "%d episodes of %.0f dB do not fire alone",
           rows[i].episodes - 1, rows[i].weight_db);
        refuse(20, rows[i].weight_db, STREAK_VETOABLE);
        ok(judge(20).fired, "%d do", rows[i].episodes);
    }
}

static void test_contrast(void)
{
    struct refusal_verdict v;

    begin();
    for (int i = 0; i < 3; i++)
        refuse(100 + i, 9, STREAK_VETOABLE);
    accept_other(1, 1);
    accept_other(2, 2);
    v = judge(110);
    ok(lab_near(v.contrast_db, 0) && !v.fired, "two accepts elsewhere are no contrast");
    accept_other(3, 7);
    ok(lab_near(judge(110).contrast_db, 0), "one of the destination itself does not count");
    accept_other(4, 1);
    v = judge(110);
    ok(lab_near(v.contrast_db, 10) && lab_near(v.db, 17) && v.fired,
       "three are: +10 dB, which make three S4 enough");
    is_int(v.contrast_sessions, 3, "counted by session");
    is_int(v.contrast_destinations, 2, "and destination");
    for (uint32_t i = 0; i < 10; i++)
        accept_other(5, 10 + i);
    ok(lab_near(judge(110).contrast_db, 10), "however many, it counts once");
    v = judge(100 + 900 + 1);
    ok(lab_near(v.contrast_db, 0) || v.window_s > 900,
       "TimeWindow ago they are no contrast");
}

static void test_accepts(void)
{
    struct refusal_verdict v;

    begin();
    for (int i = 0; i < 3; i++)
        refuse(100 + i, 22, STREAK_STRONG);
    key.accepted_ns[0] = lab_ns(50);
    v = judge(110);
    ok(lab_near(v.db, 5) && !v.fired, "an accept of the same app: -15 dB");
    key.accepted_ns[0] = 0;
    key.resumed_ns[0] = lab_ns(50);
    v = judge(110);
    ok(lab_near(v.db, 13) && v.fired, "a resumption with data: -7 dB");
    key.resumed_ns[1] = lab_ns(60);
    v = judge(110);
    ok(lab_near(v.db, 6) && !v.fired, "two: -14 dB");
    for (size_t i = 0; i < KEY_RING; i++)
        key.accepted_ns[i] = lab_ns(50);
    ok(lab_near(judge(110).db, -20), "never below the prior");
}

static void test_slow_window(void)
{
    struct refusal_verdict v;

    begin();
    for (int i = 0; i < 5; i++)
        refuse(i * 3600, 22, STREAK_STRONG);
    ok(!judge(4 * 3600).fired, "five refusals an hour apart do not fire");
    refuse(5 * 3600, 22, STREAK_STRONG);
    v = judge(5 * 3600);
    ok(v.fired, "six do");
    ok(lab_near(v.window_s, 86400), "by the slow window");
    is_int(v.sum.episodes, 6, "with all of them");
    begin();
    for (int i = 0; i < 3; i++)
        refuse(i * 3600, 22, STREAK_STRONG);
    v = judge(2 * 3600);
    ok(!v.fired, "three clear ones do not: the slow window's threshold is six");
    is_int(v.sum.episodes, 1, "and what does not fire speaks of TimeWindow");
}

static void test_decay(void)
{
    struct refusal_verdict v;

    begin();
    for (int i = 0; i < 6; i++)
        refuse(i, 22, STREAK_STRONG);
    v = judge(5 + 900);
    ok(lab_near(v.decay_db, 0) && lab_near(v.db, 20), "within TimeWindow nothing is lost");
    ok(!judge(5 + 901).fired, "after it six clear refusals are no longer enough");
    tuning.stage1_fire_db = -12;
    v = judge(5 + 901);
    ok(lab_near(v.db, 0) && lab_near(v.decay_db, -20),
       "the distance to the prior is halved");
    v = judge(5 + 1802);
    ok(lab_near(v.db, -10), "and halved again");
    tuning.stage1_fire_db = 10;
}

static void test_veto(void)
{
    struct refusal_verdict v;

    begin();
    for (int i = 0; i < 6; i++)
        refuse(100 + i, 7, STREAK_VETOABLE);
    ok(judge(110).fired && !judge(110).vetoed, "six bare closes fire");
    pair.accepted_data_ns = lab_ns(50);
    v = judge(110);
    ok(v.vetoed && v.used, "not beside data that the device got from there");
    refuse(107, 22, STREAK_STRONG);
    v = judge(110);
    ok(!v.vetoed && v.used, "one refusal by alert lifts the veto");
    begin();
    for (int i = 0; i < 6; i++)
        refuse(1000 + i, 7, STREAK_VETOABLE);
    pair.accepted_data_ns = lab_ns(50);
    ok(!judge(1010).vetoed, "data of more than TimeWindow ago vetoes nothing");
}

static void test_streak_alone(void)
{
    struct refusal_verdict v;

    begin();
    for (int i = 0; i < 3; i++)
        refuse(i, 22, STREAK_STRONG);
    v = refusal_judge_streak(&tuning, &streak, lab_ns(3));
    ok(v.fired && lab_near(v.db, 20),
       "a streak over several destinations: no contrast, no veto");
    accept_other(1, 1);
    accept_other(1, 2);
    accept_other(1, 3);
    v = refusal_judge_sum(&tuning, &v.sum, &device, lab_ns(3));
    ok(lab_near(v.db, 30), "sums of streaks have the contrast of any accept");
}

static void test_probability(void)
{
    ok(lab_near(refusal_probability(10), 0.909), "+10 dB: 91 %%");
    ok(lab_near(refusal_probability(0), 0.5), "0 dB: 50 %%");
    ok(lab_near(refusal_probability(-20), 0.0099), "-20 dB: 1 %%");
}

/* ---- the device elsewhere */

static void test_selectivity(void)
{
    struct device_event e = {.time_ns = lab_ns(20), .destination = 3};

    begin();
    ok(!refusal_is_selective(&device, &key.destination, lab_ns(10)),
       "without any accept: no");
    accept_other(5, 1);
    ok(!refusal_is_selective(&device, &key.destination, lab_ns(10)),
       "an accept before the stretch does not make it selective");
    accept_other(15, 7);
    ok(!refusal_is_selective(&device, &key.destination, lab_ns(10)),
       "nor does one of the destination itself");
    accept_other(15, 3);
    ok(refusal_is_selective(&device, &key.destination, lab_ns(10)), "one of another does");
    (void)device_ring_add(&device.refused, &e);
    ok(!refusal_is_selective(&device, &key.destination, lab_ns(10)),
       "unless that is refused in the same stretch too");
    accept_other(16, 7);
    ok(refusal_is_selective(&device, NULL, lab_ns(10)),
       "for no destination any accept does");
}

static void test_has_accepted(void)
{
    begin();
    ok(!refusal_has_accepted(&tuning, &device, lab_ns(0)), "a device that never accepted");
    device.last_accept_ns = lab_ns(0);
    ok(refusal_has_accepted(&tuning, &device, lab_ns(86400)), "one that did a day ago");
    ok(!refusal_has_accepted(&tuning, &device, lab_ns(86401)), "one that did longer ago");
}

static void test_noise(void)
{
    begin();
    for (int i = 0; i < 8; i++)
        noise_add(&device.noise, &tuning, lab_ns(i), false);
    noise_add(&device.noise, &tuning, lab_ns(8), true);
    ok(lab_near(refusal_noise_factor(&tuning, &device, lab_ns(9)), 1),
       "nine endings are too few");
    noise_add(&device.noise, &tuning, lab_ns(9), true);
    ok(lab_near(refusal_noise_factor(&tuning, &device, lab_ns(9)), 1),
       "two aborted of ten are not more than a fifth");
    noise_add(&device.noise, &tuning, lab_ns(10), true);
    ok(lab_near(refusal_noise_factor(&tuning, &device, lab_ns(10)), 0.5),
       "three of eleven are: bad radio halves the weights");
    ok(lab_near(refusal_noise_factor(&tuning, &device, lab_ns(400)), 1),
       "five minutes later it is forgotten");
    noise_add(&device.noise, &tuning, lab_ns(400), true);
    ok(lab_near(refusal_noise_factor(&tuning, &device, lab_ns(400)), 1),
       "and counted anew");
}

static void test_ring(void)
{
    begin();
    for (uint32_t i = 0; i < DEVICE_RING + 5; i++)
        accept_other(i, i);
    is_int(device_ring_count(&device.accepted), DEVICE_RING,
           "a device's ring keeps the latest");
    is_int(device.accepted.room, DEVICE_RING, "and grows no further");
    is_int(device.accepted.count, DEVICE_RING + 5, "and counts all");
    is_int(device_ring_get(&device.accepted, 0)->destination, DEVICE_RING,
           "the oldest gave way");
}

int main(void)
{
    lab_open(&lab);
    tuning = lab.config.rules.tuning;
    test_weights();
    test_no_weight();
    test_protocol();
    test_flags();
    test_threshold();
    test_fast_path();
    test_higher_threshold();
    test_sum();
    test_documented_counts();
    test_contrast();
    test_accepts();
    test_slow_window();
    test_decay();
    test_veto();
    test_streak_alone();
    test_probability();
    test_selectivity();
    test_has_accepted();
    test_noise();
    test_ring();
    begin();
    lab_close(&lab);
    return done_testing();
}
