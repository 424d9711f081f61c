#include "fingerprint/ja3.h"

#include "fingerprint/hash_text.h"
#include "tls/extension.h"

enum { SSL2_CIPHER_BYTES = 3 };

/* The numbers of a list of two bytes each, without GREASE: "4865-4866". */
static void add_numbers(struct hash_text *t, struct span list)
{
    char separator = '\0';
    uint16_t number;

    while (span_u16(&list, &number)) {
        if (hello_is_grease(number))
            continue;
        hash_text_add_decimal(t, separator, number);
        separator = '-';
    }
}

/* Cipher specs of SSL 2, three bytes each, or point formats, one byte each. */
static void add_wide_numbers(struct hash_text *t, struct span list, size_t width)
{
    char separator = '\0';
    uint64_t number;

    while (span_uint(&list, width, &number)) {
        hash_text_add_decimal(t, separator, (uint32_t)number);
        separator = '-';
    }
}

static void add_extension_types(struct hash_text *t, struct span list)
{
    struct extension extension;
    char separator = '\0';

    while (extension_next(&list, &extension)) {
        if (hello_is_grease(extension.type))
            continue;
        hash_text_add_decimal(t, separator, extension.type);
        separator = '-';
    }
}

void ja3_of_client(const struct client_hello *hello, char out[JA3_TEXT_MAX])
{
    struct hash_text t;

    hash_text_init(&t, DIGEST_MD5);
    hash_text_add_decimal(&t, '\0', hello->legacy_version);
    hash_text_add_char(&t, ',');
    if (hello->kind == HELLO_SSL2)
        add_wide_numbers(&t, hello->ciphers, SSL2_CIPHER_BYTES);
    else
        add_numbers(&t, hello->ciphers);
    hash_text_add_char(&t, ',');
    add_extension_types(&t, hello->extensions);
    hash_text_add_char(&t, ',');
    add_numbers(&t, hello->supported_groups);
    hash_text_add_char(&t, ',');
    add_wide_numbers(&t, hello->point_formats, 1);
    hash_text_take(&t, JA3_TEXT_MAX - 1, out);
}

void ja3_of_server(const struct server_hello *hello, char out[JA3_TEXT_MAX])
{
    struct hash_text t;

    hash_text_init(&t, DIGEST_MD5);
    hash_text_add_decimal(&t, '\0', hello->legacy_version);
    hash_text_add_decimal(&t, ',', hello->cipher);
    hash_text_add_char(&t, ',');
    add_extension_types(&t, hello->extensions);
    hash_text_take(&t, JA3_TEXT_MAX - 1, out);
}
