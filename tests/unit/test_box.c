#include "detect/box.h"

#include "detect_sample.h"

static struct lab lab; /* for its rules and for making sessions */
static struct tuning tuning;
static struct profile_scope scope;
static bool configured = true;

/* A TLS 1.3 session as one box answers: its SYN-ACK, its key, its tickets. */
static struct session boxed(const char *name, uint32_t rtt_us)
{
    struct session s = lab_session(&lab, "10.0.0.1", "app", name, 0);

    s.syn_ack = (struct session_syn_ack){
        .seen = true, .ttl = 64, .window = 65160, .mss = 1460, .window_scale = 7};
    SAMPLE_TEXT(s.syn_ack.options, "MSTNW");
    s.rtt_us = rtt_us;
    SAMPLE_TEXT(s.ja4, "t13d1516h2_8daaf6152771_02713d6af862");
    SAMPLE_TEXT(s.ja3s, "771,4865,43-51");
    SAMPLE_TEXT(s.alpn_offered, "h2\nhttp/1.1\n");
    s.flight[0] = (struct session_record){.type = 22, .length = 122};
    s.flight[1] = (struct session_record){.type = 23, .encrypted = true, .length = 32};
    s.flight[2] = (struct session_record){.type = 23, .encrypted = true, .length = 868};
    s.flight[3] = (struct session_record){.type = 23, .encrypted = true, .length = 281};
    s.flight[4] = (struct session_record){.type = 23, .encrypted = true, .length = 53};
    s.flight_count = 5;
    s.tickets[0] = 250;
    s.ticket_count = 1;
    return s;
}

static void learn(const struct session *s, uint32_t name,
                  enum profile_certificate certificate)
{
    box_note(&scope, profile_learn(&scope, s, name, certificate), configured, &tuning);
}

static void learn_box(uint32_t names)
{
    struct session s = boxed("a.example", 3000);

    scope = (struct profile_scope){.count = 0};
    for (uint32_t i = 0; i < names; i++)
        learn(&s, 100 + i, PROFILE_CERTIFICATE_NONE);
}

static void test_gate(void)
{
    struct session s = boxed("a.example", 3000);
    struct box_answer a;

    learn_box(2);
    ok(!box_compare(&scope, &s, true, &tuning).served, "two names make no box");
    learn_box(3);
    a = box_compare(&scope, &s, true, &tuning);
    ok(a.served, "three sessions over three names do");
    is_int(a.syn_ack, BOX_EQUAL, "it answers the SYN alike");
    is_int(a.path, BOX_EQUAL, "from where it stands");
    is_int(a.flight, BOX_EQUAL, "with the same flight");
    scope = (struct profile_scope){.count = 0};
    for (uint32_t i = 0; i < 5; i++)
        learn(&s, 100, PROFILE_CERTIFICATE_NONE);
    ok(!box_compare(&scope, &s, true, &tuning).served, "five sessions of one name do not");
}

static void test_authority(void)
{
    struct session s = boxed("a.example", 3000);

    s.version = 0x0303;
    scope = (struct profile_scope){.count = 0};
    for (uint32_t i = 0; i < 3; i++)
        learn(&s, 100, PROFILE_CERTIFICATE_AUTHORITY);
    ok(box_compare(&scope, &s, true, &tuning).served,
       "certificates of the authority prove what names would make likely");
    is_int(scope.authority_sessions, 3, "they are counted for the scope");
    for (uint32_t i = 0; i < 4; i++)
        learn(&s, 100 + i, PROFILE_CERTIFICATE_OTHER);
    ok(!box_compare(&scope, &s, true, &tuning).served,
       "where those of others prevail it is no box");
}

static void test_differences(void)
{
    struct session s = boxed("b.example", 3000);
    struct box_answer a;

    learn_box(3);
    s.syn_ack.ttl = 55;
    a = box_compare(&scope, &s, true, &tuning);
    is_int(a.syn_ack, BOX_DIFFERS, "another machine answers");
    s.rtt_us = 60000;
    is_int(box_compare(&scope, &s, true, &tuning).path, BOX_DIFFERS, "from far away");
    s.rtt_us = 12000;
    is_int(box_compare(&scope, &s, true, &tuning).path, BOX_NONE,
           "four times the box's distance says nothing");
    s = boxed("b.example", 3000);
    s.flight[3].length = 300;
    is_int(box_compare(&scope, &s, true, &tuning).flight, BOX_DIFFERS, "another key signs");
    s = boxed("b.example", 3000);
    s.tickets[0] = 300;
    is_int(box_compare(&scope, &s, true, &tuning).flight, BOX_DIFFERS, "other tickets");
    s.resumed = true;
    is_int(box_compare(&scope, &s, true, &tuning).flight, BOX_NONE,
           "a resumed session shows no flight");
    s = boxed("b.example", 3000);
    s.syn_ack.seen = false;
    is_int(box_compare(&scope, &s, true, &tuning).syn_ack, BOX_NONE, "no SYN-ACK, no word");
}

/* The suite's hash length is part of a sealed ticket, not of a mere session number. */
static void test_tickets(void)
{
    struct session s = boxed("b.example", 3000);

    learn_box(3);
    s.cipher = 0x1302;
    s.flight[4].length = 69;
    s.tickets[0] = 266;
    is_int(box_compare(&scope, &s, true, &tuning).flight, BOX_EQUAL,
           "a ticket of SHA-384 is 16 bytes longer and the same box's");
    s = boxed("b.example", 3000);
    s.tickets[0] = 74;
    scope = (struct profile_scope){.count = 0};
    for (uint32_t i = 0; i < 3; i++)
        learn(&s, 100 + i, PROFILE_CERTIFICATE_NONE);
    s.cipher = 0x1302;
    s.flight[4].length = 69;
    is_int(box_compare(&scope, &s, true, &tuning).flight, BOX_EQUAL,
           "a short one seals nothing and has one length");
}

static void test_elliptic(void)
{
    struct session s = boxed("b.example", 3000);

    scope = (struct profile_scope){.count = 0};
    s.ticket_count = 0;
    for (uint16_t i = 0; i < 3; i++) {
        s.flight[3].length = (uint16_t)(95 + i);
        learn(&s, 100 + i, PROFILE_CERTIFICATE_NONE);
    }
    s.flight[3].length = 99;
    is_int(box_compare(&scope, &s, true, &tuning).flight, BOX_EQUAL,
           "signatures of elliptic curves vary by some bytes");
}

static void test_spread(void)
{
    struct session s = boxed("a.example", 3000);

    scope = (struct profile_scope){.count = 0};
    for (uint32_t i = 0; i < 8; i++) {
        s.rtt_us = 3000 + (uint32_t)i * 10000;
        s.flight[3].length = (uint16_t)(i % 2 ? 281 : 400);
        s.tickets[0] = (uint16_t)(250 + i);
        learn(&s, 100 + i, PROFILE_CERTIFICATE_NONE);
    }
    s = boxed("z.example", 3000);
    ok(!box_compare(&scope, &s, true, &tuning).served,
       "keys of two kinds at many distances are many machines");
    ok(box_compare(&scope, &s, true, &tuning).open_network, "which is said");
}

/* A box whose distance varies around the limit does not come and go. */
static void test_hysteresis(void)
{
    struct session s = boxed("a.example", 3000);

    scope = (struct profile_scope){.count = 0};
    for (uint32_t i = 0; i < 4; i++) {
        s.flight_count = 0;
        s.ticket_count = 0;
        learn(&s, 100 + i, PROFILE_CERTIFICATE_NONE);
    }
    ok(box_compare(&scope, &s, true, &tuning).served, "a box by its distance");
    for (uint32_t i = 0; i < 8; i++) {
        s.rtt_us = i % 2 ? 8000 : 3500;
        learn(&s, 200 + i, PROFILE_CERTIFICATE_NONE);
    }
    ok(box_compare(&scope, &s, true, &tuning).served,
       "it stays one when the distance spreads");
    for (uint32_t i = 0; i < PROFILE_RTTS; i++) {
        s.rtt_us = i % 2 ? 60000 : 3500;
        learn(&s, 300 + i, PROFILE_CERTIFICATE_NONE);
    }
    ok(!box_compare(&scope, &s, true, &tuning).served, "to twice the limit");
}

/* A box acknowledges no name; a site that does is another machine, whatever else is alike. */
static void test_name_answer(void)
{
    struct session s = boxed("b.example", 3000);

    learn_box(3);
    s.flight[1].length = 36;
    is_int(box_compare(&scope, &s, true, &tuning).flight, BOX_DIFFERS,
           "a name that is acknowledged is another machine's habit");
    s.flight[1].length = 38;
    is_int(box_compare(&scope, &s, true, &tuning).flight, BOX_EQUAL,
           "the protocol that is chosen makes no difference");
    s.server_name[0] = '\0';
    s.flight[1].length = 23;
    is_int(box_compare(&scope, &s, true, &tuning).flight, BOX_EQUAL,
           "nor does a client that names nothing");
}

static void test_hello(void)
{
    struct session s = boxed("b.example", 3000);

    learn_box(3);
    is_int(box_compare(&scope, &s, true, &tuning).hello, BOX_EQUAL,
           "the box answers this client's hello so");
    s.group = 0x11ec;
    is_int(box_compare(&scope, &s, true, &tuning).hello, BOX_DIFFERS,
           "another group of the same offer is another machine's choice");
    SAMPLE_TEXT(s.app_key, "another");
    is_int(box_compare(&scope, &s, true, &tuning).hello, BOX_NONE,
           "of another client's offer nothing is known");
}

static void test_h2(void)
{
    struct session s = boxed("a.example", 3000);

    scope = (struct profile_scope){.count = 0};
    s.flight[1].length = 38;
    for (uint32_t i = 0; i < 4; i++)
        learn(&s, 100 + i, PROFILE_CERTIFICATE_NONE);
    ok(!box_compare(&scope, &s, true, &tuning).h2_differs, "the box chooses HTTP/1.1");
    s.flight[1].length = 32;
    ok(box_compare(&scope, &s, true, &tuning).h2_differs, "who chooses h2 is not the box");
    for (uint32_t i = 0; i < 4; i++)
        learn(&s, 200 + i, PROFILE_CERTIFICATE_NONE);
    ok(!box_compare(&scope, &s, true, &tuning).h2_differs,
       "unless it does so for several sites");
}

/* Shortest round trips count: one machine that is busy now and then is one machine. */
static void test_busy_box(void)
{
    struct session s = boxed("a.example", 3000);

    scope = (struct profile_scope){.count = 0};
    for (uint32_t i = 0; i < 24; i++) {
        s.flight_count = 0;
        s.ticket_count = 0;
        s.rtt_us = i % 4 == 3 ? 2500 : 9000 + 7000 * (i % 3);
        learn(&s, 100 + i / 4, PROFILE_CERTIFICATE_NONE);
    }
    ok(box_compare(&scope, &s, true, &tuning).served, "a busy box has one distance");
}

/* Two sites with certificates of their own, and no word of the authority. */
static void test_open_by_certificates(void)
{
    struct session s = boxed("a.example", 16000);

    scope = (struct profile_scope){.count = 0};
    s.version = 0x0303;
    learn(&s, 100, PROFILE_CERTIFICATE_OTHER);
    ok(!box_compare(&scope, &s, true, &tuning).open_network, "one site may be let through");
    learn(&s, 101, PROFILE_CERTIFICATE_OTHER);
    ok(box_compare(&scope, &s, true, &tuning).open_network, "two make the open network");
    learn(&s, 102, PROFILE_CERTIFICATE_AUTHORITY);
    ok(!box_compare(&scope, &s, true, &tuning).open_network,
       "not where the authority's certificate is seen as well");
}

static void test_no_syn_ack(void)
{
    struct session s = boxed("a.example", 0);
    struct box_answer a;

    scope = (struct profile_scope){.count = 0};
    s.syn_ack = (struct session_syn_ack){.seen = false};
    for (uint32_t i = 0; i < 4; i++)
        learn(&s, 100 + i, PROFILE_CERTIFICATE_NONE);
    a = box_compare(&scope, &s, true, &tuning);
    ok(a.served, "flights alone make a box where no SYN-ACK was captured");
    is_int(a.flight, BOX_EQUAL, "they are compared");
    s = boxed("z.example", 3000);
    is_int(box_compare(&scope, &s, true, &tuning).syn_ack, BOX_NONE,
           "a SYN-ACK has nothing to be compared with");
}

/* An explicit proxy answers every SYN; whether it decrypts is for the flights to say. */
static void test_explicit_proxy(void)
{
    struct session s = boxed("a.example", 3000);

    scope = (struct profile_scope){.count = 0};
    s.is_explicit_proxy = true;
    for (uint32_t i = 0; i < 8; i++) {
        s.flight[3].length = (uint16_t)(i % 2 ? 281 : 96);
        s.tickets[0] = (uint16_t)(250 + i);
        learn(&s, 100 + i, PROFILE_CERTIFICATE_NONE);
    }
    ok(!box_compare(&scope, &s, true, &tuning).served,
       "one distance proves nothing where a proxy stands");
    learn_box(0);
    for (uint32_t i = 0; i < 3; i++) {
        s = boxed("a.example", 3000);
        s.is_explicit_proxy = true;
        learn(&s, 100 + i, PROFILE_CERTIFICATE_NONE);
    }
    is_int(box_compare(&scope, &s, true, &tuning).flight, BOX_EQUAL, "one flight does");
    is_int(box_compare(&scope, &s, true, &tuning).syn_ack, BOX_NONE,
           "its answer to the SYN is no evidence");
}

/* A new version of the box is learned beside the old; the old is forgotten in time. */
static void test_upgrade(void)
{
    struct session s = boxed("a.example", 3000);

    learn_box(3);
    s.syn_ack.window = 64240;
    s.flight[3].length = 96;
    s.tickets[0] = 200;
    is_int(box_compare(&scope, &s, true, &tuning).flight, BOX_DIFFERS,
           "the new one differs");
    for (uint32_t i = 0; i < 3; i++)
        learn(&s, 100 + i, PROFILE_CERTIFICATE_NONE);
    is_int(box_compare(&scope, &s, true, &tuning).flight, BOX_EQUAL, "until it is learned");
    s = boxed("b.example", 3000);
    is_int(box_compare(&scope, &s, true, &tuning).syn_ack, BOX_EQUAL,
           "both are boxes for a while");
    s.syn_ack.window = 64240;
    s.flight[3].length = 96;
    s.decided_ns += (PROFILE_MEMORY_S + 1) * UINT64_C(1000000000);
    learn(&s, 100, PROFILE_CERTIFICATE_NONE);
    s = boxed("b.example", 3000);
    is_int(box_compare(&scope, &s, true, &tuning).syn_ack, BOX_NONE,
           "what was not seen for a week is forgotten");
}

/* ---- where nobody configured anything */

/* Session `i` of many: 25 names in 10 networks. */
static struct session of_many(uint32_t i, uint32_t rtt_us)
{
    struct session s = boxed("a.example", rtt_us);
    char server[32];

    (void)snprintf(server, sizeof(server), "203.%u.113.7", i % 10);
    s.server = sample_address(server);
    return s;
}

static void learn_many(uint32_t sessions, uint32_t spread_us, uint8_t ttls)
{
    scope = (struct profile_scope){.count = 0};
    for (uint32_t i = 0; i < sessions; i++) {
        struct session s = of_many(i, 3000 + i % 25 * spread_us);

        s.syn_ack.ttl = (uint8_t)(64 - i % ttls);
        learn(&s, 100 + i % 25, PROFILE_CERTIFICATE_NONE);
    }
}

static bool served_anywhere(void)
{
    struct session s = of_many(0, 3000);

    return box_compare(&scope, &s, false, &tuning).served;
}

static void test_gate_anywhere(void)
{
    configured = false;
    learn_many(199, 0, 1);
    ok(!served_anywhere(), "199 sessions are too few where nobody configured anything");
    learn_many(200, 0, 1);
    ok(served_anywhere(), "200 over 25 names in 10 networks are enough");
    learn_many(400, 400, 1);
    ok(!served_anywhere(), "not from many distances");
    learn_many(600, 0, 2);
    ok(!served_anywhere(), "nor with two times to live at one distance");
    configured = true;
}

/* Many names in many networks from nearby, but far from all: a content network. */
static void test_content_network(void)
{
    configured = false;
    learn_many(400, 0, 1);
    for (uint32_t i = 0; i < 500; i++) {
        struct session s = of_many(i, 20000);

        s.syn_ack.window = (uint16_t)(1000 + i % 3);
        learn(&s, 1000 + i, PROFILE_CERTIFICATE_NONE);
    }
    ok(!served_anywhere(), "what answers less than half of all is no box");
    learn_many(400, 0, 1);
    for (uint32_t i = 0; i < 25; i++) {
        struct session s = of_many(i, 3000);

        s.version = 0x0303;
        learn(&s, 100 + i, PROFILE_CERTIFICATE_OTHER);
    }
    ok(!served_anywhere(), "nor is what shows certificates of public issuers");
    configured = true;
}

static void test_bounds(void)
{
    struct session s = boxed("a.example", 3000);

    learn_box(3);
    for (uint16_t i = 0; i < 100; i++) {
        s.syn_ack.window = i;
        s.flight[3].length = (uint16_t)(200 + i);
        s.tickets[0] = (uint16_t)(200 + i);
        learn(&s, 1000 + i, PROFILE_CERTIFICATE_NONE);
    }
    is_int(scope.count, PROFILES_MAX, "the number of profiles is bounded");
    s = boxed("a.example", 3000);
    ok(box_compare(&scope, &s, true, &tuning).served, "those of few names give way");
}

int main(void)
{
    lab_open(&lab);
    tuning = lab.config.rules.tuning;
    test_gate();
    test_authority();
    test_differences();
    test_tickets();
    test_elliptic();
    test_spread();
    test_hysteresis();
    test_name_answer();
    test_hello();
    test_h2();
    test_busy_box();
    test_open_by_certificates();
    test_no_syn_ack();
    test_explicit_proxy();
    test_upgrade();
    test_gate_anywhere();
    test_content_network();
    test_bounds();
    lab_close(&lab);
    return done_testing();
}
