/*
 * From the bytes of one feed to records: finds out how they are written, cuts them into lines or
 * takes them as one document, and hands what is in them to context/mapping.h.
 *
 * How it is written is told by the format in the settings or by the first line that means
 * something: a JSON value, a property list, a row with named columns, or a line that one of the
 * formats knows. A first line that begins a JSON value and does not end it makes it a document,
 * which is read when the feed ends.
 *
 * Limits: a line has at most INTAKE_LINE_MAX bytes, a document INTAKE_DOCUMENT_MAX; a longer one is
 * malformed as a whole.
 */
#pragma once

#include "context/mapping.h"
#include "context/moment.h"

#define INTAKE_LINE_MAX (1024u * 1024u)
#define INTAKE_DOCUMENT_MAX (64u * 1024u * 1024u)

struct json_object;

struct intake_options {
    enum context_format format; /* CONTEXT_FORMAT_AUTO: by content */
    int32_t utc_offset_s;
    const char *device; /* lent, NULL */
    uint64_t date_ns;   /* end of the day of the first time that names none; 0: unknown */
    void *ctx;
    void (*on_record)(void *ctx, const struct context_record *r,
                      const struct format *format, uint32_t line);
    void (*on_broken)(void *ctx, uint32_t line, const char *sentence);
};

struct intake_stats {
    uint64_t lines;
    uint64_t records;
    uint64_t malformed;
    struct mapping_stats mapping;
};

enum intake_mode {
    INTAKE_UNDECIDED,
    INTAKE_JSON,
    INTAKE_DOCUMENT,
    INTAKE_LINES,
    INTAKE_CSV
};

struct intake {
    struct intake_options options;
    enum intake_mode mode;
    const struct format *format; /* of lines and rows; NULL: not yet, or any of JSON */
    struct moment_day day;       /* of times of day */
    struct json_object *open;    /* item that has begun and not ended */
    struct json_object *columns; /* array of names */
    char *buffer;                /* unfinished line, or the document */
    size_t len, size;
    uint32_t line; /* number of the line that is being read */
    uint32_t open_line;
    bool too_long; /* skip to the end of the line */
    struct intake_stats stats;
};

void intake_init(struct intake *in, const struct intake_options *options);
void intake_fini(struct intake *in);

/* The next bytes of the feed. -1 when memory is out. */
int intake_push(struct intake *in, struct span bytes, struct err *why);

/* The feed ended: what is unfinished counts as it stands. */
void intake_end(struct intake *in);

/* True when new bytes at the end of a file do not go on from what was read before. */
bool intake_is_whole(const struct intake *in);
