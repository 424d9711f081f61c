/*
 * From items to records, by the tables of a format (context/format.h).
 *
 * An item that is an array, or an object none of whose members is known but which holds arrays, is
 * the elements of those (an export's envelope). An item gives the records of every mapping that
 * applies; one to which none does is of an unknown form.
 */
#pragma once

#include <json-c/json_types.h>

#include "context/format.h"
#include "context/moment.h"

struct mapping_options {
    const struct format *format; /* NULL: whichever of SHAPE_JSON knows the item */
    int32_t utc_offset_s;        /* of times that name no zone */
    struct moment_day *day;      /* of times that name none; it moves on */
    const char *device;          /* whose items these are when they do not say; NULL */
    void *ctx;
    /* A whole record, lent; where `format` has it from. */
    void (*on_record)(void *ctx, const struct context_record *r,
                      const struct format *format);
    /* Something that cannot be used, one sentence without file and line. */
    void (*on_broken)(void *ctx, const char *sentence);
};

struct mapping_stats {
    uint64_t unknown;        /* items of no known form */
    uint64_t unknown_fields; /* members of the documented form that have no meaning */
    uint64_t bad_values;     /* left out of a record that is used all the same */
};

/* The records of one item go to on_record. */
void mapping_take(const struct mapping_options *options, struct json_object *item,
                  struct mapping_stats *stats);
