/*
 * Time values. A point in time is `uint64_t` nanoseconds since 1970 (UTC), a span of time is
 * `uint64_t` nanoseconds. No function here reads a clock: time comes with the packet.
 */
#pragma once

#include <stdint.h>

#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

#define NANOTIME_TEXT_MAX 32

/* Length of time from `from` to `to`, 0 when `to` is earlier. */
static inline uint64_t nanotime_since(uint64_t from, uint64_t to)
{
    return to > from ? to - from : 0;
}

/*
 * The time as events tell it, to the microsecond. Records keep no more, so that what was written
 * and read back sorts as it did before.
 */
static inline uint64_t nanotime_whole_us(uint64_t time_ns)
{
    return time_ns - time_ns % NS_PER_US;
}

/* Write "2026-11-21T03:48:18.537000Z" (RFC 3339, UTC, microseconds) and return `out`. */
const char *nanotime_describe(uint64_t time_ns, char out[NANOTIME_TEXT_MAX]);

/* Read what nanotime_describe wrote, with up to 9 digits of fraction or none; 0, or -1 if malformed. */
int nanotime_parse(const char *text, uint64_t *time_ns);
