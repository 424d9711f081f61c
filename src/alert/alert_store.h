/*
 * Alerts of event files, or of a state database: of each alert the line of its latest revision, and
 * of which capture each session was, as far as session events in the same files say so.
 *
 * In: JSON lines, also packed with gzip or zstd, of any kinds; those that a filter does not want are
 * passed over. Lines that are no JSON are counted. Out: lines, in the order of their first revision.
 *
 * Limits: STORE_ALERTS_MAX alerts and STORE_SESSIONS_MAX sessions; what comes after is counted.
 */
#pragma once

#include "alert/alert_read.h"

#define STORE_ALERTS_MAX 20000u
#define STORE_SESSIONS_MAX 1000000u

/* What is wanted; all of it that is set must hold. */
struct alert_filter {
    const char *id;          /* an alert's, or its first digits; NULL: any */
    const char *device;      /* its address as text; NULL: any */
    const char *destination; /* name or address; NULL: any */
    bool only_open;
};

/* True when the filter wants it; `only_open` is not looked at, as a later revision may close it. */
bool alert_filter_wants(const struct alert_filter *filter, const struct finding *f);

struct stored_alert;

struct alert_store {
    struct alert_filter filter;
    struct alert_reader *reader;
    struct stored_alert *alerts; /* by id, in the order in which they came */
    size_t count;
    struct stored_session *sessions;
    size_t session_count, session_room;
    char **files; /* names of captures, each once */
    size_t file_count;
    uint64_t lines;
    uint64_t broken;
    uint64_t left_out; /* beyond a limit, or no memory */
};

/* Texts of the filter are borrowed. -1 with a sentence when memory is out. */
int alert_store_init(struct alert_store *s, const struct alert_filter *filter,
                     struct err *why);
void alert_store_fini(struct alert_store *s);

/* Take all lines of a file, `-` for standard input. -1 with a sentence when it cannot be read to
 * its end; what came before counts. */
int alert_store_read(struct alert_store *s, const char *path, struct err *why);

void alert_store_take(struct alert_store *s, struct span line);

/* Hand out each alert that is wanted. `files` are the captures of its sessions. */
void alert_store_each(struct alert_store *s,
                      void (*take)(void *ctx, const struct finding *f,
                                   const char *const *files, size_t file_count),
                      void *ctx);
