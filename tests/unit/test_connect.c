#include "talks.h"

#define OK_ANSWER TURN('S', "HTTP/1.1 200 Connection established\r\n\r\n")

static void a_tunnel_has_a_target(void)
{
    static const struct turn turns[TURNS_MAX] = {
        TURN('C', "CONNECT host.example:8443 HTTP/1.1\r\nHost: host.example:8443\r\n\r\n"),
        OK_ANSWER, TURN('c', HELLO), TURN('s', SERVER_HELLO)};
    const struct heard *h = talk_is_tls("a tunnel", turns);

    is_text(h->preamble.talk.target, "host.example", "its host");
    is_int(h->preamble.talk.port, 8443, "its port");
    is_int(h->preamble.kinds, 1 << PREAMBLE_CONNECT, "and its kind");
    ok(!h->preamble.upgraded && !h->preamble.hello_from_server, "no protocol was upgraded");
    is_int(h->preamble.hello_side, CLIENT_SIDE, "the client begins");
}

static void a_target_may_be_an_address(void)
{
    static const struct turn turns[TURNS_MAX] = {
        TURN('C', "CONNECT [2001:db8::1]:443 HTTP/1.1\r\n\r\n"), OK_ANSWER,
        TURN('c', HELLO)};

    is_text(talk_is_tls("a tunnel to IPv6", turns)->preamble.talk.target, "2001:db8::1",
            "without its brackets");
}

static void lines_may_end_with_lf(void)
{
    static const struct turn turns[TURNS_MAX] = {
        TURN('C', "CONNECT a:1 HTTP/1.0\nX: y\n\n"), TURN('S', "HTTP/1.0 299 fine\n\n"),
        TURN('c', HELLO)};

    (void)talk_is_tls("lines with LF only", turns);
}

static void an_interim_answer_is_none(void)
{
    static const struct turn turns[TURNS_MAX] = {
        TURN('C', "CONNECT a:1 HTTP/1.1\r\n\r\n"),
        TURN('S', "HTTP/1.1 100 wait\r\nX: y\r\n\r\n"), OK_ANSWER, TURN('c', HELLO)};

    (void)talk_is_tls("100, then 200", turns);
}

static void a_refused_tunnel_may_be_asked_for_again(void)
{
    static const struct turn turns[TURNS_MAX] = {
        TURN('C', "CONNECT first.example:443 HTTP/1.1\r\n\r\n"),
        TURN(
            'S',
            "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 5\r\n\r\nlogin"),
        TURN('S', "more of the page"),
        TURN('C', "CONNECT second.example:443 HTTP/1.1\r\nProxy-Authorization: Basic "
                  "eA==\r\n\r\n"),
        OK_ANSWER,
        TURN('c', HELLO)};
    const struct heard *h = talk_is_tls("407, then 200", turns);

    is_int(h->preamble.talk.refused, 1, "one refusal");
    is_text(h->preamble.talk.target, "second.example", "the target of the second request");
}

static void a_refused_tunnel_is_not_decided(void)
{
    static const struct turn turns[TURNS_MAX] = {
        TURN('C', "CONNECT a:443 HTTP/1.1\r\n\r\n"),
        TURN('S', "HTTP/1.1 403 no\r\n\r\npage")};

    talk_is_open("403", turns);
}

static void after_a_refusal_only_connect_counts(void)
{
    static const struct turn turns[TURNS_MAX] = {
        TURN('C', "CONNECT a:443 HTTP/1.1\r\n\r\n"), TURN('S', "HTTP/1.1 403 no\r\n\r\n"),
        TURN('C', "GET / HTTP/1.1\r\n\r\n")};

    talk_is_other("403, then GET", turns);
}

static void a_client_may_not_wait(void)
{
    static const struct turn turns[TURNS_MAX] = {
        TURN('C', "CONNECT host.example:443 HTTP/1.1\r\n\r\n"), TURN('c', HELLO), OK_ANSWER,
        TURN('s', SERVER_HELLO)};
    const struct heard *h = talk_is_tls("a hello before the answer", turns);

    is_text(h->preamble.talk.target, "host.example", "its target");
    ok(!h->preamble.owed, "the answer was stepped over");
}

static void the_answer_may_be_captured_first(void)
{
    static const struct turn turns[TURNS_MAX] = {TURN('C', "CONNECT host.example:443 HT"),
                                                 OK_ANSWER, TURN('C', "TP/1.1\r\n\r\n"),
                                                 TURN('c', HELLO)};

    (void)talk_is_tls("an answer between two parts of the request", turns);
}

static void a_tunnel_in_a_tunnel(void)
{
    static const struct turn turns[TURNS_MAX] = {
        TURN('C', "CONNECT proxy.example:3128 HTTP/1.1\r\n\r\n"), OK_ANSWER,
        TURN('C', "CONNECT host.example:443 HTTP/1.1\r\n\r\n"), OK_ANSWER,
        TURN('c', HELLO)};

    is_text(talk_is_tls("two tunnels", turns)->preamble.talk.target, "host.example",
            "the inner target");
}

static void too_many_tunnels_are_something_else(void)
{
    static const struct turn turns[TURNS_MAX] = {TURN('C', "CONNECT a:1 HTTP/1.1\r\n\r\n"),
                                                 OK_ANSWER,
                                                 TURN('C', "CONNECT b:1 HTTP/1.1\r\n\r\n"),
                                                 OK_ANSWER,
                                                 TURN('C', "CONNECT c:1 HTTP/1.1\r\n\r\n"),
                                                 OK_ANSWER,
                                                 TURN('C', "CONNECT d:1 HTTP/1.1\r\n\r\n"),
                                                 OK_ANSWER,
                                                 TURN('c', HELLO)};

    talk_is_other("four tunnels", turns);
}

static void other_bytes_in_a_tunnel(void)
{
    static const struct turn turns[TURNS_MAX] = {TURN('C', "CONNECT a:22 HTTP/1.1\r\n\r\n"),
                                                 OK_ANSWER, TURN('S', "SSH-2.0-x\r\n")};

    talk_is_other("SSH in a tunnel", turns);
}

static void malformed_requests_are_something_else(void)
{
    static const char *const requests[] = {
        "CONNECT host HTTP/1.1\r\n\r\n",     "CONNECT :443 HTTP/1.1\r\n\r\n",
        "CONNECT host: HTTP/1.1\r\n\r\n",    "CONNECT host:65536 HTTP/1.1\r\n\r\n",
        "CONNECT host:4x3 HTTP/1.1\r\n\r\n", "CONNECT host:443\r\n\r\n",
        "CONNECTION a:1 HTTP/1.1\r\n\r\n",
    };

    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        struct turn turns[TURNS_MAX] = {{'C', requests[i], strlen(requests[i])}};

        talk_is_other(requests[i], turns);
    }
}

static void malformed_answers_are_something_else(void)
{
    static const char *const answers[] = {"HTTP/2 200 OK\r\n", "HTTP/1.1 2x0 OK\r\n",
                                          "\r\n", "220 smtp ready\r\n"};

    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct turn turns[TURNS_MAX] = {TURN('C', "CONNECT a:443 HTTP/1.1\r\n\r\n"),
                                        {'S', answers[i], strlen(answers[i])}};

        talk_is_other(answers[i], turns);
    }
}

static void a_name_has_its_longest(void)
{
    static char request[600];
    struct turn turns[TURNS_MAX] = {{'C', request, 0}, OK_ANSWER, TURN('c', HELLO)};
    int room = TALK_TARGET_MAX - 1 - 4; /* ":443" and the end */

    turns[0].len = (size_t)snprintf(request, sizeof(request),
                                    "CONNECT %0*d:443 HTTP/1.1\r\n\r\n", room, 0);
    is_int(strlen(talk_is_tls("the longest name", turns)->preamble.talk.target), room,
           "it is kept whole");
    turns[0].len = (size_t)snprintf(request, sizeof(request),
                                    "CONNECT %0*d:443 HTTP/1.1\r\n\r\n", room + 1, 0);
    talk_is_other("one byte more", turns);
}

static void a_head_has_its_ceiling(void)
{
    static char request[CONNECT_HEAD_MAX + 64];
    struct heard h = {.preamble = {.verdict = PREAMBLE_UNDECIDED}};

    memset(request, 'x', sizeof(request));
    memcpy(request, "CONNECT a:1 HTTP/1.1\r\n", 22);
    hear(&h, CLIENT_SIDE, span_of(request, CONNECT_HEAD_MAX));
    is_int(h.preamble.verdict, PREAMBLE_UNDECIDED, "a head of 16 KiB is waited for");
    hear(&h, CLIENT_SIDE, span_of(request, 1));
    is_int(h.preamble.verdict, PREAMBLE_OTHER, "one byte more is too much");
}

int main(void)
{
    a_tunnel_has_a_target();
    a_target_may_be_an_address();
    lines_may_end_with_lf();
    an_interim_answer_is_none();
    a_refused_tunnel_may_be_asked_for_again();
    a_refused_tunnel_is_not_decided();
    after_a_refusal_only_connect_counts();
    a_client_may_not_wait();
    the_answer_may_be_captured_first();
    a_tunnel_in_a_tunnel();
    too_many_tunnels_are_something_else();
    other_bytes_in_a_tunnel();
    malformed_requests_are_something_else();
    malformed_answers_are_something_else();
    a_name_has_its_longest();
    a_head_has_its_ceiling();
    return done_testing();
}
