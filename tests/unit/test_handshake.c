#include "tap.h"

#include "tls/handshake.h"
#include "wire.h"

static void messages_are_taken_one_by_one(void)
{
    struct span flight = hex("0e 000000  0b 000003 aabbcc  ff 000001 dd");
    struct handshake message;

    ok(handshake_next(&flight, &message) == READY, "a message without body is whole");
    is_int(message.type, HANDSHAKE_SERVER_HELLO_DONE, "its type is read");
    is_int(message.body.len, 0, "its body is empty");
    ok(handshake_next(&flight, &message) == READY, "the next message follows");
    is_int(message.type, HANDSHAKE_CERTIFICATE, "its type is read");
    is_span(message.body, hex("aabbcc"), "its body is read");
    ok(handshake_next(&flight, &message) == READY, "an unknown type is a message as well");
    is_int(message.type, 0xff, "its type is kept");
    ok(handshake_next(&flight, &message) == NEED_MORE,
       "behind the last one more is needed");
}

static void every_truncation_needs_more(void)
{
    struct span whole = hex("0b 000005 0102030405");
    bool patient = true, untouched = true;

    for (size_t n = 0; n < whole.len; n++) {
        struct span flight = exact(span_first(whole, n));
        struct span before = flight;
        struct handshake message = {.type = 77};

        patient = patient && handshake_next(&flight, &message) == NEED_MORE;
        untouched = untouched && flight.data == before.data && flight.len == before.len &&
                    message.type == 77;
    }
    ok(patient, "each truncation of a message needs more");
    ok(untouched, "and takes nothing and says nothing");
}

static void a_message_has_a_ceiling(void)
{
    static struct wire w;
    struct span flight;
    struct handshake message;

    wire_u8(&w, HANDSHAKE_CERTIFICATE);
    wire_u24(&w, HANDSHAKE_MAX);
    flight = wire_done(&w);
    ok(handshake_next(&flight, &message) == NEED_MORE, "the largest message is waited for");
    flight = hex("0b 040001");
    ok(handshake_next(&flight, &message) == BROKEN,
       "a larger one is refused by its header alone");
    is_int(flight.len, 4, "and nothing is taken");
}

int main(void)
{
    messages_are_taken_one_by_one();
    every_truncation_needs_more();
    a_message_has_a_ceiling();
    return done_testing();
}
