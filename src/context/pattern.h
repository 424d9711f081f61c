/*
 * A line of text against a pattern, as the tables of formats have them.
 *
 * A pattern is literal text with captures: {name} takes what stands there up to the next literal,
 * no blanks in it; {name*} takes blanks as well; {name:d} only digits, {name:a} only what an
 * address is made of, {name:m} only what a MAC is made of. A blank in the pattern stands for one or
 * more blanks or tabs; the line's own at both ends do not count. Literals stand as they are: a
 * brace is written {{.
 */
#pragma once

#include <stdbool.h>

#include "base/span.h"

#define PATTERN_CAPTURES_MAX 16

struct pattern_capture {
    struct span name;
    struct span value;
};

struct pattern_match {
    struct pattern_capture captures[PATTERN_CAPTURES_MAX];
    size_t count;
};

/* True when the whole line matches. What was captured points into the line and the pattern. */
bool pattern_match(const char *pattern, struct span line, struct pattern_match *out);
