/*
 * The output: findings, sessions and counters go in, lines go to the sink.
 *
 * Session and stats events gather in a buffer until it is half full or alert_output_flush is
 * called; an alert is handed to the sink, with all that stands before it, before the call returns,
 * so the order of events never changes. Informational findings (severity 1) are counted and
 * withheld unless asked for. In the format for persons alerts alone are written.
 *
 * The struct holds its buffers and is large: it belongs into the heap. Text given in the options
 * is borrowed. A failed write is the operator's: -1 and one sentence, and what was lost is counted.
 */
#pragma once

#include "alert/sink_file.h"
#include "alert/stats_json.h"
#include "detect/finding.h"
#include "session/session_end.h"

/* Twice the longest line: a finding with 1,000 related addresses or a chain of ten certificates. */
#define ALERT_BUFFER_BYTES (256u * 1024u)

enum alert_format { ALERT_FORMAT_ECS, ALERT_FORMAT_TEXT };

/* Which session events are written. */
enum alert_sessions { ALERT_SESSIONS_NO, ALERT_SESSIONS_YES, ALERT_SESSIONS_FULL };

struct alert_options {
    const char *path; /* "-" for standard output */
    bool append;      /* keep what the file holds */
    enum alert_format format;
    enum alert_sessions sessions;
    bool informational;
    struct observer observer;
};

struct alert_stats {
    uint64_t sessions; /* events written */
    uint64_t session_ends;
    uint64_t alerts;        /* revisions written */
    uint64_t informational; /* withheld */
    uint64_t reports;       /* stats events */
    uint64_t too_long;      /* lines longer than half of the buffer, left out */
    uint64_t lines_lost;    /* in writes that failed */
    uint64_t alerts_lost;
    uint64_t write_errors;
    uint64_t bytes;
};

struct alert_output {
    struct alert_options options;
    struct sink_file file;
    struct json_out out;
    struct alert_stats stats;
    struct blind_spots blind;
    uint64_t reports; /* sequence of stats events */
    bool colour;
    bool failed; /* since alert_output_check last looked */
    struct err why;
    char buffer[ALERT_BUFFER_BYTES];
};

/* Open the output. -1 with a sentence when it cannot be opened. */
int alert_output_init(struct alert_output *o, const struct alert_options *options,
                      struct err *why);

/* Each of these: 0, or -1 with a sentence when a write failed. */
int alert_output_session(struct alert_output *o, const struct session *s, struct err *why);
int alert_output_session_end(struct alert_output *o, const struct session_end *end,
                             struct err *why);
int alert_output_finding(struct alert_output *o, const struct finding *f, struct err *why);
/* The sequence and the blind spots are the output's own. */
int alert_output_stats(struct alert_output *o, const struct stats_report *report,
                       struct err *why);
int alert_output_flush(struct alert_output *o, struct err *why);

/* Flush, then go on with a new file of the same name. */
int alert_output_reopen(struct alert_output *o, struct err *why);

/* Flush and close. -1 when the last lines were lost. */
int alert_output_fini(struct alert_output *o, struct err *why);
