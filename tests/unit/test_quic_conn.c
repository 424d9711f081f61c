#include "tap.h"

#include "hellos.h"
#include "quic_vectors.h"
#include "quic_wire.h"
#include "tls/quic_conn.h"

#define ORIGINAL "8394c8f03e515708"
#define CLIENT_ID "c1c2c3c4c5"
#define SERVER_ID "f067a5502a4262b5"
#define SERVER_HELLO                                                                       \
    "020000560303eefce7f7b37ba1d1632e96677825ddf73988cfc79825df566dc5430b9a045a1200130100" \
    "00"                                                                                   \
    "2e00330024001d00209d3c940d89690b84d08a60993c144eca684d1081287c834d5311bcf32bb9da1a00" \
    "2b"                                                                                   \
    "00020304"

/* What the events said. */
struct seen {
    size_t client_hellos, server_hellos, retries, alerts, lost;
    uint8_t random[32];
    char name[64];
    size_t ciphers_len;
    uint16_t cipher;
    enum tls_side alert_side;
    uint8_t alert;
    uint64_t time_ns;
};

/* One connection under test: the client is flow side 1. */
struct line {
    struct tls_context tls;
    struct quic_context context;
    struct quic_conn conn;
    struct seen seen;
    uint64_t time_ns;
};

static struct quic_wire frames, wire;
static struct quic_cipher *cipher;

static void on_event(void *ctx, const struct tls_event *e)
{
    struct seen *seen = ctx;

    seen->time_ns = e->time_ns;
    if (e->kind == TLS_EVENT_CLIENT_HELLO) {
        seen->client_hellos++;
        memcpy(seen->random, e->client_hello->random.data, sizeof(seen->random));
        memset(seen->name, 0, sizeof(seen->name));
        memcpy(seen->name, e->client_hello->server_name.data,
               e->client_hello->server_name.len);
        seen->ciphers_len = e->client_hello->ciphers.len;
    } else if (e->kind == TLS_EVENT_SERVER_HELLO) {
        seen->server_hellos++;
        seen->cipher = e->server_hello->cipher;
    } else if (e->kind == TLS_EVENT_HELLO_RETRY) {
        seen->retries++;
    } else if (e->kind == TLS_EVENT_ALERT) {
        seen->alerts++;
        seen->alert_side = e->side;
        seen->alert = e->alert_description;
    } else {
        seen->lost++;
    }
}

static void line_init(struct line *l)
{
    *l = (struct line){.tls.budget.most_bytes = 1 << 20, .time_ns = 1000};
    l->context = (struct quic_context){.tls = &l->tls, .cipher = cipher};
}

/* True when all memory was given back. */
static bool line_fini(struct line *l)
{
    quic_conn_clear(&l->conn, &l->context);
    return l->tls.budget.bytes == 0;
}

static void push(struct line *l, bool by_client, struct span bytes)
{
    struct datagram d = {by_client, exact(bytes), l->time_ns++};

    quic_conn_push(&l->conn, &l->context, &d, on_event, &l->seen);
}

static struct quic_wire_long from_client(void)
{
    return (struct quic_wire_long){.version = 1,
                                   .destination = hex(ORIGINAL),
                                   .source = hex(CLIENT_ID),
                                   .original = hex(ORIGINAL)};
}

static struct quic_wire_long from_server(void)
{
    return (struct quic_wire_long){.version = 1,
                                   .destination = hex(CLIENT_ID),
                                   .source = hex(SERVER_ID),
                                   .original = hex(ORIGINAL),
                                   .sender = QUIC_FROM_SERVER};
}

/* An Initial whose frames stand in `frames`. */
static void push_initial(struct line *l, const struct quic_wire_long *p)
{
    wire.len = 0;
    quic_wire_initial(&wire, p, quic_wire_done(&frames));
    push(l, p->sender == QUIC_FROM_CLIENT, quic_wire_done(&wire));
    frames.len = 0;
}

static void push_hello(struct line *l, const struct quic_wire_long *p, const char *message)
{
    quic_wire_crypto(&frames, 0, hex(message));
    quic_wire_padding(&frames, 400);
    push_initial(l, p);
}

static void push_long(struct line *l, struct quic_wire_long p, enum quic_packet_type type)
{
    wire.len = 0;
    p.type = type;
    quic_wire_long(&wire, &p, 60);
    push(l, p.sender == QUIC_FROM_CLIENT, quic_wire_done(&wire));
}

static void push_short(struct line *l, bool by_client, const char *id)
{
    wire.len = 0;
    quic_wire_short(&wire, hex(id), 40);
    push(l, by_client, quic_wire_done(&wire));
}

static bool used(const struct line *l, bool client)
{
    return l->conn.directions[client].used_ns != 0;
}

/* ---- */

static void connections_of_the_rfcs_are_read(void)
{
    static const char *const datagrams[][2] = {{VECTOR_CLIENT_V1, VECTOR_SERVER_V1},
                                               {VECTOR_CLIENT_V2, VECTOR_SERVER_V2}};

    for (size_t i = 0; i < 2; i++) {
        struct line l;

        line_init(&l);
        push(&l, true, hex(datagrams[i][0]));
        is_int(l.conn.client, 1, "version %zu: the client is who began", i + 1);
        is_int(l.seen.client_hellos, 1, "its hello is told");
        is_text(l.seen.name, "example.com", "with its name");
        push(&l, false, hex(datagrams[i][1]));
        is_int(l.seen.server_hellos, 1, "the server's hello is told");
        is_int(l.seen.cipher, 0x1301, "with its suite");
        is_int(l.seen.time_ns, 1001, "at its time");
        ok(line_fini(&l), "no memory is kept");
    }
}

static void no_truncation_tells_a_hello(void)
{
    struct span datagram = hex(VECTOR_CLIENT_V1);
    size_t told = 0;

    for (size_t len = 0; len < datagram.len; len++) {
        struct line l;

        line_init(&l);
        push(&l, true, span_first(datagram, len));
        told += l.seen.client_hellos + l.conn.has_client;
    }
    is_int(told, 0, "a datagram that is cut short tells nothing");
}

/* ---- hellos in pieces */

static uint32_t seed = 7;

static uint32_t random_below(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

#define PIECES_MAX 40

struct piece {
    uint32_t from, to;
};

/* The message cut at random, some of it twice, in random order. */
static size_t cut_message(uint32_t len, struct piece pieces[PIECES_MAX])
{
    size_t count = 0;
    uint32_t at = 0;

    while (at < len) {
        uint32_t left = len - at;
        uint32_t n =
            count == PIECES_MAX - 8 ? left : 1 + random_below(left < 200 ? left : 200);

        pieces[count++] = (struct piece){at, at + n};
        at += n;
    }
    for (int i = 0; i < 6; i++) {
        uint32_t from = random_below(len);

        pieces[count++] = (struct piece){from, from + 1 + random_below(len - from)};
    }
    for (size_t i = count - 1; i > 0; i--) {
        size_t other = random_below((uint32_t)i + 1);
        struct piece swap = pieces[i];

        pieces[i] = pieces[other];
        pieces[other] = swap;
    }
    return count;
}

/* Some frames to a packet, some packets to a datagram. */
static void push_pieces(struct line *l, struct span message, const struct piece *pieces,
                        size_t count)
{
    struct quic_wire_long p = from_client();

    for (size_t i = 0; i < count;) {
        wire.len = 0;
        for (uint32_t packets = 1 + random_below(3); packets && i < count; packets--) {
            frames.len = 0;
            for (uint32_t n = 1 + random_below(4); n && i < count; n--, i++) {
                quic_wire_crypto(
                    &frames, pieces[i].from,
                    span_of(message.data + pieces[i].from, pieces[i].to - pieces[i].from));
                quic_wire_padding(&frames, random_below(3));
            }
            quic_wire_padding(&frames, 4);
            quic_wire_initial(&wire, &p, quic_wire_done(&frames));
            p.number += 1 + random_below(3);
        }
        push(l, true, quic_wire_done(&wire));
        if (random_below(3) == 0)
            push(l, true, quic_wire_done(&wire));
    }
    frames.len = 0;
}

static bool same_hello(const struct seen *a, const struct seen *b)
{
    return a->client_hellos == 1 && b->client_hellos == 1 && a->lost == 0 &&
           memcmp(a->random, b->random, sizeof(a->random)) == 0 &&
           strcmp(a->name, b->name) == 0 && a->ciphers_len == b->ciphers_len;
}

static void pieces_in_any_order_give_the_same_hello(void)
{
    static const char *const hellos[] = {HELLO_OPENSSL_TLS13, HELLO_GO};
    size_t right = 0, clean = 0;
    const size_t rounds = 3000;

    for (size_t i = 0; i < rounds; i++) {
        struct span message = hex(hellos[i % 2]);
        struct piece pieces[PIECES_MAX];
        struct quic_wire_long p = from_client();
        struct line whole, cut;
        size_t count = cut_message((uint32_t)message.len, pieces);

        line_init(&whole);
        line_init(&cut);
        push_hello(&whole, &p, hellos[i % 2]);
        push_pieces(&cut, message, pieces, count);
        right += same_hello(&cut.seen, &whole.seen);
        clean += line_fini(&whole) && line_fini(&cut);
    }
    is_int(right, rounds, "%zu ways of splitting, reordering and repeating", rounds);
    is_int(clean, rounds, "give all memory back");
}

static void a_second_hello_follows_a_retry_request(void)
{
    static const char retry_request[] =
        "02000034 0303 cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c 00 "
        "1301"
        "00 000c 002b00020304 003300020017";
    struct span both = hex(SERVER_HELLO);

    for (int joined = 0; joined < 2; joined++) {
        struct quic_wire_long client = from_client(), server = from_server();
        struct span first = hex(retry_request);
        struct line l;

        line_init(&l);
        push_hello(&l, &client, HELLO_GO);
        quic_wire_crypto(&frames, 0, first);
        if (joined)
            quic_wire_crypto(&frames, first.len, both);
        quic_wire_padding(&frames, 8);
        push_initial(&l, &server);
        is_int(l.seen.retries, 1, "the retry request is told");
        client.number = 1;
        client.destination = hex(SERVER_ID);
        quic_wire_crypto(&frames, hex(HELLO_GO).len, hex(HELLO_GO));
        push_initial(&l, &client);
        is_int(l.seen.client_hellos, 1, "the second ClientHello is not");
        if (!joined) {
            server.number = 1;
            quic_wire_crypto(&frames, first.len, both);
            push_initial(&l, &server);
        }
        is_int(l.seen.server_hellos, 1, "the final ServerHello is");
        ok(line_fini(&l), "no memory is kept");
    }
}

/* ---- ids and versions */

static void a_retry_changes_the_keys(void)
{
    struct quic_wire_long client = from_client(), server = from_server();
    struct line l;

    line_init(&l);
    push_hello(&l, &client, HELLO_GO);
    push(&l, false, hex(VECTOR_RETRY_V1));
    is_int(l.context.stats.retries, 1, "a Retry is counted");
    client.destination = client.original = hex(SERVER_ID);
    client.token = hex("746f6b656e");
    client.number = 1;
    push_hello(&l, &client, HELLO_GO);
    is_int(l.seen.client_hellos, 1, "the repeated hello is not told again");
    client.destination = client.original = hex(ORIGINAL);
    push_hello(&l, &client, HELLO_GO);
    is_int(l.context.stats.restarts, 1, "a late copy of the first Initial leads nowhere");
    server.original = hex(SERVER_ID);
    server.source = hex("0102030405060708");
    push_hello(&l, &server, SERVER_HELLO);
    is_int(l.seen.server_hellos, 1, "the server's Initial opens with the new keys");
    is_int(l.context.stats.not_opened, 0, "and nothing was in vain");
    ok(line_fini(&l), "no memory is kept");
}

static void a_hello_that_a_retry_interrupts_is_whole(void)
{
    struct quic_wire_long client = from_client();
    struct span message = hex(HELLO_GO);
    struct line l;

    line_init(&l);
    quic_wire_crypto(&frames, 0, span_first(message, 100));
    push_initial(&l, &client);
    client.destination = client.original = hex(SERVER_ID);
    push_hello(&l, &client, HELLO_GO);
    is_int(l.seen.client_hellos, 1, "the hello after the Retry is told");
    ok(line_fini(&l), "no memory is kept");
}

static void a_negotiation_begins_anew(void)
{
    struct quic_wire_long client = from_client(), server = from_server();
    struct line l;

    for (int same_id = 0; same_id < 2; same_id++) {
        line_init(&l);
        client = from_client();
        client.version = 0x0a0a0a0a;
        client.salt = (size_t)same_id;
        push_hello(&l, &client, HELLO_GO);
        is_int(l.seen.client_hellos, 1, "a hello under a reserved version is read");
        wire.len = 0;
        quic_wire_negotiation(&wire, hex(CLIENT_ID), hex(ORIGINAL), QUIC_VERSION_2);
        push(&l, false, quic_wire_done(&wire));
        is_int(l.context.stats.negotiations, 1, "the negotiation is counted");
        client.version = server.version = QUIC_VERSION_2;
        client.salt = 0;
        if (!same_id)
            client.destination = client.original = hex("1111222233334444");
        push_hello(&l, &client, HELLO_OPENSSL_TLS13);
        is_int(l.seen.client_hellos, 2, "the hello in the version agreed on is told");
        is_int(l.conn.hello_datagrams, 1, "and counted for itself");
        server.original = client.original;
        push_hello(&l, &server, SERVER_HELLO);
        is_int(l.seen.server_hellos, 1, "and answered");
        ok(line_fini(&l), "no memory is kept");
    }
}

static void a_compatible_version_is_followed(void)
{
    struct quic_wire_long client = from_client(), server = from_server();
    struct line l;

    line_init(&l);
    push_hello(&l, &client, HELLO_GO);
    server.version = QUIC_VERSION_2;
    push_hello(&l, &server, SERVER_HELLO);
    is_int(l.seen.server_hellos, 1, "a server may answer in another version");
    client.version = QUIC_VERSION_2;
    client.destination = hex(SERVER_ID);
    client.number = 1;
    quic_wire_close(&frames, 0x0130);
    push_initial(&l, &client);
    is_int(l.seen.client_hellos, 1, "the client that follows says no new hello");
    is_int(l.seen.alert, 48, "and is understood");
}

static void initials_that_do_not_open_say_nothing(void)
{
    struct quic_wire_long client = from_client(), server = from_server();
    struct line l;

    line_init(&l);
    push_hello(&l, &server, SERVER_HELLO);
    ok(!l.conn.has_client, "a server's Initial alone names no client");
    client.original = hex("0000");
    for (int i = 0; i < 2 * QUIC_FAILURES_MAX; i++)
        push_hello(&l, &client, HELLO_GO);
    is_int(l.context.stats.not_opened, QUIC_FAILURES_MAX, "so many are tried");
    client.original = hex(ORIGINAL);
    push_hello(&l, &client, HELLO_GO);
    is_int(l.seen.client_hellos, 0, "and then none");
}

/* ---- what follows the Initials */

static void begin(struct line *l)
{
    struct quic_wire_long client = from_client(), server = from_server();

    line_init(l);
    push_hello(l, &client, HELLO_GO);
    push_hello(l, &server, SERVER_HELLO);
    push_long(l, server, QUIC_HANDSHAKE);
    client.destination = hex(SERVER_ID);
    push_long(l, client, QUIC_HANDSHAKE);
}

static void short_packets_are_known_by_their_ids(void)
{
    struct line l;

    begin(&l);
    ok(!used(&l, true) && !used(&l, false), "Handshake packets are no use");
    push_short(&l, true, SERVER_ID);
    ok(used(&l, true) && !used(&l, false), "a short packet to the server's id is");
    push_short(&l, false, CLIENT_ID);
    ok(used(&l, false), "and one to the client's");
}

static void other_ids_are_believed_late(void)
{
    struct line l;

    begin(&l);
    push_short(&l, false, "99999999999999");
    push_short(&l, false, "99999999999998");
    ok(!used(&l, false), "two short packets to an id unheard of may be anything");
    push_short(&l, false, "99999999999998");
    ok(used(&l, false), "three are a change of ids");
    push(&l, true, hex("00 000000000000000000000000000000000000000000000000000000"));
    push(&l, true, hex("00 000000000000000000000000000000000000000000000000000000"));
    push(&l, true, hex("00 000000000000000000000000000000000000000000000000000000"));
    ok(!used(&l, true), "what is no short packet stays none");
}

static void padding_behind_packets_is_no_packet(void)
{
    struct quic_wire_long client = from_client();
    struct line l;

    begin(&l);
    for (int i = 0; i < 5; i++) {
        wire.len = 0;
        client.type = QUIC_HANDSHAKE;
        quic_wire_long(&wire, &client, 60);
        quic_wire_padding(&wire, 100);
        push(&l, true, quic_wire_done(&wire));
    }
    ok(!used(&l, true), "zeros behind a packet are none");
    wire.len = 0;
    quic_wire_long(&wire, &client, 60);
    quic_wire_short(&wire, hex(SERVER_ID), 30);
    push(&l, true, quic_wire_done(&wire));
    ok(used(&l, true), "a short packet behind another is one");
}

static void closes_are_told(void)
{
    struct quic_wire_long client = from_client(), server = from_server();
    struct line l;

    line_init(&l);
    push_hello(&l, &client, HELLO_GO);
    quic_wire_ack(&frames, 0);
    quic_wire_close(&frames, 0x0128);
    push_initial(&l, &server);
    is_int(l.seen.alerts, 1, "a TLS alert in a close is told");
    is_int(l.seen.alert, 40, "which one");
    is_int(l.seen.alert_side, TLS_SERVER, "and whose");
    is_int(l.conn.directions[0].close_error, 0x0128, "the error is kept");
    ok(!l.conn.directions[1].close_ns, "for its side");
    client.number = 1;
    quic_wire_close(&frames, 0x0a);
    push_initial(&l, &client);
    is_int(l.seen.alerts, 1, "another error is no alert");
    ok(l.conn.directions[1].close_ns != 0, "but a close");
}

static void damaged_streams_are_given_up(void)
{
    static const struct {
        const char *name, *message;
        uint64_t offset;
    } rows[] = {
        {"a message of no hello", "0b000004 00000000", 0},
        {"a message that is too long", "01ffffff 00000000", 0},
        {"a hello that is none", "01000004 00000000", 0},
        {"bytes far away", "01000004 00000000", QUIC_CRYPTO_MAX},
        {"bytes beyond all", "01000004 00000000", (UINT64_C(1) << 62) - 1},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct quic_wire_long client = from_client();
        struct line l;

        line_init(&l);
        quic_wire_crypto(&frames, rows[i].offset, hex(rows[i].message));
        push_initial(&l, &client);
        is_int(l.seen.lost, 1, "%s: lost", rows[i].name);
        client.number = 1;
        push_hello(&l, &client, HELLO_GO);
        is_int(l.seen.client_hellos, 0, "%s: no more is read", rows[i].name);
        ok(line_fini(&l), "%s: no memory is kept", rows[i].name);
    }
}

int main(void)
{
    struct err why;

    cipher = quic_cipher_new(&why);
    connections_of_the_rfcs_are_read();
    no_truncation_tells_a_hello();
    pieces_in_any_order_give_the_same_hello();
    a_second_hello_follows_a_retry_request();
    a_retry_changes_the_keys();
    a_hello_that_a_retry_interrupts_is_whole();
    a_negotiation_begins_anew();
    a_compatible_version_is_followed();
    initials_that_do_not_open_say_nothing();
    short_packets_are_known_by_their_ids();
    other_ids_are_believed_late();
    padding_behind_packets_is_no_packet();
    closes_are_told();
    damaged_streams_are_given_up();
    quic_cipher_free(cipher);
    return done_testing();
}
