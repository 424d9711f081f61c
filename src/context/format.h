/*
 * The formats of feeds, as tables. A format says how its bytes become items (JSON objects: lines or
 * documents of JSON, a property list, rows with named columns, or lines of text that match
 * patterns) and how the members of an item become fields of context records: a row a member.
 *
 * A path names a member: "connectEvent.packageName", "ios.supervised". Within a mapping that goes
 * over the elements of `each`, a path is the element's; one that begins with ^ is that of the item
 * around it, and "@" is the element's own key where `each` is an object, or its own text.
 */
#pragma once

#include "config/settings.h"
#include "context/record.h"

/* How the text of a member becomes the value of a field. */
enum convert {
    CONVERT_TEXT,
    CONVERT_TIME,    /* RFC 3339, or as the formats write it: see context/moment.h */
    CONVERT_SECONDS, /* since 1970, with or without a fraction */
    CONVERT_MILLISECONDS,
    CONVERT_CHOICE, /* `argument` is "word=value;word=value;*=value": equal, * for any other */
    CONVERT_FIND, /* the same, where the word is found anywhere in the text */
    CONVERT_HOST, /* of "host:port", "[::1]:443" or an URL */
    CONVERT_PORT,
    CONVERT_STATION, /* a MAC with separators: a subscriber's number has digits alone */
    CONVERT_LAST,    /* what stands behind the last / */
    CONVERT_PRESENT, /* `argument` when the member is there at all */
    CONVERT_CLOCK,   /* a time of day alone, where the record has no time yet */
    CONVERT_RECENT, /* a time: "true" when it is at most RECENT_S before the record's own */
};

struct mapping_row {
    const char *path;
    enum context_field field;
    enum convert how;
    const char *argument;
};

#define MAPPING_NEEDS_MAX 3

/* One kind of record that an item can hold; an item can hold several. */
struct mapping {
    const char *each; /* NULL: the item itself; "a.b" an array or an object in it */
    /* It applies where all of these members are there. "path=text" wants that text. */
    const char *needs[MAPPING_NEEDS_MAX];
    enum context_kind kind; /* CONTEXT_KINDS: the item says it in "kind" */
    const struct mapping_row *rows;
    size_t row_count;
};

#define FORMAT_PASSES_MAX 2

enum shape { SHAPE_JSON, SHAPE_LINES, SHAPE_CSV };

enum line_act {
    LINE_ITEM,  /* the line is an item */
    LINE_OPEN,  /* an item begins here */
    LINE_ADD,   /* more of the item that is open */
    LINE_PAIR,  /* the same: the captures `key` and `value` name a member */
    LINE_CLOSE, /* the item is whole */
    LINE_SKIP,  /* known, and of no use */
};

/* A line as in context/pattern.h. */
struct line_rule {
    const char *pattern;
    enum line_act act;
};

struct format {
    const char *name;
    enum context_format id;
    enum shape shape;
    const struct line_rule *rules; /* SHAPE_LINES */
    size_t rule_count;
    const char *columns;  /* SHAPE_CSV: their names; NULL: the first row names them */
    const char *row_mark; /* SHAPE_CSV without names: ",text," that is in each row */
    /* Items for which one of these needs is met are known and of no use. */
    const char *passes[FORMAT_PASSES_MAX];
    bool strict;    /* a line that no rule knows is malformed, not of somebody else */
    bool snapshot;  /* the file is written anew as a whole, not appended to */
    bool telemetry; /* comes from an agent on the device that sees what apps do */
    const struct mapping *mappings;
    size_t mapping_count;
};

#define FORMAT_ROWS(table) .rows = (table), .row_count = sizeof(table) / sizeof((table)[0])
#define FORMAT_MAPPINGS(table)                                                             \
    .mappings = (table), .mapping_count = sizeof(table) / sizeof((table)[0])
#define FORMAT_RULES(table)                                                                \
    .rules = (table), .rule_count = sizeof(table) / sizeof((table)[0])

#define CONTEXT_RECENT_S 300

/* All formats, CONTEXT_FORMATS of them, those that are told apart most easily first. */
extern const struct format *const context_formats[];
extern const size_t context_format_count;

/* NULL for CONTEXT_FORMAT_AUTO. */
const struct format *format_find(enum context_format id);

extern const struct format format_native, format_dnsmasq, format_isc_dhcpd, format_kea,
    format_radius, format_android_management, format_apple_mdm, format_intune,
    format_intune_table, format_jamf, format_jamf_table, format_app_privacy, format_lookout,
    format_mobsf, format_pan_os, format_squid, format_mitmproxy;
