#include "decode/plain.h"

#include "frames.h"
#include "random.h"

/* Ethernet behind a capture tool's header of four bytes, so that the frame goes the long way. */
#define LONG_LINK 240

static struct decoder decoder;

static bool same_place(struct span a, struct span b, const uint8_t *in_a,
                       const uint8_t *in_b)
{
    return a.len == b.len && (a.len == 0 || a.data - in_a == b.data - in_b);
}

static bool same_packet(const struct packet *a, const uint8_t *in_a, const struct packet *b,
                        const uint8_t *in_b)
{
    return address_equal(&a->source, &b->source) &&
           address_equal(&a->destination, &b->destination) &&
           a->source_port == b->source_port && a->destination_port == b->destination_port &&
           a->protocol == b->protocol && a->ttl == b->ttl && a->tcp_flags == b->tcp_flags &&
           a->ecn == b->ecn && a->sequence == b->sequence &&
           a->acknowledgement == b->acknowledgement && a->window == b->window &&
           same_place(a->network, b->network, in_a, in_b) &&
           same_place(a->tcp_options, b->tcp_options, in_a, in_b) &&
           same_place(a->payload, b->payload, in_a, in_b) &&
           a->payload_len == b->payload_len &&
           a->source_mac - in_a == b->source_mac - in_b &&
           a->destination_mac - in_a == b->destination_mac - in_b &&
           a->vlan_count == b->vlan_count && a->reassembled == b->reassembled &&
           a->checksum_bad == b->checksum_bad && a->process == b->process &&
           a->tunnel.kind == b->tunnel.kind && a->tunnel.id == b->tunnel.id &&
           a->time_ns == b->time_ns && strcmp(a->file, b->file) == 0;
}

static struct frame frame_of(struct span bytes, uint32_t link_type, size_t cut)
{
    return (struct frame){.time_ns = 1,
                          .bytes = bytes,
                          .wire_len = (uint32_t)(bytes.len + cut),
                          .link_type = link_type,
                          .file = "test"};
}

/* True when the plain way is not taken, or both ways say the same of the frame. */
static bool agrees(struct span bytes, size_t cut, bool *taken)
{
    uint8_t room[4 + 256] = {0};
    struct span behind = span_of(room, 4 + bytes.len);
    struct frame plain = frame_of(bytes, PLAIN_LINK, cut);
    struct frame longer = frame_of(behind, LONG_LINK, cut);
    struct packet a, b;

    memcpy(room + 4, bytes.data, bytes.len);
    *taken = plain_tcp(&plain, &a);
    return !*taken || (decode_frame(&decoder, &longer, &b) &&
                       same_packet(&a, bytes.data, &b, behind.data + 4));
}

static void test_what_is_plain(void)
{
    const struct {
        const char *what;
        struct span bytes;
        size_t cut;
        bool plain;
    } rows[] = {
        {"a segment", ethernet(0x0800, segment()), 0, true},
        {"one without bytes", ethernet(0x0800, ipv4(PACKET_TCP, tcp(""))), 0, true},
        {"a cut one", span_first(ethernet(0x0800, segment()), 56), 10, false},
        {"UDP", ethernet(0x0800, ipv4(PACKET_UDP, udp(53, 53, tcp("")))), 0, false},
        {"version 6", ethernet(0x86dd, ipv6(PACKET_TCP, tcp("hello"))), 0, false},
        {"a tagged frame", ethernet(0x8100, put_before("0001 0800", segment())), 0, false},
        {"a fragment",
         ethernet(0x0800, ipv4_between(INNER_CLIENT INNER_SERVER, 6, 0x2000, tcp("hello"))),
         0, false},
        {"IP in IP", outer(4, segment()), 0, false},
        {"no header at all", ethernet(0x0800, span_of_text("")), 0, false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool taken;

        ok(agrees(exact(rows[i].bytes), rows[i].cut, &taken) && taken == rows[i].plain,
           "%s goes the %s way", rows[i].what, rows[i].plain ? "plain" : "long");
    }
}

/* Bytes of a plain frame changed at random: whatever they say now, both ways agree. */
static void test_any_frame(void)
{
    struct random_numbers random = {.state = random_seed(1)};
    struct span whole = ethernet(0x0800, ipv4(PACKET_TCP, tcp("hello, this is longer")));
    size_t taken = 0, differ = 0, all = 100000;

    for (size_t i = 0; i < all; i++) {
        uint8_t bytes[128];
        size_t len = whole.len - random_below(&random, 24) + random_below(&random, 40);
        bool is_plain;

        memset(bytes, 0, sizeof(bytes));
        memcpy(bytes, whole.data, whole.len);
        for (size_t n = random_below(&random, 3); n > 0; n--)
            bytes[random_below(&random, 58)] = (uint8_t)random_below(&random, 256);
        differ += !agrees(span_of(bytes, len), random_below(&random, 2) * 7, &is_plain);
        taken += is_plain;
    }
    is_int(differ, 0, "of %zu frames, each is told alike both ways", all);
    ok(taken > all / 10, "and enough of them went the plain way");
}

int main(void)
{
    begin_decoder(&decoder);
    test_what_is_plain();
    test_any_frame();
    decoder_fini(&decoder);
    return done_testing();
}
