/*
 * Text that is hashed as it is written: fingerprints are digests over lists of numbers in text,
 * and neither the list nor the text needs a ceiling this way. The caller owns the struct.
 */
#pragma once

#include "crypto/digest.h"

/* Holds the whole text of usual hellos, so that they are hashed in one go. */
#define HASH_TEXT_BUFFER 512

struct hash_text {
    struct digest digest;
    size_t used;   /* of the buffer */
    bool has_text; /* anything was written */
    uint8_t buffer[HASH_TEXT_BUFFER];
};

void hash_text_init(struct hash_text *t, enum digest_kind kind);
void hash_text_add_char(struct hash_text *t, char c);

/* A number after a separator; '\0' for none. Hexadecimal: four digits, lower case. */
void hash_text_add_decimal(struct hash_text *t, char separator, uint32_t number);
void hash_text_add_hex16(struct hash_text *t, char separator, uint16_t number);

/* A number as two bytes, the high one first: no text, but shorter. */
void hash_text_add_u16(struct hash_text *t, uint16_t number);

void hash_text_add_span(struct hash_text *t, struct span bytes);

/* Write the first `digits` hexadecimal digits of the digest and a terminator; `t` is used up. */
void hash_text_take(struct hash_text *t, size_t digits, char *out);
