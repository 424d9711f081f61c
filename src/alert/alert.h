/*
 * The output: findings, sessions and counters go in, lines go to the sinks: a file or standard
 * output, a socket, a syslog receiver, any of them together.
 *
 * Session and stats events gather in a buffer until it is half full, alert_output_flush is called
 * or, when the output is polled, they have waited long enough; an alert is handed to the sinks,
 * with all that stands before it, before the call returns, so the order of events never changes.
 * Where an outbox is set, alerts wait there in place of going to the sinks, until who set it sends
 * them with alert_output_send.
 * Informational findings (severity 1) are counted and withheld unless asked for. In the format for
 * persons a file gets alerts alone; a socket always gets JSON.
 *
 * The struct holds its buffers and is large: it belongs into the heap. Text given in the options
 * is borrowed. A failed write is the operator's: -1 and one sentence, and what was lost is counted.
 * A patient output goes on instead: it says so once, and its file keeps alerts in memory for a
 * while (sink_file.h). The other sinks have a spool each and never fail.
 */
#pragma once

#include "alert/config_json.h"
#include "alert/outbox.h"
#include "alert/sink_file.h"
#include "alert/sink_socket.h"
#include "alert/sink_syslog.h"
#include "alert/stats_json.h"
#include "detect/finding.h"
#include "session/cipher_texts.h"
#include "session/session_end.h"

/* Twice the longest line: a finding with 1,000 related addresses or a chain of ten certificates. */
#define ALERT_BUFFER_BYTES (256u * 1024u)

enum alert_format { ALERT_FORMAT_ECS, ALERT_FORMAT_TEXT };

/* Which session events are written. */
enum alert_sessions { ALERT_SESSIONS_NO, ALERT_SESSIONS_YES, ALERT_SESSIONS_FULL };

struct alert_options {
    struct sink_file_options file; /* without path: no file */
    const struct sink_socket_options
        *socket; /* NULL: none; read by alert_output_init alone */
    const struct sink_syslog_options *syslog;
    enum alert_format format;
    enum alert_sessions sessions;
    bool informational;
    uint64_t flush_ns; /* longest time that a session event waits */
    struct observer observer;
};

struct alert_stats {
    uint64_t sessions; /* events written */
    uint64_t session_ends;
    uint64_t alerts;        /* revisions written */
    uint64_t informational; /* withheld */
    uint64_t reports;       /* stats events */
    uint64_t configs;       /* events of a configuration in effect */
    uint64_t too_long;      /* lines longer than half of the buffer, left out */
    uint64_t lines_lost;    /* in writes that failed */
    uint64_t alerts_lost;
    uint64_t write_errors;
    uint64_t bytes;
};

/* The newest alert that was written. */
struct last_alert {
    uint64_t time_ns;
    int severity;
    char message[FINDING_TEXT_MAX];
};

struct alert_output {
    struct alert_options options;
    struct sink_file file;
    struct delivery socket;
    struct sink_syslog syslog;
    bool has_file, has_socket, has_syslog;
    struct outbox *outbox; /* borrowed; NULL: alerts go out at once */
    struct json_out out;
    struct cipher_texts texts;
    enum sink_class class; /* of the lines that leave the buffer */
    struct alert_stats stats;
    struct blind_spots blind;
    struct last_alert last;
    uint64_t reports; /* sequence of stats events */
    uint64_t next_flush_ns;
    bool colour;
    bool failed; /* a write, since somebody was told */
    bool failing;
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
/* It leaves at once, as an alert does. */
int alert_output_config(struct alert_output *o, const struct config_report *report,
                        struct err *why);
int alert_output_flush(struct alert_output *o, struct err *why);

/* Send what waited in the outbox, of one sink; nothing when there is no such sink. */
int alert_output_send(struct alert_output *o, enum outbox_sink sink, struct span bytes,
                      struct err *why);

/* Flush, then go on with a new file of the same name, and with new connections. */
int alert_output_reopen(struct alert_output *o, struct err *why);

/*
 * Give the sinks time, of any clock that only grows: several times a second, so that lines move on.
 * Bounded work, nothing blocks but disks. `closing`: nothing will be written any more.
 */
void alert_output_poll(struct alert_output *o, uint64_t now_ns, bool closing);

/* Events that receivers have not got yet; while `closing` goes on, it falls to 0. */
uint64_t alert_output_pending(const struct alert_output *o);

/* A receiver is there and takes less than comes: who can wait, should. */
bool alert_output_is_behind(const struct alert_output *o);
/* No receiver is there that events wait for. */
bool alert_output_is_alone(const struct alert_output *o);

#define ALERT_OUTPUT_WANTS_MAX 2
/* Descriptors worth waiting for before the next poll; how many. */
size_t alert_output_wants(const struct alert_output *o,
                          struct pollfd out[ALERT_OUTPUT_WANTS_MAX]);

/* Flush and close. -1 when the last lines were lost. */
int alert_output_fini(struct alert_output *o, struct err *why);
