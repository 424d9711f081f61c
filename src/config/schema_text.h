/*
 * A schema written out: the values of a struct as YAML that loads again, and the table of its keys
 * as Markdown for the manual.
 */
#pragma once

#include "config/schema.h"

/* Every key of the schema with its value in `base`; false on a write error. */
SPAN_CHECKED bool schema_dump(const struct schema *schema, const void *base, FILE *out);

/* One table row a key, those of list elements after their list; false on a write error. */
SPAN_CHECKED bool schema_describe_keys(const struct schema *schema, FILE *out);
