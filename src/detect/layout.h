/*
 * How a record lies in memory, as a table of its fields: from it the record is written into a state
 * database, read back, described in JSON and told from a record of another version. A field is one
 * row; a record that owns others (a streak, its evidence, a name) names them by their own tables.
 *
 * What is written: the bytes of each field in the order of the rows, owned parts after a byte that
 * tells whether they are there, lists after their number; runs of zeros are then packed, as most of
 * a record is empty. It is of this machine's byte order and of this layout alone: `layout_describe`
 * gives a text that differs when either does.
 *
 * Reading trusts nothing: lengths, counts and numbers with a bound are checked, and what does not
 * fit leaves a record that can be released. Owned parts are at most LAYOUT_DEPTH deep.
 */
#pragma once

#include "base/err.h"
#include "base/json_out.h"
#include "base/span.h"
#include "base/text.h"

#define LAYOUT_DEPTH 4
#define LAYOUT_TEXT_MAX 2048    /* an owned text; longer ones are refused */
#define LAYOUT_PACKED_MAX 65536 /* one record; what is larger is not written, and counted */

enum layout_type {
    LAYOUT_NUMBER, /* unsigned, of 1, 2, 4 or 8 bytes */
    LAYOUT_BOOL,
    LAYOUT_REAL,  /* float or double */
    LAYOUT_TIME,  /* nanoseconds, 8 bytes */
    LAYOUT_BYTES, /* anything without pointers, shown as hex */
    LAYOUT_TEXT,  /* an array of characters that ends with a zero */
    LAYOUT_ADDRESS,
    LAYOUT_PART,       /* one or several structs with a table of their own, in place */
    LAYOUT_OWNED,      /* a pointer to `elements` such structs in the heap, or NULL */
    LAYOUT_OWNED_LIST, /* a pointer to an array of them: `room` long, `count` used */
    LAYOUT_OWNED_TEXT, /* char *, in the heap, or NULL */
    LAYOUT_NAME,       /* const char *, to a text that somebody else owns, or NULL */
};

struct layout;

struct layout_field {
    const char *name;
    enum layout_type type;
    uint16_t offset;
    uint16_t size;           /* of one element */
    uint16_t elements;       /* in a row, 1 for most */
    uint32_t most;           /* a number may be no larger; 0: any */
    const struct layout *of; /* of parts and owned structs */
    uint16_t
        count_offset; /* of an owned list: where its count and its room stand, numbers */
    uint16_t room_offset; /* of `count_size` bytes */
    uint16_t count_size;
    const char *(*words)(uint64_t number); /* what a number is called; may be NULL */
};

struct layout {
    const char *name;
    uint16_t size; /* of the struct */
    uint16_t field_count;
    const struct layout_field *fields;
};

/* Finds whose text a name is, for LAYOUT_NAME; NULL when nobody has it any more. */
struct layout_names {
    const char *(*find)(void *ctx, struct span name);
    void *ctx;
};

/* "device(address:16,mac:1*6,...)", parts included, for telling versions apart. */
void layout_describe(const struct layout *l, struct text *out);

/* Append the record to `out`, which has room for LAYOUT_PACKED_MAX; its length, 0 when it is too long. */
size_t layout_pack(const struct layout *l, const void *record, uint8_t *out);

/* Fill a zeroed record. False when the bytes are none of this layout or memory is out; the record
 * owns then what it has got so far. */
bool layout_unpack(const struct layout *l, struct span packed,
                   const struct layout_names *names, void *record);

/* Write the fields as keys of the JSON object that is open. Numbers and texts that are empty are
 * left out. */
void layout_write_json(const struct layout *l, void *record, struct json_out *out);

/* Free what a record owns by its table; the record itself is the caller's. */
void layout_release(const struct layout *l, void *record);

/* ---- rows */

#define LAYOUT_OF(record, array)                                                           \
    {                                                                                      \
#record, sizeof(struct record), sizeof(array) / sizeof((array)[0]), array          \
    }

#define LAYOUT_MEMBER(record, member) ((struct record *)0)->member

#define LAYOUT_ROW(kind, record, member)                                                   \
    .name = #member, .type = (kind), .offset = offsetof(struct record, member),            \
    .size = sizeof(LAYOUT_MEMBER(record, member)), .elements = 1

#define LAYOUT_ROWS(kind, record, member)                                                  \
    .name = #member, .type = (kind), .offset = offsetof(struct record, member),            \
    .size = sizeof(LAYOUT_MEMBER(record, member)[0]),                                      \
    .elements =                                                                            \
        sizeof(LAYOUT_MEMBER(record, member)) / sizeof(LAYOUT_MEMBER(record, member)[0])

/* An owned list, and where its count and its room stand. */
#define LAYOUT_ROW_LIST(record, member, count, room)                                       \
    LAYOUT_ROW(LAYOUT_OWNED_LIST, record, member),                                         \
        .count_offset = offsetof(struct record, count),                                    \
        .room_offset = offsetof(struct record, room),                                      \
        .count_size = sizeof(LAYOUT_MEMBER(record, count))

/* An owned array of always so many. */
#define LAYOUT_ROW_ARRAY(record, member, number)                                           \
    .name = #member, .type = LAYOUT_OWNED, .offset = offsetof(struct record, member),      \
    .size = sizeof(LAYOUT_MEMBER(record, member)), .elements = (number)
