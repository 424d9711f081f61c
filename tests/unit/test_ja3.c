#include "tap.h"

#include "fingerprint/ja3.h"
#include "hellos.h"
#include "tls/handshake.h"
#include "wire.h"

static const char *ja3_of_message(const char *digits)
{
    static char out[JA3_TEXT_MAX];
    struct span flight = hex(digits);
    struct client_hello hello;
    struct handshake message;

    if (handshake_next(&flight, &message) != READY ||
        !client_hello_parse(HELLO_TLS, message.body, &hello))
        return NULL;
    ja3_of_client(&hello, out);
    return out;
}

/* Expected values: Wireshark's, of the same bytes. */
static void real_hellos_have_their_ja3(void)
{
    is_text(ja3_of_message(HELLO_OPENSSL_TLS13), "5a1edc7f170af1014fc65c994878e63c",
            "OpenSSL with TLS 1.3");
    is_text(ja3_of_message(HELLO_OPENSSL_TLS12), "871a754af286dfb70c1b53c6887c62e0",
            "OpenSSL with TLS 1.2");
    is_text(ja3_of_message(HELLO_GO), "3fed133de60c35724739b913924b6c24", "Go");
}

/* The two examples of the definition, as text:
 * 769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0
 * 769,4-5-10-9-100-98-3-6-19-18-99,,, */
static void the_examples_of_the_definition_come_out(void)
{
    struct client_hello first = {
        .legacy_version = 769,
        .ciphers = hex("002f0035000500 0ac009c00ac013c0140032003800130004"),
        .extensions = hex("00000000 000a0000 000b0000"),
        .supported_groups = hex("0017 0018 0019"),
        .point_formats = hex("00")};
    struct client_hello second = {.legacy_version = 769,
                                  .ciphers =
                                      hex("00040005000a00090064006200030006001300120063")};
    char out[JA3_TEXT_MAX];

    ja3_of_client(&first, out);
    is_text(out, "ada70206e40642a3e4461f35503241d5", "the first example");
    ja3_of_client(&second, out);
    is_text(out, "de350869b8c85de67a350c8d186f11e6", "the example without extensions");
}

static void grease_does_not_change_ja3(void)
{
    struct client_hello plain = {.legacy_version = 771,
                                 .ciphers = hex("1301 1302"),
                                 .extensions = hex("000a 0000 000b 0000"),
                                 .supported_groups = hex("001d"),
                                 .point_formats = hex("00")};
    struct client_hello greased = plain;
    char one[JA3_TEXT_MAX], two[JA3_TEXT_MAX];

    greased.ciphers = hex("4a4a 1301 8a8a 1302");
    greased.extensions = hex("2a2a 0000 000a 0000 000b 0000 3a3a 0001 00");
    greased.supported_groups = hex("9a9a 001d");
    ja3_of_client(&plain, one);
    ja3_of_client(&greased, two);
    is_text(two, one, "GREASE anywhere leaves JA3 as it is");
}

/* MD5 of "769,53-65664,,,". */
static void ssl2_suites_are_wide_numbers(void)
{
    struct client_hello hello = {
        .kind = HELLO_SSL2, .legacy_version = 769, .ciphers = hex("000035 010080")};
    char out[JA3_TEXT_MAX];

    ja3_of_client(&hello, out);
    is_text(out, "5feb826eb6e7d484d85f1f95d62d0116",
            "a hello of SSL 2 has a JA3 over its suites of three bytes");
}

/* MD5 of "769,47,65281-0-11-35-5-16" and "771,49199,". */
static void servers_have_their_ja3s(void)
{
    struct server_hello full = {
        .legacy_version = 769,
        .cipher = 47,
        .extensions = hex("ff010000 00000000 000b0000 00230000 00050000 00100000")};
    struct server_hello bare = {.legacy_version = 771, .version = 771, .cipher = 0xc02f};
    char out[JA3_TEXT_MAX];

    ja3_of_server(&full, out);
    is_text(out, "836ce314215654b5b1f85f97c73e506f", "extensions keep their order");
    ja3_of_server(&bare, out);
    is_text(out, "174e7e4992a63f6d419626d97363adb8", "no extensions leave an empty field");
}

/* As many suites as a hello can hold, 6 characters each: longer than any buffer. */
static void the_largest_hello_is_no_matter(void)
{
    static struct wire w;
    struct client_hello hello = {.legacy_version = 771};
    char out[JA3_TEXT_MAX];

    for (unsigned int i = 0; i < 32767; i++)
        wire_u16(&w, 0xc02f);
    hello.ciphers = exact(wire_done(&w));
    ja3_of_client(&hello, out);
    is_text(out, "d51e6c493411f792fcdfae6e6329d03e",
            "32767 suites have the JA3 of all of them");
}

int main(void)
{
    real_hellos_have_their_ja3();
    the_examples_of_the_definition_come_out();
    grease_does_not_change_ja3();
    ssl2_suites_are_wide_numbers();
    servers_have_their_ja3s();
    the_largest_hello_is_no_matter();
    return done_testing();
}
