#include "session/session_id.h"

#include "session_sample.h"

static const struct tunnel no_tunnel = {.kind = TUNNEL_NONE};

static struct session_ends sample_ends(void)
{
    struct session s;

    sample_bare(&s);
    return session_ends_of(&s);
}

static const char *id_text(enum session_mark kind, struct session_ends ends,
                           const struct tunnel *tunnel, char out[UUID_TEXT_MAX])
{
    uint8_t id[SESSION_ID_BYTES];

    session_id_of(kind, span_of_text("0123456789abcdef0123456789abcdef"), &ends, tunnel,
                  id);
    return uuid_describe(id, out);
}

static void test_never_changes(void)
{
    char out[UUID_TEXT_MAX];

    is_text(id_text(MARK_CLIENT_HELLO, sample_ends(), &no_tunnel, out),
            "e664f33d-f98f-5492-94ce-c6c715d3f06c",
            "the id over a ClientHello never changes");
    is_text(id_text(MARK_SERVER_HELLO, sample_ends(), &no_tunnel, out),
            "5e004564-18c8-50eb-a93a-4f3060e097b2", "nor does that over a ServerHello");
}

static void test_ends_make_a_difference(void)
{
    char want[UUID_TEXT_MAX], got[UUID_TEXT_MAX];
    struct session_ends swapped = sample_ends(), port = sample_ends(), udp = sample_ends();

    (void)id_text(MARK_CLIENT_HELLO, sample_ends(), &no_tunnel, want);
    swapped.client = port.server;
    swapped.server = port.client;
    ok(strcmp(id_text(MARK_CLIENT_HELLO, swapped, &no_tunnel, got), want) != 0,
       "so do addresses");
    port.client_port++;
    ok(strcmp(id_text(MARK_CLIENT_HELLO, port, &no_tunnel, got), want) != 0, "ports");
    udp.transport = PACKET_UDP;
    ok(strcmp(id_text(MARK_CLIENT_HELLO, udp, &no_tunnel, got), want) != 0,
       "and the transport");
}

static void test_tunnel(void)
{
    struct tunnel there = {.kind = TUNNEL_VXLAN,
                           .id = 5,
                           .source = sample_address("192.0.2.1"),
                           .destination = sample_address("192.0.2.2")};
    struct tunnel back = there, other = there;
    char one[UUID_TEXT_MAX], two[UUID_TEXT_MAX];

    back.source = there.destination;
    back.destination = there.source;
    is_text(id_text(MARK_CLIENT_HELLO, sample_ends(), &there, one),
            id_text(MARK_CLIENT_HELLO, sample_ends(), &back, two),
            "the direction of the tunnel does not matter");
    ok(strcmp(id_text(MARK_CLIENT_HELLO, sample_ends(), &no_tunnel, two), one) != 0,
       "that there is one does");
    other.id = 6;
    ok(strcmp(id_text(MARK_CLIENT_HELLO, sample_ends(), &other, two), one) != 0,
       "and its number");
}

int main(void)
{
    test_never_changes();
    test_ends_make_a_difference();
    test_tunnel();
    return done_testing();
}
