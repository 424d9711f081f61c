#include "tap.h"

#include <stdio.h>
#include <stdlib.h>

#include "hellos.h"
#include "tls/conn.h"
#include "wire.h"

enum { CLIENT, SERVER };

/* What was told, as words: "hello" "server 1.3" "certificate 6" "record 22:40" "alert 48" ... */
struct heard {
    struct tls_conn conn;
    struct tls_context context;
    char text[4096];
    bool with_records;
};

static void note(struct heard *h, const char *word, unsigned number)
{
    size_t len = strlen(h->text);

    (void)snprintf(h->text + len, sizeof(h->text) - len, "%s%s%u", len ? " " : "", word,
                   number);
}

static void on_event(void *ctx, const struct tls_event *e)
{
    struct heard *h = ctx;
    bool client = e->side == TLS_CLIENT;

    switch (e->kind) {
    case TLS_EVENT_CLIENT_HELLO:
        note(h, "hello", (unsigned)e->client_hello->server_name.len);
        break;
    case TLS_EVENT_HELLO_RETRY:
        note(h, "retry", e->server_hello ? e->server_hello->group : 0);
        break;
    case TLS_EVENT_SERVER_HELLO:
        note(h, "server", e->server_hello->version & 0xffu);
        break;
    case TLS_EVENT_CERTIFICATE:
        note(h, client ? "client-certificate" : "certificate", (unsigned)e->message.len);
        break;
    case TLS_EVENT_CERTIFICATE_REQUEST:
        note(h, "request", 0);
        break;
    case TLS_EVENT_SERVER_HELLO_DONE:
        note(h, "done", 0);
        break;
    case TLS_EVENT_RESUMED:
        note(h, "resumed", 0);
        break;
    case TLS_EVENT_RECORD:
        if (h->with_records)
            note(h, e->encrypted ? "sealed" : "open", e->record.type);
        break;
    case TLS_EVENT_ALERT:
        note(h, client ? "alert" : "server-alert", e->alert_description);
        break;
    case TLS_EVENT_LOST:
        note(h, e->truncated ? "cut" : "lost", client ? CLIENT : SERVER);
        break;
    case TLS_EVENT_MESSAGE_LOST:
        note(h, e->truncated ? "message-cut" : "message-lost", client ? CLIENT : SERVER);
        break;
    }
}

static void begin(struct heard *h)
{
    *h = (struct heard){.context.budget.most_bytes = 1u << 20};
    tls_conn_begin(&h->conn, CLIENT, false, false);
}

static void push_chunk(struct heard *h, int side, struct chunk chunk)
{
    const struct tls_listener listener = {on_event, h};

    tls_conn_push(&h->conn, &h->context, side, &chunk, &listener);
}

static void push(struct heard *h, int side, struct span bytes)
{
    push_chunk(h, side, (struct chunk){.bytes = bytes, .time_ns = 1});
}

/* The connection gives back all it took. */
static void end(struct heard *h)
{
    tls_conn_clear(&h->conn, &h->context);
    is_int(h->context.budget.bytes, 0, "nothing is kept");
}

static void put_record(struct wire *w, unsigned type, struct span body)
{
    wire_u8(w, type);
    wire_u16(w, 0x0303);
    wire_u16(w, (unsigned)body.len);
    wire_span(w, body);
}

static struct span client_hello(void)
{
    static struct wire w;

    w.len = 0;
    put_record(&w, RECORD_HANDSHAKE, hex(HELLO_GO));
    return wire_done(&w);
}

/* ServerHello without a session id, of a version up to 1.2 or (supported_versions) of 1.3. */
static void put_server_hello(struct wire *w, bool tls13, bool retry)
{
    size_t message, extensions;

    wire_u8(w, HANDSHAKE_SERVER_HELLO);
    message = wire_open(w, 3);
    wire_u16(w, 0x0303);
    if (retry) /* RFC 8446 4.1.3 */
        wire_span(w,
                  hex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"));
    else
        wire_fill(w, 0x5a, 32);
    wire_u8(w, 0);
    wire_u16(w, tls13 ? 0x1301 : 0xc02f);
    wire_u8(w, 0);
    extensions = wire_open(w, 2);
    if (tls13)
        wire_extension(w, 43, hex("0304"));
    if (retry)
        wire_extension(w, 51, hex("0018"));
    wire_close(w, extensions, 2);
    wire_close(w, message, 3);
}

static struct span server_hello(bool tls13, bool retry)
{
    static struct wire message, record;

    message.len = record.len = 0;
    put_server_hello(&message, tls13, retry);
    put_record(&record, RECORD_HANDSHAKE, wire_done(&message));
    return wire_done(&record);
}

/* Certificate (an empty list), CertificateRequest, ServerHelloDone in one record. */
#define FLIGHT_TLS12 "16 0303 0010  0b 000003 000000  0d 000001 00  0e 000000"
#define CHANGE_CIPHER_SPEC "14 0303 0001 01"

static void a_handshake_of_tls12_is_told(void)
{
    struct heard h;

    begin(&h);
    push(&h, CLIENT, client_hello());
    push(&h, SERVER, server_hello(false, false));
    push(&h, SERVER, hex(FLIGHT_TLS12));
    push(&h, CLIENT, hex("16 0303 0007 0b 000003 000000"));
    push(&h, CLIENT, hex("15 0303 0002 022a"));
    is_text(h.text,
            "hello15 server3 certificate3 request0 done0 client-certificate3 alert42",
            "in the order of the stream");
    end(&h);
}

static void what_is_protected_is_not_read(void)
{
    struct heard h;

    begin(&h);
    push(&h, CLIENT, client_hello());
    push(&h, SERVER, server_hello(false, false));
    push(&h, SERVER, hex(FLIGHT_TLS12));
    h.text[0] = '\0';
    h.with_records = true;
    push(&h, CLIENT, hex(CHANGE_CIPHER_SPEC));
    push(&h, CLIENT, hex("16 0303 0002 0101 15 0303 0002 022a 17 0303 0001 00"));
    is_text(h.text, "open20 sealed22 sealed21 sealed23",
            "behind ChangeCipherSpec headers alone count");
    end(&h);
}

static void change_cipher_spec_means_nothing_in_tls13(void)
{
    struct heard h;

    begin(&h);
    push(&h, CLIENT, client_hello());
    push(&h, CLIENT, hex(CHANGE_CIPHER_SPEC)); /* for middleboxes, with 0-RTT or a retry */
    push(&h, SERVER, server_hello(true, false));
    push(&h, SERVER, hex(CHANGE_CIPHER_SPEC));
    push(&h, CLIENT, hex(CHANGE_CIPHER_SPEC "15 0303 0002 0230"));
    is_text(h.text, "hello15 server4 alert48", "an alert in the clear is read behind it");
    end(&h);
}

static void a_server_that_goes_on_without_certificate_resumes(void)
{
    struct heard h;

    begin(&h);
    push(&h, CLIENT, client_hello());
    push(&h, SERVER, server_hello(false, false));
    push(&h, SERVER, hex(CHANGE_CIPHER_SPEC));
    is_text(h.text, "hello15 server3 resumed0", "TLS 1.2");
    end(&h);
}

static void a_retry_comes_before_the_server_hello(void)
{
    struct heard h;

    begin(&h);
    push(&h, CLIENT, client_hello());
    push(&h, SERVER, server_hello(true, true));
    push(&h, CLIENT, client_hello());
    push(&h, SERVER, server_hello(true, false));
    push(&h, SERVER, server_hello(true, false));
    is_text(h.text, "hello15 retry24 server4",
            "the first hello and the final answer, once");
    end(&h);
}

static void a_second_hello_shows_a_retry(void)
{
    struct heard h;

    begin(&h);
    push(&h, CLIENT, client_hello());
    push(&h, CLIENT, hex(CHANGE_CIPHER_SPEC));
    push(&h, CLIENT, client_hello());
    push(&h, CLIENT, client_hello());
    is_text(h.text, "hello15 retry0", "where only the client was captured, once");
    end(&h);
}

/* The talk of a handshake, cut in two at each place and read byte by byte. */
static void every_cut_tells_the_same(void)
{
    static struct wire server;
    static struct heard whole, cut;
    struct span hello = client_hello();
    bool same = true;

    server.len = 0;
    wire_span(&server, server_hello(false, false));
    wire_span(&server, hex(FLIGHT_TLS12));
    begin(&whole);
    push(&whole, CLIENT, hello);
    push(&whole, SERVER, wire_done(&server));
    for (size_t at = 0; at <= server.len; at++) {
        struct span rest = wire_done(&server);

        begin(&cut);
        for (size_t i = 0; i < hello.len; i++)
            push(&cut, CLIENT, span_of(hello.data + i, 1));
        push(&cut, SERVER, exact(span_first(rest, at)));
        if (!span_skip(&rest, at))
            abort();
        push(&cut, SERVER, exact(rest));
        same = same && strcmp(cut.text, whole.text) == 0;
        tls_conn_clear(&cut.conn, &cut.context);
        same = same && cut.context.budget.bytes == 0;
    }
    ok(same, "whole, byte by byte, and cut anywhere");
    end(&whole);
}

/* A message may be spread over records (RFC 8446 5.1). */
static void a_message_over_records_is_put_together(void)
{
    static struct wire w;
    struct span message = hex(HELLO_OPENSSL_TLS13), piece;
    struct heard h;

    begin(&h);
    w.len = 0;
    while (span_take(&message, message.len < 100 ? message.len : 100, &piece) && piece.len)
        put_record(&w, RECORD_HANDSHAKE, piece);
    push(&h, CLIENT, wire_done(&w));
    is_text(h.text, "hello15", "a hello in four records");
    end(&h);
}

static void what_does_not_fit_is_shed(void)
{
    struct heard h;

    begin(&h);
    h.context.budget.most_bytes = 2048;
    push(&h, CLIENT, client_hello());
    push(&h, SERVER, server_hello(false, false));
    push(&h, SERVER, hex("16 0303 0004 0b 003000"));
    for (int i = 0; i < 3; i++) {
        static struct wire w;

        w.len = 0;
        wire_u8(&w, RECORD_HANDSHAKE);
        wire_u16(&w, 0x0303);
        wire_u16(&w, 1000);
        wire_fill(&w, 0, 1000);
        push(&h, SERVER, wire_done(&w));
    }
    is_text(h.text, "hello15 server3 message-lost1", "told once");
    is_int(h.context.stats.shed_messages, 1, "counted");
    end(&h);
}

static void a_gap_loses_the_message_or_the_stream(void)
{
    struct heard h;

    begin(&h);
    push(&h, CLIENT, client_hello());
    push(&h, SERVER, server_hello(false, false));
    push_chunk(
        &h, SERVER,
        (struct chunk){
            .bytes = hex("16 0303 0010 0b"), .absent = 15, .gap = true, .time_ns = 1});
    push_chunk(&h, CLIENT,
               (struct chunk){.bytes = hex("16 03"), .absent = 9, .time_ns = 1});
    is_text(h.text, "hello15 server3 message-lost1 cut0",
            "a message by loss, a stream by the snap length");
    end(&h);
}

static void a_capture_may_begin_with_the_server_hello(void)
{
    struct heard h = {.context.budget.most_bytes = 1u << 20};

    tls_conn_begin(&h.conn, SERVER, true, false);
    push(&h, SERVER, server_hello(true, false));
    push(&h, CLIENT, hex("15 0303 0002 0230"));
    is_text(h.text, "server4 alert48", "the other side is the client");
    end(&h);
}

static void an_old_hello_is_read_once(void)
{
    struct heard h = {.context.budget.most_bytes = 1u << 20};

    /* SSL 2 CLIENT-HELLO of a TLS 1.0 client: one suite, 16 bytes of challenge */
    tls_conn_begin(&h.conn, CLIENT, false, true);
    push(&h, CLIENT, hex("80 1c 01 0301 0003 0000 0010 000005"));
    push(&h, CLIENT, hex("00112233445566778899aabbccddeeff 15 0301 0002 0230"));
    is_text(h.text, "hello0 alert48", "and records follow it");
    end(&h);
}

int main(void)
{
    a_handshake_of_tls12_is_told();
    what_is_protected_is_not_read();
    change_cipher_spec_means_nothing_in_tls13();
    a_server_that_goes_on_without_certificate_resumes();
    a_retry_comes_before_the_server_hello();
    a_second_hello_shows_a_retry();
    every_cut_tells_the_same();
    a_message_over_records_is_put_together();
    what_does_not_fit_is_shed();
    a_gap_loses_the_message_or_the_stream();
    a_capture_may_begin_with_the_server_hello();
    an_old_hello_is_read_once();
    return done_testing();
}
