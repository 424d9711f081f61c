/*
 * Where the operator wrote something: a line of a file, or one --set on the command line.
 *
 * A place travels with every list entry of the configuration and the rule files, so that a later
 * stage that finds fault with it (a certificate that does not parse, a feed that cannot be opened)
 * can name the line. Its text is owned by the configuration or rules it came with.
 */
#pragma once

#include "base/err.h"

#define PLACE_TEXT_MAX 256

struct place {
    const char *file; /* file name, or "--set KEY=VALUE"; NULL: a built-in default */
    unsigned line;    /* from 1; 0 when `file` has no lines */
};

/* "FILE:LINE", or what stands for it; returns `out`. */
const char *place_describe(const struct place *at, char out[PLACE_TEXT_MAX]);

/*
 * Write "FILE:LINE: key KEY: ..." into `why` and return -1; without the "key KEY: " when `key` is
 * NULL or empty.
 */
int place_complain(struct err *why, const struct place *at, const char *key,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));
