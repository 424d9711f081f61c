/*
 * The stats event: every counter of every stage, and the blind-spot meter, which says of how many
 * sessions nothing can be said and why.
 */
#pragma once

#include "session/event.h"

/* One counter. Rows of one stage stand together and make one object. */
struct stats_row {
    const char *stage;
    const char *name;
    uint64_t value;
    bool is_level; /* goes up and down; the others only grow */
};

/* One device that is captured from. */
struct stats_source {
    const char *name;
    bool up;
    uint64_t received; /* frames that the filter let through, dropped ones included */
    uint64_t dropped;  /* by the kernel: nobody took them in time */
    uint64_t freezes;  /* times when the ring was full */
    uint64_t frames;   /* taken */
    uint64_t bytes;
    uint64_t cut;      /* of them, longer than the snap length */
    uint64_t oversize; /* of them, longer than the device can send: merged by its driver */
    uint64_t early;    /* left out, from before all workers had joined */
    uint64_t outages;  /* times when it was down or gone */
};

/* Sessions so far, those without a verdict, and why: each of these can have several reasons. */
struct blind_spots {
    uint64_t sessions;
    uint64_t one_direction; /* of them, only one was captured; with a verdict or without */
    uint64_t without_verdict;
    uint64_t one_sided;
    uint64_t gaps;
    uint64_t midstream;
    uint64_t truncated;
    uint64_t ech;
    uint64_t resumed;
    uint64_t inspection_unknown; /* TLS 1.3, and nothing tells whether it is inspected */
    uint64_t other;              /* none of these */
};

/* An entry of a list that was of use, or that ought to be looked at: expired, or of no use yet. */
struct stats_list_entry {
    const char *list;  /* "AllowedDestinationList" */
    const char *match; /* as written */
    const char *owner; /* NULL: none */
    uint64_t hits;
    uint64_t expires_ns; /* 0: never */
    bool is_expired;
};

#define STATS_LIST_ENTRIES_MAX 256

struct stats_lists {
    struct stats_list_entry entries[STATS_LIST_ENTRIES_MAX];
    size_t count;
    uint64_t left_out; /* there was no room for them */
};

struct stats_report {
    uint64_t time_ns;  /* packet time */
    uint64_t sequence; /* from 1 */
    const struct stats_row *rows;
    size_t row_count;
    const struct stats_source *sources;
    size_t source_count;
    const struct stats_lists *lists; /* NULL: none */
    struct blind_spots blind;
};

/* Count one session. */
void blind_spots_count(struct blind_spots *b, const struct session *s);

/* The reasons by name. */
#define BLIND_SPOTS_REASONS 8
void blind_spots_reasons(const struct blind_spots *b,
                         struct stats_row out[BLIND_SPOTS_REASONS]);

/* Inside an object: `stats` with an object for each stage; `blind_spots`. */
void stats_json_stages(const struct stats_row *rows, size_t count, struct json_out *out);
void stats_json_blind_spots(const struct blind_spots *b, struct json_out *out);

/* Write the event as one line; false when it did not fit. */
bool stats_json_write(const struct stats_report *report, const struct observer *observer,
                      struct json_out *out);
