#include "tap.h"

#include "hellos.h"
#include "tls/handshake.h"
#include "tls/hello.h"
#include "wire.h"

#define RANDOM "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define RETRY "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"

static struct span body_of(const char *message)
{
    struct span flight = hex(message);
    struct handshake handshake;

    return handshake_next(&flight, &handshake) == READY ? handshake.body : flight;
}

static void a_real_client_hello_is_read(void)
{
    struct client_hello hello;

    ok(client_hello_parse(HELLO_TLS, body_of(HELLO_OPENSSL_TLS13), &hello),
       "OpenSSL's hello is read");
    is_int(hello.legacy_version, VERSION_TLS12, "its version field");
    is_int(client_hello_version(&hello), VERSION_TLS13, "the highest version it offers");
    is_int(hello.random.len, 32, "its random");
    is_int(hello.session_id.len, 32, "its session id");
    is_int(hello.ciphers.len, 62, "its cipher suites");
    is_span(hello.compression, hex("00"), "its compression methods");
    ok(hello.has_extensions, "it has extensions");
    is_span(hello.server_name, span_of_text("www.example.org"), "its server name");
    is_span(hello.alpn, hex("026832 08687474702f312e31"), "its protocols");
    is_span(hello.supported_versions, hex("0304030303020301"), "its versions");
    is_int(hello.supported_groups.len, 20, "its groups");
    is_span(hello.point_formats, hex("000102"), "its point formats");
    is_int(hello.signature_algorithms.len, 40, "its signature algorithms");
    is_int(hello.key_shares.len, 36, "its key shares");
    ok(!hello.has_session_ticket && !hello.has_psk && !hello.has_early_data &&
           !hello.has_ech && !hello.has_cookie,
       "it resumes nothing and hides nothing");
}

static void every_truncation_is_refused(void)
{
    struct span whole = body_of(HELLO_OPENSSL_TLS13);
    struct client_hello hello = {.legacy_version = 77};
    bool refused = true;

    for (size_t n = 0; n < whole.len; n++) {
        /* Without its extensions block a hello is whole: SSL 3 knew none. */
        bool is_whole = n == 133;

        if (client_hello_parse(HELLO_TLS, exact(span_first(whole, n)), &hello) != is_whole)
            refused = false;
        if (is_whole)
            hello.legacy_version = 77;
    }
    ok(refused,
       "each truncation of a hello is refused, but for the end before the extensions");
    is_int(hello.legacy_version, 77, "a refused hello leaves the result alone");
}

static struct span client_hello_with(struct wire *w, const char *extensions)
{
    w->len = 0;
    wire_span(w, hex("0303" RANDOM "00 0002 1301 01 00"));
    if (extensions) {
        size_t place = wire_open(w, 2);

        wire_span(w, hex(extensions));
        wire_close(w, place, 2);
    }
    return exact(wire_done(w));
}

static void broken_framing_is_refused(void)
{
    static struct wire w;
    struct client_hello hello;

    ok(client_hello_parse(HELLO_TLS, client_hello_with(&w, NULL), &hello),
       "a hello without extensions is whole");
    ok(!hello.has_extensions, "and is known to have none");
    ok(client_hello_parse(HELLO_TLS, client_hello_with(&w, ""), &hello) &&
           hello.has_extensions,
       "an empty block of extensions is there");
    ok(!client_hello_parse(HELLO_TLS, client_hello_with(&w, "0000"), &hello),
       "an extension cut short is refused");
    ok(!client_hello_parse(HELLO_TLS, client_hello_with(&w, "0000 0002 00"), &hello),
       "an extension that reaches behind the block is refused");
    ok(!client_hello_parse(HELLO_TLS, hex("0303" RANDOM "00 0002 1301 01 00 0000 00"),
                           &hello),
       "a byte behind the extensions is refused");
    ok(!client_hello_parse(HELLO_TLS, hex("0303" RANDOM "00 0003 130113 01 00"), &hello),
       "half a cipher suite is refused");
    w.len = 0;
    wire_span(&w, hex("0303" RANDOM "21"));
    wire_fill(&w, 0, 33);
    wire_span(&w, hex("0002 1301 01 00"));
    ok(!client_hello_parse(HELLO_TLS, exact(wire_done(&w)), &hello),
       "a session id of more than 32 bytes is refused");
}

static void odd_extensions_leave_their_value_empty(void)
{
    static struct wire w;
    struct client_hello hello;

    ok(client_hello_parse(HELLO_TLS,
                          client_hello_with(&w, "0000 0002 0000"
                                                "0010 0005 0003 05 6832"
                                                "002b 0004 03 030403"
                                                "000a 0003 0001 00"
                                                "000b 0001 05"
                                                "0033 0006 0004 001d 0020"
                                                "eeee 0001 00"),
                          &hello),
       "a hello with malformed bodies of known extensions is read");
    ok(span_empty(hello.server_name), "an empty list of names gives no name");
    ok(span_empty(hello.alpn), "a protocol cut short gives no protocols");
    ok(span_empty(hello.supported_versions), "half a version gives no versions");
    ok(span_empty(hello.supported_groups), "half a group gives no groups");
    ok(span_empty(hello.point_formats), "formats cut short give none");
    ok(span_empty(hello.key_shares), "a share cut short gives none");
    is_int(client_hello_version(&hello), VERSION_TLS12,
           "the version field is what remains");
}

static void the_first_of_two_extensions_counts(void)
{
    static struct wire w;
    struct client_hello hello;

    ok(client_hello_parse(HELLO_TLS,
                          client_hello_with(&w, "0000 0006 0004 00 0001 61"
                                                "0000 0006 0004 00 0001 62"),
                          &hello),
       "a hello with two server names is read");
    is_span(hello.server_name, span_of_text("a"), "the first one counts");
    is_int(hello.extensions.len, 20, "both are kept for fingerprints");
    ok(client_hello_parse(
           HELLO_TLS,
           client_hello_with(&w, "0000 000e 000c 07 0001 78 00 0001 61 00 0001 62"),
           &hello),
       "a name of unknown kind is passed over");
    is_span(hello.server_name, span_of_text("a"), "and the first host name taken");
}

static void resumption_and_ech_are_seen(void)
{
    static struct wire w;
    struct client_hello hello;

    ok(client_hello_parse(HELLO_TLS,
                          client_hello_with(&w,
                                            "0023 0001 aa 0029 0001 00 002a 0000 002c 0000"
                                            "fe0d 0006 00 0001 0001 7b"),
                          &hello),
       "a hello that resumes behind ECH is read");
    ok(hello.has_session_ticket, "it carries a ticket");
    ok(hello.has_psk, "it offers a pre-shared key");
    ok(hello.has_early_data, "it announces early data");
    ok(hello.has_cookie, "it returns a cookie");
    ok(hello.has_ech && hello.ech_outer, "it is an outer hello of ECH");
    is_int(hello.ech_config_id, 0x7b, "under this configuration");
    ok(client_hello_parse(HELLO_TLS, client_hello_with(&w, "fe0d 0001 01 0023 0000"),
                          &hello),
       "a hello with an inner ECH is read");
    ok(hello.has_ech && !hello.ech_outer, "it is an inner one");
    ok(!hello.has_session_ticket, "an empty ticket is none");
}

static void grease_is_no_version(void)
{
    static struct wire w;
    struct client_hello hello;

    ok(client_hello_parse(HELLO_TLS, client_hello_with(&w, "002b 0007 06 fafa 0303 7f17"),
                          &hello),
       "a hello that offers a draft is read");
    is_int(client_hello_version(&hello), 0x7f17, "the draft is the version, not GREASE");
    ok(hello_is_grease(0x0a0a) && hello_is_grease(0xfafa), "GREASE is known");
    ok(!hello_is_grease(0x0a1a) && !hello_is_grease(0x0b0b), "its likeness is not");
}

static void dtls_has_a_cookie(void)
{
    struct client_hello hello;

    ok(client_hello_parse(HELLO_DTLS,
                          hex("fefd" RANDOM "00 02 abcd 0002 c02b 01 00"
                              "0009 002b 0005 04 fefd fefc"),
                          &hello),
       "a hello of DTLS is read");
    ok(hello.has_cookie, "its cookie is seen");
    is_int(client_hello_version(&hello), VERSION_DTLS13,
           "its highest version is the lowest number");
    ok(client_hello_parse(HELLO_DTLS, hex("fefd" RANDOM "00 00 0002 c02b 01 00"), &hello) &&
           !hello.has_cookie,
       "an empty cookie is none");
}

static void a_hello_of_ssl2_is_read(void)
{
    struct span whole = hex("01 0301 0006 0000 0010 000035 010080"
                            "000102030405060708090a0b0c0d0e0f");
    struct client_hello hello;
    bool refused = true;

    ok(client_hello_parse(HELLO_SSL2, whole, &hello), "an SSL 2 hello is read");
    is_int(client_hello_version(&hello), VERSION_TLS10, "its version");
    is_span(hello.ciphers, hex("000035 010080"), "its suites, three bytes each");
    is_int(hello.random.len, 16, "its challenge");
    ok(!hello.has_extensions, "it has no extensions");
    for (size_t n = 0; n < whole.len; n++)
        refused =
            refused && !client_hello_parse(HELLO_SSL2, exact(span_first(whole, n)), &hello);
    ok(refused, "each truncation of it is refused");
    ok(!client_hello_parse(HELLO_SSL2, hex("02 0301 0003 0000 0000 000035"), &hello),
       "another message is refused");
    ok(!client_hello_parse(HELLO_SSL2, hex("01 0301 0004 0000 0000 00003500"), &hello),
       "half a suite is refused");
    ok(!client_hello_parse(HELLO_SSL2, hex("01 0301 0000 0000 0000"), &hello),
       "a hello without suites is refused");
}

static void server_hellos_are_read(void)
{
    struct server_hello hello;

    ok(server_hello_parse(hex("0303" RANDOM "01 aa c02f 00"
                              "0012 ff01 0001 00 0010 0005 0003 02 6832 0023 0000"),
                          &hello),
       "a ServerHello of TLS 1.2 is read");
    is_int(hello.version, VERSION_TLS12, "its version");
    is_int(hello.cipher, 0xc02f, "its cipher suite");
    is_span(hello.session_id, hex("aa"), "its session id");
    is_span(hello.alpn, span_of_text("h2"), "its protocol");
    ok(hello.has_session_ticket && !hello.has_psk && !hello.hello_retry,
       "a ticket will follow");
    ok(server_hello_parse(hex("0300" RANDOM "00 0005 00"), &hello), "one of SSL 3 is read");
    is_int(hello.version, VERSION_SSL3, "its version");
    ok(!hello.has_extensions, "it has no extensions");
    ok(server_hello_parse(
           hex("0303" RANDOM "00 1301 00"
               "0017 0033 0007 001d 0003 010203 002b 0002 0304 0029 0002 0000"),
           &hello),
       "one of TLS 1.3 is read");
    is_int(hello.legacy_version, VERSION_TLS12, "its version field");
    is_int(hello.version, VERSION_TLS13, "its version");
    is_int(hello.group, 29, "its group");
    ok(hello.has_psk, "it resumes");
}

static void a_hello_retry_request_is_known(void)
{
    struct server_hello hello;

    ok(server_hello_parse(hex("0303" RETRY "00 1301 00 000c 002b 0002 0304 0033 0002 0018"),
                          &hello),
       "a HelloRetryRequest is read");
    ok(hello.hello_retry, "and known by its random");
    is_int(hello.group, 24, "the group it wants");
}

static void drafts_have_no_session_id(void)
{
    struct server_hello hello;

    ok(server_hello_parse(hex("7f12" RANDOM "1302 0006 0028 0002 001d"), &hello),
       "a ServerHello of draft 18 is read");
    is_int(hello.version, 0x7f12, "its version is the draft's number");
    is_int(hello.cipher, 0x1302, "its cipher suite");
    is_int(hello.group, 29, "its group, under the old number of key_share");
    ok(server_hello_parse(hex("0304" RANDOM "c02b 0000"), &hello), "so is one of draft 14");
    is_int(hello.cipher, 0xc02b, "its cipher suite");
}

static void odd_server_hellos(void)
{
    struct span whole = hex("0303" RANDOM "00 1301 00 0006 002b 0002 0304");
    struct server_hello hello;
    bool refused = true;

    for (size_t n = 0; n < whole.len; n++) {
        bool is_whole = n == 38; /* before the extensions */

        refused =
            refused && server_hello_parse(exact(span_first(whole, n)), &hello) == is_whole;
    }
    ok(refused, "each truncation of a ServerHello is refused, but before the extensions");
    ok(server_hello_parse(hex("0303" RANDOM "00 c02f 00"
                              "001f 0010 0006 0004 0161 0162 002b 0001 03"
                              "0033 0004 001d 0003 0023 0000 0017 0000"),
                          &hello),
       "malformed bodies of its extensions are passed over");
    ok(span_empty(hello.alpn), "two protocols are no choice");
    is_int(hello.version, VERSION_TLS12, "half a version is none");
    is_int(hello.group, 0, "a share cut short is none");
}

int main(void)
{
    a_real_client_hello_is_read();
    every_truncation_is_refused();
    broken_framing_is_refused();
    odd_extensions_leave_their_value_empty();
    the_first_of_two_extensions_counts();
    resumption_and_ech_are_seen();
    grease_is_no_version();
    dtls_has_a_cookie();
    a_hello_of_ssl2_is_read();
    server_hellos_are_read();
    a_hello_retry_request_is_known();
    drafts_have_no_session_id();
    odd_server_hellos();
    return done_testing();
}
