#include "talks.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"

static void version_1_is_stepped_over(void)
{
    static const struct turn turns[TURNS_MAX] = {
        TURN('C', "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n"), TURN('c', HELLO),
        TURN('s', SERVER_HELLO)};
    const struct heard *h = talk_is_tls("version 1", turns);

    is_int(h->preamble.kinds, 1 << PREAMBLE_PROXY_PROTOCOL, "its kind");
    is_text(h->preamble.talk.target, "", "it names no target");
}

static void version_1_may_know_nothing(void)
{
    static const struct turn turns[TURNS_MAX] = {TURN('C', "PROXY UNKNOWN\r\n"),
                                                 TURN('c', HELLO)};

    (void)talk_is_tls("version 1, unknown", turns);
}

static void version_1_has_its_longest_line(void)
{
    static char line[109] = "PROXY TCP6 ";
    struct turn turns[TURNS_MAX] = {{'C', line, 107}, TURN('c', HELLO)};

    memset(line + 11, 'f', sizeof(line) - 11);
    memcpy(line + 105, "\r\n", 2);
    (void)talk_is_tls("a line of 107 bytes", turns);
    memcpy(line + 105, "f\r\n", 3);
    turns[0].len = 108;
    talk_is_other("a line of 108 bytes", turns);
}

static void version_2_is_stepped_over(void)
{
    static const struct turn turns[TURNS_MAX] = {
        TURN('C',
             SIGNATURE "\x21\x11\x00\x0c\xc0\x00\x02\x01\xc6\x33\x64\x01\xdc\x04\x01\xbb"),
        TURN('c', HELLO), TURN('s', SERVER_HELLO)};
    static const struct turn local[TURNS_MAX] = {TURN('C', SIGNATURE "\x20\x00\x00\x00"),
                                                 TURN('c', HELLO)};

    (void)talk_is_tls("version 2", turns);
    (void)talk_is_tls("version 2, of the balancer itself", local);
}

static void version_2_may_carry_much(void)
{
    static char header[16 + 0x1234];
    const struct turn turns[TURNS_MAX] = {{'C', header, sizeof(header)}, TURN('c', HELLO)};
    struct heard h = {.preamble = {.verdict = PREAMBLE_UNDECIDED}};

    memcpy(header, SIGNATURE "\x21\x11\x12\x34", 16);
    hear_joined(&h, turns);
    is_int(h.preamble.verdict, PREAMBLE_TLS, "a header with 4,660 bytes behind it");
    is_int(h.tls[CLIENT_SIDE].len, sizeof(HELLO) - 1, "ends where it says");
}

static void other_protocols_may_follow(void)
{
    static const struct turn turns[TURNS_MAX] = {
        TURN('C', "PROXY TCP4 192.0.2.1 198.51.100.1 56324 25\r\n"),
        TURN('S', "220 mail\r\n"), TURN('C', "STARTTLS\r\n"), TURN('S', "220 go\r\n"),
        TURN('c', HELLO)};

    (void)talk_is_tls("STARTTLS behind version 1", turns);
}

static void malformed_headers_are_something_else(void)
{
    static const struct turn cases[][TURNS_MAX] = {
        {TURN('C', SIGNATURE "\x11\x11\x00\x00")},
        {TURN('C', "PROXY TCP4 "), TURN('S', "x")},
        {TURN('C', SIGNATURE "\x21"), TURN('S', "x")},
        {TURN('C', "PROXYING\r\n")},
        {TURN('C', "\r\n\r\nGET")},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        talk_is_other("no header", cases[i]);
}

int main(void)
{
    version_1_is_stepped_over();
    version_1_may_know_nothing();
    version_1_has_its_longest_line();
    version_2_is_stepped_over();
    version_2_may_carry_much();
    other_protocols_may_follow();
    malformed_headers_are_something_else();
    return done_testing();
}
