#include "capture/source_live.h"

#include "base/check.h"
#include "base/nanotime.h"

/* A frame from further ahead than this was stamped before the wall clock stepped back. */
#define AHEAD_NS NS_PER_S

void live_init(struct live *l, size_t interfaces)
{
    CHECK(interfaces <= LIVE_INTERFACES_MAX);
    *l = (struct live){.count = interfaces};
}

void live_put(struct live *l, size_t interface, struct ring *ring)
{
    live_lose(l, interface);
    l->places[interface].ring = ring;
    l->open++;
}

static void add(struct ring_stats *sum, const struct ring_stats *one)
{
    sum->received += one->received;
    sum->dropped += one->dropped;
    sum->freezes += one->freezes;
    sum->frames += one->frames;
    sum->bytes += one->bytes;
    sum->cut += one->cut;
    sum->oversize += one->oversize;
    sum->early += one->early;
}

void live_lose(struct live *l, size_t interface)
{
    struct live_place *p = &l->places[interface];

    if (!p->ring)
        return;
    add(&p->before, ring_count(p->ring));
    ring_close(p->ring);
    p->ring = NULL;
    p->empty_ns = 0;
    p->in_trouble = p->waits = false;
    l->open--;
}

/* ---- frames */

/* What the ring answered when it was asked for frames. */
static void note_answer(struct live_place *p, int result, uint64_t wall_ns)
{
    p->in_trouble = result < 0;
    p->empty_ns = result > 0 ? 0 : wall_ns;
    p->waits = result == 0 && ring_waits(p->ring, wall_ns);
}

static unsigned take_from(struct live_place *p, unsigned most, uint64_t wall_ns,
                          frame_fn fn, void *ctx)
{
    int n = ring_take(p->ring, most, fn, ctx);

    note_answer(p, n, wall_ns);
    return n < 0 ? 0 : (unsigned)n;
}

/* Look at the first frame of each ring; the place of the earliest, NULL when there is none. */
static struct live_place *find_earliest(struct live *l, uint64_t wall_ns, uint64_t *time_ns)
{
    struct live_place *earliest = NULL;
    const struct frame *frame;

    for (size_t i = 0; i < l->count; i++) {
        struct live_place *p = &l->places[i];
        int result;

        /* What was empty a moment ago is not asked again for every frame of another. */
        if (!p->ring || p->empty_ns == wall_ns)
            continue;
        result = ring_hold(p->ring, &frame);
        note_answer(p, result, wall_ns);
        if (result > 0 && (!earliest || frame->time_ns < *time_ns)) {
            earliest = p;
            *time_ns = frame->time_ns;
        }
    }
    return earliest;
}

/* True when another ring may still show a frame from before `time_ns`. */
static bool may_be_late(const struct live *l, uint64_t time_ns)
{
    for (size_t i = 0; i < l->count; i++) {
        const struct live_place *p = &l->places[i];

        if (p->ring && p->waits)
            return true;
        if (p->ring && !p->in_trouble && p->empty_ns > 0 &&
            time_ns + ring_delay_ns(p->ring) > p->empty_ns &&
            time_ns < p->empty_ns + AHEAD_NS)
            return true;
    }
    return false;
}

static unsigned take_in_order(struct live *l, unsigned most, uint64_t wall_ns, frame_fn fn,
                              void *ctx)
{
    struct live_place *p;
    const struct frame *frame;
    uint64_t time_ns = 0;
    unsigned n = 0;

    while (n < most && (p = find_earliest(l, wall_ns, &time_ns)) != NULL) {
        if (may_be_late(l, time_ns)) {
            l->holds = true;
            break;
        }
        if (ring_hold(p->ring, &frame) > 0)
            fn(ctx, frame);
        ring_drop(p->ring);
        n++;
    }
    return n;
}

unsigned live_take(struct live *l, unsigned most, uint64_t wall_ns, frame_fn fn, void *ctx)
{
    unsigned n = 0;

    l->holds = false;
    if (l->count > 1)
        n = take_in_order(l, most, wall_ns, fn, ctx);
    else if (l->open > 0)
        n = take_from(&l->places[0], most, wall_ns, fn, ctx);
    for (size_t i = 0; i < l->count; i++)
        l->holds = l->holds || l->places[i].waits;
    return n;
}

/* A ring in trouble would be readable all the time, and so would one whose frame waits. */
size_t live_wants(const struct live *l, struct pollfd out[LIVE_INTERFACES_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < l->count; i++) {
        const struct live_place *p = &l->places[i];

        if (p->ring && !p->in_trouble && p->empty_ns > 0)
            out[n++] = (struct pollfd){.fd = ring_fd(p->ring), .events = POLLIN};
    }
    return n;
}

/* ---- what is known of it */

struct ring_stats live_count(struct live *l, size_t interface)
{
    const struct live_place *p = &l->places[interface];
    struct ring_stats sum = p->before;

    if (p->ring)
        add(&sum, ring_count(p->ring));
    return sum;
}

void live_fini(struct live *l)
{
    for (size_t i = 0; i < l->count; i++)
        live_lose(l, i);
}
