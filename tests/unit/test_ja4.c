#include "tap.h"

#include "fingerprint/ja4.h"
#include "hellos.h"
#include "tls/handshake.h"
#include "wire.h"

/* The parts of a hello that the tests vary; NULL leaves a part out. */
struct parts {
    unsigned int version;
    const char *ciphers;
    const char *extensions; /* all of them, as on the wire */
};

static struct span body_of(const struct parts *parts)
{
    static struct wire w;
    size_t place;

    w.len = 0;
    wire_u16(&w, parts->version);
    wire_fill(&w, 0x55, 32);
    wire_u8(&w, 0);
    place = wire_open(&w, 2);
    wire_span(&w, hex(parts->ciphers));
    wire_close(&w, place, 2);
    wire_u16(&w, 0x0100);
    if (parts->extensions) {
        place = wire_open(&w, 2);
        wire_span(&w, hex(parts->extensions));
        wire_close(&w, place, 2);
    }
    return exact(wire_done(&w));
}

static const char *ja4_of_parts(const struct parts *parts)
{
    static char out[JA4_TEXT_MAX];
    struct client_hello hello;

    if (!client_hello_parse(HELLO_TLS, body_of(parts), &hello))
        return NULL;
    ja4_of_client(&hello, JA4_TCP, out);
    return out;
}

static const char *app_key_of_parts(const struct parts *parts)
{
    static char out[2][APP_KEY_TEXT_MAX];
    static int turn;
    struct client_hello hello;

    if (!client_hello_parse(HELLO_TLS, body_of(parts), &hello))
        return NULL;
    turn = !turn;
    app_key_of_client(&hello, out[turn]);
    return out[turn];
}

static const char *ja4_of_message(const char *digits, enum ja4_transport transport)
{
    static char out[JA4_TEXT_MAX];
    struct span flight = hex(digits);
    struct client_hello hello;
    struct handshake message;

    if (handshake_next(&flight, &message) != READY ||
        !client_hello_parse(HELLO_TLS, message.body, &hello))
        return NULL;
    ja4_of_client(&hello, transport, out);
    return out;
}

/* The worked example of FoxIO's technical description. */
static void the_published_example_comes_out(void)
{
    struct parts chrome = {
        .version = 0x0303,
        .ciphers = "3a3a 1301 1302 1303 c02b c02f c02c c030 cca9 cca8 c013 c014 009c 009d "
                   "002f 0035",
        .extensions =
            "1a1a 0000 001b 0000 0000 0006 0004 00 0001 61 0033 0000"
            "0010 0005 0003 026832 4469 0000 0017 0000 002d 0000 000d 0012 0010"
            "0403 0804 0401 0503 0805 0501 0806 0601 0005 0000 0023 0000 0012 0000"
            "002b 0007 06 baba 0304 0303 ff01 0000 000b 0000 000a 0000 0015 0000"
            "fafa 0001 00",
    };

    is_text(ja4_of_parts(&chrome), "t13d1516h2_8daaf6152771_e5627efa2ab1",
            "the published JA4 of Chrome");
}

static void real_hellos_have_their_ja4(void)
{
    is_text(ja4_of_message(HELLO_GO, JA4_TCP), "t13d1910h2_9dc949149365_97f8aa674fd9",
            "Go");
    is_text(ja4_of_message(HELLO_OPENSSL_TLS13, JA4_TCP),
            "t13d3111h2_e8f1e7e78f70_1f22a2ca17c4", "OpenSSL with TLS 1.3");
    is_text(ja4_of_message(HELLO_OPENSSL_TLS12, JA4_TCP),
            "t12d280700_d943125447b4_e7e480e5a997", "OpenSSL with TLS 1.2");
    is_text(ja4_of_message(HELLO_GO, JA4_QUIC), "q13d1910h2_9dc949149365_97f8aa674fd9",
            "QUIC has a letter of its own");
    is_text(ja4_of_message(HELLO_GO, JA4_DTLS), "d13d1910h2_9dc949149365_97f8aa674fd9",
            "and so has DTLS");
}

/* The two characters after the counts, by the name offered first. */
static void protocols_show_first_and_last(void)
{
    static const struct {
        const char *extension, *want;
    } cases[] = {
        {"0010 0005 0003 02 6832", "h2"},
        {"0010 000b 0009 08 687474702f312e31", "h1"},
        {"0010 0004 0002 01 61", "aa"},
        {"0010 0005 0003 02 4a39", "J9"},
        {"0010 0004 0002 01 ab", "ab"},
        {"0010 0005 0003 02 abcd", "ad"},
        {"0010 0005 0003 02 30ab", "3b"},
        {"0010 0007 0005 04 3031abcd", "3d"},
        {"0010 0007 0005 04 30abcd31", "01"},
        {"0010 0003 0001 00", "00"},
        {"0010 0002 0000", "00"},
        {"0010 0000", "00"},
        {"0010 0004 0003 02 68", "00"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct parts parts = {0x0303, "1301", cases[i].extension};
        const char *ja4 = ja4_of_parts(&parts);

        ok(ja4 && strncmp(ja4 + 8, cases[i].want, 2) == 0, "ALPN %s gives %s, here %s",
           cases[i].extension, cases[i].want, ja4);
    }
}

/* SHA-256 of "002f" and of "000a,000b". */
static void missing_parts_have_their_form(void)
{
    struct parts bare = {0x0301, "002f", NULL};
    struct parts empty = {0x0303, "", ""};
    struct parts names_only = {0x0303, "002f", "0000 0000 0010 0000"};
    struct parts unsigned_hello = {0x0302, "002f", "000b 0000 000a 0000"};
    struct parts ssl3 = {0x0300, "002f", "0000 0002 0000"};

    is_text(ja4_of_parts(&bare), "t10i010000_ba72b8082249_000000000000",
            "no extensions are zeros");
    is_text(ja4_of_parts(&empty), "t12i000000_000000000000_000000000000",
            "no cipher suites are zeros");
    is_text(ja4_of_parts(&names_only), "t12d010200_ba72b8082249_000000000000",
            "server name and ALPN are counted, not hashed");
    is_text(ja4_of_parts(&unsigned_hello), "t11i010200_ba72b8082249_33a13ba74d1c",
            "without signature algorithms no underscore ends the list");
    is_text(ja4_of_parts(&ssl3), "ts3d010100_ba72b8082249_000000000000",
            "an empty list of names is a server name extension, and SSL 3 is s3");
}

static void the_highest_number_is_the_version(void)
{
    struct parts draft = {0x0303, "1301", "002b 0007 06 0304 7f1c 0303"};
    struct parts older = {0x0303, "1301", "002b 0005 04 0302 0a0a"};
    struct parts none = {0x0303, "1301", "002b 0003 02 fafa"};
    struct parts unknown = {0x0305, "1301", NULL};

    ok(strncmp(ja4_of_parts(&draft), "t00", 3) == 0, "a draft on top gives 00");
    ok(strncmp(ja4_of_parts(&older), "t11", 3) == 0, "the list outranks the version field");
    ok(strncmp(ja4_of_parts(&none), "t12", 3) == 0, "a list of GREASE alone does not");
    ok(strncmp(ja4_of_parts(&unknown), "t00", 3) == 0, "an unknown version gives 00");
}

static void counts_end_at_99(void)
{
    static struct wire w;
    struct client_hello hello = {.legacy_version = 0x0303};
    char out[JA4_TEXT_MAX];

    for (unsigned int i = 0; i < 120; i++)
        wire_u16(&w, 0xc000 + i);
    hello.ciphers = wire_done(&w);
    ja4_of_client(&hello, JA4_TCP, out);
    ok(strncmp(out, "t12i990000_", 11) == 0, "120 suites are counted as 99");
    for (unsigned int i = 120; i < 32767; i++)
        wire_u16(&w, 0x0b0b);
    hello.ciphers = exact(wire_done(&w));
    ja4_of_client(&hello, JA4_TCP, out);
    is_int(strlen(out), JA4_TEXT_MAX - 1,
           "the largest hello has a JA4 of the usual length");
}

/* What one program changes from connection to connection. */
static void app_keys_outlive_what_changes(void)
{
    struct parts plain = {0x0303, "1301 1302",
                          "0000 0006 0004 00 0001 61 000a 0004 0002 001d 002b 0003 02 0304"
                          "000d 0004 0002 0403 0010 0005 0003 02 6832"};
    struct parts other = {
        0x0303, "2a2a 1302 1301",
        "4a4a 0000 0010 0005 0003 02 6832 000d 0004 0002 0403 fe0d 0000"
        "002b 0005 04 8a8a 0304 000a 0006 0004 3a3a 001d 002a 0000 002c 0000"
        "0015 0002 0000 7a7a 0001 00 0029 0001 00"};
    const char *key = app_key_of_parts(&plain);

    is_int(strlen(key), APP_KEY_TEXT_MAX - 1, "an app key has 16 digits");
    is_text(app_key_of_parts(&other), key,
            "GREASE, order, server name, padding, resumption and ECH leave it as it is");
}

static void app_keys_tell_programs_apart(void)
{
    static const char extensions[] =
        "000a 0004 0002 001d 000d 0004 0002 0403 0010 0005 0003 02 6832";
    static const struct parts others[] = {
        {0x0303, "1301", extensions},
        {0x0302, "1301 1302", extensions},
        {0x0303, "1301 1302",
         "000a 0004 0002 0018 000d 0004 0002 0403 0010 0005 0003 02 6832"},
        {0x0303, "1301 1302",
         "000a 0004 0002 001d 000d 0004 0002 0503 0010 0005 0003 02 6832"},
        {0x0303, "1301 1302",
         "000a 0004 0002 001d 000d 0004 0002 0403 0010 0005 0003 02 6833"},
        {0x0303, "1301 1302", "000a 0004 0002 001d 000d 0004 0002 0403"},
        {0x0303, "1301 1302", NULL},
    };
    struct parts one = {0x0303, "1301 1302", extensions};

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        ok(strcmp(app_key_of_parts(&one), app_key_of_parts(&others[i])) != 0,
           "program %zu has another app key", i);
}

int main(void)
{
    the_published_example_comes_out();
    real_hellos_have_their_ja4();
    protocols_show_first_and_last();
    missing_parts_have_their_form();
    the_highest_number_is_the_version();
    counts_end_at_99();
    app_keys_outlive_what_changes();
    app_keys_tell_programs_apart();
    return done_testing();
}
