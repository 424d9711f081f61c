/*
 * Time that one QUIC connection takes: client's Initial with its hello, server's Initial with its
 * own and a Handshake packet behind it, client's acknowledgement and Handshake, 1-RTT both ways.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../unit/hellos.h"
#include "quic_wire.h"
#include "tap.h"
#include "tls/quic_conn.h"

#define ROUNDS 100000
#define DATAGRAMS 5

static struct quic_wire wires[DATAGRAMS];
static const int sides[DATAGRAMS] = {0, 1, 0, 1, 0};

static void count(void *ctx, const struct tls_event *event)
{
    size_t *events = ctx;

    (void)event;
    (*events)++;
}

static void make_datagrams(void)
{
    struct span original = span_of_text("original"), client = span_of_text("client"),
                server = span_of_text("theserver");
    struct span hello = hex(HELLO_OPENSSL_TLS13);
    struct span answer = hex(
        "020000560303eefce7f7b37ba1d1632e96677825ddf73988cfc79825df566dc5430b9a045a120013"
        "0100002e00330024001d00209d3c940d89690b84d08a60993c144eca684d1081287c834d5311bcf3"
        "2bb9da1a002b00020304");
    struct quic_wire_long from_client = {
        .version = 1, .destination = original, .source = client, .original = original};
    struct quic_wire_long from_server = {.version = 1,
                                         .destination = client,
                                         .source = server,
                                         .original = original,
                                         .sender = QUIC_FROM_SERVER};
    static struct quic_wire frames;

    quic_wire_crypto(&frames, 0, hello);
    quic_wire_padding(&frames, 1200 - 50 - frames.len);
    quic_wire_initial(&wires[0], &from_client, quic_wire_done(&frames));
    frames.len = 0;
    quic_wire_ack(&frames, 0);
    quic_wire_crypto(&frames, 0, answer);
    quic_wire_initial(&wires[1], &from_server, quic_wire_done(&frames));
    from_server.type = QUIC_HANDSHAKE;
    quic_wire_long(&wires[1], &from_server, 1000);
    frames.len = 0;
    quic_wire_ack(&frames, 0);
    from_client.destination = server;
    from_client.number = 1;
    quic_wire_padding(&frames, 1000);
    quic_wire_initial(&wires[2], &from_client, quic_wire_done(&frames));
    from_client.type = QUIC_HANDSHAKE;
    quic_wire_long(&wires[2], &from_client, 100);
    quic_wire_short(&wires[3], client, 100);
    quic_wire_short(&wires[4], server, 100);
}

static double now_s(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void bench_connections(struct quic_context *context, int datagrams)
{
    size_t events = 0;
    double start = now_s(), seconds;

    for (int i = 0; i < ROUNDS; i++) {
        struct quic_conn conn = {.has_client = false};

        for (int n = 0; n < datagrams; n++) {
            struct datagram d = {sides[n], quic_wire_done(&wires[n]), 1};

            quic_conn_push(&conn, context, &d, count, &events);
        }
        quic_conn_clear(&conn, context);
    }
    seconds = now_s() - start;
    printf("quic_conn %d datagrams: %.0f ns, %.0f connections/s, %zu events each\n",
           datagrams, seconds / ROUNDS * 1e9, ROUNDS / seconds, events / ROUNDS);
}

static void bench_keys(void)
{
    uint8_t salt[QUIC_SALT_BYTES] = {1};
    struct quic_keys keys = {.key = {0}};
    double start = now_s(), seconds;

    for (int i = 0; i < ROUNDS; i++) {
        salt[0] = keys.key[0];
        quic_keys_derive(salt, QUIC_LABELS_V1, span_of(&salt[1], 8), QUIC_FROM_CLIENT,
                         &keys);
    }
    seconds = now_s() - start;
    printf("quic_keys_derive: %.0f ns\n", seconds / ROUNDS * 1e9);
}

int main(void)
{
    struct tls_context tls = {.budget.most_bytes = 1 << 20};
    struct quic_context context = {.tls = &tls};
    struct err why;

    context.cipher = quic_cipher_new(&why);
    if (!context.cipher)
        return 1;
    make_datagrams();
    bench_keys();
    for (int n = 1; n <= DATAGRAMS; n++)
        bench_connections(&context, n);
    printf("quic_conn: %zu bytes of state, dtls excluded\n", sizeof(struct quic_conn));
    quic_cipher_free(context.cipher);
    return 0;
}
