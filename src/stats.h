/*
 * Collects the counters of every stage into rows for the stats event.
 */
#pragma once

#include "alert/stats_json.h"
#include "capture/source.h"

#define STATS_ROWS_MAX 192

struct sensor;

struct stats_rows {
    struct stats_row rows[STATS_ROWS_MAX];
    size_t count;
};

void stats_collect(struct stats_rows *out, const struct sensor *s);

/* How many records, flows or table entries were shed since the start. */
uint64_t stats_dropped(const struct sensor *s);
