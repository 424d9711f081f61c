#include "talks.h"

#define GREETING TURN('C', "\x05\x01\x00")
#define CHOICE TURN('S', "\x05\x00")
#define TO_NAME "\x05\x01\x00\x03\x0chost.example\x01\xbb"
#define GRANTED TURN('S', "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")

static void version_5_with_a_name(void)
{
    static const struct turn turns[TURNS_MAX] = {
        GREETING, CHOICE,           TURN('C', TO_NAME),
        GRANTED,  TURN('c', HELLO), TURN('s', SERVER_HELLO)};
    const struct heard *h = talk_is_tls("SOCKS 5 to a name", turns);

    is_text(h->preamble.talk.target, "host.example", "its host");
    is_int(h->preamble.talk.port, 443, "its port");
    is_int(h->preamble.kinds, 1 << PREAMBLE_SOCKS, "and its kind");
}

static void version_5_with_addresses(void)
{
    static const struct turn four[TURNS_MAX] = {
        GREETING, CHOICE, TURN('C', "\x05\x01\x00\x01\xc0\x00\x02\x01\x20\xfb"),
        TURN('S', "\x05\x00\x00\x03\x05proxy\x04\x38"), TURN('c', HELLO)};
    static const struct turn six[TURNS_MAX] = {
        GREETING, CHOICE,
        TURN('C', "\x05\x01\x00\x04\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x01\xbb"),
        TURN('S', "\x05\x00\x00\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        TURN('c', HELLO)};
    const struct heard *h =
        talk_is_tls("SOCKS 5 to an address, answered with a name", four);

    is_text(h->preamble.talk.target, "192.0.2.1", "its address");
    is_int(h->preamble.talk.port, 8443, "its port");
    h = talk_is_tls("SOCKS 5 to an address of IPv6", six);
    is_text(h->preamble.talk.target, "2001:db8::1", "its address");
}

static void version_5_with_a_password(void)
{
    static const struct turn turns[TURNS_MAX] = {TURN('C', "\x05\x02\x00\x02"),
                                                 TURN('S', "\x05\x02"),
                                                 TURN('C', "\x01\x04user\x06secret"),
                                                 TURN('S', "\x01\x00"),
                                                 TURN('C', TO_NAME),
                                                 GRANTED,
                                                 TURN('c', HELLO)};
    static const struct turn empty[TURNS_MAX] = {
        TURN('C', "\x05\x01\x02"), TURN('S', "\x05\x02"), TURN('C', "\x01\x00\x00"),
        TURN('S', "\x01\x00"),     TURN('C', TO_NAME),    GRANTED,
        TURN('c', HELLO)};

    (void)talk_is_tls("SOCKS 5 with a password", turns);
    (void)talk_is_tls("SOCKS 5 with empty user and password", empty);
}

static void a_client_may_not_wait(void)
{
    static const struct turn turns[TURNS_MAX] = {GREETING,         TURN('C', TO_NAME),
                                                 TURN('c', HELLO), CHOICE,
                                                 GRANTED,          TURN('s', SERVER_HELLO)};

    is_text(
        talk_is_tls("all of SOCKS 5 and the hello at once", turns)->preamble.talk.target,
        "host.example", "its host");
}

static void version_4(void)
{
    static const struct turn turns[TURNS_MAX] = {
        TURN('C', "\x04\x01\x01\xbb\xc0\x00\x02\x07user\0"),
        TURN('S', "\x00\x5a\x00\x00\x00\x00\x00\x00"), TURN('c', HELLO),
        TURN('s', SERVER_HELLO)};
    const struct heard *h = talk_is_tls("SOCKS 4", turns);

    is_text(h->preamble.talk.target, "192.0.2.7", "its address");
    is_int(h->preamble.talk.port, 443, "its port");
}

static void version_4a(void)
{
    static const struct turn turns[TURNS_MAX] = {
        TURN('C', "\x04\x01\x01\xbb\x00\x00\x00\x01\0host.example\0"),
        TURN('S', "\x00\x5a\x00\x00\x00\x00\x00\x00"), TURN('c', HELLO)};

    is_text(talk_is_tls("SOCKS 4a", turns)->preamble.talk.target, "host.example",
            "its host");
}

static void mail_through_a_proxy(void)
{
    static const struct turn turns[TURNS_MAX] = {GREETING,
                                                 CHOICE,
                                                 TURN('C', TO_NAME),
                                                 GRANTED,
                                                 TURN('S', "220 mail\r\n"),
                                                 TURN('C', "STARTTLS\r\n"),
                                                 TURN('S', "220 go\r\n"),
                                                 TURN('c', HELLO)};
    const struct heard *h = talk_is_tls("STARTTLS behind SOCKS", turns);

    is_int(h->preamble.kinds, 1 << PREAMBLE_SOCKS | 1 << PREAMBLE_STARTTLS, "both kinds");
    ok(h->preamble.upgraded, "the last was an upgrade");
    is_text(h->preamble.talk.target, "host.example", "the target stays");
}

static void a_no_of_the_proxy(void)
{
    static const struct turn cases[][TURNS_MAX] = {
        {GREETING, TURN('S', "\x05\xff")},
        {GREETING, TURN('S', "\x05\x01")},
        {TURN('C', "\x05\x01\x02"), TURN('S', "\x05\x02"), TURN('C', "\x01\x01u\x01p"),
         TURN('S', "\x01\x01")},
        {GREETING, CHOICE, TURN('C', TO_NAME), TURN('S', "\x05\x02")},
        {TURN('C', "\x04\x01\x01\xbb\xc0\x00\x02\x07\0"), TURN('S', "\x00\x5b")},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        talk_is_other("a refusal", cases[i]);
    is_int(talk("a refused request", cases[3])->preamble.talk.refused, 1, "is counted");
    is_int(talk("a refused request", cases[4])->preamble.talk.refused, 1,
           "in either version");
}

static void requests_for_something_else(void)
{
    static const struct turn cases[][TURNS_MAX] = {
        {GREETING, CHOICE, TURN('C', "\x05\x02\x00\x01")},          /* BIND */
        {GREETING, CHOICE, TURN('C', "\x05\x03\x00\x01")},          /* UDP */
        {GREETING, CHOICE, TURN('C', "\x05\x01\x01\x01")},          /* reserved */
        {GREETING, CHOICE, TURN('C', "\x05\x01\x00\x02")},          /* no such type */
        {GREETING, CHOICE, TURN('C', "\x05\x01\x00\x03\x00")},      /* no name */
        {GREETING, CHOICE, TURN('C', "\x05\x01\x00\x03\x02x\x00")}, /* 0 in a name */
        {GREETING, CHOICE, TURN('C', "GET")},
        {GREETING, TURN('S', "220 ")},
        {TURN('C', "\x04\x02\x01\xbb\xc0\x00\x02\x07\0")},
        {TURN('C', "\x04\x01\x00\x00\xc0\x00\x02\x07\0")},
        {TURN('C', "\x04\x01\x01\xbb\x00\x00\x00\x01\0\0")},
        {TURN('C', "\x05\x00\x0b\x03\x10\x00\x00\x00")}, /* DCE/RPC */
        {TURN('C', "\x05\x40\x00\x00\x00\x00")},
        {TURN('C', "\x05\x01\x40")},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        talk_is_other("no CONNECT", cases[i]);
}

static void what_is_cut_short_is_open(void)
{
    static const struct turn turns[TURNS_MAX] = {GREETING, CHOICE, TURN('C', TO_NAME),
                                                 TURN('S', "\x05\x00\x00")};

    talk_is_open("half an answer", turns);
}

static void a_name_of_255_bytes_fits(void)
{
    static char request[5 + 255 + 2] = "\x05\x01\x00\x03\xff";
    const struct turn turns[TURNS_MAX] = {
        GREETING, CHOICE, {'C', request, sizeof(request)}, GRANTED, TURN('c', HELLO)};

    memset(request + 5, 'n', 255);
    is_int(strlen(talk_is_tls("a long name", turns)->preamble.talk.target), 255, "whole");
}

int main(void)
{
    version_5_with_a_name();
    version_5_with_addresses();
    version_5_with_a_password();
    a_client_may_not_wait();
    version_4();
    version_4a();
    mail_through_a_proxy();
    a_no_of_the_proxy();
    requests_for_something_else();
    what_is_cut_short_is_open();
    a_name_of_255_bytes_fits();
    return done_testing();
}
