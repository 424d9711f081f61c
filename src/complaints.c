#include "complaints.h"

#include "base/log.h"

/* How many came since it was last said; 0 when nothing is to be said now. */
static uint64_t news(struct complaints *all, struct complaint *c, uint64_t value,
                     uint64_t clock_ns)
{
    uint64_t fresh = value - c->said;

    if (fresh == 0 || clock_ns < c->next_ns)
        return 0;
    *c = (struct complaint){.said = value, .next_ns = clock_ns + COMPLAINTS_QUIET_NS};
    all->count++;
    return fresh;
}

static void look_at_source(struct complaints *c, size_t i, const struct stats_source *s,
                           uint64_t clock_ns)
{
    uint64_t n = news(c, &c->dropped[i], s->dropped, clock_ns);

    if (n)
        log_warn("%s: the kernel dropped %llu frames that were not taken in time: more "
                 "workers (-j), a larger capture.buffer or a filter help received=%llu "
                 "dropped=%llu ring_freezes=%llu",
                 s->name, (unsigned long long)n, (unsigned long long)s->received,
                 (unsigned long long)s->dropped, (unsigned long long)s->freezes);
    n = news(c, &c->cut[i], s->cut, clock_ns);
    if (n)
        log_warn("%s: %llu frames are longer than capture.snaplen and were cut: "
                 "certificates in them are not seen",
                 s->name, (unsigned long long)n);
    n = news(c, &c->oversize[i], s->oversize, clock_ns);
    if (n)
        log_warn(
            "%s: %llu frames are longer than the interface can send, so its driver has "
            "merged several: ethtool -K %s gro off lro off shows them as they came",
            s->name, (unsigned long long)n, s->name);
}

void complaints_look(struct complaints *c, const struct counters *counters,
                     const struct blind_spots *blind, uint64_t clock_ns)
{
    for (size_t i = 0; i < counters->source_count; i++)
        look_at_source(c, i, &counters->sources[i], clock_ns);
    if (c->said_one_sided || blind->sessions < COMPLAINTS_SESSIONS ||
        blind->one_direction <= blind->sessions / 2)
        return;
    c->said_one_sided = true;
    c->count++;
    log_warn(
        "of %llu sessions %llu show one direction only, so little can be said of them: "
        "does the mirror send both, and is -i given for each port of a tap?",
        (unsigned long long)blind->sessions, (unsigned long long)blind->one_direction);
}
