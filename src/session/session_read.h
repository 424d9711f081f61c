/*
 * Reads session events back into records: what session_write wrote, so that detection can run
 * without packets. Writing a record that was read gives the same line.
 *
 * A line goes in. Out comes the record, or that the line is another event, or that it is broken and
 * why. Keys that say the same again in other words (Community ID, sentences, the leaf's names under
 * `tls.server`) are not read, unknown keys are passed over, absent ones mean that it is not known.
 *
 * The caller releases each session. Names of files and labels belong to the reader, which outlives
 * the sessions; certificates are as written, without their bytes. A line has at most
 * SESSION_LINE_MAX bytes, its objects nest to SESSION_DEPTH_MAX.
 */
#pragma once

#include "base/err.h"
#include "session/session_end.h"

#define SESSION_LINE_MAX (1024u * 1024u)
#define SESSION_DEPTH_MAX 16

struct session_reader;

enum session_line {
    SESSION_LINE_READ,   /* the record is filled */
    SESSION_LINE_END,    /* the totals of one are filled (session_read_any) */
    SESSION_LINE_OTHER,  /* an event, but none of these */
    SESSION_LINE_BROKEN, /* no JSON object, or a value that no session has */
};

/* NULL with a sentence when memory is out. */
struct session_reader *session_reader_new(struct err *why);
void session_reader_free(struct session_reader *r);

/* Read one line, without its end of line. `why` is filled when it is broken. */
enum session_line session_read(struct session_reader *r, struct span line,
                               struct session *out, struct err *why);

/* The same; the totals that follow a session are read as well, into `end`. */
enum session_line session_read_any(struct session_reader *r, struct span line,
                                   struct session *out, struct session_end *end,
                                   struct err *why);
