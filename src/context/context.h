/*
 * What feeds tell about devices and apps, and the one place to ask. Feeds are files, folders,
 * standard input or Unix sockets in one of several formats (context/format.h); what they say is
 * kept in bounded tables (context/store.h) and looked up by device and the time of the event in
 * question, never by the clock.
 *
 * In a replay context_load reads every feed to its end before the first packet, so the result
 * does not depend on speed. A record that says when it became known (`received`) is held back until
 * then, as it would be live. Live, context_poll reads on: what comes late can change what was
 * said, so a reader of `sequence` sees that something new arrived.
 *
 * A line that cannot be used is told once, with file and line, counted, and the rest is read.
 */
#pragma once

#include "config/settings.h"
#include "context/store.h"

struct context;

/* A truth that may not be known. */
enum told { TOLD_NOTHING, TOLD_NO, TOLD_YES };

#define CONTEXT_HANDLES_MAX 16
#define CONTEXT_USED_MAX 12

/* One handle by which facts about the device are found. */
struct context_handle {
    enum context_field field;
    const char *value; /* lent by the fact it came from, or by the answer */
};

/* Who a device is at a point in time. Texts are lent until the next context_poll or _advance, NULL
 * when nobody tells. */
struct context_answer {
    const char *id; /* the inventory's id, else serial, udid, imei or imsi; no MAC */
    const char *hostname;
    const char *os; /* "android", "ios", "windows", ... */
    const char *os_version;
    const char *manufacturer;
    const char *model;
    const char *user;
    const char *owner;
    const char *serial;
    const char *mac; /* twelve digits, of the lease or the inventory */
    enum told managed, supervised;

    struct context_handle handles[CONTEXT_HANDLES_MAX];
    size_t handle_count;
    /* What was used, the most important first; those behind `agreed` were outranked. */
    const struct context_fact *facts[CONTEXT_USED_MAX];
    size_t agreed;
    size_t fact_count;
    char address_text[ADDRESS_TEXT_MAX]; /* behind the handles */
    char mac_text[13];
};

struct context_options {
    const struct config_context *feeds;
    size_t feed_count;
    uint64_t most_bytes;
    bool live; /* feeds go on: what waits for more is not waited for */
    uint64_t seed;
};

struct context_stats {
    uint64_t lines;     /* or documents, of all feeds */
    uint64_t records;   /* that came of them */
    uint64_t malformed; /* lines or records that could not be used */
    uint64_t unknown;   /* items of no known form */
    uint64_t unknown_fields;
    uint64_t bad_values; /* left out of records that are used */
    uint64_t late;       /* became known after the time they tell of had been judged */
    uint64_t held;       /* wait for the time at which they became known */
    uint64_t feeds_lost;
};

/* NULL with a sentence when a feed cannot be opened. Without feeds it answers nothing. */
struct context *context_new(const struct context_options *options, struct err *why);
void context_free(struct context *c);

/* Read all feeds to their end; live, as far as they are written. -1 with a sentence when one breaks. */
int context_load(struct context *c, struct err *why);

/* Live: read what the feeds have, several times a second by a clock that only grows. */
void context_poll(struct context *c, uint64_t clock_ns);

/*
 * Event time is `now_ns`: take in the records that became known until then. context_next_ns is when
 * the next one does, UINT64_MAX without.
 */
void context_advance(struct context *c, uint64_t now_ns);
uint64_t context_next_ns(const struct context *c);

/* Counts arrivals: a fact whose sequence is greater came later. */
uint64_t context_sequence(const struct context *c);

bool context_has_feeds(const struct context *c);

/* True when there is a record of that kind. */
bool context_knows(const struct context *c, enum context_kind kind);

/* True when there is anything to ask about. */
bool context_has_facts(const struct context *c);

/*
 * Who has this address (and on its own link this MAC, else NULL) at `time_ns`? False when no feed
 * knows the device; the answer then holds nothing but the handles to ask by.
 */
bool context_find_device(const struct context *c, const struct address *address,
                         const uint8_t mac[6], uint64_t time_ns,
                         struct context_answer *out);

/* Where a fact comes from: "leases/dnsmasq.leases:12", "mdm.json". */
void context_describe_origin(const struct context *c, const struct context_fact *f,
                             char *out, size_t size);

/* Who says so: the record's own word, else the name of the format. */
const char *context_source(const struct context_fact *f);

const struct store *context_store(const struct context *c);
struct context_stats context_stats(const struct context *c);
