#include "context/moment.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>
#include <time.h>

#include "base/nanotime.h"

#define TEXT_MAX 48
#define HALF_DAY_NS (12 * 3600 * NS_PER_S)

struct reading {
    const char *at;
    bool bad;
};

static int number(struct reading *r, int digits)
{
    int value = 0;

    for (int i = 0; i < digits; i++, r->at++) {
        if (!isdigit((unsigned char)*r->at)) {
            r->bad = true;
            return 0;
        }
        value = value * 10 + (*r->at - '0');
    }
    return value;
}

static void expect(struct reading *r, const char *one_of)
{
    if (!r->bad && *r->at && strchr(one_of, *r->at))
        r->at++;
    else
        r->bad = true;
}

/* Up to nine digits behind a point or a comma. */
static uint64_t fraction(struct reading *r)
{
    uint64_t ns = 0, unit = NS_PER_S;

    if (r->bad || (*r->at != '.' && *r->at != ','))
        return 0;
    r->at++;
    for (; isdigit((unsigned char)*r->at); r->at++)
        if (unit > 1) {
            unit /= 10;
            ns += (uint64_t)(*r->at - '0') * unit;
        }
    return ns;
}

static void clock_of(struct reading *r, struct tm *tm)
{
    tm->tm_hour = number(r, 2);
    expect(r, ":");
    tm->tm_min = number(r, 2);
    expect(r, ":");
    tm->tm_sec = number(r, 2);
    r->bad = r->bad || tm->tm_hour > 23 || tm->tm_min > 59 || tm->tm_sec > 60;
}

/* Z, UTC, GMT, +02:00, +0200 or nothing. */
static int32_t zone(struct reading *r, int32_t otherwise)
{
    int32_t sign, seconds;

    while (*r->at == ' ')
        r->at++;
    if (*r->at == '\0')
        return otherwise;
    if (strcasecmp(r->at, "Z") == 0 || strcasecmp(r->at, "UTC") == 0 ||
        strcasecmp(r->at, "GMT") == 0)
        return 0;
    sign = *r->at == '-' ? -1 : 1;
    expect(r, "+-");
    seconds = number(r, 2) * 3600;
    if (*r->at == ':')
        r->at++;
    seconds += number(r, 2) * 60;
    r->bad = r->bad || *r->at != '\0' || seconds > 18 * 3600;
    return sign * seconds;
}

static bool finish(struct reading *r, struct tm *tm, uint64_t ns, int32_t offset_s,
                   uint64_t *out_ns)
{
    int64_t seconds;

    if (r->bad || tm->tm_mon < 0 || tm->tm_mon > 11 || tm->tm_mday < 1 || tm->tm_mday > 31)
        return false;
    seconds = (int64_t)timegm(tm) - offset_s;
    if (seconds <= 0 || seconds > INT64_C(9000000000))
        return false;
    *out_ns = (uint64_t)seconds * NS_PER_S + ns;
    return true;
}

/* 2026-11-21T03:45:01.5Z, 2026/11/21 03:45:01 */
static bool parse_numeric(const char *text, int32_t offset_s, uint64_t *out_ns)
{
    struct reading r = {.at = text};
    struct tm tm = {0};
    uint64_t ns;

    tm.tm_year = number(&r, 4) - 1900;
    expect(&r, "-/");
    tm.tm_mon = number(&r, 2) - 1;
    expect(&r, "-/");
    tm.tm_mday = number(&r, 2);
    expect(&r, "Tt ");
    clock_of(&r, &tm);
    ns = fraction(&r);
    offset_s = zone(&r, offset_s);
    return finish(&r, &tm, ns, offset_s, out_ns);
}

static int month(struct reading *r)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    for (int m = 0; m < 12; m++)
        if (strncasecmp(r->at, names + (size_t)m * 3, 3) == 0) {
            r->at += 3;
            return m;
        }
    r->bad = true;
    return 0;
}

static int day(struct reading *r)
{
    while (*r->at == ' ')
        r->at++;
    return isdigit((unsigned char)r->at[0]) && isdigit((unsigned char)r->at[1])
               ? number(r, 2)
               : number(r, 1);
}

/* Nov 21 2026 03:45:01 UTC */
static bool parse_named(const char *text, int32_t offset_s, uint64_t *out_ns)
{
    struct reading r = {.at = text};
    struct tm tm = {0};

    tm.tm_mon = month(&r);
    if (r.bad)
        return false;
    tm.tm_mday = day(&r);
    expect(&r, " ");
    if (r.bad)
        return false;
    tm.tm_year = number(&r, 4) - 1900;
    expect(&r, " ");
    clock_of(&r, &tm);
    offset_s = zone(&r, offset_s);
    return finish(&r, &tm, 0, offset_s, out_ns);
}

bool moment_parse_number(struct span text, uint64_t scale_ns, uint64_t *out_ns)
{
    uint64_t whole = 0, part = 0, unit = scale_ns;
    size_t i = 0;

    for (; i < text.len && isdigit(text.data[i]); i++) {
        if (whole > UINT64_MAX / 20)
            return false;
        whole = whole * 10 + (uint64_t)(text.data[i] - '0');
    }
    if (i == 0 || whole == 0 || whole > UINT64_MAX / scale_ns / 2)
        return false;
    if (i < text.len && text.data[i] == '.')
        for (i++; i < text.len && isdigit(text.data[i]); i++) {
            unit /= 10;
            part += (uint64_t)(text.data[i] - '0') * unit;
        }
    *out_ns = whole * scale_ns + part;
    return i == text.len;
}

bool moment_parse_clock(struct span text, int32_t utc_offset_s, struct moment_day *day,
                        uint64_t *out_ns)
{
    char copy[TEXT_MAX];
    struct reading r = {.at = copy};
    struct tm tm = {0};
    uint64_t ns;

    if (text.len == 0 || text.len >= sizeof(copy) || day->start_ns == 0)
        return false;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    clock_of(&r, &tm);
    ns = fraction(&r);
    if (r.bad || *r.at)
        return false;
    ns += (uint64_t)(tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec) * NS_PER_S;
    if (ns + HALF_DAY_NS < day->last_ns)
        day->start_ns += 2 * HALF_DAY_NS;
    day->last_ns = ns;
    *out_ns = day->start_ns + ns - (uint64_t)((int64_t)utc_offset_s * (int64_t)NS_PER_S);
    return true;
}

bool moment_parse(struct span text, int32_t utc_offset_s, uint64_t *out_ns)
{
    char copy[TEXT_MAX];

    if (text.len == 0 || text.len >= sizeof(copy))
        return false;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    return parse_numeric(copy, utc_offset_s, out_ns) ||
           parse_named(copy, utc_offset_s, out_ns) ||
           moment_parse_number(text, NS_PER_S, out_ns);
}
