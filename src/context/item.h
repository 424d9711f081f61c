/*
 * JSON values from the pieces that feeds consist of: a JSON text, a line that matched a pattern, a
 * row of comma-separated values. The caller owns what comes out; NULL is passed on.
 */
#pragma once

#include <json-c/json_types.h>

#include "context/pattern.h"

/* The value; NULL with `*problem`, and with `*partial` when it goes on behind the text's end. */
struct json_object *item_parse(struct span text, bool *partial, const char **problem);

/* An object with a member for each capture; NULL when memory is out. */
struct json_object *item_of_match(const struct pattern_match *m);

/* An array of texts, CSV_VALUES_MAX at most. */
struct json_object *item_of_row(struct span row);
