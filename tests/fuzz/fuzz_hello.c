/*
 * A ClientHello or ServerHello. The first byte selects the kind; the rest is the body of the
 * message.
 */
#include "fingerprint/ja3.h"
#include "fingerprint/ja4.h"
#include "property.h"
#include "tls/extension.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define GROWN_MAX 262144

/* What comes and goes between connections of one program: GREASE, padding, pre_shared_key. */
static const uint8_t fleeting[] = {0x1a, 0x1a, 0, 1, 0, 0, 21, 0, 2, 0, 0, 0, 41, 0, 0};

static void check_extensions(struct span list)
{
    struct extension extension;
    size_t taken = 0;

    while (!span_empty(list)) {
        size_t before = list.len;

        must(extension_next(&list, &extension));
        must(before - list.len == 4 + extension.body.len);
        taken++;
    }
    must(taken <= 65535 / 4);
}

static void check_client_spans(const struct client_hello *h, struct span body)
{
    const struct span in_extensions[] = {
        h->server_name,      h->alpn,          h->supported_versions,
        h->supported_groups, h->point_formats, h->signature_algorithms,
        h->key_shares,
    };

    must(lies_in(h->random, body) && lies_in(h->session_id, body));
    must(lies_in(h->ciphers, body) && lies_in(h->compression, body));
    must(lies_in(h->extensions, body));
    must(h->session_id.len <= 32);
    must(h->ciphers.len % (h->kind == HELLO_SSL2 ? 3 : 2) == 0);
    must(h->supported_versions.len % 2 == 0 && h->supported_groups.len % 2 == 0);
    for (size_t i = 0; i < sizeof(in_extensions) / sizeof(in_extensions[0]); i++)
        must(lies_in(in_extensions[i], h->extensions));
    must(h->has_extensions || span_empty(h->extensions));
    must(!h->ech_outer || h->has_ech);
}

static void check_ja4(const char *ja4)
{
    must(strlen(ja4) == JA4_TEXT_MAX - 1);
    must(ja4[0] == 't' && ja4[10] == '_' && ja4[23] == '_');
    must(ja4[3] == 'd' || ja4[3] == 'i');
    for (size_t i = 4; i < 8; i++)
        must(ja4[i] >= '0' && ja4[i] <= '9');
    must(is_printable(ja4) && is_hex(ja4 + 11, 12) && is_hex(ja4 + 24, 12));
}

/* The same hello with the fleeting extensions before the others. */
static void check_app_key(const struct client_hello *hello, struct span body,
                          const char *key)
{
    static uint8_t grown[GROWN_MAX];
    size_t head = body.len - hello->extensions.len - (hello->has_extensions ? 2 : 0);
    size_t extensions = hello->extensions.len + sizeof(fleeting);
    struct client_hello other;
    char other_key[APP_KEY_TEXT_MAX];

    if (hello->kind == HELLO_SSL2 || extensions > 65535 ||
        head + 2 + extensions > GROWN_MAX)
        return;
    memcpy(grown, body.data, head);
    grown[head] = (uint8_t)(extensions >> 8);
    grown[head + 1] = (uint8_t)extensions;
    memcpy(grown + head + 2, fleeting, sizeof(fleeting));
    if (!span_empty(hello->extensions))
        memcpy(grown + head + 2 + sizeof(fleeting), hello->extensions.data,
               hello->extensions.len);
    must(client_hello_parse(hello->kind, span_of(grown, head + 2 + extensions), &other));
    must(other.has_psk);
    app_key_of_client(&other, other_key);
    must(strcmp(key, other_key) == 0);
}

static void check_client(enum hello_kind kind, struct span body)
{
    struct client_hello hello, again;
    char ja3[JA3_TEXT_MAX], ja4[JA4_TEXT_MAX], key[APP_KEY_TEXT_MAX];
    char ja3_again[JA3_TEXT_MAX], ja4_again[JA4_TEXT_MAX], key_again[APP_KEY_TEXT_MAX];

    if (!client_hello_parse(kind, body, &hello))
        return;
    check_client_spans(&hello, body);
    check_extensions(hello.extensions);
    ja3_of_client(&hello, ja3);
    ja4_of_client(&hello, JA4_TCP, ja4);
    app_key_of_client(&hello, key);
    must(strlen(ja3) == JA3_TEXT_MAX - 1 && is_hex(ja3, JA3_TEXT_MAX - 1));
    must(strlen(key) == APP_KEY_TEXT_MAX - 1 && is_hex(key, APP_KEY_TEXT_MAX - 1));
    check_ja4(ja4);
    check_app_key(&hello, body, key);
    must(client_hello_parse(kind, body, &again));
    ja3_of_client(&again, ja3_again);
    ja4_of_client(&again, JA4_TCP, ja4_again);
    app_key_of_client(&again, key_again);
    must(strcmp(ja3, ja3_again) == 0 && strcmp(ja4, ja4_again) == 0 &&
         strcmp(key, key_again) == 0);
    must(span_equal(hello.server_name, again.server_name));
    must(client_hello_version(&hello) == client_hello_version(&again));
}

static void check_server(struct span body)
{
    struct server_hello hello, again;
    char ja3[JA3_TEXT_MAX], ja3_again[JA3_TEXT_MAX];

    if (!server_hello_parse(body, &hello))
        return;
    must(lies_in(hello.random, body) && hello.random.len == 32);
    must(lies_in(hello.session_id, body) && hello.session_id.len <= 32);
    must(lies_in(hello.extensions, body) && lies_in(hello.alpn, hello.extensions));
    check_extensions(hello.extensions);
    ja3_of_server(&hello, ja3);
    must(strlen(ja3) == JA3_TEXT_MAX - 1 && is_hex(ja3, JA3_TEXT_MAX - 1));
    must(server_hello_parse(body, &again));
    ja3_of_server(&again, ja3_again);
    must(strcmp(ja3, ja3_again) == 0 && hello.version == again.version);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span body = span_of(data, size);
    uint8_t kind;

    if (!span_u8(&body, &kind))
        return 0;
    switch (kind & 3) {
    case 0:
        check_client(HELLO_TLS, body);
        break;
    case 1:
        check_client(HELLO_SSL2, body);
        break;
    case 2:
        check_client(HELLO_DTLS, body);
        break;
    default:
        check_server(body);
        break;
    }
    return 0;
}
