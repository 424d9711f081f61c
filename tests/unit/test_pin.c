#include "pin.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "tap.h"

static void test_lists(void)
{
    static const struct {
        const char *list;
        int count;
    } lists[] = {{"0", 1},
                 {"2-5", 4},
                 {"2-5,8", 5},
                 {"1,3,0", 3},
                 {"", -1},
                 {"a", -1},
                 {"5-2", -1},
                 {"1,", -1},
                 {",1", -1},
                 {"1-", -1},
                 {"-3", -1},
                 {"1 2", -1},
                 {"99999999999999999999", -1},
                 {"1-99999", -1}};
    struct err why;

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        is_int(pin_count(lists[i].list, &why), lists[i].count, "\"%s\"", lists[i].list);
    (void)pin_count("2;3", &why);
    is_text(why.text, "capture.pin: expected cores such as 2-5,8, found \"2;3\"",
            "a list that is none is told");
}

static void test_thread(void)
{
    cpu_set_t before, now;
    char list[64];
    struct err why = {""};
    int core = 0;

    if (sched_getaffinity(0, sizeof(before), &before) < 0)
        return;
    while (!CPU_ISSET((size_t)core, &before))
        core++;
    (void)snprintf(list, sizeof(list), "1023,%d", core);
    is_int(pin_thread(pthread_self(), list, 3, &why), 0,
           "the list begins anew at its end: %s", why.text);
    (void)sched_getaffinity(0, sizeof(now), &now);
    ok(CPU_COUNT(&now) == 1 && CPU_ISSET((size_t)core, &now), "the thread is bound to it");
    (void)sched_setaffinity(0, sizeof(before), &before);
    is_int(pin_thread(pthread_self(), list, 0, &why), -1, "a core that there is not");
    ok(strstr(why.text, "core 1023"), "is named: %s", why.text);
}

int main(void)
{
    test_lists();
    test_thread();
    return done_testing();
}
