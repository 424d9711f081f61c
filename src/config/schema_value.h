/*
 * One value under one row of a schema: text to struct member and back, and the words for its type.
 */
#pragma once

#include "config/schema.h"

#define SCHEMA_EXPECTED_MAX 200

/* Where a value goes: the struct that a row's offsets are in, and memory for what it points at. */
struct schema_target {
    void *base;
    struct arena *arena;
    struct err *why;
};

/*
 * Write a scalar's value into the member. -1 with a sentence that says what was expected when it is
 * not a scalar, of another type or out of range.
 */
int schema_value_set(const struct schema_key *key, const struct yaml_node *node,
                     const char *path, const struct schema_target *to);

/* The sentence "expected ..., found ..." for this row and node; returns -1. */
int schema_value_refuse(const struct schema_key *key, const struct yaml_node *node,
                        const char *path, struct err *why);

/* "a whole number from 1 to 65535"; returns `out`. */
const char *schema_value_expected(const struct schema_key *key,
                                  char out[SCHEMA_EXPECTED_MAX]);

/* False for a text, endpoint or date that was never given. */
bool schema_value_is_set(const struct schema_key *key, const void *base);

/* Write a member that is set as a YAML scalar or flow list. */
void schema_value_print(const struct schema_key *key, const void *base, FILE *out);
