#include "ahead.h"

#include "frames.h"

/* What the stage needs of the flow stage: nothing ever comes of a packet here. */
static void begin_flows(struct flows *f)
{
    const struct flow_options options = {.max_flows = 16,
                                         .max_connections = 4,
                                         .state_size = 64,
                                         .held_bytes = 1u << 20,
                                         .flow_timeout_ns = UINT64_C(60000000000)};
    struct err why;

    if (flows_init(f, &options, &why) < 0)
        abort();
}

static struct frame frame_of(struct span bytes)
{
    return (struct frame){
        .time_ns = 1, .bytes = bytes, .wire_len = (uint32_t)bytes.len, .link_type = 1};
}

static struct ahead ahead;

static void test_plain(const struct ahead_tools *tools)
{
    struct frame frames[AHEAD_MAX + 3];
    unsigned alike = 0;

    for (size_t i = 0; i < AHEAD_MAX + 3; i++)
        frames[i] = frame_of(ethernet(0x0800, segment()));
    frames[1] = frame_of(ethernet(0x0806, span_of_text("who has it")));
    is_int(ahead_look(&ahead, tools, frames, AHEAD_MAX + 3), AHEAD_MAX,
           "no more than the ceiling at once");
    ok(ahead_next(&ahead)->is_ours, "a packet came of the first frame");
    ok(!ahead_next(&ahead)->is_ours, "and none of the second");
    for (size_t i = 2; i < AHEAD_MAX; i++)
        alike += span_equal(ahead_next(&ahead)->packet.payload, span_of_text("hello"));
    is_int(alike, AHEAD_MAX - 2, "and all others are as they were");
    is_int(ahead_look(&ahead, tools, frames + AHEAD_MAX, 3), 3, "then the rest");
}

/* Two datagrams in fragments, one behind the other: both are put together at the same place. */
static void test_reassembled(const char *name, const struct ahead_tools *tools,
                             const struct span whole[2], unsigned protocol)
{
    struct frame frames[4];
    size_t done = 0;

    for (unsigned i = 0; i < 2; i++) {
        struct span rest = whole[i], first;

        if (!span_take(&rest, 32, &first))
            abort();
        frames[2 * i] = frame_of(ethernet(
            0x0800, ipv4_between(OUTER_LEFT OUTER_RIGHT, protocol, 0x2000, first)));
        frames[2 * i + 1] = frame_of(
            ethernet(0x0800, ipv4_between(OUTER_LEFT OUTER_RIGHT, protocol, 4, rest)));
    }
    for (unsigned i = 0; i < 2; i++) {
        size_t n = ahead_look(&ahead, tools, frames + done, 4 - done);

        is_int(n, 2, "%s: nothing is decoded behind the packet that fragments made", name);
        done += n;
        ok(!ahead_next(&ahead)->is_ours, "%s: the first fragment waits", name);
        is_span(ahead_next(&ahead)->packet.payload,
                span_of_text(i == 0 ? "the payload of one" : "and that of another"),
                "%s: whole", name);
    }
}

int main(void)
{
    struct decoder decoder;
    struct flows flows;
    struct ahead_tools tools = {.decoder = &decoder, .flows = &flows, .shares = 1};
    struct span one = tcp("the payload of one"), another = tcp("and that of another");

    begin_decoder(&decoder);
    begin_flows(&flows);
    test_plain(&tools);
    test_reassembled("in the open", &tools, (struct span[]){one, another}, PACKET_TCP);
    test_reassembled("in a tunnel", &tools,
                     (struct span[]){ipv4(PACKET_TCP, one), ipv4(PACKET_TCP, another)}, 4);
    flows_fini(&flows);
    decoder_fini(&decoder);
    return done_testing();
}
