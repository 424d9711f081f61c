/*
 * The rule files of rules/ as they were when the program was built, so that it works in any folder.
 * The table is generated from rules/ by the Makefile.
 */
#pragma once

#include <stddef.h>

struct builtin_rule {
    const char *name; /* file name without folder: "det0646.yaml" */
    const char *text; /* its bytes, with a terminating NUL after `len` */
    size_t len;
};

extern const struct builtin_rule builtin_rules[];
extern const size_t builtin_rules_count;
