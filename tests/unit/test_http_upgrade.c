#include "talks.h"

#define ASK                                                                                \
    "OPTIONS * HTTP/1.1\r\nHost: printer\r\nUpgrade: TLS/1.2\r\nConnection: "              \
    "Upgrade\r\n\r\n"
#define SWITCH "HTTP/1.1 101 Switching Protocols\r\nUpgrade: TLS/1.2, HTTP/1.1\r\n\r\n"
#define HELLO_GNUTELLA "GNUTELLA CONNECT/0.6\r\nUser-Agent: x\r\nupgrade:tls/1.0\r\n\r\n"
#define GNUTELLA_OK "GNUTELLA/0.6 200 OK\r\nUpgrade: TLS/1.0\r\nConnection: Upgrade\r\n\r\n"
#define GNUTELLA_THANKS "GNUTELLA/0.6 200 OK\r\nConnection: Upgrade\r\n\r\n"

static void a_request_may_ask_for_tls(void)
{
    static const struct turn turns[TURNS_MAX] = {TURN('C', ASK), TURN('S', SWITCH),
                                                 TURN('c', HELLO), TURN('s', SERVER_HELLO)};
    const struct heard *h = talk_is_tls("a printer", turns);

    is_int(h->preamble.kinds, 1 << PREAMBLE_HTTP_UPGRADE, "its kind");
    ok(h->preamble.upgraded, "the protocol was upgraded");
}

static void gnutella_says_thanks(void)
{
    static const struct turn turns[TURNS_MAX] = {
        TURN('C', HELLO_GNUTELLA), TURN('S', GNUTELLA_OK), TURN('C', GNUTELLA_THANKS),
        TURN('c', HELLO), TURN('s', SERVER_HELLO)};

    (void)talk_is_tls("Gnutella", turns);
}

static void an_ordinary_request_leads_nowhere(void)
{
    static const struct turn plain[TURNS_MAX] = {
        TURN('C', "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        TURN('S', "HTTP/1.1 200 OK\r\n\r\n")};
    static const struct turn socket[TURNS_MAX] = {
        TURN('C', "GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"),
        TURN('S', "HTTP/1.1 101 Switching Protocols\r\n\r\n"), TURN('C', HELLO)};

    talk_is_other("plain HTTP", plain);
    talk_is_other("another upgrade", socket);
}

static void a_server_may_go_on_without(void)
{
    static const struct turn refused[TURNS_MAX] = {
        TURN('C', ASK), TURN('S', "HTTP/1.1 200 OK\r\n\r\n"), TURN('C', HELLO)};
    static const struct turn silent[TURNS_MAX] = {TURN('C', HELLO_GNUTELLA),
                                                  TURN('S', "GNUTELLA/0.6 200 OK\r\n\r\n"),
                                                  TURN('C', HELLO)};

    talk_is_other("200 instead of 101", refused);
    talk_is_other("a consent that does not name TLS", silent);
}

static void a_head_has_a_ceiling(void)
{
    static struct wire w;
    struct preamble p = {0};
    struct span rest;

    w.len = 0;
    wire_span(&w, span_of_text("GET / HTTP/1.1\r\nX: "));
    wire_fill(&w, 'a', HTTP_UPGRADE_HEAD_MAX);
    is_int(preamble_push(&p, 0, wire_done(&w), &rest), PREAMBLE_OTHER,
           "a head without end");
}

int main(void)
{
    a_request_may_ask_for_tls();
    gnutella_says_thanks();
    an_ordinary_request_leads_nowhere();
    a_server_may_go_on_without();
    a_head_has_a_ceiling();
    return done_testing();
}
