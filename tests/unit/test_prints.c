/* Fingerprints that are remembered are those that would be made. */
#include "tap.h"

#include "fingerprint/prints.h"
#include "hellos.h"
#include "tls/handshake.h"

static const char *const hellos[] = {HELLO_OPENSSL_TLS13, HELLO_OPENSSL_TLS12, HELLO_GO};

#define HELLOS (sizeof(hellos) / sizeof(hellos[0]))

static struct client_hello hello_number(size_t i)
{
    struct span message = hex(hellos[i]);
    struct client_hello hello = {.kind = HELLO_TLS};
    struct handshake handshake;

    ok(handshake_next(&message, &handshake) == READY &&
           client_hello_parse(HELLO_TLS, handshake.body, &hello),
       "hello %zu is read", i);
    return hello;
}

static void remembered_equals_made(size_t entries)
{
    struct err why;
    struct prints *p = prints_new(entries, 7, &why);

    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < HELLOS; i++) {
            struct client_hello hello = hello_number(i);
            struct client_prints got;
            char ja3[JA3_TEXT_MAX], ja4[JA4_TEXT_MAX], key[APP_KEY_TEXT_MAX];

            ja3_of_client(&hello, ja3);
            ja4_of_client(&hello, JA4_TCP, ja4);
            app_key_of_client(&hello, key);
            prints_of_client(p, &hello, JA4_TCP, &got);
            is_text(got.ja3, ja3, "JA3 of hello %zu, round %zu", i, round);
            is_text(got.ja4, ja4, "JA4 of hello %zu, round %zu", i, round);
            is_text(got.app_key, key, "app key of hello %zu, round %zu", i, round);
        }
    }
    is_int(prints_stats(p)->client_hits, entries ? 2 * HELLOS : 0,
           "with %zu entries later rounds %s", entries, entries ? "hit" : "are made anew");
    prints_free(p);
}

/* Each field that a fingerprint depends on makes another value. */
static void what_differs_is_not_mixed_up(void)
{
    struct err why;
    struct prints *p = prints_new(64, 7, &why);
    struct client_hello hello = hello_number(0), other = hello;
    struct client_prints first, second;

    prints_of_client(p, &hello, JA4_TCP, &first);
    ok(span_skip(&other.alpn, 3), "the first ALPN name goes");
    prints_of_client(p, &other, JA4_TCP, &second);
    ok(strcmp(first.ja4, second.ja4) != 0, "another ALPN list has another JA4");
    prints_of_client(p, &hello, JA4_QUIC, &second);
    ok(second.ja4[0] == 'q' && first.ja4[0] == 't', "another transport has another JA4");
    other = hello;
    other.ciphers = span_first(hello.ciphers, 4);
    prints_of_client(p, &other, JA4_TCP, &second);
    ok(strcmp(first.ja3, second.ja3) != 0, "other suites have another JA3");
    other = hello;
    other.legacy_version = 0x0302;
    prints_of_client(p, &other, JA4_TCP, &second);
    ok(strcmp(first.ja3, second.ja3) != 0, "another version has another JA3");
    is_int(prints_stats(p)->client_hits, 0, "none of them hit another's entry");
    prints_free(p);
}

/* More values than entries: old ones go, the answers stay right. */
static void a_full_cache_stays_right(void)
{
    struct err why;
    struct prints *p = prints_new(4, 7, &why);
    struct server_hello hello = {.legacy_version = 0x0303};
    unsigned wrong = 0;

    for (unsigned round = 0; round < 3; round++) {
        for (unsigned cipher = 0; cipher < 500; cipher++) {
            char got[JA3_TEXT_MAX], want[JA3_TEXT_MAX];

            hello.cipher = (uint16_t)cipher;
            ja3_of_server(&hello, want);
            prints_of_server(p, &hello, got);
            wrong += strcmp(got, want) != 0;
        }
    }
    is_int(wrong, 0, "1,500 server hellos of 500 kinds through 4 entries");
    prints_free(p);
}

int main(void)
{
    remembered_equals_made(64);
    remembered_equals_made(0);
    what_differs_is_not_mixed_up();
    a_full_cache_stays_right();
    return done_testing();
}
