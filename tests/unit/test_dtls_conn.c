#include "tap.h"

#include "dtls_wire.h"
#include "tls/dtls_conn.h"

/* Bodies of messages: a hello without and with a cookie, and what answers it. */
#define RANDOM "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
#define EXTENSIONS                                                                         \
    "0024 0000000e000c000009 64746c732e74657374 000a00040002001d"                          \
    "000d0006000404030804"
#define CLIENT_HELLO "fefd" RANDOM "00 00 0004 c02bc02f 0100" EXTENSIONS
#define CLIENT_HELLO_COOKIE "fefd" RANDOM "00 04 c00c1e00 0004 c02bc02f 0100" EXTENSIONS
#define HELLO_VERIFY "feff 04 c00c1e00"
#define SERVER_HELLO "fefd" RANDOM "00 c02b 00 0005 ff01000100"
#define SERVER_HELLO_13 "fefd" RANDOM "00 1301 00 0006 002b0002fefc"

enum { CLIENT, SERVER };

struct seen {
    size_t counts[TLS_EVENT_MESSAGE_LOST + 1];
    size_t sides[2];
    char name[32];
    uint16_t version, cipher;
    size_t certificate_len;
    uint8_t alert;
    enum tls_side alert_side;
    size_t encrypted;
};

struct line {
    struct tls_context tls;
    struct dtls_context context;
    struct dtls_conn conn;
    struct seen seen;
    uint64_t time_ns;
};

static struct dtls_wire wire;

static void on_event(void *ctx, const struct tls_event *e)
{
    struct seen *seen = ctx;

    seen->counts[e->kind]++;
    seen->sides[e->side]++;
    if (e->kind == TLS_EVENT_CLIENT_HELLO) {
        memset(seen->name, 0, sizeof(seen->name));
        memcpy(seen->name, e->client_hello->server_name.data,
               e->client_hello->server_name.len);
    } else if (e->kind == TLS_EVENT_SERVER_HELLO) {
        seen->version = e->server_hello->version;
        seen->cipher = e->server_hello->cipher;
    } else if (e->kind == TLS_EVENT_CERTIFICATE) {
        seen->certificate_len = e->message.len;
    } else if (e->kind == TLS_EVENT_ALERT) {
        seen->alert = e->alert_description;
        seen->alert_side = e->side;
    } else if (e->kind == TLS_EVENT_RECORD) {
        seen->encrypted += e->encrypted;
    }
}

static void line_init(struct line *l)
{
    *l = (struct line){.tls.budget.most_bytes = 1 << 20, .time_ns = 1000};
    l->context.tls = &l->tls;
    wire = (struct dtls_wire){.version = VERSION_DTLS12};
}

static bool line_fini(struct line *l)
{
    dtls_conn_clear(&l->conn, &l->context);
    return l->tls.budget.bytes == 0;
}

/* Send what stands in `wire`. */
static void send(struct line *l, int side)
{
    struct datagram d = {side, exact(dtls_wire_done(&wire)), l->time_ns++};

    dtls_conn_push(&l->conn, &l->context, &d, on_event, &l->seen);
    wire.len = 0;
}

static void message(struct line *l, int side, uint8_t type, uint16_t number,
                    const char *body)
{
    struct dtls_wire_message m = {type, number, hex(body)};

    dtls_wire_fragment(&wire, &m, 0, m.body.len);
    send(l, side);
}

static void record(struct line *l, int side, uint8_t type, uint16_t epoch, size_t len)
{
    static const uint8_t bytes[256] = {1};

    dtls_wire_record(&wire, type, epoch, span_of(bytes, len));
    send(l, side);
}

/* ---- */

static void hellos_are_told(void)
{
    struct line l;

    line_init(&l);
    message(&l, CLIENT, HANDSHAKE_CLIENT_HELLO, 0, CLIENT_HELLO);
    is_int(l.conn.client, CLIENT, "who says a ClientHello is the client");
    is_text(l.seen.name, "dtls.test", "its name");
    message(&l, SERVER, 3, 0, HELLO_VERIFY);
    message(&l, CLIENT, HANDSHAKE_CLIENT_HELLO, 1, CLIENT_HELLO_COOKIE);
    is_int(l.seen.counts[TLS_EVENT_CLIENT_HELLO], 1,
           "the hello with a cookie is not told again");
    is_int(l.context.stats.hello_verifies, 1, "the request for it is counted");
    message(&l, SERVER, HANDSHAKE_SERVER_HELLO, 0, SERVER_HELLO);
    is_int(l.seen.version, VERSION_DTLS12,
           "the ServerHello has the same number as the request");
    is_int(l.seen.cipher, 0xc02b, "and a suite");
    is_int(l.conn.hello_datagrams, 1, "one datagram carried the hello");
    ok(line_fini(&l), "no memory is kept");
}

static void the_server_alone_tells_who_is_who(void)
{
    static const struct {
        uint8_t type;
        const char *body;
    } rows[] = {{HANDSHAKE_SERVER_HELLO, SERVER_HELLO}, {3, HELLO_VERIFY}};

    for (size_t i = 0; i < 2; i++) {
        struct line l;

        line_init(&l);
        message(&l, SERVER, rows[i].type, 0, rows[i].body);
        ok(l.conn.has_client && l.conn.client == CLIENT, "message %zu tells", i);
        is_int(l.seen.sides[TLS_CLIENT], 0, "and all is the server's");
    }
}

static void only_hellos_begin(void)
{
    static const struct {
        uint8_t type;
        bool begins;
    } rows[] = {{1, true}, {2, true}, {3, true}, {11, false}, {14, false}, {20, false}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct dtls_wire_message m = {rows[i].type, 0, hex("00")};

        wire = (struct dtls_wire){.version = VERSION_DTLS12};
        dtls_wire_fragment(&wire, &m, 0, 1);
        ok(dtls_conn_begins(dtls_wire_done(&wire)) == rows[i].begins, "message %u",
           rows[i].type);
    }
    wire = (struct dtls_wire){.version = VERSION_DTLS12};
    dtls_wire_record(&wire, RECORD_HANDSHAKE, 1, hex("01000000000000000000000000000000"));
    ok(!dtls_conn_begins(dtls_wire_done(&wire)), "a protected one is no hello");
    ok(!dtls_conn_begins(hex("2f0007000301020304")), "nor is DTLS 1.3's");
}

/* ---- fragments */

static uint32_t seed = 3;

static uint32_t random_below(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

#define PIECES_MAX 64

struct piece {
    const struct dtls_wire_message *message;
    size_t from, to;
};

/* All of a message in pieces, some of them longer than need be. */
static size_t cut_message(const struct dtls_wire_message *m, struct piece *pieces)
{
    size_t count = 0;

    for (size_t at = 0; at < m->body.len;) {
        size_t left = m->body.len - at, n = 1 + random_below(40);
        size_t more = random_below(3) ? 0 : random_below(30);

        n = n < left ? n : left;
        pieces[count++] = (struct piece){m, at, at + (n + more < left ? n + more : left)};
        at += n;
    }
    return count;
}

static void shuffle(struct piece *pieces, size_t count)
{
    for (size_t i = count - 1; i > 0; i--) {
        size_t other = random_below((uint32_t)i + 1);
        struct piece swap = pieces[i];

        pieces[i] = pieces[other];
        pieces[other] = swap;
    }
}

static void send_pieces(struct line *l, int side, const struct piece *pieces, size_t count)
{
    for (size_t i = 0; i < count;) {
        for (uint32_t n = 1 + random_below(4); n && i < count; n--, i++)
            dtls_wire_fragment(&wire, pieces[i].message, pieces[i].from, pieces[i].to);
        send(l, side);
    }
}

static void fragments_in_any_order_give_the_same_messages(void)
{
    static char certificate_hex[2 * 300 + 1];
    struct dtls_wire_message hello = {HANDSHAKE_CLIENT_HELLO, 0, hex(CLIENT_HELLO)};
    struct dtls_wire_message answers[2] = {{HANDSHAKE_SERVER_HELLO, 1, hex(SERVER_HELLO)},
                                           {HANDSHAKE_CERTIFICATE, 2, {0}}};
    size_t right = 0, clean = 0;
    const size_t rounds = 2000;

    memset(certificate_hex, 'a', sizeof(certificate_hex) - 1);
    answers[1].body = hex(certificate_hex);
    for (size_t i = 0; i < rounds; i++) {
        struct piece pieces[2 * PIECES_MAX + 700];
        struct line l;
        size_t count;

        line_init(&l);
        count = cut_message(&hello, pieces);
        shuffle(pieces, count);
        send_pieces(&l, CLIENT, pieces, count);
        count = cut_message(&answers[0], pieces);
        count += cut_message(&answers[1], pieces + count);
        count += cut_message(&answers[1], pieces + count);
        shuffle(pieces, count);
        send_pieces(&l, SERVER, pieces, count);
        right += l.seen.counts[TLS_EVENT_CLIENT_HELLO] == 1 &&
                 l.seen.counts[TLS_EVENT_SERVER_HELLO] == 1 &&
                 l.seen.counts[TLS_EVENT_CERTIFICATE] == 1 &&
                 l.seen.certificate_len == 300 && strcmp(l.seen.name, "dtls.test") == 0 &&
                 l.seen.cipher == 0xc02b;
        clean += line_fini(&l);
    }
    is_int(right, rounds, "%zu ways of splitting, mixing and repeating", rounds);
    is_int(clean, rounds, "give all memory back");
}

static void ceilings_hold(void)
{
    struct dtls_wire_message m = {HANDSHAKE_CERTIFICATE, 0, hex("0102030405060708")};
    struct line l;

    line_init(&l);
    for (uint16_t i = 0; i < DTLS_WAITING_MAX + 2; i++) {
        m.number = i;
        dtls_wire_fragment(&wire, &m, 0, 4);
        send(&l, SERVER);
    }
    is_int(l.context.stats.shed_fragments, 2, "more messages than may wait are shed");
    m.number = 0;
    dtls_wire_fragment(&wire, &m, 4, 8);
    send(&l, SERVER);
    is_int(l.seen.counts[TLS_EVENT_CERTIFICATE], 1,
           "one that waits is told when it is whole");
    m.number = DTLS_WAITING_MAX;
    dtls_wire_fragment(&wire, &m, 0, 4);
    send(&l, SERVER);
    is_int(l.context.stats.shed_fragments, 2, "and gives its place to another");
    dtls_wire_record(&wire, RECORD_HANDSHAKE, 0, hex("0b ffffff 0009 000000 000001 00"));
    send(&l, SERVER);
    is_int(l.context.stats.shed_fragments, 3, "a message too long is shed");
    ok(line_fini(&l), "no memory is kept");
}

/* ---- records */

static void begin(struct line *l, const char *answer)
{
    line_init(l);
    message(l, CLIENT, HANDSHAKE_CLIENT_HELLO, 0, CLIENT_HELLO);
    message(l, SERVER, HANDSHAKE_SERVER_HELLO, 0, answer);
}

static void protected_records_tell_what_they_may(void)
{
    struct line l;

    begin(&l, SERVER_HELLO);
    record(&l, CLIENT, RECORD_CHANGE_CIPHER_SPEC, 0, 1);
    record(&l, CLIENT, RECORD_HANDSHAKE, 1, 48);
    ok(l.conn.directions[CLIENT].finished_ns != 0,
       "a protected handshake record: Finished");
    record(&l, CLIENT, RECORD_ALERT, 1, 26);
    ok(!l.conn.directions[CLIENT].data_ns, "a protected alert is no data");
    record(&l, SERVER, RECORD_APPLICATION_DATA, 1, 60);
    ok(l.conn.directions[SERVER].data_ns != 0, "data is data");
    is_int(l.seen.encrypted, 3, "three records are protected");
}

static void dtls13_tells_by_epoch_and_length(void)
{
    struct line l;

    begin(&l, SERVER_HELLO_13);
    is_int(l.seen.version, VERSION_DTLS13, "the version");
    ok(l.conn.is_dtls13, "is DTLS 1.3");
    dtls_wire_unified(&wire, 2, 61);
    send(&l, CLIENT);
    ok(l.conn.directions[CLIENT].finished_ns && !l.conn.directions[CLIENT].data_ns,
       "epoch 2 is handshake");
    dtls_wire_unified(&wire, 3, 19);
    dtls_wire_unified(&wire, 3, 35);
    dtls_wire_unified(&wire, 3, 51);
    send(&l, CLIENT);
    ok(!l.conn.directions[CLIENT].data_ns, "alerts and ACKs are no data");
    dtls_wire_unified(&wire, 3, 100);
    send(&l, CLIENT);
    ok(l.conn.directions[CLIENT].data_ns != 0, "the rest of epoch 3 is");
}

static void resumption_is_the_server_that_changes_first(void)
{
    struct line l;

    begin(&l, SERVER_HELLO);
    record(&l, SERVER, RECORD_CHANGE_CIPHER_SPEC, 0, 1);
    is_int(l.seen.counts[TLS_EVENT_RESUMED], 1, "no certificate, and the server changes");
    begin(&l, SERVER_HELLO);
    message(&l, SERVER, HANDSHAKE_CERTIFICATE, 1, "000000");
    record(&l, SERVER, RECORD_CHANGE_CIPHER_SPEC, 0, 1);
    is_int(l.seen.counts[TLS_EVENT_RESUMED], 0, "with a certificate it is none");
    begin(&l, SERVER_HELLO);
    message(&l, CLIENT, HANDSHAKE_CLIENT_KEY_EXCHANGE, 1, "00");
    record(&l, SERVER, RECORD_CHANGE_CIPHER_SPEC, 0, 1);
    is_int(l.seen.counts[TLS_EVENT_RESUMED], 0, "nor after a key exchange");
}

static void alerts_in_the_clear_are_told(void)
{
    struct line l;

    begin(&l, SERVER_HELLO);
    dtls_wire_record(&wire, RECORD_ALERT, 0, hex("0230"));
    send(&l, CLIENT);
    is_int(l.seen.alert, 48, "which one");
    is_int(l.seen.alert_side, TLS_CLIENT, "whose");
    dtls_wire_record(&wire, RECORD_ALERT, 0, hex("023000"));
    send(&l, CLIENT);
    is_int(l.seen.counts[TLS_EVENT_ALERT], 1, "one of another length is none");
}

static void media_counts_after_the_handshake(void)
{
    struct datagram d = {CLIENT, hex("80"), 5};
    struct line l;

    begin(&l, SERVER_HELLO);
    dtls_conn_note_media(&l.conn, &d);
    ok(!l.conn.directions[CLIENT].media_ns, "media before Finished says nothing");
    record(&l, CLIENT, RECORD_HANDSHAKE, 1, 48);
    dtls_conn_note_media(&l.conn, &d);
    is_int(l.conn.directions[CLIENT].media_ns, 5, "afterwards it does");
}

static void damage_is_left_out(void)
{
    struct line l;

    begin(&l, SERVER_HELLO);
    dtls_wire_record(&wire, RECORD_HANDSHAKE, 0,
                     hex("0b 000004 0002 000000 000005 0102030405"));
    send(&l, SERVER);
    is_int(l.tls.stats.malformed_messages, 1, "a fragment beyond its message is counted");
    line_init(&l);
    message(&l, CLIENT, HANDSHAKE_CLIENT_HELLO, 0, "fefd00");
    is_int(l.seen.counts[TLS_EVENT_CLIENT_HELLO], 0, "a damaged hello is not told");
}

int main(void)
{
    hellos_are_told();
    the_server_alone_tells_who_is_who();
    only_hellos_begin();
    fragments_in_any_order_give_the_same_messages();
    ceilings_hold();
    protected_records_tell_what_they_may();
    dtls13_tells_by_epoch_and_length();
    resumption_is_the_server_that_changes_first();
    alerts_in_the_clear_are_told();
    media_counts_after_the_handshake();
    damage_is_left_out();
    return done_testing();
}
