/*
 * Pieces of the values that sources write, as the tables of formats ask for them. What comes out
 * points into what went in.
 */
#pragma once

#include <stdbool.h>

#include "base/span.h"

/*
 * The value of the first word that the text is, in choices as "word=value;word=value;*=value"; with
 * `anywhere`, of the first word that is found in it. `*` is any text, an empty word an empty one.
 */
bool convert_choose(struct span text, const char *choices, bool anywhere, struct span *out);

/* Host and port, which may be empty, of host:port, [address]:port or scheme://host:port/path. */
void convert_split(struct span text, struct span *host, struct span *port);

/* What stands behind the last slash. */
struct span convert_last(struct span text);

/* How sources write that they have nothing to say: "", "-", "*", "0", "N/A", "unknown". */
bool convert_is_nothing(struct span text);
