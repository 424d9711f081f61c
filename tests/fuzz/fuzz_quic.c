/*
 * A QUIC connection, as a script: each step is a packet that is sealed here, so that changed bytes
 * reach what stands inside; or a datagram as it stands. Repeating every datagram tells nothing new
 * (unless the client begins anew again and again, or too many packets do not open), all memory
 * comes back, and headers lie in their datagrams.
 *
 * A step: one byte (bits 0-1 kind, 2 server, 3 another original id, 4-5 version, 6 the datagram
 * goes on), two bytes of length, and so many bytes: the frames of an Initial, or a whole datagram.
 */
#include "property.h"
#include "quic_wire.h"
#include "tls/quic_conn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

enum { KIND_INITIAL, KIND_HANDSHAKE, KIND_SHORT, KIND_RAW };

#define STEPS_MAX 64

/* What was told, but for when. */
struct told {
    size_t client_hellos, server_hellos, retries, alerts, lost;
    uint64_t sum;
    uint64_t restarts;
    bool gave_up; /* too many packets did not open */
};

static struct quic_cipher *cipher;
static struct quic_wire wire, frames;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct err why;

    (void)argc;
    (void)argv;
    cipher = quic_cipher_new(&why);
    return cipher ? 0 : 1;
}

static void add_bytes(struct told *told, struct span bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        told->sum = told->sum * 31 + bytes.data[i];
}

static void on_event(void *ctx, const struct tls_event *e)
{
    struct told *told = ctx;

    if (e->kind == TLS_EVENT_CLIENT_HELLO) {
        told->client_hellos++;
        must(e->side == TLS_CLIENT && e->client_hello->random.len == 32);
        add_bytes(told, e->client_hello->random);
        add_bytes(told, e->client_hello->server_name);
        add_bytes(told, e->client_hello->extensions);
    } else if (e->kind == TLS_EVENT_SERVER_HELLO) {
        told->server_hellos++;
        must(e->side == TLS_SERVER);
        add_bytes(told, e->server_hello->extensions);
    } else if (e->kind == TLS_EVENT_HELLO_RETRY) {
        told->retries++;
    } else if (e->kind == TLS_EVENT_ALERT) {
        told->alerts++;
    } else {
        must(e->kind == TLS_EVENT_MESSAGE_LOST);
        told->lost++;
    }
}

/* The packet of a step behind what the datagram holds. */
static void put_packet(uint8_t op, struct span body, uint64_t number)
{
    static const uint32_t versions[] = {QUIC_VERSION_1, QUIC_VERSION_2, 0xff00001d,
                                        0x0a0a0a0a};
    bool by_server = (op & 4) != 0;
    struct span client = span_of_text("client"), server = span_of_text("server.."),
                original = op & 8 ? server : span_of_text("original");
    struct quic_wire_long p = {.version = versions[op >> 4 & 3],
                               .destination = by_server ? client : original,
                               .source = by_server ? server : client,
                               .original = original,
                               .sender = by_server ? QUIC_FROM_SERVER : QUIC_FROM_CLIENT,
                               .number = number};

    switch (op & 3) {
    case KIND_INITIAL:
        frames.len = 0;
        quic_wire_bytes(&frames, body);
        quic_wire_padding(&frames, 4);
        quic_wire_initial(&wire, &p, quic_wire_done(&frames));
        return;
    case KIND_HANDSHAKE:
        p.type = QUIC_HANDSHAKE;
        quic_wire_long(&wire, &p, 40);
        return;
    case KIND_SHORT:
        quic_wire_short(&wire, by_server ? client : server, 40);
        return;
    default:
        quic_wire_bytes(&wire, body);
    }
}

static void check_headers(struct span datagram)
{
    struct span rest = datagram;
    struct quic_packet packet;

    while (!span_empty(rest)) {
        struct span before = rest;

        if (!quic_packet_next(&rest, &packet)) {
            must(rest.data == before.data && rest.len == before.len);
            return;
        }
        must(rest.len < before.len);
        must(lies_in(packet.destination, before) && lies_in(packet.source, before));
        must(lies_in(packet.header, before) && lies_in(packet.payload, before));
        must((packet.version == NULL) ==
             (packet.type == QUIC_SHORT || packet.type == QUIC_NEGOTIATION));
    }
}

/* Run the script; each datagram comes `copies` times. */
static struct told run(struct span script, int copies)
{
    struct tls_context tls = {.budget.most_bytes = 1 << 20};
    struct quic_context context = {.tls = &tls, .cipher = cipher};
    struct quic_conn conn = {.has_client = false};
    struct told told = {0};
    struct span body;
    uint8_t op;

    wire.len = 0;
    for (uint64_t n = 0; n < STEPS_MAX && span_u8(&script, &op); n++) {
        struct datagram d = {.flow_side = (op & 4) != 0, .time_ns = n + 1};

        if (!span_vec(&script, 2, &body) || body.len > 16000)
            break;
        put_packet(op, body, n);
        if (op & 0x40 && wire.len < 30000)
            continue;
        d.bytes = quic_wire_done(&wire);
        check_headers(d.bytes);
        for (int i = 0; i < copies; i++)
            quic_conn_push(&conn, &context, &d, on_event, &told);
        wire.len = 0;
    }
    must(conn.failures <= QUIC_FAILURES_MAX);
    must(tls.budget.bytes <= (uint64_t)4 * QUIC_CRYPTO_MAX);
    quic_conn_clear(&conn, &context);
    must(tls.budget.bytes == 0);
    told.restarts = context.stats.restarts;
    told.gave_up = conn.failures == QUIC_FAILURES_MAX;
    return told;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span script = span_of(data, size);
    struct told once, twice;

    once = run(script, 1);
    twice = run(script, 2);
    if (once.restarts > 1 || twice.gave_up)
        return 0;
    must(once.client_hellos == twice.client_hellos &&
         once.server_hellos == twice.server_hellos && once.retries == twice.retries &&
         once.alerts == twice.alerts && once.lost == twice.lost && once.sum == twice.sum);
    return 0;
}
