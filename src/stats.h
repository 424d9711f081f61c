/*
 * Collects the counters of every stage into rows for the stats event. Each lane collects its own
 * and hands them on as a message; the sum of all lanes and the correlator's make the event.
 */
#pragma once

#include "alert/stats_json.h"
#include "capture/source.h"

#define STATS_ROWS_MAX 384
#define STATS_LANE_ROWS_MAX                                                                \
    224 /* of them the sum of lanes may take, with their protocols */
#define STATS_SOURCES_MAX 16

struct sensor;
struct lane;
struct lists;

struct stats_rows {
    struct stats_row rows[STATS_ROWS_MAX];
    size_t count;
};

/* The counters of one lane, or the sum of several. */
struct counters {
    unsigned lane;
    uint64_t now_ns;  /* packet time of the lane, the latest of several */
    uint64_t dropped; /* flows, segments and messages that were shed */
    struct stats_rows rows;
    struct stats_source sources[STATS_SOURCES_MAX]; /* live: the interfaces */
    size_t source_count;
};

/* The value of a counter, 0 when there is none of the name. */
uint64_t stats_value(const struct stats_rows *rows, const char *stage, const char *name);

/* What a lane counted, behind what its source did. */
void stats_collect_lane(struct counters *out, const struct lane *lane);

/* What the source of captures counted. */
void stats_collect_files(struct counters *out, const struct source_stats *source);

/* Live: how often the lane had to wait for room in its queue. */
void stats_collect_queue(struct counters *out, uint64_t waits);

void stats_add(struct counters *sum, const struct counters *one);

/* Put the correlator's and the output's counters behind those of the lanes. */
void stats_collect_sensor(struct stats_rows *out, const struct sensor *s);

/* Entries of lists that were of use, have expired, or are the operator's own and of no use yet. */
void stats_collect_lists(struct stats_lists *out, const struct lists *lists,
                         uint64_t now_ns);

/* How many records or table entries the correlator and the output shed since the start. */
uint64_t stats_dropped(const struct sensor *s);
