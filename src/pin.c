#include "pin.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define CORES_MAX CPU_SETSIZE

/* One part of the list, "5" or "2-5"; false when it is none. */
static bool next_range(const char **list, unsigned *from, unsigned *to)
{
    char *end;
    unsigned long first, last;

    if (**list < '0' || **list > '9')
        return false;
    first = last = strtoul(*list, &end, 10);
    if (*end == '-' && end[1] >= '0' && end[1] <= '9')
        last = strtoul(end + 1, &end, 10);
    if (first > last || last >= CORES_MAX || (*end != ',' && *end != '\0'))
        return false;
    *list = *end == ',' ? end + 1 : end;
    *from = (unsigned)first;
    *to = (unsigned)last;
    return *end == '\0' || **list != '\0';
}

/* The core at `place`, -1 when the list is shorter; `count` is how many it has. */
static int find_core(const char *list, unsigned place, unsigned *count)
{
    unsigned from, to;
    int core = -1;

    *count = 0;
    do {
        if (!next_range(&list, &from, &to)) {
            *count = 0;
            return -1;
        }
        if (place >= *count && place - *count <= to - from)
            core = (int)(from + place - *count);
        *count += to - from + 1;
    } while (*list);
    return core;
}

int pin_count(const char *list, struct err *why)
{
    unsigned count;

    (void)find_core(list, 0, &count);
    return count ? (int)count
                 : err_set(why, "capture.pin: expected cores such as 2-5,8, found \"%s\"",
                           list);
}

int pin_thread(pthread_t thread, const char *list, unsigned place, struct err *why)
{
    int count = pin_count(list, why), core, failure;
    unsigned ignored;
    cpu_set_t cores;

    if (count < 0)
        return -1;
    core = find_core(list, place % (unsigned)count, &ignored);
    CPU_ZERO(&cores);
    CPU_SET((size_t)core, &cores);
    failure = pthread_setaffinity_np(thread, sizeof(cores), &cores);
    return failure
               ? err_set(why, "capture.pin: core %d: %s", core, strerrordesc_np(failure))
               : 0;
}
