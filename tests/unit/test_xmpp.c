#include "talks.h"

#define STREAM "<?xml version='1.0'?><stream:stream to='example' xmlns='jabber:client'>"
#define FEATURES                                                                           \
    "<?xml version='1.0'?><stream:stream id='x'><stream:features>"                         \
    "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"             \
    "</stream:features>"
#define STARTTLS "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
#define PROCEED "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"

static void a_stream_is_upgraded(void)
{
    static const struct turn turns[TURNS_MAX] = {
        TURN('C', STREAM),  TURN('S', FEATURES), TURN('C', STARTTLS),
        TURN('S', PROCEED), TURN('c', HELLO),    TURN('s', SERVER_HELLO)};
    const struct heard *h = talk_is_tls("XMPP", turns);

    is_int(h->preamble.kinds, 1 << PREAMBLE_XMPP, "its kind");
    ok(h->preamble.upgraded, "it was upgraded");
}

static void elements_may_be_written_otherwise(void)
{
    static const struct turn turns[TURNS_MAX] = {
        TURN('C', "<stream:stream from=\"a\" to='>/'>"), TURN('S', FEATURES),
        TURN('C', "<tls:starttls\n xmlns:tls=\"x/\" ></tls:starttls >"),
        TURN('S', "<proceed></proceed>"), TURN('c', HELLO)};
    static const struct turn shortest[TURNS_MAX] = {
        TURN('C', "<?xml ?><starttls/>"), TURN('S', "<proceed/>"), TURN('c', HELLO)};

    (void)talk_is_tls("elements with an end tag, a prefix and two kinds of quotes", turns);
    (void)talk_is_tls("the shortest way", shortest);
}

static void a_client_may_not_wait(void)
{
    static const struct turn turns[TURNS_MAX] = {
        TURN('C', STREAM STARTTLS), TURN('c', HELLO), TURN('S', FEATURES PROCEED),
        TURN('s', SERVER_HELLO)};

    (void)talk_is_tls("a hello before <proceed/>", turns);
}

static void a_refusal_leads_nowhere(void)
{
    static const struct turn turns[TURNS_MAX] = {
        TURN('C', STREAM STARTTLS),
        TURN('S', FEATURES "<failure xmlns='x'/></stream:stream>")};

    talk_is_other("<failure/>", turns);
    is_int(talk("<failure/>", turns)->preamble.talk.refused, 1, "is counted");
}

static void the_end_of_the_stream(void)
{
    static const struct turn turns[TURNS_MAX] = {
        TURN('C', STREAM), TURN('S', "<stream:stream></stream:stream>")};

    talk_is_other("a stream that ends", turns);
}

static void nothing_is_tls_without_the_request(void)
{
    static const struct turn feature[TURNS_MAX] = {TURN('C', STREAM), TURN('S', FEATURES),
                                                   TURN('S', PROCEED), TURN('C', HELLO)};
    static const struct turn attribute[TURNS_MAX] = {
        TURN('C', STREAM "<iq to='<starttls/>'/>"), TURN('S', PROCEED), TURN('C', HELLO)};

    talk_is_open("a feature is no request", feature);
    talk_is_open("nor is what stands in quotes", attribute);
}

int main(void)
{
    a_stream_is_upgraded();
    elements_may_be_written_otherwise();
    a_client_may_not_wait();
    a_refusal_leads_nowhere();
    the_end_of_the_stream();
    nothing_is_tls_without_the_request();
    return done_testing();
}
