/*
 * Identifiers that are the same wherever they are computed: UUID version 5 (RFC 9562, 5.5) over a
 * name in this project's own namespace.
 *
 * A name is a kind ("session", "alert") and fields, each with its length before it, so that no two
 * lists of fields give the same bytes. A field is cut at UUID_FIELD_MAX; fields beyond UUID_NAME_MAX
 * are left out.
 */
#pragma once

#include "base/span.h"

#define UUID_BYTES 16
#define UUID_TEXT_MAX 37
#define UUID_FIELD_MAX 512
#define UUID_NAME_MAX 1536

struct uuid_name {
    uint8_t bytes[UUID_NAME_MAX];
    size_t len;
};

/* Begin a name of that kind. */
void uuid_name_init(struct uuid_name *name, const char *kind);
void uuid_name_add(struct uuid_name *name, struct span field);
void uuid_name_add_number(struct uuid_name *name, uint64_t number);

/* The identifier of the name. */
void uuid_of_name(const struct uuid_name *name, uint8_t out[UUID_BYTES]);

/* Version 5 of any namespace and name, as the RFC has it. */
void uuid_v5(const uint8_t space[UUID_BYTES], struct span name, uint8_t out[UUID_BYTES]);

/* "4833a4c2-1c60-57b0-85d4-c5f41f87b27f"; returns `out`. */
const char *uuid_describe(const uint8_t uuid[UUID_BYTES], char out[UUID_TEXT_MAX]);

/* Read what uuid_describe wrote; false when it is anything else. */
SPAN_CHECKED bool uuid_parse(const char *text, uint8_t out[UUID_BYTES]);
