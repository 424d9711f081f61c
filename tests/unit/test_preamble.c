#include "talks.h"

static void tls_from_the_first_byte(void)
{
    static const struct turn turns[TURNS_MAX] = {TURN('c', HELLO), TURN('s', SERVER_HELLO)};
    const struct heard *h = talk_is_tls("TLS at once", turns);

    is_int(h->preamble.hello_side, CLIENT_SIDE, "the client begins");
    ok(!h->preamble.hello_from_server && !h->preamble.is_sslv2, "with a ClientHello");
    is_int(h->preamble.kinds, 0, "without any preamble");
}

static void tls_of_which_only_the_server_was_captured(void)
{
    static const struct turn turns[TURNS_MAX] = {TURN('s', SERVER_HELLO)};

    ok(talk_is_tls("a ServerHello", turns)->preamble.hello_from_server, "from the server");
}

static void a_hello_of_ssl_2(void)
{
    static const struct turn turns[TURNS_MAX] = {TURN('c', "\x80\x2e\x01\x03\x01\x00\x15")};

    ok(talk_is_tls("a hello in the form of SSL 2", turns)->preamble.is_sslv2,
       "is known as one");
}

static void what_is_no_hello_is_something_else(void)
{
    static const struct {
        struct turn turns[TURNS_MAX];
        bool is_record;
    } cases[] = {
        {{TURN('C', "\x17\x03\x03\x00\x20")}, true},
        {{TURN('S', "\x15\x03\x03\x00\x02")}, true},
        {{TURN('C', "\x16\x03\x03\x00\x20\x0b")}, true},
        {{TURN('C', "\x16\x03\x05\x00\x20\x01")}, false},
        {{TURN('C', "\x16\x03\x01\x00\x00\x01")}, true},
        {{TURN('C', "\x16\x02\x01\x00\x20\x01")}, false},
        {{TURN('C', "POST / HTTP/1.1\r\n")}, false},
        {{TURN('S', "SSH-2.0-OpenSSH\r\n")}, false},
        {{TURN('C', "\x80\x2e\x02\x03\x01\x00\x15")}, false},
        {{TURN('C', "\x80\x2e\x01\x04\x01\x00\x15")}, false},
        {{TURN('C', "\xff\xff\xff\xff\xff\xff")}, false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct heard *h = talk("first bytes", cases[i].turns);

        is_int(h->preamble.verdict, PREAMBLE_OTHER, "case %zu is something else", i);
        if (cases[i].turns[0].len >= 5 && i < 2)
            is_int(h->preamble.is_record, cases[i].is_record,
                   "case %zu: bytes of TLS or not", i);
    }
}

static void text_between_is_not_tls(void)
{
    static const struct turn turns[TURNS_MAX] = {TURN('C', "hello\r\n"), TURN('C', HELLO)};

    talk_is_other("TLS behind a line of text", turns);
}

static void after_an_upgrade_only_tls_counts(void)
{
    static const struct turn turns[TURNS_MAX] = {
        TURN('S', "220 mail\r\n"), TURN('C', "STARTTLS\r\n"), TURN('S', "220 go\r\n"),
        TURN('C', "CONNECT a:1 HTTP/1.1\r\n\r\n")};

    talk_is_other("CONNECT behind STARTTLS", turns);
}

static void first_bytes_that_may_become_something_are_waited_for(void)
{
    static const char *const beginnings[] = {"C",      "CONNECT",  "PROXY",    "22",
                                             "+O",     "* P",      "<?x",      "EH",
                                             "\r\n\r", "\x16\x03", "\x05\x01", "\x30\x0c"};

    for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
        struct turn turns[TURNS_MAX] = {{'C', beginnings[i], strlen(beginnings[i])}};

        talk_is_open(beginnings[i], turns);
    }
}

static void missing_bytes(void)
{
    struct heard h = {.preamble = {.verdict = PREAMBLE_UNDECIDED}};

    preamble_miss(&h.preamble, CLIENT_SIDE);
    hear(&h, CLIENT_SIDE, span_of_text("whatever"));
    is_int(h.preamble.verdict, PREAMBLE_UNDECIDED, "the other side can tell");
    hear(&h, !CLIENT_SIDE, span_of(SERVER_HELLO, sizeof(SERVER_HELLO) - 1));
    ok(h.preamble.verdict == PREAMBLE_TLS && h.preamble.hello_from_server, "and it does");

    begin(&h);
    preamble_miss(&h.preamble, CLIENT_SIDE);
    preamble_miss(&h.preamble, !CLIENT_SIDE);
    is_int(h.preamble.verdict, PREAMBLE_OTHER, "nothing of either side is nothing at all");

    begin(&h);
    hear(&h, CLIENT_SIDE, span_of_text("CONN"));
    preamble_miss(&h.preamble, CLIENT_SIDE);
    is_int(h.preamble.verdict, PREAMBLE_OTHER, "a hole behind first bytes");

    begin(&h);
    hear(&h, CLIENT_SIDE, span_of_text("CONNECT a:1 HTTP/1.1\r\n"));
    preamble_miss(&h.preamble, CLIENT_SIDE);
    is_int(h.preamble.verdict, PREAMBLE_OTHER, "a hole in a preamble");
}

static void a_hole_between_preamble_and_tls(void)
{
    struct heard h = {.preamble = {.verdict = PREAMBLE_UNDECIDED}};

    hear(&h, CLIENT_SIDE, span_of_text("CONNECT a:1 HTTP/1.1\r\n\r\n"));
    hear(&h, !CLIENT_SIDE, span_of_text("HTTP/1.1 200 OK\r\n\r\n"));
    preamble_miss(&h.preamble, CLIENT_SIDE);
    hear(&h, !CLIENT_SIDE, span_of(SERVER_HELLO, sizeof(SERVER_HELLO) - 1));
    ok(h.preamble.verdict == PREAMBLE_TLS && h.preamble.hello_from_server,
       "the server tells that TLS began");
    is_text(h.preamble.talk.target, "a", "the target is known");
}

static void a_verdict_is_final(void)
{
    struct heard h = {.preamble = {.verdict = PREAMBLE_UNDECIDED}};
    struct span rest;

    hear(&h, CLIENT_SIDE, span_of_text("nonsense"));
    is_int(
        preamble_push(&h.preamble, CLIENT_SIDE, span_of(HELLO, sizeof(HELLO) - 1), &rest),
        PREAMBLE_OTHER, "a hello behind it changes nothing");
}

static void kinds_have_names(void)
{
    for (int kind = 0; kind < PREAMBLE_KINDS; kind++)
        ok(preamble_kind_name((enum preamble_kind)kind) != NULL, "kind %d has a name",
           kind);
}

static void a_preamble_is_small(void)
{
    ok(sizeof(struct preamble) <= 640, "it takes %zu bytes", sizeof(struct preamble));
}

int main(void)
{
    tls_from_the_first_byte();
    tls_of_which_only_the_server_was_captured();
    a_hello_of_ssl_2();
    what_is_no_hello_is_something_else();
    text_between_is_not_tls();
    after_an_upgrade_only_tls_counts();
    first_bytes_that_may_become_something_are_waited_for();
    missing_bytes();
    a_hole_between_preamble_and_tls();
    a_verdict_is_final();
    kinds_have_names();
    a_preamble_is_small();
    return done_testing();
}
