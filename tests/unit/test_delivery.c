#include "alert/sink_socket.h"

#include "base/log.h"
#include "base/nanotime.h"
#include "peers.h"

#define STEP_NS (20 * NS_PER_MS)

static uint64_t now;

static size_t allowance = SIZE_MAX;

static ssize_t scarce_write(int fd, const void *data, size_t len, off_t at)
{
    if (allowance == 0) {
        errno = ENOSPC;
        return -1;
    }
    return pwrite(fd, data, len, at);
}

static bool opens(struct delivery *d, const struct peer *p, bool udp)
{
    static char target[SCRATCH_PATH_MAX];
    struct delivery_options options = {
        .receiver = {.name = "output.test",
                     .target = target,
                     .transport = p->path[0] ? RECEIVER_UNIX
                                  : udp      ? RECEIVER_UDP
                                             : RECEIVER_TCP,
                     .framing = FRAMING_LINES},
        .spool = {.path = scratch("spool"),
                  .name = "t",
                  .bytes = 8 << 20,
                  .write = scarce_write},
    };
    struct err why = {.text = ""};

    (void)snprintf(target, sizeof(target), "%s", peer_target(p));
    return ok(delivery_init(d, &options, &why) == 0, "a way to %s %s", target, why.text);
}

static void begins_anew(void)
{
    scratch_remove(scratch("spool"));
    now = NS_PER_S;
    allowance = SIZE_MAX;
}

static void put(struct delivery *d, enum sink_class class, unsigned from, unsigned count)
{
    char text[32];
    struct err why;

    for (unsigned i = from; i < from + count; i++) {
        (void)snprintf(text, sizeof(text), "%05u\n", i);
        (void)sink_write(&d->sink, class, span_of_text(text), &why);
    }
}

static void polls(struct delivery *d, unsigned times, bool closing)
{
    for (unsigned i = 0; i < times; i++) {
        sink_poll(&d->sink, now, closing);
        now += STEP_NS;
    }
}

/* Poll and read until the peer has `count` more lines; false when it takes too long. */
static bool arrive(struct delivery *d, struct peer *p, size_t count)
{
    size_t want = p->len + count * 6;

    for (int i = 0; i < 500 && p->len < want; i++) {
        polls(d, 1, false);
        if (!p->path[0])
            peer_moment();
        peer_read(p, 1 << 20);
    }
    return p->len >= want;
}

/* What was read from `at` on is `from`, `from` + 1, ... */
static bool is_run(const struct peer *p, size_t at, unsigned from, unsigned count)
{
    char text[32];

    for (unsigned i = from; i < from + count; i++, at += 6) {
        (void)snprintf(text, sizeof(text), "%05u\n", i);
        if (strncmp(p->text + at, text, 6) != 0)
            return false;
    }
    return true;
}

static void closes(struct delivery *d)
{
    sink_close(&d->sink);
}

static void test_up(const char *name, bool datagram)
{
    struct delivery d;
    struct peer p;

    begins_anew();
    peer_begin(&p, name, datagram);
    if (!opens(&d, &p, datagram))
        return;
    put(&d, SINK_ALERT, 0, 100);
    ok(arrive(&d, &p, 100), "messages arrive");
    ok(is_run(&p, 0, 0, 100), "in order");
    is_int(delivery_pending(&d, SINK_ALERT), 100, "they do not count yet");
    polls(&d, 6 * 50, false);
    is_int(delivery_pending(&d, SINK_ALERT), 0, "after some seconds they do");
    is_int(d.stats.delivered[SINK_ALERT], 100, "all of them");
    closes(&d);
    if (opens(&d, &p, datagram))
        polls(&d, 50, false);
    peer_read(&p, 1 << 20);
    is_int(p.len, 600, "after a restart none comes again");
    closes(&d);
    peer_end(&p);
}

/* The peer is not there, comes, dies with unread messages, comes again. */
static void test_restarts(const char *name, bool datagram)
{
    struct delivery d;
    struct peer p;
    size_t before;

    begins_anew();
    peer_begin(&p, name, datagram);
    peer_down(&p);
    if (!opens(&d, &p, datagram))
        return;
    put(&d, SINK_ALERT, 0, 10);
    polls(&d, 100, false);
    is_int(delivery_pending(&d, SINK_ALERT), 10, "without a receiver messages wait");
    peer_up(&p);
    now += 30 * NS_PER_S;
    ok(arrive(&d, &p, 10) && is_run(&p, 0, 0, 10), "when it comes it gets them");
    polls(&d, 6 * 50, false);
    put(&d, SINK_ALERT, 10, 10);
    polls(&d, 5, false);
    peer_down(&p);
    put(&d, SINK_ALERT, 20, 10);
    polls(&d, 50, false);
    is_int(delivery_pending(&d, SINK_ALERT), 20, "it dies with unread messages");
    before = p.len;
    peer_up(&p);
    now += 30 * NS_PER_S;
    ok(arrive(&d, &p, 20), "the next one gets them");
    ok(is_run(&p, before, 10, 20), "from the first that nobody had");
    polls(&d, 6 * 50, false);
    is_int(delivery_pending(&d, SINK_ALERT), 0, "then none waits");
    closes(&d);
    peer_end(&p);
}

/* It had read a message and died a second later: that one comes again. */
static void test_read_and_died(void)
{
    struct delivery d;
    struct peer p;

    begins_anew();
    peer_begin(&p, "s", false);
    if (!opens(&d, &p, false))
        return;
    put(&d, SINK_ALERT, 0, 5);
    (void)arrive(&d, &p, 5);
    polls(&d, 50, false);
    peer_down(&p);
    peer_up(&p);
    now += 30 * NS_PER_S;
    ok(arrive(&d, &p, 5) && is_run(&p, 30, 0, 5),
       "what a receiver read right before its death is sent again");
    closes(&d);
    peer_end(&p);
}

/* A slow peer, thousands of messages, and a new connection in the middle. */
static void test_slow_and_many(void)
{
    struct delivery d;
    struct peer p;
    unsigned high = 0, number;
    bool fine = true;

    begins_anew();
    peer_begin(&p, "s", false);
    if (!opens(&d, &p, false))
        return;
    put(&d, SINK_ALERT, 0, 20000);
    for (int i = 0; i < 3000 && high < 19999; i++) {
        size_t at = p.len;

        polls(&d, 1, false);
        peer_read(&p, 300);
        if (i == 1000) {
            peer_down(&p);
            peer_up(&p);
            now += 30 * NS_PER_S;
        }
        if (p.len > at)
            high = (unsigned)strtoul(p.text + p.len - p.len % 6 - 6, NULL, 10);
    }
    high = 0;
    for (size_t at = 0; at + 6 <= p.len; at += 6) {
        number = (unsigned)strtoul(p.text + at, NULL, 10);
        fine &= number <= high + 1;
        high = number > high ? number : high;
    }
    ok(fine, "a slow receiver gets everything in order, some of it again");
    ok(high > 10000, "thousands of messages");
    ok(d.stats.sent[SINK_ALERT] > d.stats.delivered[SINK_ALERT],
       "what was sent twice counts");
    closes(&d);
    peer_end(&p);
}

/* The program ends with messages that nobody took; the next one delivers them. */
static void test_next_start(void)
{
    struct delivery d;
    struct peer p;

    begins_anew();
    peer_begin(&p, "s", false);
    peer_down(&p);
    if (!opens(&d, &p, false))
        return;
    put(&d, SINK_ALERT, 0, 10);
    put(&d, SINK_OBSERVATION, 10, 10);
    polls(&d, 5, true);
    closes(&d);
    peer_up(&p);
    if (!opens(&d, &p, false))
        return;
    is_int(d.spool.stats.recovered, 20, "the next start finds what the last one left");
    put(&d, SINK_ALERT, 20, 5);
    ok(arrive(&d, &p, 25) && is_run(&p, 0, 0, 25), "and delivers it before the new ones");
    closes(&d);
    peer_end(&p);
}

/* At the end the connection is ended in order, which tells that all was read. */
static void test_end(const char *name, bool datagram)
{
    struct delivery d;
    struct peer p;
    int i;

    begins_anew();
    peer_begin(&p, name, datagram);
    if (!opens(&d, &p, datagram))
        return;
    put(&d, SINK_ALERT, 0, 50);
    for (i = 0; i < 100 && delivery_pending(&d, SINK_ALERT) > 0; i++) {
        polls(&d, 1, true);
        peer_read(&p, 100);
        peer_moment();
    }
    ok(i < 100, "at the end all is delivered without delay");
    ok(is_run(&p, 0, 0, 50), "and has arrived");
    closes(&d);
    peer_end(&p);
}

static void test_disk_full(void)
{
    struct delivery d;
    struct peer p;

    begins_anew();
    peer_begin(&p, "s", false);
    if (!opens(&d, &p, false))
        return;
    put(&d, SINK_ALERT, 0, 10);
    allowance = 0;
    put(&d, SINK_ALERT, 10, 10);
    put(&d, SINK_OBSERVATION, 90, 10);
    ok(arrive(&d, &p, 20) && is_run(&p, 0, 0, 20),
       "on a full disk alerts still reach their receiver");
    is_int(d.spool.stats.shed[SINK_OBSERVATION], 10, "sessions are left out and counted");
    peer_down(&p);
    polls(&d, 2, false);
    put(&d, SINK_ALERT, 20, 5);
    peer_up(&p);
    now += 30 * NS_PER_S;
    ok(arrive(&d, &p, 25) && is_run(&p, 120, 0, 25), "also after a lost connection");
    polls(&d, 6 * 50, false);
    is_int(delivery_pending(&d, SINK_ALERT), 0, "and count as delivered");
    closes(&d);
    peer_end(&p);
}

static void test_too_long(void)
{
    static char text[120000];
    struct delivery d;
    struct peer p;
    struct err why;

    begins_anew();
    peer_begin(&p, NULL, true);
    if (!opens(&d, &p, true))
        return;
    memset(text, 'x', sizeof(text));
    put(&d, SINK_ALERT, 0, 1);
    (void)sink_write(&d.sink, SINK_ALERT, span_of(text, sizeof(text)), &why);
    put(&d, SINK_ALERT, 1, 1);
    ok(arrive(&d, &p, 2) && is_run(&p, 0, 0, 2),
       "what no datagram can hold does not stop the others");
    is_int(d.stats.too_long, 1, "and is counted");
    closes(&d);
    peer_end(&p);
}

static void test_socket_sink(void)
{
    struct sink_socket_options options = {
        .unix_socket = true, .spool_path = scratch("spool"), .spool_bytes = 1 << 20};
    static char path[SCRATCH_PATH_MAX];
    struct delivery d;
    struct peer p;
    struct err why;

    begins_anew();
    peer_begin(&p, "s", false);
    (void)snprintf(path, sizeof(path), "%s", peer_target(&p));
    options.address = path;
    ok(sink_socket_init(&d, &options, &why) == 0, "the socket sink opens");
    ok(sink_write(&d.sink, SINK_OBSERVATION, span_of_text("00000\n00001\n00002\n"), &why) ==
           0,
       "lines of any number are taken");
    ok(arrive(&d, &p, 3) && is_run(&p, 0, 0, 3), "and arrive as lines");
    ok(sink_reopen(&d.sink, &why) == 0, "it is reopened");
    ok(arrive(&d, &p, 0), "the old connection ends");
    peer_read(&p, 1);
    put(&d, SINK_OBSERVATION, 3, 1);
    ok(arrive(&d, &p, 4) && is_run(&p, 18, 0, 4),
       "a new one begins with what was not settled");
    closes(&d);
    closes(&d);
    peer_end(&p);
    options.spool_path = "/no/such/folder";
    ok(sink_socket_init(&d, &options, &why) < 0, "without a spool there is none");
}

int main(void)
{
    log_set_level(LOG_LEVEL_ERROR);
    scratch_begin();
    test_up("s", false);
    test_up("d", true);
    test_up(NULL, false);
    test_up(NULL, true);
    test_restarts("s", false);
    test_restarts("d", true);
    test_restarts(NULL, false);
    test_read_and_died();
    test_slow_and_many();
    test_next_start();
    test_end("s", false);
    test_end("d", true);
    test_end(NULL, false);
    test_end(NULL, true);
    test_disk_full();
    test_too_long();
    test_socket_sink();
    return done_testing();
}
