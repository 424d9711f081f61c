#include "context/moment.h"

#include "base/nanotime.h"
#include "tap.h"

/* 2026-11-21T03:45:00Z */
#define BASE_S INT64_C(1795232700)

static int64_t parse(const char *text, int32_t offset_s)
{
    uint64_t ns;

    return moment_parse(span_of_text(text), offset_s, &ns) ? (int64_t)(ns / NS_PER_MS) : -1;
}

static void test_spellings(void)
{
    is_int(parse("2026-11-21T03:45:00Z", 0), BASE_S * 1000, "RFC 3339");
    is_int(parse("2026-11-21T03:45:00.25Z", 0), BASE_S * 1000 + 250, "with a fraction");
    is_int(parse("2026-11-21T04:45:00+01:00", 0), BASE_S * 1000, "with an offset");
    is_int(parse("2026-11-21T04:45:00+0100", 7200), BASE_S * 1000,
           "or one without a colon");
    is_int(parse("2026-11-21 03:45:00.0000000", 0), BASE_S * 1000, "with a blank");
    is_int(parse("2026/11/21 03:45:00", 0), BASE_S * 1000, "with slashes");
    is_int(parse("2026/11/21 05:45:00", 7200), BASE_S * 1000,
           "in the zone of the settings");
    is_int(parse("Nov 21 2026 03:45:00 UTC", 0), BASE_S * 1000, "as RADIUS has it");
    is_int(parse("1795232700", 0), BASE_S * 1000, "seconds");
    is_int(parse("1795232700.5", 0), BASE_S * 1000 + 500, "and their fraction");
}

static void test_refused(void)
{
    static const char *const texts[] = {
        "",
        "yesterday",
        "2026-13-21T03:45:00Z",
        "2026-11-41T03:45:00Z",
        "2026-11",
        "2026-11-21T24:45:00Z",
        "2026-11-21T03:45:00X",
        "1795232700x",
        "0",
        "-5",
        "99999999999999999999",
        "Nov 2026 03:45:00 UTC",
        "Nov 21 20",
        "1969-12-31T00:00:00Z",
    };
    char cut[] = "2026-11-21T03:45:00Z";

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        is_int(parse(texts[i], 0), -1, "\"%s\" is no time", texts[i]);
    for (size_t n = 5; n < 19; n++)
        is_int(parse(memcpy((char[32]){0}, cut, n), 0), -1, "cut after %zu it is none", n);
}

static void test_clock(void)
{
    struct moment_day day = {.start_ns = (uint64_t)(BASE_S - BASE_S % 86400) * NS_PER_S};
    struct moment_day unknown = {.start_ns = 0};
    uint64_t start = day.start_ns, ns = 0;

    ok(!moment_parse_clock(span_of_text("03:45:00"), 0, &unknown, &ns),
       "a time of day needs a day");
    ok(moment_parse_clock(span_of_text("23:59:59.5"), 0, &day, &ns) &&
           ns == start + (86399 * NS_PER_S + 500 * NS_PER_MS),
       "it counts from the day's start");
    ok(moment_parse_clock(span_of_text("23:59:59.1"), 0, &day, &ns) &&
           ns < start + 86400 * NS_PER_S,
       "a little back is the same day");
    ok(moment_parse_clock(span_of_text("00:00:01"), 0, &day, &ns) &&
           ns == start + 86401 * NS_PER_S,
       "far back is the next one");
    ok(!moment_parse_clock(span_of_text("24:00:00"), 0, &day, &ns), "24:00 is none");
}

int main(void)
{
    test_spellings();
    test_refused();
    test_clock();
    return done_testing();
}
