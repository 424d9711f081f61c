#include "fingerprint/hash_text.h"

#include "base/check.h"

enum { DECIMAL_MAX = 10 };

static const char hex_digits[] = "0123456789abcdef";

/* The numbers 0 to 99, two digits each. */
static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                            "25262728293031323334353637383940414243444546474849"
                            "50515253545556575859606162636465666768697071727374"
                            "75767778798081828384858687888990919293949596979899";

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

/* A place in the buffer for `n` bytes, which are then part of the text. */
static uint8_t *reserve(struct hash_text *t, size_t n)
{
    uint8_t *place;

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
    *reserve(t, 1) = (uint8_t)c;
}

/* A place for `n` bytes after the separator. */
static uint8_t *reserve_after(struct hash_text *t, char separator, size_t n)
{
    uint8_t *place;

    if (!separator)
        return reserve(t, n);
    place = reserve(t, n + 1);
    *place = (uint8_t)separator;
    return place + 1;
}

void hash_text_add_decimal(struct hash_text *t, char separator, uint32_t number)
{
    char digits[DECIMAL_MAX];
    size_t first = DECIMAL_MAX;

    while (number >= 100) {
        first -= 2;
        memcpy(digits + first, pairs + 2 * (size_t)(number % 100), 2);
        number /= 100;
    }
    if (number >= 10) {
        first -= 2;
        memcpy(digits + first, pairs + 2 * (size_t)number, 2);
    } else {
        digits[--first] = (char)('0' + number);
    }
    memcpy(reserve_after(t, separator, DECIMAL_MAX - first), digits + first,
           DECIMAL_MAX - first);
}

void hash_text_add_hex16(struct hash_text *t, char separator, uint16_t number)
{
    uint8_t *place = reserve_after(t, separator, 4);

    place[0] = (uint8_t)hex_digits[number >> 12];
    place[1] = (uint8_t)hex_digits[number >> 8 & 15];
    place[2] = (uint8_t)hex_digits[number >> 4 & 15];
    place[3] = (uint8_t)hex_digits[number & 15];
}

void hash_text_add_u16(struct hash_text *t, uint16_t number)
{
    uint8_t *place = reserve(t, 2);

    place[0] = (uint8_t)(number >> 8);
    place[1] = (uint8_t)number;
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
