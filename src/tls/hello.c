#include "tls/hello.h"

#include "tls/extension.h"

enum {
    RANDOM_BYTES = 32,
    SESSION_ID_MAX = 32,
    SSL2_CLIENT_HELLO = 1,
    SSL2_CIPHER_BYTES = 3,
    SSL2_CHALLENGE_MAX = 32,
    DRAFT_TLS13 = 0x7f, /* high byte of the versions of the drafts */
};

/* Everything after the fields of a hello: nothing at all, or one vector of extensions. */
static bool take_extensions(struct span *rest, struct span *extensions, bool *present)
{
    *present = false;
    *extensions = span_of(NULL, 0);
    if (span_empty(*rest))
        return true;
    *present = true;
    return span_vec(rest, 2, extensions) && span_empty(*rest);
}

/*
 *   struct {
 *       ProtocolVersion legacy_version;
 *       Random random;
 *       opaque legacy_session_id<0..32>;
 *       opaque cookie<0..2^8-1>;                        (DTLS only, RFC 6347 4.2.1)
 *       CipherSuite cipher_suites<2..2^16-2>;
 *       opaque legacy_compression_methods<1..2^8-1>;
 *       Extension extensions<8..2^16-1>;
 *   } ClientHello;
 */
static bool parse_client(struct span body, struct client_hello *hello)
{
    struct span cookie = span_of(NULL, 0);

    if (!span_u16(&body, &hello->legacy_version) ||
        !span_take(&body, RANDOM_BYTES, &hello->random) ||
        !span_vec(&body, 1, &hello->session_id) || hello->session_id.len > SESSION_ID_MAX)
        return false;
    if (hello->kind == HELLO_DTLS && !span_vec(&body, 1, &cookie))
        return false;
    hello->has_cookie = !span_empty(cookie);
    if (!span_vec(&body, 2, &hello->ciphers) || hello->ciphers.len % 2 != 0 ||
        !span_vec(&body, 1, &hello->compression))
        return false;
    return take_extensions(&body, &hello->extensions, &hello->has_extensions) &&
           extension_read_client(hello);
}

/*
 *   uint8 msg_type;
 *   Version version;
 *   uint16 cipher_spec_length;
 *   uint16 session_id_length;
 *   uint16 challenge_length;
 *   V2CipherSpec cipher_specs[V2ClientHello.cipher_spec_length];
 *   opaque session_id[V2ClientHello.session_id_length];
 *   opaque challenge[V2ClientHello.challenge_length];        (RFC 5246 E.2)
 */
static bool parse_client_ssl2(struct span body, struct client_hello *hello)
{
    uint16_t ciphers, session_id, challenge;
    uint8_t type;

    if (!span_u8(&body, &type) || type != SSL2_CLIENT_HELLO ||
        !span_u16(&body, &hello->legacy_version) || !span_u16(&body, &ciphers) ||
        !span_u16(&body, &session_id) || !span_u16(&body, &challenge))
        return false;
    if (ciphers == 0 || ciphers % SSL2_CIPHER_BYTES != 0 || session_id > SESSION_ID_MAX ||
        challenge > SSL2_CHALLENGE_MAX)
        return false;
    return span_take(&body, ciphers, &hello->ciphers) &&
           span_take(&body, session_id, &hello->session_id) &&
           span_take(&body, challenge, &hello->random) && span_empty(body);
}

bool client_hello_parse(enum hello_kind kind, struct span body, struct client_hello *out)
{
    struct client_hello hello = {.kind = kind};
    bool whole =
        kind == HELLO_SSL2 ? parse_client_ssl2(body, &hello) : parse_client(body, &hello);

    if (whole)
        *out = hello;
    return whole;
}

/* SHA-256 of "HelloRetryRequest" (RFC 8446 4.1.3). */
static bool is_hello_retry(struct span random)
{
    static const uint8_t special[RANDOM_BYTES] = {
        0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
        0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
        0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
    };

    return span_equal(random, span_of(special, sizeof(special)));
}

/*
 *   struct {
 *       ProtocolVersion legacy_version;
 *       Random random;
 *       opaque legacy_session_id_echo<0..32>;           (not in drafts of TLS 1.3 before 22)
 *       CipherSuite cipher_suite;
 *       uint8 legacy_compression_method;                (nor this)
 *       Extension extensions<6..2^16-1>;
 *   } ServerHello;
 */
static bool parse_server(struct span body, bool early_draft, struct server_hello *out)
{
    struct server_hello hello = {0};

    if (!span_u16(&body, &hello.legacy_version) ||
        !span_take(&body, RANDOM_BYTES, &hello.random))
        return false;
    if (!early_draft &&
        (!span_vec(&body, 1, &hello.session_id) || hello.session_id.len > SESSION_ID_MAX))
        return false;
    if (!span_u16(&body, &hello.cipher) ||
        (!early_draft && !span_u8(&body, &hello.compression)))
        return false;
    hello.version = hello.legacy_version;
    hello.hello_retry = is_hello_retry(hello.random);
    if (!take_extensions(&body, &hello.extensions, &hello.has_extensions) ||
        !extension_read_server(&hello))
        return false;
    *out = hello;
    return true;
}

/* The final TLS 1.3 says 1.2 in the field; whoever says 1.3 or a draft there is before draft 22. */
bool server_hello_parse(struct span body, struct server_hello *out)
{
    struct span look = body;
    uint16_t version;

    if (!span_u16(&look, &version))
        return false;
    if (version == VERSION_TLS13 || version >> 8 == DRAFT_TLS13)
        return parse_server(body, true, out);
    return parse_server(body, false, out);
}

uint16_t client_hello_version(const struct client_hello *hello)
{
    struct span list = hello->supported_versions;
    uint16_t highest = 0, version;

    /* Versions of DTLS count downwards: a smaller number is a higher version. */
    while (span_u16(&list, &version)) {
        if (hello_is_grease(version))
            continue;
        if (highest == 0 ||
            (hello->kind == HELLO_DTLS ? version < highest : version > highest))
            highest = version;
    }
    return highest ? highest : hello->legacy_version;
}
