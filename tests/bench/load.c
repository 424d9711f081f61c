/*
 * Makes a large capture out of small ones:
 *
 *     load storm|bulk|mix OUT MEGABYTES CAPTURE...
 *
 * Every TCP connection of the inputs is repeated with new client addresses, ports and times until the
 * output is large enough. "storm" has nothing else: many short handshakes. In "bulk" few connections
 * go on for megabytes after their handshake. "mix" is an office: some of both, and beside them name
 * look-ups and QUIC, made by tests/lib/quic_wire.h. Inputs are classic little-endian pcap with
 * Ethernet frames (pcaps/ of this repository), of which IPv4 TCP is taken. Checksums are left as they
 * were: sensors accept wrong ones on mirrored traffic. The same arguments give the same bytes.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/hellos.h"
#include "quic_wire.h"
#include "tap.h"

#define FLOWS_MAX 4096
#define FRAME_MAX 65536u
#define ETHERNET 14u
#define SEGMENT 1448u        /* payload of a full segment */
#define RECORD (5u + 16384u) /* of a transfer */
#define RUNS_MAX (1u << 20)
#define TCP 6
#define UDP 17

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

/* What a capture is like. */
struct kind {
    const char *name;
    uint32_t per_second;
    uint32_t devices;
    uint32_t bulk_of; /* one connection of so many goes on; 0: none */
    uint64_t bulk_bytes;
    uint32_t lookup_of; /* so many of ten flows are name look-ups */
    uint32_t quic_of;   /* and so many QUIC */
};

static const struct kind kinds[] = {
    {"storm", 2000, 30000, 0, 0, 0, 0},
    {"bulk", 4, 40, 1, 8000000, 0, 0},
    {"mix", 400, 4000, 40, 2000000, 6, 1},
};

struct load {
    const struct kind *kind;
    struct flow flows[FLOWS_MAX];
    size_t count;
    struct flow lookup, quic;
};

/* A repetition that is being written, in a heap by the time of its next frame. */
struct run {
    uint64_t next_us;
    uint64_t start_us;
    const struct flow *flow;
    const struct frame *frame;
    uint32_t number;
    uint32_t sent;      /* bytes of the transfer so far */
    uint64_t bulk_left; /* and those to come once the server has begun to send data */
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

/* ---- flows that no capture of ours holds */

static void put16(uint8_t *p, size_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

/* A datagram of a flow between 10.0.0.1:5000 and a server, with the headers before it. */
static void add_datagram(struct flow *flow, int from_client, uint16_t port,
                         struct span payload, uint64_t us)
{
    static const uint8_t client[4] = {10, 0, 0, 1}, server[4] = {203, 0, 113, 53};
    size_t len = ETHERNET + 28 + payload.len;
    struct frame *frame = calloc(1, sizeof(*frame) + len);
    uint8_t *ip, *udp;

    if (!frame)
        return;
    frame->us = us;
    frame->len = (uint32_t)len;
    ip = frame->bytes + ETHERNET;
    udp = ip + 20;
    put16(frame->bytes + 12, 0x0800);
    ip[0] = 0x45;
    put16(ip + 2, 28 + payload.len);
    ip[8] = 64;
    ip[9] = UDP;
    memcpy(ip + 12, from_client ? client : server, 4);
    memcpy(ip + 16, from_client ? server : client, 4);
    put16(udp, from_client ? 5000 : port);
    put16(udp + 2, from_client ? port : 5000);
    put16(udp + 4, 8 + payload.len);
    memcpy(udp + 8, payload.data, payload.len);
    if (flow->last)
        flow->last->next = frame;
    else
        flow->first = frame;
    flow->last = frame;
    memcpy(flow->ends, client, 4);
    memcpy(flow->ends + 4, server, 4);
    put16(flow->ends + 8, 5000);
    put16(flow->ends + 10, port);
}

static void make_lookup(struct flow *flow)
{
    struct span question = hex("1234 0100 0001 0000 0000 0000 03777777 076578616d706c65"
                               "036f7267 00 0001 0001");
    struct span answer = hex("1234 8180 0001 0001 0000 0000 03777777 076578616d706c65"
                             "036f7267 00 0001 0001 c00c 0001 0001 00000e10 0004 cb007109");

    add_datagram(flow, 1, 53, question, 0);
    add_datagram(flow, 0, 53, answer, 9000);
}

static void make_quic(struct flow *flow)
{
    static struct quic_wire wire, frames;
    struct span original = span_of_text("original"), client = span_of_text("client"),
                server = span_of_text("theserver");
    struct quic_wire_long from_client = {
        .version = 1, .destination = original, .source = client, .original = original};
    struct quic_wire_long from_server = {.version = 1,
                                         .destination = client,
                                         .source = server,
                                         .original = original,
                                         .sender = QUIC_FROM_SERVER};
    struct span answer = hex(
        "020000560303eefce7f7b37ba1d1632e96677825ddf73988cfc79825df566dc5430b9a045a120013"
        "0100002e00330024001d00209d3c940d89690b84d08a60993c144eca684d1081287c834d5311bcf3"
        "2bb9da1a002b00020304");

    quic_wire_crypto(&frames, 0, hex(HELLO_OPENSSL_TLS13));
    quic_wire_padding(&frames, 1200 - 50 - frames.len);
    quic_wire_initial(&wire, &from_client, quic_wire_done(&frames));
    add_datagram(flow, 1, 443, quic_wire_done(&wire), 0);
    frames.len = wire.len = 0;
    quic_wire_ack(&frames, 0);
    quic_wire_crypto(&frames, 0, answer);
    quic_wire_initial(&wire, &from_server, quic_wire_done(&frames));
    from_server.type = QUIC_HANDSHAKE;
    quic_wire_long(&wire, &from_server, 1000);
    add_datagram(flow, 0, 443, quic_wire_done(&wire), 12000);
    wire.len = 0;
    from_client.destination = server;
    from_client.type = QUIC_HANDSHAKE;
    quic_wire_long(&wire, &from_client, 100);
    add_datagram(flow, 1, 443, quic_wire_done(&wire), 13000);
    for (int i = 0; i < 20; i++) {
        wire.len = 0;
        quic_wire_short(&wire, i % 4 ? client : server, i % 4 ? 1100 : 60);
        add_datagram(flow, i % 4 == 0, 443, quic_wire_done(&wire),
                     14000 + 200u * (uint32_t)i);
    }
}

/* ---- writing */

struct output {
    FILE *file;
    uint64_t written;
    uint64_t frames;
    uint8_t bytes[16 + FRAME_MAX];
};

static int is_from_client(const uint8_t *f, const struct flow *flow)
{
    return memcmp(f + ETHERNET + 12, flow->ends, 4) == 0 &&
           memcmp(f + ETHERNET + 20, flow->ends + 8, 2) == 0;
}

/* The client becomes device 10.x.y.z with a port of its own. */
static void readdress(uint8_t *f, const struct flow *flow, uint32_t number,
                      uint32_t devices)
{
    uint32_t device = number % devices, turn = number / devices;
    uint8_t address[4] = {10, (uint8_t)(device >> 16), (uint8_t)(device >> 8),
                          (uint8_t)device};
    int from_client = is_from_client(f, flow);

    memcpy(f + ETHERNET + (from_client ? 12 : 16), address, 4);
    put16(f + ETHERNET + (from_client ? 20 : 22), 1024 + turn % 64000);
}

static uint32_t u32(const uint8_t *p)
{
    return (uint32_t)u16(p) << 16 | u16(p + 2);
}

static void put32(uint8_t *p, uint32_t v)
{
    put16(p, v >> 16);
    put16(p + 2, v & 0xffff);
}

/* Numbers of the server's bytes behind a transfer lie so much further on. */
static void renumber(uint8_t *f, const struct run *run)
{
    uint8_t *number = f + ETHERNET + 20 + (is_from_client(f, run->flow) ? 8 : 4);

    if (run->sent > 0 && f[ETHERNET + 9] == TCP)
        put32(number, u32(number) + run->sent);
}

static void write_frame(struct output *out, const struct load *l, const struct run *run,
                        uint32_t len)
{
    uint64_t us = UINT64_C(1760000000000000) + run->next_us;

    put32le(out->bytes, (uint32_t)(us / 1000000));
    put32le(out->bytes + 4, (uint32_t)(us % 1000000));
    put32le(out->bytes + 8, len);
    put32le(out->bytes + 12, len);
    readdress(out->bytes + 16, run->flow, run->number, l->kind->devices);
    (void)fwrite(out->bytes, 1, 16 + len, out->file);
    out->written += 16 + len;
    out->frames++;
}

/* Bytes of one record after the other, from byte `at` of the transfer on. */
static void fill_records(uint8_t *to, uint32_t at, uint32_t len)
{
    static const uint8_t header[5] = {23, 3, 3, (RECORD - 5) >> 8, (RECORD - 5) & 0xff};

    for (uint32_t i = 0; i < len; i++) {
        uint32_t place = (at + i) % RECORD;

        to[i] = place < sizeof(header) ? header[place]
                                       : (uint8_t)((at + i) * 2654435761u >> 24);
    }
}

static uint32_t headers_of(const struct frame *f)
{
    return ETHERNET + 20 + (uint32_t)(f->bytes[ETHERNET + 32] >> 4) * 4;
}

/* The server's first application data are followed by a transfer. */
static int begins_transfer(const struct run *run)
{
    const struct frame *f = run->frame;

    return run->bulk_left > 0 && f->bytes[ETHERNET + 9] == TCP &&
           !is_from_client(f->bytes, run->flow) && f->len > headers_of(f) &&
           f->bytes[headers_of(f)] == 23;
}

/* The next segment of the transfer, in the form of the frame that it follows. */
static void write_segment(struct output *out, const struct load *l, struct run *run)
{
    const struct frame *f = run->frame;
    uint32_t headers = headers_of(f), len = SEGMENT;
    uint8_t *tcp = out->bytes + 16 + ETHERNET + 20;

    if (len > run->bulk_left)
        len = (uint32_t)run->bulk_left;
    memcpy(out->bytes + 16, f->bytes, headers);
    put16(out->bytes + 16 + ETHERNET + 2, headers - ETHERNET + len);
    put32(tcp + 4, u32(tcp + 4) + (f->len - headers) + run->sent);
    fill_records(out->bytes + 16 + headers, run->sent, len);
    write_frame(out, l, run, headers + len);
    run->sent += len;
    run->bulk_left -= len;
}

static void write_next(struct output *out, const struct load *l, struct run *run)
{
    const struct frame *f = run->frame;

    if (run->sent > 0 && run->bulk_left > 0) {
        write_segment(out, l, run);
        run->next_us += 120;
        if (run->bulk_left == 0)
            run->start_us = run->next_us - f->us;
    } else {
        memcpy(out->bytes + 16, f->bytes, f->len);
        renumber(out->bytes + 16, run);
        write_frame(out, l, run, f->len);
        if (begins_transfer(run)) {
            write_segment(out, l, run);
            return;
        }
    }
    if (run->sent > 0 && run->bulk_left > 0)
        return;
    run->frame = f->next;
    if (run->frame)
        run->next_us = run->start_us + run->frame->us;
}

/* Whole records, so that what follows them is found. */
static uint64_t transfer_of(const struct kind *kind, uint32_t number)
{
    if (!kind->bulk_of || number % kind->bulk_of != 0)
        return 0;
    return kind->bulk_bytes / RECORD * RECORD;
}

static const struct flow *choose(const struct load *l, uint32_t number)
{
    uint32_t turn = number * 2654435761u >> 16;

    if (turn % 10 < l->kind->lookup_of)
        return &l->lookup;
    if (turn % 10 < l->kind->lookup_of + l->kind->quic_of)
        return &l->quic;
    return &l->flows[number % l->count];
}

static void open_run(const struct load *l, struct run *heap, size_t place, uint64_t us,
                     uint32_t number)
{
    const struct flow *flow = choose(l, number);
    struct run run = {.next_us = us,
                      .start_us = us,
                      .flow = flow,
                      .frame = flow->first,
                      .number = number,
                      .bulk_left = transfer_of(l->kind, number)};

    for (; place > 0 && heap[(place - 1) / 2].next_us > run.next_us;
         place = (place - 1) / 2)
        heap[place] = heap[(place - 1) / 2];
    heap[place] = run;
}

static void write_load(const struct load *l, struct output *out, uint64_t most)
{
    struct run *heap = calloc(RUNS_MAX, sizeof(*heap));
    uint64_t starting_us = 0;
    uint32_t number = 0;
    size_t count = 0;

    while (heap && out->written < most) {
        /* Open what starts before the next frame. */
        while (count < RUNS_MAX && (count == 0 || starting_us <= heap[0].next_us)) {
            open_run(l, heap, count++, starting_us, number++);
            starting_us += 1000000 / l->kind->per_second;
        }
        write_next(out, l, &heap[0]);
        if (!heap[0].frame)
            heap[0] = heap[--count];
        if (count)
            sift(heap, count, 0);
    }
    (void)fprintf(stderr, "%u flows, %llu packets, %llu bytes\n", number,
                  (unsigned long long)out->frames, (unsigned long long)out->written);
    free(heap);
}

static const struct kind *find_kind(const char *name)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

int main(int argc, char **argv)
{
    static struct load l;
    static struct output out;
    static const uint8_t head[24] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0,
                                     0,    0,    0,    0,    0, 0, 4, 0, 1, 0, 0, 0};

    l.kind = argc > 4 ? find_kind(argv[1]) : NULL;
    if (!l.kind) {
        (void)fprintf(stderr, "usage: load storm|bulk|mix OUT MEGABYTES CAPTURE...\n");
        return 2;
    }
    for (int i = 4; i < argc; i++)
        if (!read_capture(&l, argv[i]))
            (void)fprintf(stderr, "load: %s is left out\n", argv[i]);
    make_lookup(&l.lookup);
    make_quic(&l.quic);
    out.file = l.count ? fopen(argv[2], "wb") : NULL;
    if (!out.file) {
        (void)fprintf(stderr, "load: nothing to write, or %s cannot be written\n", argv[2]);
        return 1;
    }
    (void)fwrite(head, 1, sizeof(head), out.file);
    out.written = sizeof(head);
    write_load(&l, &out, strtoull(argv[3], NULL, 10) * 1000000);
    return fclose(out.file) != 0;
}
