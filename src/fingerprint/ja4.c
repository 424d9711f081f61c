#include "fingerprint/ja4.h"

#include "fingerprint/hash_text.h"
#include "fingerprint/number_list.h"
#include "tls/extension.h"

enum { JA4_HASH_DIGITS = 12, JA4_COUNT_MAX = 99 };

static const char no_hash[] = "000000000000";

static const struct {
    uint16_t version;
    char text[3];
} ja4_versions[] = {
    {VERSION_TLS13, "13"},  {VERSION_TLS12, "12"},  {VERSION_TLS11, "11"},
    {VERSION_TLS10, "10"},  {VERSION_SSL3, "s3"},   {VERSION_SSL2, "s2"},
    {VERSION_DTLS10, "d1"}, {VERSION_DTLS12, "d2"}, {VERSION_DTLS13, "d3"},
};

/* The version is the numerically highest offered, whatever it is: a draft on top gives "00". */
static uint16_t highest_version(const struct client_hello *hello)
{
    struct span list = hello->supported_versions;
    uint16_t highest = 0, version;

    while (span_u16(&list, &version))
        if (!hello_is_grease(version) && version > highest)
            highest = version;
    return highest ? highest : hello->legacy_version;
}

static char *put_text(char *out, const char *text)
{
    size_t len = strlen(text);

    memcpy(out, text, len);
    return out + len;
}

static char *put_version(char *out, uint16_t version)
{
    for (size_t i = 0; i < sizeof(ja4_versions) / sizeof(ja4_versions[0]); i++)
        if (ja4_versions[i].version == version)
            return put_text(out, ja4_versions[i].text);
    return put_text(out, "00");
}

static char *put_count(char *out, size_t count)
{
    if (count > JA4_COUNT_MAX)
        count = JA4_COUNT_MAX;
    *out++ = (char)('0' + count / 10);
    *out++ = (char)('0' + count % 10);
    return out;
}

static bool is_alphanumeric(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* The first ALPN name, empty when there is none. */
static struct span first_protocol(const struct client_hello *hello)
{
    struct span list = hello->alpn;
    struct span name;

    return span_vec(&list, 1, &name) ? name : span_of(NULL, 0);
}

/*
 * First and last character of the first ALPN name; where one of them is neither letter nor digit,
 * first and last digit of the name in hexadecimal; "00" without ALPN.
 */
static char *put_alpn(char *out, const struct client_hello *hello)
{
    static const char digits[] = "0123456789abcdef";
    struct span name = first_protocol(hello), head;
    uint8_t first, last;

    head = name;
    if (!span_u8(&head, &first))
        return put_text(out, "00");
    last = first;
    while (span_u8(&head, &last))
        continue;
    if (is_alphanumeric(first) && is_alphanumeric(last)) {
        *out++ = (char)first;
        *out++ = (char)last;
    } else {
        *out++ = digits[first >> 4];
        *out++ = digits[last & 15];
    }
    return out;
}

static char *put_hash(char *out, struct hash_text *t)
{
    if (!t->has_text)
        return put_text(out, no_hash);
    hash_text_take(t, JA4_HASH_DIGITS, out);
    return out + JA4_HASH_DIGITS;
}

static char *put_ciphers_hash(char *out, struct number_list *ciphers)
{
    struct hash_text t;

    hash_text_init(&t, DIGEST_SHA256);
    number_list_sort(ciphers);
    for (size_t i = 0; i < ciphers->count; i++)
        hash_text_add_hex16(&t, i ? ',' : '\0', ciphers->numbers[i]);
    return put_hash(out, &t);
}

/* Sorted extensions without server name and ALPN, then the signature algorithms as they stand. */
static char *put_extensions_hash(char *out, struct number_list *extensions,
                                 struct span signature_algorithms)
{
    struct hash_text t;
    char separator = '_';
    uint16_t number;

    hash_text_init(&t, DIGEST_SHA256);
    number_list_sort(extensions);
    for (size_t i = 0; i < extensions->count; i++)
        if (extensions->numbers[i] != EXTENSION_SERVER_NAME &&
            extensions->numbers[i] != EXTENSION_ALPN)
            hash_text_add_hex16(&t, t.has_text ? ',' : '\0', extensions->numbers[i]);
    while (span_u16(&signature_algorithms, &number)) {
        if (hello_is_grease(number))
            continue;
        hash_text_add_hex16(&t, separator, number);
        separator = ',';
    }
    return put_hash(out, &t);
}

static bool holds(const struct number_list *list, uint16_t number)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->numbers[i] == number)
            return true;
    return false;
}

void ja4_of_client(const struct client_hello *hello, enum ja4_transport transport,
                   char out[JA4_TEXT_MAX])
{
    struct number_list ciphers, extensions;

    number_list_of_ciphers(hello, &ciphers);
    number_list_of_extensions(hello, &extensions);
    *out++ = (char)transport;
    out = put_version(out, highest_version(hello));
    *out++ = holds(&extensions, EXTENSION_SERVER_NAME) ? 'd' : 'i';
    out = put_count(out, ciphers.count);
    out = put_count(out, extensions.count);
    out = put_alpn(out, hello);
    *out++ = '_';
    out = put_ciphers_hash(out, &ciphers);
    *out++ = '_';
    out = put_extensions_hash(out, &extensions, hello->signature_algorithms);
    *out = '\0';
}

/* Extensions that come and go between connections of one program. */
static bool is_fleeting(uint16_t type)
{
    switch (type) {
    case EXTENSION_SERVER_NAME:
    case EXTENSION_PADDING:
    case EXTENSION_PRE_SHARED_KEY:
    case EXTENSION_EARLY_DATA:
    case EXTENSION_COOKIE:
    case EXTENSION_ECH:
        return true;
    default:
        return false;
    }
}

/* No list of numbers without GREASE holds it, so it ends one without doubt. */
static void end_list(struct hash_text *t)
{
    hash_text_add_u16(t, 0x0a0a);
}

static void add_list(struct hash_text *t, struct span list)
{
    uint16_t number;

    while (span_u16(&list, &number))
        if (!hello_is_grease(number))
            hash_text_add_u16(t, number);
    end_list(t);
}

void app_key_of_client(const struct client_hello *hello, char out[APP_KEY_TEXT_MAX])
{
    struct number_list list;
    struct hash_text t;

    hash_text_init(&t, DIGEST_SHA256);
    hash_text_add_u16(&t, hello->legacy_version);
    add_list(&t, hello->supported_versions);
    number_list_of_ciphers(hello, &list);
    number_list_sort(&list);
    for (size_t i = 0; i < list.count; i++)
        hash_text_add_u16(&t, list.numbers[i]);
    end_list(&t);
    number_list_of_extensions(hello, &list);
    number_list_sort(&list);
    for (size_t i = 0; i < list.count; i++)
        if (!is_fleeting(list.numbers[i]))
            hash_text_add_u16(&t, list.numbers[i]);
    end_list(&t);
    add_list(&t, hello->supported_groups);
    add_list(&t, hello->signature_algorithms);
    hash_text_add_span(&t, first_protocol(hello));
    hash_text_take(&t, APP_KEY_TEXT_MAX - 1, out);
}
