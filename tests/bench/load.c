/*
 * Makes a large capture out of small ones: every TCP connection of the inputs is repeated with new
 * client addresses, ports and times until the output is large enough.
 *
 *     load OUT MEGABYTES FLOWS_PER_SECOND DEVICES CAPTURE...
 *
 * Inputs are classic little-endian pcap with Ethernet frames (pcaps/ of this repository). Only IPv4
 * TCP is taken. Checksums are left as they were: sensors accept wrong ones on mirrored traffic.
 * Deterministic: the same arguments give the same bytes.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLOWS_MAX 4096
#define FRAME_MAX 65536u
#define ETHERNET 14u

struct frame {
    struct frame *next;
    uint64_t us; /* after the first frame of its flow */
    uint32_t len;
    uint8_t bytes[];
};

struct flow {
    uint8_t ends[12]; /* addresses and ports, the client's first */
    uint64_t start_us;
    struct frame *first, *last;
};

struct load {
    struct flow flows[FLOWS_MAX];
    size_t count;
};

/* A repetition that is being written, in a heap by the time of its next frame. */
struct run {
    uint64_t next_us;
    uint64_t start_us;
    const struct flow *flow;
    const struct frame *frame;
    uint32_t number;
};

static uint16_t u16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t u32le(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
           (uint32_t)p[3] << 24;
}

static int is_tcp4(const uint8_t *f, uint32_t len)
{
    return len >= ETHERNET + 40 && u16(f + 12) == 0x0800 && f[14] == 0x45 && f[23] == 6;
}

/* The flow of a frame; a SYN without ACK begins one. NULL for a flow without its beginning. */
static struct flow *flow_of(struct load *l, const uint8_t *f, uint64_t us)
{
    uint8_t ends[12], back[12];
    const uint8_t *ip = f + ETHERNET, *tcp = ip + 20;
    int is_syn = (tcp[13] & 0x12) == 0x02;

    memcpy(ends, ip + 12, 8);
    memcpy(ends + 8, tcp, 4);
    memcpy(back, ip + 16, 4);
    memcpy(back + 4, ip + 12, 4);
    memcpy(back + 8, tcp + 2, 2);
    memcpy(back + 10, tcp, 2);
    /* The captures reuse addresses and ports: each SYN begins anew. */
    for (size_t i = is_syn ? 0 : l->count; i > 0; i--)
        if (memcmp(l->flows[i - 1].ends, ends, 12) == 0 ||
            memcmp(l->flows[i - 1].ends, back, 12) == 0)
            return &l->flows[i - 1];
    if (!is_syn || l->count == FLOWS_MAX)
        return NULL;
    memcpy(l->flows[l->count].ends, ends, 12);
    l->flows[l->count].start_us = us;
    return &l->flows[l->count++];
}

static void add_frame(struct load *l, const uint8_t *bytes, uint32_t len, uint64_t us)
{
    struct flow *flow = is_tcp4(bytes, len) ? flow_of(l, bytes, us) : NULL;
    struct frame *frame;

    if (!flow || !(frame = malloc(sizeof(*frame) + len)))
        return;
    frame->next = NULL;
    frame->us = us - flow->start_us;
    frame->len = len;
    memcpy(frame->bytes, bytes, len);
    if (flow->last)
        flow->last->next = frame;
    else
        flow->first = frame;
    flow->last = frame;
}

static int read_capture(struct load *l, const char *path)
{
    static uint8_t bytes[FRAME_MAX];
    uint8_t head[24];
    FILE *in = fopen(path, "rb");
    int ok = in && fread(head, 1, 24, in) == 24 && u32le(head) == 0xa1b2c3d4u;

    while (ok && fread(head, 1, 16, in) == 16) {
        uint32_t len = u32le(head + 8);

        if (len > FRAME_MAX || fread(bytes, 1, len, in) != len)
            break;
        add_frame(l, bytes, len, (uint64_t)u32le(head) * 1000000 + u32le(head + 4));
    }
    if (in)
        (void)fclose(in);
    return ok;
}

static void put32le(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

/* The client becomes device 10.x.y.z with a port of its own. */
static void readdress(uint8_t *f, const struct flow *flow, uint32_t number,
                      uint32_t devices)
{
    uint32_t device = number % devices, turn = number / devices;
    uint8_t address[4] = {10, (uint8_t)(device >> 16), (uint8_t)(device >> 8),
                          (uint8_t)device};
    uint16_t port = (uint16_t)(1024 + turn % 64000);
    int from_client = memcmp(f + ETHERNET + 12, flow->ends, 4) == 0 &&
                      memcmp(f + ETHERNET + 20, flow->ends + 8, 2) == 0;

    memcpy(f + ETHERNET + (from_client ? 12 : 16), address, 4);
    f[ETHERNET + (from_client ? 20 : 22)] = (uint8_t)(port >> 8);
    f[ETHERNET + (from_client ? 21 : 23)] = (uint8_t)port;
}

static void sift(struct run *heap, size_t count, size_t place)
{
    struct run run = heap[place];

    for (;;) {
        size_t child = place * 2 + 1;

        if (child >= count)
            break;
        if (child + 1 < count && heap[child + 1].next_us < heap[child].next_us)
            child++;
        if (heap[child].next_us >= run.next_us)
            break;
        heap[place] = heap[child];
        place = child;
    }
    heap[place] = run;
}

static uint64_t write_frame(FILE *out, const struct run *run, uint32_t devices)
{
    static uint8_t bytes[16 + FRAME_MAX];
    const struct frame *frame = run->frame;
    uint64_t us = UINT64_C(1760000000000000) + run->next_us;

    put32le(bytes, (uint32_t)(us / 1000000));
    put32le(bytes + 4, (uint32_t)(us % 1000000));
    put32le(bytes + 8, frame->len);
    put32le(bytes + 12, frame->len);
    memcpy(bytes + 16, frame->bytes, frame->len);
    readdress(bytes + 16, run->flow, run->number, devices);
    (void)fwrite(bytes, 1, 16 + frame->len, out);
    return 16 + frame->len;
}

static void write_load(const struct load *l, FILE *out, uint64_t most, uint32_t per_second,
                       uint32_t devices)
{
    size_t size = 1 << 20, count = 0;
    struct run *heap = calloc(size, sizeof(*heap));
    uint64_t written = 24, starting_us = 0;
    uint32_t number = 0;

    while (heap && written < most) {
        /* Open what starts before the next frame. */
        while (count < size && (count == 0 || starting_us <= heap[0].next_us)) {
            const struct flow *flow = &l->flows[number % l->count];
            size_t place = count++;
            struct run run = {starting_us, starting_us, flow, flow->first, number++};

            for (; place > 0 && heap[(place - 1) / 2].next_us > run.next_us;
                 place = (place - 1) / 2)
                heap[place] = heap[(place - 1) / 2];
            heap[place] = run;
            starting_us += 1000000 / per_second;
        }
        written += write_frame(out, &heap[0], devices);
        heap[0].frame = heap[0].frame->next;
        if (heap[0].frame)
            heap[0].next_us = heap[0].start_us + heap[0].frame->us;
        else
            heap[0] = heap[--count];
        if (count)
            sift(heap, count, 0);
    }
    (void)fprintf(stderr, "%u connections, %llu bytes\n", number,
                  (unsigned long long)written);
    free(heap);
}

int main(int argc, char **argv)
{
    static struct load l;
    static const uint8_t head[24] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0,
                                     0,    0,    0,    0,    0, 0, 4, 0, 1, 0, 0, 0};
    FILE *out;

    if (argc < 6) {
        (void)fprintf(stderr,
                      "usage: load OUT MEGABYTES FLOWS_PER_SECOND DEVICES CAPTURE...\n");
        return 2;
    }
    for (int i = 5; i < argc; i++)
        if (!read_capture(&l, argv[i]))
            (void)fprintf(stderr, "load: %s is left out\n", argv[i]);
    out = l.count ? fopen(argv[1], "wb") : NULL;
    if (!out) {
        (void)fprintf(stderr, "load: nothing to write, or %s cannot be written\n", argv[1]);
        return 1;
    }
    (void)fwrite(head, 1, sizeof(head), out);
    write_load(&l, out, strtoull(argv[2], NULL, 10) * 1000000,
               (uint32_t)strtoul(argv[3], NULL, 10), (uint32_t)strtoul(argv[4], NULL, 10));
    return fclose(out) != 0;
}
