/*
 * As in crypto/digest.c, the low-level functions of libcrypto 3 serve for short input: HKDF and one
 * block of AES neither allocate nor look anything up by name, and take a tenth of the time of the
 * EVP calls. The bulk goes through EVP, which uses the processor's AES.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/quic_keys.h"

#include <stdlib.h>

#include <openssl/aes.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

/* An Initial fills a datagram; a datagram has at most 65535 bytes. */
#define PLAIN_MAX 65536

enum {
    HASH_BYTES = SHA256_DIGEST_LENGTH,
    BLOCK_BYTES = SHA256_CBLOCK,
    INFO_MAX = 32, /* of the labels here */
    SAMPLE_OFFSET = 4,
    SAMPLE_BYTES = 16,
    NUMBER_BYTES_MAX = 4,
};

/* ---- HKDF with SHA-256 (RFC 5869), of outputs that need one round */

/* HMAC (RFC 2104) whose key was taken in once. */
struct hmac {
    SHA256_CTX inner;
    SHA256_CTX outer;
};

static void hmac_begin(struct hmac *h, struct span key)
{
    uint8_t pad[BLOCK_BYTES] = {0};

    memcpy(pad, key.data, key.len); /* never longer than a block here */
    for (size_t i = 0; i < BLOCK_BYTES; i++)
        pad[i] ^= 0x36;
    SHA256_Init(&h->inner);
    SHA256_Update(&h->inner, pad, BLOCK_BYTES);
    for (size_t i = 0; i < BLOCK_BYTES; i++)
        pad[i] ^= 0x36 ^ 0x5c;
    SHA256_Init(&h->outer);
    SHA256_Update(&h->outer, pad, BLOCK_BYTES);
}

static void hmac_of(const struct hmac *h, struct span text, uint8_t out[HASH_BYTES])
{
    SHA256_CTX inner = h->inner, outer = h->outer;
    uint8_t digest[HASH_BYTES];

    SHA256_Update(&inner, text.data, text.len);
    SHA256_Final(digest, &inner);
    SHA256_Update(&outer, digest, HASH_BYTES);
    SHA256_Final(out, &outer);
}

/*
 *   struct {
 *       uint16 length;
 *       opaque label<7..255> = "tls13 " + Label;
 *       opaque context<0..255> = "";
 *   } HkdfLabel;                                        (RFC 8446 7.1)
 *
 * and the number of HKDF-Expand's first and only round after it.
 */
static void expand_label(const struct hmac *secret, const char *label, uint8_t *out,
                         size_t len)
{
    static const char prefix[] = {'t', 'l', 's', '1', '3', ' '};
    uint8_t info[INFO_MAX], whole[HASH_BYTES];
    size_t label_len = strlen(label), n = 0;

    info[n++] = 0;
    info[n++] = (uint8_t)len;
    info[n++] = (uint8_t)(sizeof(prefix) + label_len);
    memcpy(info + n, prefix, sizeof(prefix));
    n += sizeof(prefix);
    memcpy(info + n, label, label_len);
    n += label_len;
    info[n++] = 0;
    info[n++] = 1;
    hmac_of(secret, span_of(info, n), whole);
    memcpy(out, whole, len);
}

void quic_keys_derive(const uint8_t salt[QUIC_SALT_BYTES], enum quic_labels labels,
                      struct span connection_id, enum quic_sender sender,
                      struct quic_keys *out)
{
    static const char *const names[][3] = {
        [QUIC_LABELS_V1] = {"quic key", "quic iv", "quic hp"},
        [QUIC_LABELS_V2] = {"quicv2 key", "quicv2 iv", "quicv2 hp"},
    };
    uint8_t secret[HASH_BYTES];
    struct hmac h;

    hmac_begin(&h, span_of(salt, QUIC_SALT_BYTES));
    hmac_of(&h, connection_id, secret);
    hmac_begin(&h, span_of(secret, HASH_BYTES));
    expand_label(&h, sender == QUIC_FROM_CLIENT ? "client in" : "server in", secret,
                 HASH_BYTES);
    hmac_begin(&h, span_of(secret, HASH_BYTES));
    expand_label(&h, names[labels][0], out->key, QUIC_KEY_BYTES);
    expand_label(&h, names[labels][1], out->iv, QUIC_IV_BYTES);
    expand_label(&h, names[labels][2], out->header_key, QUIC_KEY_BYTES);
}

/* ---- one packet */

struct quic_cipher {
    EVP_CIPHER *algorithm;
    EVP_CIPHER_CTX *context;
    uint8_t plain[PLAIN_MAX];
};

struct quic_cipher *quic_cipher_new(struct err *why)
{
    struct quic_cipher *c = calloc(1, sizeof(*c));

    if (c && (c->algorithm = EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL)) &&
        (c->context = EVP_CIPHER_CTX_new()) &&
        EVP_DecryptInit_ex2(c->context, c->algorithm, NULL, NULL, NULL) == 1)
        return c;
    quic_cipher_free(c);
    (void)err_set(why, "the crypto library has no AES-128-GCM");
    return NULL;
}

void quic_cipher_free(struct quic_cipher *c)
{
    if (!c)
        return;
    EVP_CIPHER_CTX_free(c->context);
    EVP_CIPHER_free(c->algorithm);
    free(c);
}

/* A header whose protection is removed: its first byte and the packet number. */
struct head {
    uint8_t first;
    uint8_t number[NUMBER_BYTES_MAX];
    size_t number_len;
};

/*
 * RFC 9001 5.4: the mask is the encrypted sample of ciphertext that would follow the longest packet
 * number. It covers the low bits of the first byte, which hold that number's length, and the number.
 */
static bool unmask(const struct quic_keys *keys, const struct quic_sealed *sealed,
                   struct head *out)
{
    struct span header = sealed->header, number = sealed->payload, look = number, sample;
    struct head head;
    uint8_t mask[SAMPLE_BYTES];
    AES_KEY aes;

    if (!span_u8(&header, &head.first) || !span_skip(&look, SAMPLE_OFFSET) ||
        !span_take(&look, SAMPLE_BYTES, &sample))
        return false;
    AES_set_encrypt_key(keys->header_key, QUIC_KEY_BYTES * 8, &aes);
    AES_encrypt(sample.data, mask, &aes);
    head.first ^= mask[0] & (head.first & 0x80 ? 0x0f : 0x1f);
    head.number_len = (head.first & 3u) + 1;
    for (size_t i = 0; i < head.number_len; i++) {
        if (!span_u8(&number, &head.number[i]))
            return false;
        head.number[i] ^= mask[i + 1];
    }
    *out = head;
    return true;
}

/* The number nearest to the one expected that ends in these bytes (RFC 9000 A.3). */
static uint64_t whole_number(const struct head *head, uint64_t largest)
{
    uint64_t expected = largest + 1, window = UINT64_C(1) << (8 * head->number_len);
    uint64_t cut = 0, candidate;

    for (size_t i = 0; i < head->number_len; i++)
        cut = cut << 8 | head->number[i];
    candidate = (expected & ~(window - 1)) | cut;
    if (candidate + window / 2 <= expected && candidate < (UINT64_C(1) << 62) - window)
        return candidate + window;
    if (candidate > expected + window / 2 && candidate >= window)
        return candidate - window;
    return candidate;
}

static bool add_data(EVP_CIPHER_CTX *context, struct span bytes)
{
    int n = 0;

    return EVP_DecryptUpdate(context, NULL, &n, bytes.data, (int)bytes.len) == 1;
}

static bool open_body(struct quic_cipher *c, const uint8_t key[QUIC_KEY_BYTES],
                      const uint8_t nonce[QUIC_IV_BYTES], const struct head *head,
                      const struct quic_sealed *sealed)
{
    struct span header = sealed->header, body = sealed->payload, text;
    uint8_t tag[QUIC_TAG_BYTES];
    int n = 0, rest = 0;

    if (!span_skip(&header, 1) || !span_skip(&body, head->number_len) ||
        body.len < QUIC_TAG_BYTES || body.len > PLAIN_MAX ||
        !span_take(&body, body.len - QUIC_TAG_BYTES, &text))
        return false;
    memcpy(tag, body.data, QUIC_TAG_BYTES);
    return EVP_DecryptInit_ex2(c->context, NULL, key, nonce, NULL) == 1 &&
           add_data(c->context, span_of(&head->first, 1)) && add_data(c->context, header) &&
           add_data(c->context, span_of(head->number, head->number_len)) &&
           EVP_DecryptUpdate(c->context, c->plain, &n, text.data, (int)text.len) == 1 &&
           EVP_CIPHER_CTX_ctrl(c->context, EVP_CTRL_AEAD_SET_TAG, QUIC_TAG_BYTES, tag) ==
               1 &&
           EVP_DecryptFinal_ex(c->context, c->plain + n, &rest) == 1;
}

bool quic_cipher_open(struct quic_cipher *c, const struct quic_keys *keys,
                      const struct quic_sealed *sealed, struct quic_opened *out)
{
    uint8_t nonce[QUIC_IV_BYTES];
    struct head head;
    uint64_t number;

    if (!unmask(keys, sealed, &head))
        return false;
    number = whole_number(&head, sealed->largest);
    memcpy(nonce, keys->iv, QUIC_IV_BYTES);
    for (size_t i = 0; i < 8; i++)
        nonce[QUIC_IV_BYTES - 1 - i] ^= (uint8_t)(number >> (8 * i));
    if (!open_body(c, keys->key, nonce, &head, sealed))
        return false;
    out->number = number;
    out->frames = span_of(c->plain, sealed->payload.len - head.number_len - QUIC_TAG_BYTES);
    return true;
}
