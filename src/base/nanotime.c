#include "base/nanotime.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Days since 1970-01-01 to a civil date, proleptic Gregorian (no library call, so it is fast). */
static void civil_from_days(int64_t days, int *year, int *month, int *day)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;

    *day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2));
}

static char *put_digits(char *out, int width, uint64_t value)
{
    for (int i = width - 1; i >= 0; i--) {
        out[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return out + width;
}

const char *nanotime_describe(uint64_t time_ns, char out[NANOTIME_TEXT_MAX])
{
    uint64_t seconds = time_ns / NS_PER_S;
    uint64_t of_day = seconds % 86400;
    int year, month, day;
    char *p = out;

    civil_from_days((int64_t)(seconds / 86400), &year, &month, &day);
    p = put_digits(p, 4, (uint64_t)year);
    *p++ = '-';
    p = put_digits(p, 2, (uint64_t)month);
    *p++ = '-';
    p = put_digits(p, 2, (uint64_t)day);
    *p++ = 'T';
    p = put_digits(p, 2, of_day / 3600);
    *p++ = ':';
    p = put_digits(p, 2, of_day / 60 % 60);
    *p++ = ':';
    p = put_digits(p, 2, of_day % 60);
    *p++ = '.';
    p = put_digits(p, 6, time_ns % NS_PER_S / NS_PER_US);
    *p++ = 'Z';
    *p = '\0';
    return out;
}

int nanotime_parse(const char *text, uint64_t *time_ns)
{
    struct tm tm = {0};
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    char canonical[NANOTIME_TEXT_MAX];
    uint64_t fraction = 0, unit = NS_PER_S;
    int64_t seconds;

    if (!rest)
        return -1;
    if (*rest == '.') {
        rest++;
        for (; *rest >= '0' && *rest <= '9' && unit > 1; rest++) {
            unit /= 10;
            fraction += (uint64_t)(*rest - '0') * unit;
        }
        if (unit == NS_PER_S)
            return -1;
    }
    if (strcmp(rest, "Z") != 0)
        return -1;
    seconds = (int64_t)timegm(&tm);
    if (seconds < 0 || (uint64_t)seconds >= UINT64_MAX / NS_PER_S)
        return -1;
    /* strptime lets blanks, short years, 30 February and a second 60 pass. */
    (void)nanotime_describe((uint64_t)seconds * NS_PER_S, canonical);
    if (strncmp(canonical, text, sizeof("2026-11-21T03:48:18") - 1) != 0)
        return -1;
    *time_ns = (uint64_t)seconds * NS_PER_S + fraction;
    return 0;
}
