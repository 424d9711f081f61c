#include "detect/profile.h"

#include "detect_sample.h"

static struct lab lab; /* for its rules and for making sessions */
static struct tuning tuning;
static struct profile_scope scope;

static const char *domain(const char *name)
{
    static char out[64];
    struct span d = profile_registered_domain(span_of_text(name));

    (void)snprintf(out, sizeof(out), "%.*s", (int)d.len, (const char *)d.data);
    return out;
}

static void test_registered_domain(void)
{
    is_text(domain("www.example.com"), "example.com", "the last two labels");
    is_text(domain("a.b.c.example.com"), "example.com", "however deep the name");
    is_text(domain("example.com"), "example.com", "the domain itself");
    is_text(domain("localhost"), "localhost", "a single label");
    is_text(domain("www.example.co.uk"), "example.co.uk",
            "three where a public suffix has two");
    is_text(domain("example.co.uk"), "example.co.uk", "also of the domain itself");
    is_text(domain("www.example.de"), "example.de", "two below a country where none has");
    is_text(domain(""), "", "nothing of nothing");
    is_text(domain("."), ".", "a lone dot survives");
}

/* A TLS 1.3 session as one box answers: its SYN-ACK, its key, its tickets. */
static struct session boxed(const char *name, uint32_t rtt_us)
{
    struct session s = lab_session(&lab, "10.0.0.1", "app", name, 0);

    s.syn_ack = (struct session_syn_ack){
        .seen = true, .ttl = 64, .window = 65160, .mss = 1460, .window_scale = 7};
    SAMPLE_TEXT(s.syn_ack.options, "MSTNW");
    s.rtt_us = rtt_us;
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

static void learn(const struct session *s, uint64_t name,
                  enum profile_certificate certificate)
{
    profile_learn(&scope, s, name, certificate, &tuning);
}

static void learn_box(size_t names)
{
    struct session s = boxed("a.example", 3000);

    scope = (struct profile_scope){.count = 0};
    for (size_t i = 0; i < names; i++)
        learn(&s, 100 + i, PROFILE_CERTIFICATE_NONE);
}

static void test_gate(void)
{
    struct session s = boxed("a.example", 3000);
    struct profile_answer a;

    learn_box(2);
    ok(!profile_compare(&scope, &s, &tuning).served, "two names make no box");
    learn_box(3);
    a = profile_compare(&scope, &s, &tuning);
    ok(a.served, "three sessions over three names do");
    is_int(a.syn_ack, PROFILE_EQUAL, "it answers the SYN alike");
    is_int(a.path, PROFILE_EQUAL, "from where it stands");
    is_int(a.flight, PROFILE_EQUAL, "with the same flight");
    scope = (struct profile_scope){.count = 0};
    for (size_t i = 0; i < 5; i++)
        learn(&s, 100, PROFILE_CERTIFICATE_NONE);
    ok(!profile_compare(&scope, &s, &tuning).served, "five sessions of one name do not");
}

static void test_authority(void)
{
    struct session s = boxed("a.example", 3000);

    s.version = 0x0303;
    scope = (struct profile_scope){.count = 0};
    for (size_t i = 0; i < 3; i++)
        learn(&s, 100, PROFILE_CERTIFICATE_AUTHORITY);
    ok(profile_compare(&scope, &s, &tuning).served,
       "certificates of the authority prove what names would make likely");
    is_int(scope.authority_sessions, 3, "they are counted for the scope");
    for (size_t i = 0; i < 4; i++)
        learn(&s, 100 + i, PROFILE_CERTIFICATE_OTHER);
    ok(!profile_compare(&scope, &s, &tuning).served,
       "where those of others prevail it is no box");
}

static void test_differences(void)
{
    struct session s = boxed("b.example", 3000);
    struct profile_answer a;

    learn_box(3);
    s.syn_ack.ttl = 55;
    a = profile_compare(&scope, &s, &tuning);
    is_int(a.syn_ack, PROFILE_DIFFERS, "another machine answers");
    s.rtt_us = 60000;
    is_int(profile_compare(&scope, &s, &tuning).path, PROFILE_DIFFERS, "from far away");
    s.rtt_us = 12000;
    is_int(profile_compare(&scope, &s, &tuning).path, PROFILE_NONE,
           "four times the box's distance says nothing");
    s = boxed("b.example", 3000);
    s.flight[3].length = 300;
    is_int(profile_compare(&scope, &s, &tuning).flight, PROFILE_DIFFERS,
           "another key signs");
    s = boxed("b.example", 3000);
    s.tickets[0] = 300;
    is_int(profile_compare(&scope, &s, &tuning).flight, PROFILE_DIFFERS, "other tickets");
    s.resumed = true;
    is_int(profile_compare(&scope, &s, &tuning).flight, PROFILE_NONE,
           "a resumed session shows no flight");
    s = boxed("b.example", 3000);
    s.syn_ack.seen = false;
    is_int(profile_compare(&scope, &s, &tuning).syn_ack, PROFILE_NONE,
           "no SYN-ACK, no word");
}

/* The suite's hash length is part of a sealed ticket, not of a mere session number. */
static void test_tickets(void)
{
    struct session s = boxed("b.example", 3000);

    learn_box(3);
    s.cipher = 0x1302;
    s.flight[4].length = 69;
    s.tickets[0] = 266;
    is_int(profile_compare(&scope, &s, &tuning).flight, PROFILE_EQUAL,
           "a ticket of SHA-384 is 16 bytes longer and the same box's");
    s = boxed("b.example", 3000);
    s.tickets[0] = 74;
    scope = (struct profile_scope){.count = 0};
    for (size_t i = 0; i < 3; i++)
        learn(&s, 100 + i, PROFILE_CERTIFICATE_NONE);
    s.cipher = 0x1302;
    s.flight[4].length = 69;
    is_int(profile_compare(&scope, &s, &tuning).flight, PROFILE_EQUAL,
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
    is_int(profile_compare(&scope, &s, &tuning).flight, PROFILE_EQUAL,
           "signatures of elliptic curves vary by some bytes");
}

static void test_spread(void)
{
    struct session s = boxed("a.example", 3000);

    scope = (struct profile_scope){.count = 0};
    for (size_t i = 0; i < 8; i++) {
        s.rtt_us = 3000 + (uint32_t)i * 10000;
        s.flight[3].length = (uint16_t)(i % 2 ? 281 : 400);
        s.tickets[0] = (uint16_t)(250 + i);
        learn(&s, 100 + i, PROFILE_CERTIFICATE_NONE);
    }
    s = boxed("z.example", 3000);
    ok(!profile_compare(&scope, &s, &tuning).served,
       "keys of two kinds at many distances are many machines");
    ok(profile_compare(&scope, &s, &tuning).open_network, "which is said");
}

/* A box whose distance varies around the limit does not come and go. */
static void test_hysteresis(void)
{
    struct session s = boxed("a.example", 3000);

    scope = (struct profile_scope){.count = 0};
    for (size_t i = 0; i < 4; i++) {
        s.flight_count = 0;
        s.ticket_count = 0;
        learn(&s, 100 + i, PROFILE_CERTIFICATE_NONE);
    }
    ok(profile_compare(&scope, &s, &tuning).served, "a box by its distance");
    for (size_t i = 0; i < 8; i++) {
        s.rtt_us = i % 2 ? 8000 : 3500;
        learn(&s, 200 + i, PROFILE_CERTIFICATE_NONE);
    }
    ok(profile_compare(&scope, &s, &tuning).served,
       "it stays one when the distance spreads");
    for (size_t i = 0; i < PROFILE_RTTS; i++) {
        s.rtt_us = i % 2 ? 60000 : 3500;
        learn(&s, 300 + i, PROFILE_CERTIFICATE_NONE);
    }
    ok(!profile_compare(&scope, &s, &tuning).served, "to twice the limit");
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
    ok(profile_compare(&scope, &s, &tuning).served, "those of few names give way");
}

int main(void)
{
    lab_open(&lab);
    tuning = lab.config.rules.tuning;
    test_registered_domain();
    test_gate();
    test_authority();
    test_differences();
    test_tickets();
    test_elliptic();
    test_spread();
    test_hysteresis();
    test_bounds();
    lab_close(&lab);
    return done_testing();
}
