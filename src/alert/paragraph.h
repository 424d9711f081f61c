/*
 * Text for a person, wrapped at the last column: words go in, lines come out. Characters that could
 * change how the rest is shown (control characters, direction and zero-width marks in names from
 * the wire) are written as escapes.
 */
#pragma once

#include "base/text.h"

#define PARAGRAPH_COLUMNS 100

/* A paragraph under construction. */
struct paragraph {
    struct text *out;
    size_t column;
    size_t indent; /* of the lines after the first */
};

/* Begin at the front of a line with a label of two columns' indent; the text stands at `indent`. */
struct paragraph paragraph_begin(struct text *out, const char *label, size_t indent);

/*
 * Add a piece of text. Lines are broken at spaces only, and a column is left for a comma that the
 * next piece begins with. A word longer than a line is cut where the line ends.
 */
void paragraph_add(struct paragraph *p, const char *piece);
void paragraph_format(struct paragraph *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void paragraph_end(struct paragraph *p);
