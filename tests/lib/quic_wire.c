#define OPENSSL_SUPPRESS_DEPRECATED

#include "quic_wire.h"

#include <stdlib.h>

#include <openssl/aes.h>
#include <openssl/evp.h>

struct span quic_wire_done(const struct quic_wire *w)
{
    return span_of(w->data, w->len);
}

void quic_wire_bytes(struct quic_wire *w, struct span bytes)
{
    if (bytes.len > sizeof(w->data) - w->len)
        abort();
    if (bytes.len)
        memcpy(w->data + w->len, bytes.data, bytes.len);
    w->len += bytes.len;
}

static void put_uint(struct quic_wire *w, uint64_t value, size_t width)
{
    uint8_t bytes[8];

    for (size_t i = 0; i < width; i++)
        bytes[i] = (uint8_t)(value >> 8 * (width - 1 - i));
    quic_wire_bytes(w, span_of(bytes, width));
}

void quic_wire_varint(struct quic_wire *w, uint64_t value)
{
    if (value < 0x40)
        put_uint(w, value, 1);
    else if (value < 0x4000)
        put_uint(w, value | 0x4000, 2);
    else if (value < 0x40000000)
        put_uint(w, value | 0x80000000, 4);
    else
        put_uint(w, value | UINT64_C(0xc000000000000000), 8);
}

/* ---- frames */

void quic_wire_crypto(struct quic_wire *w, uint64_t offset, struct span data)
{
    put_uint(w, 6, 1);
    quic_wire_varint(w, offset);
    quic_wire_varint(w, data.len);
    quic_wire_bytes(w, data);
}

void quic_wire_padding(struct quic_wire *w, size_t count)
{
    for (size_t i = 0; i < count; i++)
        put_uint(w, 0, 1);
}

void quic_wire_ack(struct quic_wire *w, uint64_t largest)
{
    put_uint(w, 2, 1);
    quic_wire_varint(w, largest);
    quic_wire_varint(w, 0);
    quic_wire_varint(w, 0);
    quic_wire_varint(w, 0);
}

void quic_wire_close(struct quic_wire *w, uint64_t error)
{
    put_uint(w, 0x1c, 1);
    quic_wire_varint(w, error);
    quic_wire_varint(w, 6);
    quic_wire_varint(w, 2);
    quic_wire_bytes(w, span_of_text("no"));
}

/* ---- packets */

static void put_id(struct quic_wire *w, struct span id)
{
    put_uint(w, id.len, 1);
    quic_wire_bytes(w, id);
}

static void put_header(struct quic_wire *w, const struct quic_wire_long *p,
                       size_t number_len)
{
    static const uint8_t types[] = {
        [QUIC_INITIAL] = 0, [QUIC_ZERO_RTT] = 1, [QUIC_HANDSHAKE] = 2, [QUIC_RETRY] = 3};
    const struct quic_version *version = quic_version_find(p->version);
    unsigned type = types[p->type] + (version ? version->type_shift : 0u);

    put_uint(w, 0xc0u | (type & 3) << 4 | (number_len - 1), 1);
    put_uint(w, p->version, 4);
    put_id(w, p->destination);
    put_id(w, p->source);
}

static void put_junk(struct quic_wire *w, size_t len)
{
    for (size_t i = 0; i < len; i++)
        put_uint(w, (i * 37 + 11) & 0xff, 1);
}

static size_t encrypt(const struct quic_keys *keys, uint64_t number, struct span header,
                      struct span frames, uint8_t *out)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    uint8_t nonce[QUIC_IV_BYTES];
    int n = 0, rest = 0;

    memcpy(nonce, keys->iv, sizeof(nonce));
    for (size_t i = 0; i < 8; i++)
        nonce[QUIC_IV_BYTES - 1 - i] ^= (uint8_t)(number >> (8 * i));
    if (!context ||
        EVP_EncryptInit_ex(context, EVP_aes_128_gcm(), NULL, keys->key, nonce) != 1 ||
        EVP_EncryptUpdate(context, NULL, &n, header.data, (int)header.len) != 1 ||
        EVP_EncryptUpdate(context, out, &n, frames.data, (int)frames.len) != 1 ||
        EVP_EncryptFinal_ex(context, out + n, &rest) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, QUIC_TAG_BYTES, out + n) != 1)
        abort();
    EVP_CIPHER_CTX_free(context);
    return frames.len + QUIC_TAG_BYTES;
}

static void mask_header(const struct quic_keys *keys, uint8_t *first, uint8_t *number,
                        size_t number_len)
{
    uint8_t mask[16];
    AES_KEY aes;

    AES_set_encrypt_key(keys->header_key, 128, &aes);
    AES_encrypt(number + 4, mask, &aes);
    *first ^= mask[0] & 0x0f;
    for (size_t i = 0; i < number_len; i++)
        number[i] ^= mask[i + 1];
}

void quic_wire_initial(struct quic_wire *w, const struct quic_wire_long *p,
                       struct span frames)
{
    static uint8_t sealed[QUIC_WIRE_MAX + QUIC_TAG_BYTES];
    const struct quic_version *version = quic_version_find(p->version);
    size_t number_len = p->number_len ? p->number_len : 4, start = w->len, number_at;
    struct quic_keys keys;

    if (!version)
        abort();
    quic_keys_derive(version->salts[p->salt], version->labels, p->original, p->sender,
                     &keys);
    put_header(w, p, number_len);
    quic_wire_varint(w, p->token.len);
    quic_wire_bytes(w, p->token);
    quic_wire_varint(w, number_len + frames.len + QUIC_TAG_BYTES);
    number_at = w->len;
    put_uint(w, p->number, number_len);
    quic_wire_bytes(w, span_of(sealed, encrypt(&keys, p->number,
                                               span_of(w->data + start, w->len - start),
                                               frames, sealed)));
    mask_header(&keys, w->data + start, w->data + number_at, number_len);
}

void quic_wire_long(struct quic_wire *w, const struct quic_wire_long *p, size_t len)
{
    put_header(w, p, 1);
    if (p->type == QUIC_RETRY) {
        quic_wire_bytes(w, p->token);
        put_junk(w, QUIC_TAG_BYTES);
        return;
    }
    quic_wire_varint(w, len);
    put_junk(w, len);
}

void quic_wire_negotiation(struct quic_wire *w, struct span destination, struct span source,
                           uint32_t offered)
{
    put_uint(w, 0x80, 1);
    put_uint(w, QUIC_VERSION_NEGOTIATION, 4);
    put_id(w, destination);
    put_id(w, source);
    put_uint(w, offered, 4);
}

void quic_wire_short(struct quic_wire *w, struct span destination, size_t len)
{
    put_uint(w, 0x40, 1);
    quic_wire_bytes(w, destination);
    put_junk(w, len);
}
