#include "detect/sentence.h"

#include <string.h>

#include "detect_sample.h"

#define PHONE "10.0.0.1"

static struct lab lab;

static void begin(void)
{
    lab_close(&lab);
    lab_open(&lab);
}

static void contains(const char *sentence, const char *words)
{
    ok(strstr(sentence, words) != NULL, "\"%s\" in: %s", words, sentence);
}

static void lacks(const char *sentence, const char *words)
{
    ok(strstr(sentence, words) == NULL, "no \"%s\" in: %s", words, sentence);
}

static const struct finding *refused_in(enum outcome_shape shape, int n)
{
    begin();
    lab_accept(&lab, PHONE, "web", "a.example", 0);
    lab_accept(&lab, PHONE, "web", "b.example", 1);
    lab_refuse_all(&lab, PHONE, "app", "x.example", 10, shape, n);
    lab_accept(&lab, PHONE, "web", "c.example", 10 + n);
    lab_end(&lab);
    return lab_last(&lab);
}

static void test_pin(void)
{
    const struct finding *f = refused_in(SHAPE_S1, 3);

    contains(f->message, "Device 10.0.0.1 seems to run an app that pins x.example");
    contains(f->message, "3 refused sessions in 3 attempts within 2.0 s");
    contains(f->message, "accepted inspection in 3 sessions to other destinations");
    contains(f->reason,
             "In every attempt the client answered the inspection certificate with a "
             "fatal certificate alert.");
    contains(f->reason,
             "-20 dB to start with, +40 dB for the attempts (66 dB, counted up to 40)");
    contains(f->reason, "+10 dB because the device accepts inspection elsewhere");
    contains(f->reason, "+30 dB in all (alert from +10)");
}

static void test_shapes(void)
{
    contains(refused_in(SHAPE_S2, 3)->reason, "an encrypted alert instead of finishing");
    contains(refused_in(SHAPE_S3, 4)->reason, "hung up as soon as it had seen");
    contains(refused_in(SHAPE_S4, 4)->reason, "finished the handshake and hung up at once");
    contains(refused_in(SHAPE_S5, 5)->reason, "finished the handshake and hung up at once");
}

static void test_mixed(void)
{
    begin();
    lab_refuse(&lab, PHONE, "app", "x.example", 10, SHAPE_S4);
    lab_refuse_all(&lab, PHONE, "app", "x.example", 11, SHAPE_S2, 2);
    lab_accept(&lab, PHONE, "web", "a.example", 14);
    lab_end(&lab);
    contains(lab_last(&lab)->reason, "In the clearest attempt the client answered");
    begin();
    lab_refuse_all(&lab, PHONE, "app", "x.example", 10, SHAPE_S4, 3);
    lab_refuse_all(&lab, PHONE, "app", "x.example", 13, SHAPE_S5, 3);
    lab_accept(&lab, PHONE, "web", "a.example", 17);
    lab_end(&lab);
    contains(lab_last(&lab)->reason, "In every attempt");
}

static void test_direct(void)
{
    begin();
    lab_refuse_all(&lab, PHONE, "app", "x.example", 10, SHAPE_S1, 3);
    lab_accept(&lab, PHONE, "web", "a.example", 13);
    lab_direct(&lab, PHONE, "app", "x.example", 20);
    lab_end(&lab);
    contains(lab_last(&lab)->message, "refuses TLS inspection of x.example");
    contains(lab_last(&lab)->message, "then 1 direct session with data");
    contains(lab_last(&lab)->reason, "stays open");
}

static void test_opaque(void)
{
    begin();
    for (int i = 0; i < 3; i++)
        lab_direct(&lab, PHONE, "app", "x.example", 10 + i);
    lab_end(&lab);
    contains(lab_last(&lab)->message,
             "reaches x.example past TLS inspection: 3 direct sessions");
    contains(lab_last(&lab)->reason, "3 established sessions with data");
    lacks(lab_last(&lab)->reason, "Likely causes");
}

static void test_without_name(void)
{
    begin();
    for (int i = 0; i < 3; i++)
        lab_direct(&lab, PHONE, "app", "", 10 + i);
    lab_end(&lab);
    contains(lab_last(&lab)->message, "reaches 203.0.113.9 (no server name was sent) past");
}

/* Names come from the wire and may be long. */
static void test_long_name(void)
{
    char name[SESSION_NAME_MAX];
    const struct finding *f;

    memset(name, 'x', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    begin();
    lab_refuse_all(&lab, PHONE, "app", name, 10, SHAPE_S1, 3);
    lab_accept(&lab, PHONE, "web", "a.example", 14);
    lab_end(&lab);
    f = lab_last(&lab);
    is_int(f->type, FINDING_PINNING_SUSPECTED, "a destination with the longest name");
    ok(strlen(f->message) < sizeof(f->message), "has a message that fits");
    contains(f->message, "refused sessions");
}

int main(void)
{
    lab_open(&lab);
    test_pin();
    test_shapes();
    test_mixed();
    test_direct();
    test_opaque();
    test_without_name();
    test_long_name();
    lab_close(&lab);
    return done_testing();
}
