#include "crew_live.h"

#include "base/nanotime.h"
#include "stats.h"

/* Between two batches signals, rings and the clock are looked at. */
#define BATCH_FRAMES 512u
/* Nothing comes: so often time moves on, and rings are looked for. */
#define IDLE_WAIT_MS 50
/* A frame waits for those of another interface. */
#define HOLD_WAIT_MS 5
/* The sessions of a busy worker leave, and time moves on for all, at least so often. */
#define MARK_NS (20 * NS_PER_MS)
/* The wall clock is ahead of what a silent ring may still show: its delay, and a little. */
#define BEHIND_NS (60 * NS_PER_MS)
/* What was captured before the stop is taken for so long at most. */
#define DRAIN_NS (5 * NS_PER_S)
/* A ring that has been in trouble for so many rounds of IDLE_WAIT_MS, though up, is given up. */
#define TROUBLE_ROUNDS 100u

/* One worker while it runs. */
struct turn {
    struct hand *hand;
    struct crew *crew;
    uint64_t wall_ns;
    uint64_t marked_ns;
    uint64_t marked_frames;
    unsigned trouble[LIVE_INTERFACES_MAX]; /* rounds in a row */
};

/* ---- frames */

static bool stops(const struct crew *c)
{
    return atomic_load_explicit(&c->stop, memory_order_relaxed);
}

/* Of all workers together no more than asked for. */
static bool is_wanted(struct crew *c)
{
    uint64_t limit = c->options.packet_limit, before;

    if (!limit)
        return true;
    before = atomic_fetch_add(&c->wanted, 1);
    if (before + 1 >= limit)
        crew_ask_stop(c);
    return before < limit;
}

static void on_frame(void *ctx, const struct frame *frame)
{
    struct hand *h = ctx;

    if (is_wanted(h->crew))
        lane_push(&h->lane, frame, 1);
}

/* ---- rings */

static void let_go(struct turn *t, size_t i)
{
    live_lose(&t->hand->live, i);
    interfaces_give_up(&t->crew->interfaces, i, t->hand->index);
    t->trouble[i] = 0;
}

/* A ring that is to go is emptied first. */
static void look_after_rings(struct turn *t)
{
    struct interfaces *interfaces = &t->crew->interfaces;
    struct live *live = &t->hand->live;

    for (size_t i = 0; i < live->count; i++) {
        const struct live_place *p = &live->places[i];
        struct ring *ring;

        if (p->ring) {
            bool in_trouble = p->in_trouble && interfaces_is_up(interfaces, i);

            t->trouble[i] = in_trouble ? t->trouble[i] + 1 : 0;
            if ((p->empty_ns > 0 && interfaces_is_stale(interfaces, i, t->hand->index)) ||
                t->trouble[i] > TROUBLE_ROUNDS)
                let_go(t, i);
        }
        ring = interfaces_take(interfaces, i, t->hand->index);
        if (ring)
            live_put(live, i, ring);
    }
}

/* ---- what the loop wants to know */

/* True when the loop has been told how far it is. */
static bool mark_if_due(struct turn *t)
{
    struct lane *lane = &t->hand->lane;

    if (t->wall_ns >= t->marked_ns && t->wall_ns < t->marked_ns + MARK_NS &&
        lane->frames - t->marked_frames < LANE_MARK_FRAMES)
        return false;
    t->marked_ns = t->wall_ns;
    t->marked_frames = lane->frames;
    lane_mark(lane);
    return true;
}

static void wait_for_frames(struct turn *t)
{
    struct live *live = &t->hand->live;
    struct pollfd wants[LIVE_INTERFACES_MAX];

    (void)poll(wants, live_wants(live, wants), live->holds ? HOLD_WAIT_MS : IDLE_WAIT_MS);
}

static unsigned take(struct turn *t)
{
    uint64_t limit = t->crew->options.packet_limit, most = BATCH_FRAMES;

    t->wall_ns = t->crew->options.wall_ns();
    if (limit) {
        uint64_t taken = atomic_load(&t->crew->wanted);

        if (taken >= limit)
            return 0;
        most = limit - taken < most ? limit - taken : most;
    }
    return live_take(&t->hand->live, (unsigned)most, t->wall_ns, on_frame, t->hand);
}

static void work(struct turn *t)
{
    struct hand *h = t->hand;

    if (take(t) == 0) {
        if (!h->live.holds)
            lane_tick(&h->lane, t->wall_ns - BEHIND_NS);
        wait_for_frames(t);
    }
    if (mark_if_due(t))
        look_after_rings(t);
    crew_tell_if_asked(h);
}

/* What was captured before the stop: until the rings are empty, or show what came after it. */
static void drain(struct turn *t)
{
    uint64_t stop_ns = t->crew->options.wall_ns();

    do {
        if (take(t) > 0) {
            (void)mark_if_due(t);
            continue;
        }
        if (nanotime_since(stop_ns, t->wall_ns) > BEHIND_NS)
            break;
        (void)poll(NULL, 0, HOLD_WAIT_MS);
    } while (worker_now_ns(&t->hand->lane.worker) < stop_ns &&
             nanotime_since(stop_ns, t->wall_ns) < DRAIN_NS);
}

void *crew_run_live(void *arg)
{
    struct hand *h = arg;
    struct turn t = {.hand = h, .crew = h->crew};

    look_after_rings(&t);
    while (!stops(h->crew))
        work(&t);
    drain(&t);
    lane_drain(&h->lane);
    return NULL;
}

/* ---- counters */

void crew_count_live(struct hand *h, struct counters *out)
{
    const struct interfaces *interfaces = &h->crew->interfaces;

    for (size_t i = 0; i < h->live.count; i++) {
        struct ring_stats stats = live_count(&h->live, i);

        out->sources[out->source_count++] = (struct stats_source){
            .name = interfaces->items[i].name,
            .up = interfaces_is_up(interfaces, i),
            .received = stats.received,
            .dropped = stats.dropped,
            .freezes = stats.freezes,
            .frames = stats.frames,
            .bytes = stats.bytes,
            .cut = stats.cut,
            .oversize = stats.oversize,
            .early = stats.early,
            .outages = interfaces_outages(interfaces, i),
        };
    }
    stats_collect_queue(out, h->queue.waits);
}
