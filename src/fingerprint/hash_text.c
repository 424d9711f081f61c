#include "fingerprint/hash_text.h"

#include "base/check.h"

static const char hex_digits[] = "0123456789abcdef";

void hash_text_init(struct hash_text *t, enum digest_kind kind)
{
    digest_init(&t->digest, kind);
    t->used = 0;
    t->has_text = false;
}

static void flush(struct hash_text *t)
{
    digest_push(&t->digest, span_of(t->buffer, t->used));
    t->used = 0;
}

/* Room for `n` characters in the buffer, which are then part of the text. */
static char *reserve(struct hash_text *t, size_t n)
{
    char *place;

    CHECK(n <= sizeof(t->buffer));
    if (n > sizeof(t->buffer) - t->used)
        flush(t);
    place = t->buffer + t->used;
    t->used += n;
    t->has_text = true;
    return place;
}

void hash_text_add_char(struct hash_text *t, char c)
{
    *reserve(t, 1) = c;
}

void hash_text_add_decimal(struct hash_text *t, uint32_t number)
{
    char digits[10];
    size_t n = 0;
    char *place;

    do {
        digits[n++] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    place = reserve(t, n);
    while (n > 0)
        *place++ = digits[--n];
}

void hash_text_add_hex16(struct hash_text *t, uint16_t number)
{
    char *place = reserve(t, 4);

    place[0] = hex_digits[number >> 12];
    place[1] = hex_digits[number >> 8 & 15];
    place[2] = hex_digits[number >> 4 & 15];
    place[3] = hex_digits[number & 15];
}

void hash_text_add_span(struct hash_text *t, struct span bytes)
{
    flush(t);
    digest_push(&t->digest, bytes);
    t->has_text = t->has_text || !span_empty(bytes);
}

void hash_text_take(struct hash_text *t, size_t digits, char *out)
{
    uint8_t whole[SHA256_BYTES];

    CHECK(digits <= (t->digest.kind == DIGEST_MD5 ? 2 * MD5_BYTES : 2 * SHA256_BYTES));
    flush(t);
    digest_take(&t->digest, whole);
    for (size_t i = 0; i < digits; i++)
        out[i] = hex_digits[i % 2 ? whole[i / 2] & 15 : whole[i / 2] >> 4];
    out[digits] = '\0';
}
