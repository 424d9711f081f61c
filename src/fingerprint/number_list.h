/*
 * A list of 16-bit numbers from a hello, without GREASE, that can be sorted.
 *
 * It holds as many as a length of two bytes can announce, so nothing is ever left out. Sorting
 * takes time in proportion to the count whatever the sender chose. The caller owns the struct: put
 * it on the stack; only what is used is written.
 */
#pragma once

#include "tls/hello.h"

#define NUMBER_LIST_MAX 32767

struct number_list {
    size_t count;
    uint16_t numbers[NUMBER_LIST_MAX];
};

/* The cipher suites; of an SSL 2 hello those that TLS knows as well (first byte 0). */
void number_list_of_ciphers(const struct client_hello *hello, struct number_list *out);

/* The extension types. */
void number_list_of_extensions(const struct client_hello *hello, struct number_list *out);

/* Any list of two bytes each: groups, signature algorithms, versions. */
void number_list_of_span(struct span list, struct number_list *out);

/* Into ascending order; equal numbers stay as often as they were. */
void number_list_sort(struct number_list *list);
