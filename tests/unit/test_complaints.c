#include "complaints.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/nanotime.h"
#include "tap.h"

static struct complaints complaints;
static struct counters counters;
static struct blind_spots blind;
static uint64_t clock_ns;

/* How many sentences a look gives. */
static uint64_t look(uint64_t later_s)
{
    uint64_t before = complaints.count;

    clock_ns += later_s * NS_PER_S;
    complaints_look(&complaints, &counters, &blind, clock_ns);
    return complaints.count - before;
}

static void test_drops(void)
{
    is_int(look(1), 0, "nothing happened");
    counters.sources[1].dropped = 10;
    is_int(look(1), 1, "drops are said at once");
    is_int(look(1), 0, "but only once");
    counters.sources[1].dropped = 5000;
    is_int(look(1), 0, "however many come");
    counters.sources[0].dropped = 1;
    is_int(look(1), 1, "another interface speaks for itself");
    is_int(look(60), 1, "what came in between is told a minute later");
    is_int(look(600), 0, "and then nothing, when nothing comes");
}

static void test_sizes(void)
{
    counters.sources[0].cut = 3;
    counters.sources[0].oversize = 4;
    is_int(look(1), 2, "cut and merged frames are said");
    counters.sources[0].cut = 9;
    is_int(look(59), 0, "not again within a minute");
    is_int(look(1), 1, "but then");
}

static void test_one_sided(void)
{
    blind = (struct blind_spots){.sessions = COMPLAINTS_SESSIONS - 1,
                                 .one_direction = COMPLAINTS_SESSIONS - 1};
    is_int(look(1), 0, "few sessions say nothing about a mirror");
    blind.sessions = 2 * COMPLAINTS_SESSIONS;
    blind.one_direction = COMPLAINTS_SESSIONS;
    is_int(look(1), 0, "nor when half show both directions");
    blind.one_direction++;
    is_int(look(1), 1, "more than half do");
    is_int(look(6000), 0, "once");
}

int main(void)
{
    counters.source_count = 2;
    counters.sources[0].name = "eth0";
    counters.sources[1].name = "eth1";
    log_set_level(LOG_LEVEL_ERROR);
    test_drops();
    test_sizes();
    test_one_sided();
    return done_testing();
}
