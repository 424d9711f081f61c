/*
 * Assertions of a test program, written as TAP on standard output. Each takes the sentence (printf
 * style) that it proves, and returns whether it held. What was wanted and what was found is told
 * only where they differ. A program ends with `return done_testing();`.
 */
#pragma once

#include "base/span.h"

#define TAP_HERE __FILE__, __LINE__

#define ok(condition, ...) tap_ok(TAP_HERE, (condition), __VA_ARGS__)

/* Whole numbers of any type; they are compared and shown as 64 bits with sign. */
#define is_int(got, want, ...)                                                             \
    tap_is_int(TAP_HERE, (int64_t)(got), (int64_t)(want), __VA_ARGS__)

/* C strings; NULL equals NULL only. */
#define is_text(got, want, ...) tap_is_text(TAP_HERE, (got), (want), __VA_ARGS__)

#define is_span(got, want, ...) tap_is_span(TAP_HERE, (got), (want), __VA_ARGS__)

/*
 * The bytes that the digits say ("16 03 01", white space anywhere), in a block of exactly that
 * size, so that a sanitizer sees a read behind the end. They live until done_testing. Anything but
 * pairs of digits ends the program: the test itself is wrong.
 */
struct span hex(const char *digits);

/* The same bytes in a block of exactly their size, for cutting: exact(span_first(message, n)). */
struct span exact(struct span bytes);

/* Count one assertion as skipped and say why. */
void skip(const char *why);

/* Print the plan; the exit status: 0 when all assertions held and there was at least one. */
int done_testing(void);

#define TAP_SENTENCE(n) __attribute__((format(printf, n, n + 1)))
bool tap_ok(const char *file, int line, bool held, const char *sentence, ...)
    TAP_SENTENCE(4);
bool tap_is_int(const char *file, int line, int64_t got, int64_t want, const char *sentence,
                ...) TAP_SENTENCE(5);
bool tap_is_text(const char *file, int line, const char *got, const char *want,
                 const char *sentence, ...) TAP_SENTENCE(5);
bool tap_is_span(const char *file, int line, struct span got, struct span want,
                 const char *sentence, ...) TAP_SENTENCE(5);
