/*
 * Times as the sources of context write them. All of them end as nanoseconds since 1970.
 *
 * Known spellings: RFC 3339 with Z or an offset, with T or a blank, "+0000" without colon;
 * 2026/11/21 03:45:01 (dhcpd, firewalls, proxies); Nov 21 2026 03:45:01 UTC (RADIUS);
 * 1795232701.123 (seconds). One that names no zone is taken as UTC plus `utc_offset_s`.
 */
#pragma once

#include <stdbool.h>

#include "base/span.h"

/* False when it is none of these, or before 1970. */
bool moment_parse(struct span text, int32_t utc_offset_s, uint64_t *out_ns);

/* A day and how far it has come: a clock that steps back by hours has passed midnight. */
struct moment_day {
    uint64_t start_ns; /* of the day, UTC; 0: not known */
    uint64_t last_ns;  /* of the latest time of it */
};

/* "03:45:01.123" on that day. False when it is none, or the day is not known. */
bool moment_parse_clock(struct span text, int32_t utc_offset_s, struct moment_day *day,
                        uint64_t *out_ns);

/* "1795232701" or "1795232701.123"; `scale_ns` is what 1 stands for. */
bool moment_parse_number(struct span text, uint64_t scale_ns, uint64_t *out_ns);
