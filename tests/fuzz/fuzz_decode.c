/*
 * Frames of every link type, several in a row, some of them cut by the capture.
 *
 * Input: link type 1 (an index), options 1, then frames: length 2, bytes cut off 1, bytes.
 *
 * What a packet points at lies in its frame, or in the datagram that was just put together; it is
 * not longer than on the wire; each frame is counted once; and a second decoder says the same.
 */
#include <stdlib.h>

#include "decode/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition) ((condition) ? (void)0 : abort())

static const uint32_t link_types[] = {
    1,   0,   9,   12,  14,  50,  51,  100, 101, 104, 105, 107, 108,
    109, 113, 117, 119, 127, 138, 149, 163, 166, 192, 204, 205, 206,
    219, 226, 228, 229, 239, 240, 241, 258, 274, 276, 8,   147,
};

enum {
    VERIFY = 1,
    SMALL_MEMORY = 2,
};

static bool lies_in(struct span part, struct span whole)
{
    return part.data >= whole.data && part.data + part.len <= whole.data + whole.len;
}

static void check_packet(const struct packet *p, struct span frame, bool reassembled)
{
    uint8_t sum = 0;

    REQUIRE(p->protocol == PACKET_TCP || p->protocol == PACKET_UDP);
    REQUIRE(p->payload.len <= p->payload_len);
    REQUIRE(reassembled || lies_in(p->payload, frame));
    REQUIRE(reassembled || lies_in(p->tcp_options, frame));
    REQUIRE(p->tcp_options.len <= 40);
    REQUIRE(p->vlan_count <= PACKET_VLANS_MAX);
    REQUIRE(p->tunnel.kind <= TUNNEL_CAPWAP);
    REQUIRE(!p->process || strlen(p->process) < DECODE_PROCESS_MAX);
    /* A sanitizer sees what does not exist. */
    for (size_t i = 0; i < p->payload.len; i++)
        sum ^= p->payload.data[i];
    for (size_t i = 0; i < 6 && p->source_mac; i++)
        sum ^= p->source_mac[i];
    for (size_t i = 0; i < 6 && p->destination_mac; i++)
        sum ^= p->destination_mac[i];
    (void)*(volatile uint8_t *)&sum;
}

static void check_same(const struct packet *a, const struct packet *b)
{
    REQUIRE(a->protocol == b->protocol && a->sequence == b->sequence);
    REQUIRE(a->source_port == b->source_port && a->destination_port == b->destination_port);
    REQUIRE(address_equal(&a->source, &b->source));
    REQUIRE(address_equal(&a->destination, &b->destination));
    REQUIRE(span_equal(a->payload, b->payload) && a->payload_len == b->payload_len);
    REQUIRE(a->tunnel.kind == b->tunnel.kind && a->tunnel.id == b->tunnel.id);
}

static void check_stats(const struct decode_stats *s)
{
    REQUIRE(s->frames == s->packets + s->other_protocol + s->not_ip + s->unknown_link +
                             s->truncated + s->malformed + s->too_deep + s->bad_checksum +
                             s->fragments_held);
    REQUIRE(s->packets == s->tcp + s->udp);
    REQUIRE(s->fragment_drops <= s->fragments);
}

/* One frame in a block of exactly its size, to both decoders. */
static void decode_both(struct decoder *first, struct decoder *second,
                        const struct frame *frame)
{
    uint64_t before = first->stats.reassembled;
    struct packet p, again;
    bool found = decode_frame(first, frame, &p);

    if (found)
        check_packet(&p, frame->bytes, first->stats.reassembled > before);
    REQUIRE(decode_frame(second, frame, &again) == found);
    if (found)
        check_same(&p, &again);
}

static void decode_all(struct decoder *first, struct decoder *second, uint32_t link_type,
                       struct span rest)
{
    struct frame frame = {.link_type = link_type, .file = "fuzz"};
    struct span bytes;
    uint16_t len;
    uint8_t cut;

    while (span_u16(&rest, &len) && span_u8(&rest, &cut)) {
        uint8_t *block;

        if (!span_take(&rest, len, &bytes) && !span_take(&rest, rest.len, &bytes))
            return;
        block = malloc(bytes.len + 1);
        REQUIRE(block);
        memcpy(block + 1, bytes.data, bytes.len);
        frame.time_ns += UINT64_C(1000000000);
        frame.bytes = span_of(block + 1, bytes.len);
        frame.wire_len = (uint32_t)bytes.len + cut;
        decode_both(first, second, &frame);
        free(block);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = span_of(data, size);
    struct decode_options options = {.fragment_timeout_ns = UINT64_C(30000000000)};
    struct decoder first, second;
    struct err why;
    uint8_t link, flags;

    if (!span_u8(&input, &link) || !span_u8(&input, &flags))
        return -1;
    options.verify_checksums = flags & VERIFY;
    options.fragment_bytes = flags & SMALL_MEMORY ? 8192 : 40000;
    REQUIRE(decoder_init(&first, &options, &why) == 0);
    REQUIRE(decoder_init(&second, &options, &why) == 0);
    decode_all(&first, &second,
               link_types[link % (sizeof(link_types) / sizeof(link_types[0]))], input);
    check_stats(&first.stats);
    decode_tick(&first, UINT64_MAX);
    check_stats(&first.stats);
    decoder_fini(&first);
    decoder_fini(&second);
    return 0;
}
