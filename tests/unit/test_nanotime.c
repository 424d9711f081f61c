#include "tap.h"

#include "base/nanotime.h"

/* Points in time with the text that says them; the texts were taken from date(1). */
static const struct {
    uint64_t time_ns;
    const char *text;
} points[] = {
    {0, "1970-01-01T00:00:00.000000Z"},
    {UINT64_C(951782399) * NS_PER_S, "2000-02-28T23:59:59.000000Z"},
    {UINT64_C(951782400) * NS_PER_S, "2000-02-29T00:00:00.000000Z"},
    {UINT64_C(951868800) * NS_PER_S, "2000-03-01T00:00:00.000000Z"},
    {UINT64_C(1709251199) * NS_PER_S, "2024-02-29T23:59:59.000000Z"},
    {UINT64_C(1735689599) * NS_PER_S + 999999 * NS_PER_US, "2024-12-31T23:59:59.999999Z"},
    {UINT64_C(1735689600) * NS_PER_S, "2025-01-01T00:00:00.000000Z"},
    {UINT64_C(1795232898) * NS_PER_S + 537 * NS_PER_MS, "2026-11-21T03:48:18.537000Z"},
    {UINT64_C(4107542400) * NS_PER_S, "2100-03-01T00:00:00.000000Z"},
};

static void test_there_and_back(void)
{
    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
        char out[NANOTIME_TEXT_MAX];
        uint64_t time_ns = 1;

        is_text(nanotime_describe(points[i].time_ns, out), points[i].text, "%s is written",
                points[i].text);
        is_int(nanotime_parse(points[i].text, &time_ns), 0, "and read");
        is_int(time_ns, points[i].time_ns, "as the same point");
    }
}

static void test_every_day_of_four_centuries(void)
{
    char out[NANOTIME_TEXT_MAX];
    uint64_t wrong = 0;

    for (uint64_t day = 0; day < 146097; day++) {
        uint64_t time_ns = 1, want = day * 86400 * NS_PER_S;

        if (nanotime_parse(nanotime_describe(want, out), &time_ns) != 0 || time_ns != want)
            wrong++;
    }
    is_int(wrong, 0, "each day from 1970 to 2369 is written and read as itself");
}

static void test_less_than_a_microsecond_is_dropped(void)
{
    char out[NANOTIME_TEXT_MAX];

    is_text(nanotime_describe(999, out), "1970-01-01T00:00:00.000000Z",
            "999 ns are no microsecond");
    is_text(nanotime_describe(UINT64_MAX, out), "2554-07-21T23:34:33.709551Z",
            "the last point in time can be written");
}

static void reads(const char *text, uint64_t want)
{
    uint64_t time_ns = 1;

    is_int(nanotime_parse(text, &time_ns), 0, "%s is read", text);
    is_int(time_ns, want, "as what it says");
}

static void test_fractions(void)
{
    reads("1970-01-01T00:00:01Z", NS_PER_S);
    reads("1970-01-01T00:00:00.5Z", 500 * NS_PER_MS);
    reads("1970-01-01T00:00:00.000000001Z", 1);
    reads("1970-01-01T00:00:00.123456789Z", 123456789);
}

static void test_what_is_no_time(void)
{
    static const char *const texts[] = {
        "",
        "now",
        "2026-11-21",
        "2026-11-21T03:48:18",
        "2026-11-21T03:48:18.5",
        "2026-11-21T03:48:18.1234567891Z",
        "2026-11-21T03:48:18+01:00",
        "2026-11-21T03:48:18ZZ",
        "2026-13-01T00:00:00Z",
        "2026-11-32T00:00:00Z",
        "2026-11-21T24:00:00Z",
        "2026-11-21 03:48:18Z",
        "1969-12-31T23:59:59Z",
        "2026-02-29T00:00:00Z",
        "2026-11-21T03:48:60Z",
        "2026-11-21T03:48:18.Z",
        " 2026-11-21T03:48:18Z",
        "2026-1-2T03:48:18Z",
        "2026-11- 1T03:48:18Z",
        "2555-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        uint64_t time_ns = 7;

        ok(nanotime_parse(texts[i], &time_ns) != 0, "\"%s\" is refused", texts[i]);
        is_int(time_ns, 7, "and nothing was written");
    }
}

static void test_each_truncation_is_refused(void)
{
    const char *whole = "2026-11-21T03:48:18.537Z";

    for (size_t n = 0; n < strlen(whole); n++) {
        char cut[32] = "";
        uint64_t time_ns;

        memcpy(cut, whole, n);
        ok(nanotime_parse(cut, &time_ns) != 0, "\"%s\" is refused", cut);
    }
}

static void test_length_of_time(void)
{
    is_int(nanotime_since(3, 5), 2, "from 3 to 5 are 2");
    is_int(nanotime_since(5, 5), 0, "from 5 to 5 is nothing");
    is_int(nanotime_since(5, 3), 0, "and from 5 to 3 too, time does not run backwards");
}

int main(void)
{
    test_there_and_back();
    test_every_day_of_four_centuries();
    test_less_than_a_microsecond_is_dropped();
    test_fractions();
    test_what_is_no_time();
    test_each_truncation_is_refused();
    test_length_of_time();
    return done_testing();
}
