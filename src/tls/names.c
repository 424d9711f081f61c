#include "tls/names.h"

#include <stddef.h>

#include "tls/cipher_table.h"

struct number_name {
    uint16_t number;
    const char *name;
};

/* IANA "TLS Supported Groups". */
static const struct number_name groups[] = {
    {1, "sect163k1"},
    {2, "sect163r1"},
    {3, "sect163r2"},
    {4, "sect193r1"},
    {5, "sect193r2"},
    {6, "sect233k1"},
    {7, "sect233r1"},
    {8, "sect239k1"},
    {9, "sect283k1"},
    {10, "sect283r1"},
    {11, "sect409k1"},
    {12, "sect409r1"},
    {13, "sect571k1"},
    {14, "sect571r1"},
    {15, "secp160k1"},
    {16, "secp160r1"},
    {17, "secp160r2"},
    {18, "secp192k1"},
    {19, "secp192r1"},
    {20, "secp224k1"},
    {21, "secp224r1"},
    {22, "secp256k1"},
    {23, "secp256r1"},
    {24, "secp384r1"},
    {25, "secp521r1"},
    {26, "brainpoolP256r1"},
    {27, "brainpoolP384r1"},
    {28, "brainpoolP512r1"},
    {29, "x25519"},
    {30, "x448"},
    {31, "brainpoolP256r1tls13"},
    {32, "brainpoolP384r1tls13"},
    {33, "brainpoolP512r1tls13"},
    {34, "GC256A"},
    {35, "GC256B"},
    {36, "GC256C"},
    {37, "GC256D"},
    {38, "GC512A"},
    {39, "GC512B"},
    {40, "GC512C"},
    {41, "curveSM2"},
    {256, "ffdhe2048"},
    {257, "ffdhe3072"},
    {258, "ffdhe4096"},
    {259, "ffdhe6144"},
    {260, "ffdhe8192"},
    {512, "MLKEM512"},
    {513, "MLKEM768"},
    {514, "MLKEM1024"},
    {4587, "SecP256r1MLKEM768"},
    {4588, "X25519MLKEM768"},
    {4589, "SecP384r1MLKEM1024"},
    {25497, "X25519Kyber768Draft00"},
    {25498, "SecP256r1Kyber768Draft00"},
    {65281, "arbitrary_explicit_prime_curves"},
    {65282, "arbitrary_explicit_char2_curves"},
};

/* IANA "TLS Alerts", without the mark _RESERVED of those that TLS 1.3 no longer sends. */
static const struct number_name alerts[] = {
    {0, "close_notify"},
    {10, "unexpected_message"},
    {20, "bad_record_mac"},
    {21, "decryption_failed"},
    {22, "record_overflow"},
    {30, "decompression_failure"},
    {40, "handshake_failure"},
    {41, "no_certificate"},
    {42, "bad_certificate"},
    {43, "unsupported_certificate"},
    {44, "certificate_revoked"},
    {45, "certificate_expired"},
    {46, "certificate_unknown"},
    {47, "illegal_parameter"},
    {48, "unknown_ca"},
    {49, "access_denied"},
    {50, "decode_error"},
    {51, "decrypt_error"},
    {52, "too_many_cids_requested"},
    {60, "export_restriction"},
    {70, "protocol_version"},
    {71, "insufficient_security"},
    {80, "internal_error"},
    {86, "inappropriate_fallback"},
    {90, "user_canceled"},
    {100, "no_renegotiation"},
    {109, "missing_extension"},
    {110, "unsupported_extension"},
    {111, "certificate_unobtainable"},
    {112, "unrecognized_name"},
    {113, "bad_certificate_status_response"},
    {114, "bad_certificate_hash_value"},
    {115, "unknown_psk_identity"},
    {116, "certificate_required"},
    {117, "general_error"},
    {120, "no_application_protocol"},
    {121, "ech_required"},
};

/* Suites of TLS 1.3, by number. */
static const struct {
    uint16_t cipher;
    struct cipher_traits traits;
} traits_table[] = {
    {0x00c6, {.tag = 16, .verify_hash = 32}}, /* TLS_SM4_GCM_SM3 */
    {0x00c7, {.tag = 16, .verify_hash = 32}}, /* TLS_SM4_CCM_SM3 */
    {0x1301, {.tag = 16, .verify_hash = 32}}, /* TLS_AES_128_GCM_SHA256 */
    {0x1302, {.tag = 16, .verify_hash = 48}}, /* TLS_AES_256_GCM_SHA384 */
    {0x1303, {.tag = 16, .verify_hash = 32}}, /* TLS_CHACHA20_POLY1305_SHA256 */
    {0x1304, {.tag = 16, .verify_hash = 32}}, /* TLS_AES_128_CCM_SHA256 */
    {0x1305, {.tag = 8, .verify_hash = 32}},  /* TLS_AES_128_CCM_8_SHA256 */
    {0x1306, {.tag = 16, .verify_hash = 64}}, /* TLS_AEGIS_256_SHA512 */
    {0x1307, {.tag = 16, .verify_hash = 32}}, /* TLS_AEGIS_128L_SHA256 */
    {0xc0b4, {.tag = 32, .verify_hash = 32}}, /* TLS_SHA256_SHA256 (RFC 9150) */
    {0xc0b5, {.tag = 48, .verify_hash = 48}}, /* TLS_SHA384_SHA384 (RFC 9150) */
};

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static const char *find_name(const struct number_name *rows, size_t count, uint16_t number)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].number == number)
            return rows[i].name;
    return NULL;
}

const char *name_of_cipher(uint16_t cipher)
{
    size_t low = 0, high = cipher_table_rows;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (cipher_table[middle].cipher == cipher)
            return cipher_table[middle].name;
        if (cipher_table[middle].cipher < cipher)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const char *name_of_group(uint16_t group)
{
    return find_name(groups, ROWS(groups), group);
}

const char *name_of_alert(uint8_t description)
{
    return find_name(alerts, ROWS(alerts), description);
}

struct cipher_traits cipher_traits_of(uint16_t cipher)
{
    for (size_t i = 0; i < ROWS(traits_table); i++)
        if (traits_table[i].cipher == cipher)
            return traits_table[i].traits;
    return (struct cipher_traits){.tag = 16, .verify_hash = 32};
}
