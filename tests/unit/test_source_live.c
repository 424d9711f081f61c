#include "capture/source_live.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <time.h>

#include "base/nanotime.h"
#include "netns.h"
#include "tap.h"

static int sender;
static struct wire frame;
static const struct ring_options defaults = {.snaplen = 262144, .buffer_bytes = 1 << 20};

static uint64_t wall_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static void nap(unsigned ms)
{
    struct timespec t = {0, (long)ms * 1000000};

    (void)nanosleep(&t, NULL);
}

/* What was handed out. */
struct taken {
    unsigned count, backwards;
    uint64_t last_ns;
    size_t longest;
    uint32_t wire_len;
};

static void take_down(void *ctx, const struct frame *f)
{
    struct taken *t = ctx;

    t->count++;
    t->backwards += f->time_ns < t->last_ns;
    t->last_ns = f->time_ns;
    t->longest = f->bytes.len > t->longest ? f->bytes.len : t->longest;
    t->wire_len = f->wire_len;
}

static void put(unsigned number, size_t payload)
{
    netns_ethernet(&frame, ETH_P_IP);
    netns_udp(&frame, number & 0x7f, 1, payload);
    netns_send(sender, &frame);
}

static struct ring *open_ring(const struct ring_options *options)
{
    enum ring_failure failure;
    struct err why;
    struct ring *ring = ring_open("lo", options, &failure, &why);

    if (!ring)
        abort();
    return ring;
}

/* Take until nothing comes any more. */
static struct taken take_all(struct live *l)
{
    struct taken taken = {0};

    for (unsigned idle = 0; idle < 20; idle++) {
        if (live_take(l, 7, wall_ns(), take_down, &taken) > 0)
            idle = 0;
        else
            nap(10);
    }
    return taken;
}

static void test_open(void)
{
    enum ring_failure failure;
    struct err why;

    ok(!ring_open("nope0", &defaults, &failure, &why),
       "what is not there cannot be opened");
    is_int(failure, RING_MISSING, "and that is known");
    is_text(why.text, "nope0: there is no such interface", "and said");
    ok(!ring_open("lo", &defaults, &failure, &why) && failure == RING_DOWN,
       "what is down is told apart");
}

static void test_one(void)
{
    struct pollfd wants[LIVE_INTERFACES_MAX];
    struct taken taken = {0};
    struct ring_stats stats;
    struct live l;

    live_init(&l, 1);
    is_int(live_take(&l, 100, wall_ns(), take_down, &taken), 0,
           "without a ring nothing comes");
    live_put(&l, 0, open_ring(&defaults));
    is_int(live_take(&l, 100, wall_ns(), take_down, &taken), 0, "nothing was sent");
    is_int(live_wants(&l, wants), 1, "then its descriptor is waited for");
    for (unsigned i = 0; i < 50; i++)
        put(i, 10);
    ok(poll(wants, 1, 1000) == 1, "which tells that something came");
    taken = take_all(&l);
    is_int(taken.count, 50, "each frame is seen");
    is_int(taken.backwards, 0, "in the order of time");
    stats = live_count(&l, 0);
    ok(stats.received == 100 && stats.frames == 50 && stats.dropped == 0,
       "all are counted, by the kernel those on their way out as well");
    live_lose(&l, 0);
    is_int(live_wants(&l, wants), 0, "without a ring nothing is waited for");
    stats = live_count(&l, 0);
    is_int(stats.frames, 50, "what was counted stays");
    live_put(&l, 0, open_ring(&defaults));
    put(1, 10);
    taken = take_all(&l);
    is_int(live_count(&l, 0).frames, 51, "the next ring counts on");
    live_fini(&l);
}

static void test_order(void)
{
    struct live l;
    struct taken taken;

    live_init(&l, 3);
    live_put(&l, 0, open_ring(&defaults));
    live_put(&l, 2, open_ring(&defaults));
    for (unsigned i = 0; i < 40; i++) {
        put(i, 10);
        if (i % 8 == 0)
            nap(3);
    }
    taken = take_all(&l);
    is_int(taken.count, 80, "two rings show everything twice");
    is_int(taken.backwards, 0, "in one order of time");
    live_lose(&l, 0);
    put(1, 10);
    is_int(take_all(&l).count, 1, "when one goes, nobody waits for it");
    live_fini(&l);
}

static void test_waits_for_order(void)
{
    struct taken taken = {0};
    struct live l;

    live_init(&l, 2);
    live_put(&l, 0, open_ring(&defaults));
    live_put(&l, 1, open_ring(&defaults));
    put(1, 10);
    nap(60);
    /* As if it were looked at in the moment in which the frame came. */
    (void)live_take(&l, 100, wall_ns() - 50 * NS_PER_MS, take_down, &taken);
    is_int(taken.count, 1,
           "the last frame of one ring waits: the other may yet show an earlier one");
    ok(l.holds, "which is told");
    nap(60);
    (void)live_take(&l, 100, wall_ns(), take_down, &taken);
    is_int(taken.count, 2, "until that cannot be any more");
    ok(!l.holds, "then nothing waits");
    live_fini(&l);
}

/* The kernel shows a block when its timer runs, and on a busy machine that is late. */
static void test_waits_for_blocks(void)
{
    struct ring *ring = open_ring(&defaults);
    const uint64_t now_ns = wall_ns();
    struct taken taken = {0};
    struct live l;
    unsigned tries = 0;

    live_init(&l, 1);
    live_put(&l, 0, ring);
    ok(!ring_waits(ring, now_ns), "nothing was sent, nothing waits");
    do { /* unless its timer runs just now */
        (void)take_all(&l);
        put(1, 10);
    } while (live_take(&l, 100, wall_ns(), take_down, &taken) > 0 && ++tries < 100);
    ok(l.holds, "a frame that the kernel has not shown yet is known of");
    taken = take_all(&l);
    is_int(taken.count, 1, "then it comes");
    ok(!l.holds && !ring_waits(ring, now_ns), "and nothing waits");
    put(1, 10);
    ok(ring_waits(ring, now_ns) && ring_waits(ring, now_ns + NS_PER_S - 1),
       "what is not shown is waited for");
    ok(!ring_waits(ring, now_ns + NS_PER_S), "for a second");
    ok(!ring_waits(ring, now_ns + NS_PER_S), "and not again");
    live_fini(&l);
}

static void test_options(void)
{
    struct ring_options options = defaults;
    struct live l;
    struct taken taken;
    struct ring_stats stats;

    options.snaplen = 64;
    options.filter = "udp and src host 10.0.0.5";
    options.immediate = true;
    live_init(&l, 1);
    live_put(&l, 0, open_ring(&options));
    put(5, 100);
    put(6, 100);
    taken = take_all(&l);
    is_int(taken.count, 1, "the filter holds");
    ok(taken.longest == 64 && taken.wire_len == 142,
       "no more than the snap length is taken");
    stats = live_count(&l, 0);
    ok(stats.received == 2 && stats.cut == 1, "what is cut is counted");
    live_fini(&l);
}

static void test_begin_and_size(void)
{
    struct live l;
    struct ring *ring;
    struct ring_stats stats;

    netns_set_mtu(100);
    ring = open_ring(&defaults);
    netns_set_mtu(65536);
    live_init(&l, 1);
    live_put(&l, 0, ring);
    put(1, 10);
    nap(50);
    ring_begin(ring, wall_ns());
    put(2, 500);
    is_int(take_all(&l).count, 1, "frames from before the beginning are left out");
    stats = live_count(&l, 0);
    ok(stats.early == 1 && stats.frames == 1, "and counted");
    is_int(stats.oversize, 1, "so is what is longer than the interface could send");
    live_fini(&l);
}

static void test_down_and_up(void)
{
    struct live l;

    live_init(&l, 1);
    live_put(&l, 0, open_ring(&defaults));
    netns_set_up(false);
    is_int(take_all(&l).count, 0, "nothing comes while it is down");
    netns_set_up(true);
    (void)close(sender);
    sender = netns_socket(0);
    put(3, 10);
    is_int(take_all(&l).count, 1, "the ring goes on when it is up again");
    live_fini(&l);
}

int main(void)
{
    if (!netns_enter()) {
        (void)printf("1..0 # SKIP no network namespace without more rights\n");
        return 0;
    }
    test_open();
    netns_set_up(true);
    sender = netns_socket(0);
    test_one();
    test_order();
    test_waits_for_order();
    test_waits_for_blocks();
    test_options();
    test_begin_and_size();
    test_down_and_up();
    return done_testing();
}
