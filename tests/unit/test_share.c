#include "decode/share.h"

#include "capture/source.h"
#include "frames.h"

#define WORKERS 7u

static struct packet packet_between(const char *one, uint16_t one_port, const char *other,
                                    uint16_t other_port)
{
    struct packet p = {.source_port = one_port, .destination_port = other_port};

    if (!address_parse(one, &p.source) || !address_parse(other, &p.destination))
        abort();
    return p;
}

static void both_directions_fall_to_one(void)
{
    static const char *const addresses[] = {"10.0.0.1", "10.0.0.2", "2001:db8::1", "::"};
    unsigned same = 0;

    for (uint16_t port = 1; port < 200; port++) {
        const char *one = addresses[port % 4], *other = addresses[port / 4 % 4];
        struct packet there = packet_between(one, port, other, 443);
        struct packet back = packet_between(other, 443, one, port);

        same += share_of(&there, WORKERS) == share_of(&back, WORKERS);
    }
    is_int(same, 199, "both directions of a conversation fall to one worker");
}

static void the_load_is_spread(void)
{
    unsigned count[WORKERS] = {0}, least = UINT32_MAX;

    for (uint16_t port = 1; port <= 7000; port++) {
        struct packet p =
            packet_between("10.0.0.1", (uint16_t)(32767 + port), "10.0.0.2", 443);

        count[share_of(&p, WORKERS)]++;
    }
    for (unsigned i = 0; i < WORKERS; i++)
        least = count[i] < least ? count[i] : least;
    ok(least > 850, "the ports of one pair of hosts spread evenly (least %u of 1000)",
       least);
}

static bool peeks(uint32_t link_type, struct span bytes)
{
    struct frame frame = {
        .bytes = bytes, .wire_len = (uint32_t)bytes.len, .link_type = link_type};
    unsigned share;

    return share_peek(&frame, WORKERS, &share);
}

static void what_needs_decoding_is_not_peeked(void)
{
    struct span tcp = segment();

    ok(peeks(1, ethernet(0x0800, tcp)) && peeks(101, tcp), "plain TCP needs no decoding");
    ok(!peeks(1, ethernet(0x0800, ipv4(17, udp(1, 2152, hex("00"))))),
       "UDP may be a tunnel");
    ok(!peeks(1, ethernet(0x0800, ipv4(4, tcp))), "IP in IP is one");
    ok(!peeks(1, ethernet(0x8847, tcp)), "a label");
    ok(!peeks(105, tcp), "another link type");
    ok(!peeks(101, hex("45000028000020000006000001010101020202020001000200000000")),
       "a fragment");
    for (size_t n = 0; n < 24; n++)
        ok(!peeks(101, exact(span_first(tcp, n))), "%zu bytes", n);
}

/* Every frame of the bundled captures. */
static void peeking_and_decoding_agree(void)
{
    static const char *const inputs[] = {"pcaps"};
    struct source_options options = {.inputs = inputs, .input_count = 1};
    uint64_t peeked = 0, decoded = 0, differ = 0;
    struct source *source;
    struct frame frame;
    struct decoder d;
    struct packet p;
    struct err why;
    unsigned share;

    source = source_open_files(&options, &why);
    if (!ok(source != NULL && source_look(source, &why) == 0,
            "the bundled captures are there"))
        return;
    begin_decoder(&d);
    while (source_next(source, &frame)) {
        bool peek = share_peek(&frame, WORKERS, &share);

        if (!decode_frame(&d, &frame, &p))
            continue;
        decoded++;
        peeked += peek;
        differ += peek && share != share_of(&p, WORKERS);
    }
    ok(decoded > 1000 && peeked > decoded / 2, "most packets are told by a peek");
    is_int(differ, 0, "and to the same worker");
    decoder_fini(&d);
    source_free(source);
}

int main(void)
{
    both_directions_fall_to_one();
    the_load_is_spread();
    what_needs_decoding_is_not_peeked();
    peeking_and_decoding_agree();
    return done_testing();
}
