/*
 * From names back to numbers (IANA names of cipher suites and groups), and texts that are kept once
 * however often they are read (names of files and labels).
 *
 * Both belong to whoever reads events. The texts kept are at most TEXT_POOL_MAX; what comes after
 * is counted and left out.
 */
#pragma once

#include "base/span.h"
#include "crypto/keyed_hash.h"

#define TEXT_POOL_MAX 8192

struct name_number {
    const char *name;
    uint16_t number;
};

struct name_table {
    struct name_number *rows; /* by name */
    size_t count;
};

/* The inverse of `name_of`, for all 65,536 numbers. False when memory is out. */
SPAN_CHECKED bool name_table_init(struct name_table *t, const char *(*name_of)(uint16_t));
void name_table_fini(struct name_table *t);

/* The number of a name, or of "0xNNNN" where it has none. */
SPAN_CHECKED bool name_table_find(const struct name_table *t, const char *name,
                                  uint16_t *out);

struct text_pool {
    struct hash_seed seed;
    struct pooled_text *map;
    size_t count;
    uint64_t left_out;
};

void text_pool_init(struct text_pool *p);
void text_pool_fini(struct text_pool *p);

/* The text that is kept, equal to `text`; NULL when there is no room (or `text` is NULL). */
const char *text_pool_put(struct text_pool *p, const char *text);
