/*
 * A row of comma-separated values (RFC 4180): a value may stand in double quotes, a quote in it
 * doubled. A row is one line; a value with a line break in it is not known to these feeds.
 */
#pragma once

#include <stdbool.h>

#include "base/span.h"

#define CSV_VALUES_MAX 192
#define CSV_VALUE_MAX 1024

/* Take the next value of the row; false at its end. What is too long is cut. `first` is true at
 * the start and set to false. */
bool csv_next(struct span *row, bool *first, char out[CSV_VALUE_MAX], size_t *len);
