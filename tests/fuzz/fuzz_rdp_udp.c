/*
 * TLS in RDP's transport over UDP: datagrams with a byte for the side and two for the length before
 * each. Repeating a datagram tells nothing new, and all memory comes back.
 */
#include "property.h"
#include "tls/rdp_udp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DATAGRAMS_MAX 64

static void count(void *ctx, const struct tls_event *event)
{
    size_t *told = ctx;

    (void)event;
    (*told)++;
}

static size_t run(struct span script, int copies)
{
    struct tls_context tls = {.budget.most_bytes = 1 << 20};
    struct rdp_udp_context context = {.tls = &tls};
    struct rdp_udp rdp = {.is_version3 = false};
    struct span bytes;
    size_t told = 0;
    uint8_t side;

    for (uint64_t n = 1; n <= DATAGRAMS_MAX && span_u8(&script, &side); n++) {
        uint8_t room[RDP_UDP_PACKET_MAX];
        struct datagram d = {.flow_side = side & 1, .time_ns = n};
        struct rdp_udp_data data;

        if (!span_vec(&script, 2, &bytes))
            break;
        d.bytes = bytes;
        if (rdp_udp_data_of(bytes, side & 2, room, &data))
            must(!span_empty(data.bytes) && data.bytes.len < bytes.len &&
                 (lies_in(data.bytes, span_of(room, sizeof(room))) ||
                  lies_in(data.bytes, bytes)));
        for (int i = 0; i < copies; i++)
            rdp_udp_push(&rdp, &context, &d, count, &told);
    }
    rdp_udp_clear(&rdp, &context);
    must(tls.budget.bytes == 0);
    return told;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span script = span_of(data, size);

    must(run(script, 1) == run(script, 2));
    return 0;
}
