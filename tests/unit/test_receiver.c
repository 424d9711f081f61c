#include "alert/receiver.h"

#include "base/log.h"
#include "base/nanotime.h"
#include "peers.h"

static void begins(struct receiver *r, const struct peer *p,
                   enum receiver_transport transport, enum receiver_framing framing)
{
    static char target[SCRATCH_PATH_MAX];
    struct receiver_options options = {.name = "output.test",
                                       .target = target,
                                       .transport = transport,
                                       .framing = framing};
    struct err why = {.text = ""};

    (void)snprintf(target, sizeof(target), "%s", peer_target(p));
    ok(receiver_init(r, &options, &why) == 0, "a receiver at %s %s", target, why.text);
}

/* Poll until it is up, a little later each time. */
static bool comes_up(struct receiver *r, uint64_t *now_ns)
{
    for (int i = 0; i < 100 && receiver_poll(r, *now_ns) != RECEIVER_UP; i++) {
        peer_moment();
        *now_ns += NS_PER_MS;
    }
    return ok(r->state == RECEIVER_UP, "it is up");
}

static enum receiver_put put(struct receiver *r, const char *text)
{
    return receiver_put(r, span_of_text(text));
}

static bool catches_up(struct receiver *r, struct peer *p, size_t most)
{
    for (int i = 0; i < 200; i++) {
        if (receiver_caught_up(r))
            return true;
        peer_read(p, most);
        peer_moment();
    }
    return false;
}

static void test_stream(const char *name, enum receiver_framing framing, const char *want)
{
    uint64_t now = NS_PER_S;
    struct receiver r;
    struct peer p;

    peer_begin(&p, name, false);
    begins(&r, &p, name ? RECEIVER_UNIX : RECEIVER_TCP, framing);
    is_int(put(&r, "too early"), PUT_LATER, "nothing is taken before it is up");
    (void)comes_up(&r, &now);
    ok(receiver_caught_up(&r), "an empty connection has caught up");
    is_int(put(&r, "first message"), PUT_TAKEN, "a message is taken");
    is_int(put(&r, "second"), PUT_TAKEN, "another one");
    ok(!receiver_caught_up(&r) || !name, "the other side has not read them");
    ok(catches_up(&r, &p, 5), "it reads a few bytes at a time");
    peer_read(&p, 1000);
    is_text(p.text, want, "what arrives is framed");
    is_int(put(&r, "last"), PUT_TAKEN, "one more");
    ok(!receiver_end(&r), "then we end");
    is_int(put(&r, "too late"), PUT_LATER, "and take nothing any more");
    for (int i = 0; i < 100 && !receiver_end(&r); i++) {
        peer_moment();
        peer_read(&p, 1000);
        (void)receiver_poll(&r, now);
    }
    ok(receiver_end(&r), "the other side has read all and ended");
    ok(strstr(p.text, "last") != NULL, "the last one is there");
    receiver_fini(&r);
    receiver_fini(&r);
    peer_end(&p);
}

/* Nobody reads: a bounded number of messages is taken, and the call returns. */
static void test_slow(const char *name)
{
    static char text[60000];
    uint64_t now = NS_PER_S;
    size_t taken = 0, refused = 0;
    struct receiver r;
    struct peer p;

    peer_begin(&p, name, false);
    begins(&r, &p, name ? RECEIVER_UNIX : RECEIVER_TCP, FRAMING_LINES);
    (void)comes_up(&r, &now);
    memset(text, 'x', sizeof(text) - 1);
    while (taken < 1000 && put(&r, text) == PUT_TAKEN)
        taken++;
    ok(taken > 4 && taken < 1000,
       "a peer that does not read takes some messages, then none");
    ok(!receiver_caught_up(&r), "they have not arrived");
    is_int(receiver_poll(&r, now + 3600 * NS_PER_S), RECEIVER_UP, "it may take its time");
    for (int i = 0; i < 2000 && p.len < taken * sizeof(text); i++) {
        peer_read(&p, 50000);
        refused += put(&r, text) != PUT_TAKEN;
        (void)receiver_poll(&r, now);
        peer_moment();
    }
    ok(p.len >= taken * sizeof(text), "when it reads, all of them arrive");
    for (size_t i = 0; i < p.len; i++)
        if (p.text[i] != ((i + 1) % sizeof(text) ? 'x' : '\n')) {
            p.len = 0;
            break;
        }
    ok(p.len > 0 && refused > 0, "whole");
    receiver_fini(&r);
    peer_end(&p);
}

static void test_lost(const char *name)
{
    uint64_t now = NS_PER_S;
    struct receiver r;
    struct peer p;

    peer_begin(&p, name, false);
    begins(&r, &p, name ? RECEIVER_UNIX : RECEIVER_TCP, FRAMING_LINES);
    (void)comes_up(&r, &now);
    peer_read(&p, 10);
    (void)put(&r, "unread");
    (void)receiver_poll(&r, now);
    peer_down(&p);
    peer_moment();
    ok(!receiver_caught_up(&r), "what a dead peer has not read has not arrived");
    is_int(receiver_poll(&r, now), RECEIVER_DOWN, "its end is noticed");
    is_int(r.stats.losses, 1, "and counted");
    is_int(receiver_poll(&r, now + 249 * NS_PER_MS), RECEIVER_DOWN,
           "a quarter of a second nothing is tried");
    is_int(r.stats.failures, 0, "indeed");
    now += 250 * NS_PER_MS;
    for (int i = 0; i < 20 && r.stats.failures == 0; i++) {
        (void)receiver_poll(&r, now);
        peer_moment();
    }
    is_int(r.stats.failures, 1, "then it is, in vain");
    (void)receiver_poll(&r, now + 499 * NS_PER_MS);
    is_int(r.stats.failures, 1, "the next try waits twice as long");
    peer_up(&p);
    now += 500 * NS_PER_MS;
    (void)comes_up(&r, &now);
    is_int(r.stats.connects, 2, "and succeeds");
    receiver_fini(&r);
    peer_end(&p);
}

static void test_back_off(void)
{
    struct receiver_options options = {
        .name = "output.test", .target = scratch("nobody"), .transport = RECEIVER_UNIX};
    uint64_t now = 0, longest = 0, last = 0;
    struct receiver r;
    struct err why;

    ok(receiver_init(&r, &options, &why) == 0, "nobody is there at start");
    while (now < 1000 * NS_PER_S) {
        uint64_t failures = r.stats.failures;

        (void)receiver_poll(&r, now);
        if (r.stats.failures > failures) {
            longest = now - last > longest ? now - last : longest;
            last = now;
        }
        now += 10 * NS_PER_MS;
    }
    ok(r.stats.failures > 30 && r.stats.failures < 45, "attempts become rare");
    is_int(longest / NS_PER_S, 30, "but one is made each half minute");
    is_int(receiver_reopen(&r, &why), 0, "the operator may ask for one");
    last = r.stats.failures;
    (void)receiver_poll(&r, now);
    is_int(r.stats.failures - last, 1, "and it is made at once");
    receiver_fini(&r);
}

static void test_unix_datagrams(void)
{
    static char text[300000];
    uint64_t now = NS_PER_S;
    unsigned taken = 0;
    struct receiver r;
    struct peer p;

    peer_begin(&p, "d", true);
    begins(&r, &p, RECEIVER_UNIX, FRAMING_LINES);
    (void)comes_up(&r, &now);
    ok(r.datagram, "the kind of socket is found out");
    while (put(&r, "datagram") == PUT_TAKEN)
        taken++;
    ok(taken >= 1, "the peer's queue fills");
    ok(!receiver_caught_up(&r), "it has read none");
    peer_read(&p, taken);
    ok(receiver_caught_up(&r), "now it has read all");
    ok(receiver_end(&r), "so we may end");
    is_int(p.len, taken * 9u, "each is one datagram");
    is_int(put(&r, "again"), PUT_TAKEN, "a further one");
    memset(text, 'x', sizeof(text) - 1);
    is_int(put(&r, text), PUT_TOO_LONG, "what no datagram holds is too long");
    peer_down(&p);
    ok(!receiver_caught_up(&r), "a peer that died with an unread datagram has not got it");
    is_int(r.state, RECEIVER_DOWN, "and is found dead");
    peer_up(&p);
    now += NS_PER_S;
    (void)comes_up(&r, &now);
    (void)put(&r, "to the second");
    peer_down(&p);
    peer_up(&p);
    ok(!receiver_caught_up(&r), "another one at the same place is another one");
    receiver_fini(&r);
    peer_end(&p);
}

static void test_udp(void)
{
    uint64_t now = NS_PER_S;
    struct receiver r;
    struct peer p;

    peer_begin(&p, NULL, true);
    begins(&r, &p, RECEIVER_UDP, FRAMING_COUNTED);
    (void)comes_up(&r, &now);
    is_int(put(&r, "one"), PUT_TAKEN, "a datagram is sent");
    ok(catches_up(&r, &p, 0), "it is on its way");
    peer_moment();
    peer_read(&p, 1);
    is_text(p.text, "one\n", "it arrives without framing");
    peer_down(&p);
    (void)put(&r, "two");
    for (int i = 0; i < 100 && receiver_poll(&r, now) == RECEIVER_UP; i++)
        peer_moment();
    is_int(r.state, RECEIVER_DOWN, "a closed port is noticed");
    receiver_fini(&r);
    peer_end(&p);
}

static void test_addresses(void)
{
    static char path[200];
    struct receiver_addresses a;
    struct err why;

    ok(receiver_address_resolve("127.0.0.1:514", SOCK_DGRAM, &a, &why) == 0 && a.count == 1,
       "an address and a port");
    is_text(a.host, "127.0.0.1", "the host is remembered");
    ok(receiver_address_resolve("[::1]:6514", SOCK_STREAM, &a, &why) == 0, "in brackets");
    is_text(a.host, "::1", "without them");
    ok(receiver_address_resolve("127.0.0.1", SOCK_STREAM, &a, &why) < 0, "no port");
    is_text(why.text, "127.0.0.1: expected HOST:PORT", "is said");
    ok(receiver_address_resolve(":514", SOCK_STREAM, &a, &why) < 0, "no host neither");
    memset(path, 'p', sizeof(path) - 1);
    ok(receiver_address_of_path(path, &a, &why) < 0, "a path may be too long for a socket");
    ok(strstr(why.text, ": a socket's path has at most 107 characters"), "which is said");
}

int main(void)
{
    log_set_level(LOG_LEVEL_ERROR);
    scratch_begin();
    test_stream("s", FRAMING_LINES, "first message\nsecond\n");
    test_stream(NULL, FRAMING_LINES, "first message\nsecond\n");
    test_stream(NULL, FRAMING_COUNTED, "13 first message6 second");
    test_slow("slow");
    test_slow(NULL);
    test_lost("lost");
    test_lost(NULL);
    test_back_off();
    test_unix_datagrams();
    test_udp();
    test_addresses();
    return done_testing();
}
