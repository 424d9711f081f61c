/*
 * What an unknown key was probably meant to be.
 */
#pragma once

#include "config/schema.h"

#define SUGGEST_TEXT_MAX 240

/*
 * For a key `name` (dotted, in the terms of `schema`) that is in no row: "did you mean X?" with the
 * nearest key of the same map or the same key elsewhere in the schema, else "known here are ...".
 * `parent` is what stands before it in the whole path ("inspection.segments[2]" or ""). Returns `out`.
 */
const char *suggest_key(const struct schema *schema, const char *parent, const char *name,
                        char out[SUGGEST_TEXT_MAX]);
