#include "detect/answer.h"

#include "session_sample.h"

/* TLS 1.3 with one record to a message: EncryptedExtensions of `extensions` bytes. */
static struct session flown(uint16_t extensions, uint16_t verify)
{
    struct session s;

    sample_bare(&s);
    s.version = 0x0304;
    s.cipher = 0x1301;
    s.has_server_hello = true;
    SAMPLE_TEXT(s.server_name, "www.example.com");
    SAMPLE_TEXT(s.alpn_offered, "h2\nhttp/1.1\n");
    SAMPLE_TEXT(s.ja4, "t13d1516h2_8daaf6152771_02713d6af862");
    s.flight[0] = (struct session_record){.type = 22, .length = 122};
    s.flight[1] =
        (struct session_record){.type = 23, .encrypted = true, .length = extensions};
    s.flight[2] = (struct session_record){.type = 23, .encrypted = true, .length = 2400};
    s.flight[3] = (struct session_record){.type = 23, .encrypted = true, .length = verify};
    s.flight[4] = (struct session_record){.type = 23, .encrypted = true, .length = 53};
    s.flight_count = 5;
    return s;
}

static uint16_t trait(const struct session *s, enum answer_trait which)
{
    struct answer a;

    answer_of(s, &a);
    return a.traits[which];
}

/* Lengths of EncryptedExtensions, and what they tell of name and protocol. */
static void test_extensions(void)
{
    static const struct {
        uint16_t length, name, h2;
    } rows[] = {
        {23, ANSWER_NAME_IGNORED, ANSWER_H2_DECLINED},
        {27, ANSWER_NAME_ACKNOWLEDGED, ANSWER_H2_DECLINED},
        {32, ANSWER_NAME_IGNORED, ANSWER_H2_CHOSEN},
        {36, ANSWER_NAME_ACKNOWLEDGED, ANSWER_H2_CHOSEN},
        {38, ANSWER_NAME_IGNORED, ANSWER_H2_DECLINED},
        {42, ANSWER_NAME_ACKNOWLEDGED, ANSWER_H2_DECLINED},
        {41, 0, 0},
        {22, 0, 0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct session s = flown(rows[i].length, 281);

        is_int(trait(&s, ANSWER_NAME), rows[i].name, "the name, of %d bytes",
               rows[i].length);
        is_int(trait(&s, ANSWER_H2), rows[i].h2, "the protocol, of %d bytes",
               rows[i].length);
    }
}

static void test_offers(void)
{
    struct session s = flown(32, 281);

    SAMPLE_TEXT(s.alpn_offered, "http/1.1\n");
    is_int(trait(&s, ANSWER_NAME), 0, "a protocol that was not offered was not chosen");
    s = flown(23, 281);
    s.server_name[0] = '\0';
    is_int(trait(&s, ANSWER_NAME), 0, "who names nothing is told nothing of the name");
    s.ja4[0] = '\0';
    is_int(trait(&s, ANSWER_NAME), ANSWER_NAME_IGNORED,
           "a hello that was not captured is taken to name something");
    is_int(trait(&s, ANSWER_H2), 0, "and says nothing of the protocol");
}

static void test_keys(void)
{
    struct session s = flown(32, 281);

    is_int(trait(&s, ANSWER_VERIFY), 281, "RSA signs in 256 bytes");
    s = flown(32, 97);
    is_int(trait(&s, ANSWER_VERIFY), 1, "elliptic curves in some 70");
    s.flight[4].length = 60;
    is_int(trait(&s, ANSWER_VERIFY), 0, "without a Finished of its own nothing is told");
    s = flown(32, 281);
    s.resumed = true;
    is_int(trait(&s, ANSWER_VERIFY), 0, "a resumed session has no such flight");
    s.resumed = false;
    s.protocol = SESSION_QUIC;
    is_int(trait(&s, ANSWER_VERIFY), 0, "nor has QUIC");
}

static void test_machines(void)
{
    struct session s = flown(32, 281);
    struct answer a, b;

    s.syn_ack = (struct session_syn_ack){
        .seen = true, .ttl = 64, .window = 65160, .mss = 1460, .window_scale = 7};
    answer_of(&s, &a);
    s.syn_ack.ttl = 55;
    answer_of(&s, &b);
    ok(a.machine != b.machine && a.stack == b.stack, "one stack at two distances");
    s.syn_ack.window = 64240;
    answer_of(&s, &a);
    ok(a.stack != b.stack, "another stack");
    s.is_explicit_proxy = true;
    answer_of(&s, &b);
    ok(a.machine != b.machine, "a proxy is a machine of its own");
    s.server = sample_address("203.0.114.9");
    answer_of(&s, &a);
    is_int(a.network, b.network, "neighbours are one network");
    s.server = sample_address("203.1.113.9");
    answer_of(&s, &a);
    ok(a.network != b.network, "others are not");
    s.server = sample_address("2001:db8:1::1");
    answer_of(&s, &a);
    s.server = sample_address("2001:db8:2::1");
    answer_of(&s, &b);
    is_int(a.network, b.network, "of version 6, /32 is a network");
}

static void test_hello(void)
{
    struct session s = flown(32, 281);
    struct answer a, b;

    answer_of(&s, &a);
    ok(a.hello != 0, "the choice of a hello is known");
    s.hello_retry = true;
    answer_of(&s, &b);
    ok(a.hello != b.hello && a.app == b.app, "a retry is another choice of the same offer");
    s.version = 0x0303;
    answer_of(&s, &b);
    is_int(b.hello, 0, "before TLS 1.3 certificates speak");
}

int main(void)
{
    test_extensions();
    test_offers();
    test_keys();
    test_machines();
    test_hello();
    return done_testing();
}
