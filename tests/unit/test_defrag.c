#include <stdlib.h>

#include "tap.h"

#include "base/nanotime.h"
#include "decode/defrag.h"

#define TIMEOUT (30 * NS_PER_S)

/* A text whose every eight bytes differ. */
static struct span text(size_t len)
{
    static uint8_t bytes[65536];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 7 + i / 256 * 13);
    return span_of(bytes, len);
}

static struct defrag *begin(uint64_t bytes)
{
    struct err why;
    struct defrag *d = defrag_new(bytes, TIMEOUT, &why);

    if (!d)
        abort();
    return d;
}

static struct fragment part(uint32_t id, struct span whole, size_t offset, size_t len)
{
    struct fragment f = {.key = {.id = id, .version = 4, .protocol = 6},
                         .time_ns = NS_PER_S,
                         .offset = offset,
                         .more = offset + len < whole.len,
                         .protocol = 6};

    if (!span_skip(&whole, offset))
        abort();
    f.bytes = exact(span_first(whole, len));
    return f;
}

static enum defrag_result push(struct defrag *d, struct fragment f, struct span *out)
{
    uint8_t protocol = 0;

    return defrag_push(d, &f, out, &protocol);
}

static void any_order_gives_the_datagram(void)
{
    static const size_t orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                        {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    struct span whole = text(4001), out;

    for (size_t i = 0; i < 6; i++) {
        struct defrag *d = begin(1u << 20);
        bool held = true;

        for (size_t k = 0; k < 2; k++)
            held = held &&
                   push(d, part(1, whole, orders[i][k] * 1480, 1480), &out) == DEFRAG_HELD;
        ok(held, "order %zu: two of three fragments are held", i);
        is_int(push(d, part(1, whole, orders[i][2] * 1480, 1480), &out), DEFRAG_DONE,
               "the third completes the datagram");
        is_span(out, whole, "which is as it was");
        defrag_free(d);
    }
}

static void the_largest_datagram_fits(void)
{
    struct defrag *d = begin(1u << 20);
    struct span whole = text(DEFRAG_DATAGRAM_MAX), out;
    enum defrag_result result = DEFRAG_HELD;

    for (size_t offset = 0; offset < whole.len; offset += 8)
        result = push(d, part(1, whole, offset, 8), &out);
    is_int(result, DEFRAG_DONE, "8,192 fragments of 8 bytes");
    ok(span_equal(out, whole), "make the largest datagram");
    defrag_free(d);
}

static void duplicates_change_nothing(void)
{
    struct defrag *d = begin(1u << 20);
    struct span whole = text(3000), out;

    is_int(push(d, part(1, whole, 0, 1480), &out), DEFRAG_HELD, "a fragment");
    is_int(push(d, part(1, whole, 0, 1480), &out), DEFRAG_HELD, "again");
    is_int(push(d, part(1, whole, 800, 1480), &out), DEFRAG_HELD, "one that overlaps it");
    is_int(push(d, part(1, whole, 1480, 1520), &out), DEFRAG_DONE, "and the rest");
    ok(span_equal(out, whole), "the datagram is as it was");
    is_int(defrag_stats(d)->contradictions, 0, "nothing contradicted");
    defrag_free(d);
}

static void the_first_arrival_wins(void)
{
    static uint8_t other[1480];
    struct defrag *d = begin(1u << 20);
    struct span whole = text(2000), out;
    struct fragment liar = part(1, whole, 0, 1480);

    liar.bytes = span_of(other, sizeof(other));
    (void)push(d, part(1, whole, 0, 1480), &out);
    is_int(push(d, liar, &out), DEFRAG_HELD, "other bytes for the same place");
    is_int(push(d, part(1, whole, 1480, 520), &out), DEFRAG_DONE,
           "do not stop the datagram");
    ok(span_equal(out, whole), "and do not change it");
    is_int(defrag_stats(d)->contradictions, 1, "but are counted");
    defrag_free(d);
}

static void an_end_cannot_move(void)
{
    struct defrag *d = begin(1u << 20);
    struct span whole = text(2000), out;
    struct fragment longer = part(1, text(2400), 1600, 800);
    struct fragment shorter = part(1, text(1600), 1480, 120);

    (void)push(d, part(1, whole, 1480, 520), &out);
    is_int(push(d, longer, &out), DEFRAG_DROPPED, "a fragment behind the end is dropped");
    is_int(push(d, shorter, &out), DEFRAG_DROPPED, "so is an earlier end");
    is_int(push(d, part(1, whole, 0, 1480), &out), DEFRAG_DONE, "the datagram completes");
    ok(span_equal(out, whole), "with the end told first");
    is_int(defrag_stats(d)->contradictions, 2, "both were counted");
    is_int(defrag_stats(d)->drops, 2, "as dropped, too");
    (void)push(d, part(2, whole, 1600, 80), &out);
    is_int(push(d, part(2, text(1600), 1480, 120), &out), DEFRAG_DROPPED,
           "an end before bytes that are held is none");
    defrag_free(d);
}

static void datagrams_are_kept_apart(void)
{
    struct span whole = text(2000), out;

    for (int what = 0; what < 7; what++) {
        struct defrag *d = begin(1u << 20);
        struct fragment last = part(1, whole, 1480, 520);

        switch (what) {
        case 0:
            last.key.id = 2;
            break;
        case 1:
            last.key.protocol = 17;
            break;
        case 2:
            last.key.version = 6;
            break;
        case 3:
            last.key.source.bytes[15] = 1;
            break;
        case 4:
            last.key.destination.bytes[0] = 1;
            break;
        case 5:
            last.key.tunnel.id = 1;
            break;
        case 6:
            last.key.tunnel.source.bytes[3] = 1;
            break;
        }
        (void)push(d, part(1, whole, 0, 1480), &out);
        is_int(push(d, last, &out), DEFRAG_HELD, "key %d tells datagrams apart", what);
        defrag_free(d);
    }
}

static void the_first_fragment_names_the_protocol(void)
{
    struct defrag *d = begin(1u << 20);
    struct span whole = text(2000), out;
    struct fragment last = part(1, whole, 1480, 520), first = part(1, whole, 0, 1480);
    uint8_t protocol = 0;

    last.protocol = 60;
    first.protocol = 17;
    (void)defrag_push(d, &last, &out, &protocol);
    ok(defrag_push(d, &first, &out, &protocol) == DEFRAG_DONE && protocol == 17,
       "the protocol is that of offset 0");
    defrag_free(d);
}

static void old_datagrams_are_given_up(void)
{
    struct defrag *d = begin(1u << 20);
    struct span whole = text(2000), out;
    struct fragment last = part(1, whole, 1480, 520);

    (void)push(d, part(1, whole, 0, 1480), &out);
    last.time_ns += TIMEOUT + 1;
    is_int(push(d, last, &out), DEFRAG_HELD, "a fragment after the timeout begins anew");
    is_int(defrag_stats(d)->drops, 1, "the old one was given up");
    defrag_tick(d, last.time_ns + TIMEOUT + 1);
    is_int(defrag_stats(d)->drops, 2, "time alone gives up as well");
    defrag_free(d);
}

static void time_stamps_that_jump_do_not_mix_datagrams(void)
{
    struct defrag *d = begin(1u << 20);
    struct span whole = text(2000), out;
    struct fragment ahead = part(9, whole, 0, 1480), last = part(1, whole, 1480, 520);

    ahead.time_ns = 1000 * NS_PER_S;
    (void)push(d, ahead, &out);
    (void)push(d, part(1, whole, 0, 1480), &out);
    last.time_ns = 100 * NS_PER_S;
    is_int(push(d, last, &out), DEFRAG_HELD,
           "an old fragment is not completed behind one from the future");
    defrag_free(d);
}

static void memory_has_a_ceiling(void)
{
    struct defrag *d = begin(20 * 2600);
    struct span whole = text(2000), out;

    ok(defrag_stats(d)->bytes <= 20 * 2600, "no more memory is taken than allowed");
    for (uint32_t id = 0; id < 1000; id++)
        (void)push(d, part(id, whole, 0, 1480), &out);
    ok(defrag_stats(d)->drops >= 970, "the oldest are given up");
    is_int(push(d, part(999, whole, 1480, 520), &out), DEFRAG_DONE, "the youngest are not");
    ok(span_equal(out, whole), "and complete");
    defrag_free(d);
}

static void a_datagram_beyond_all_memory_is_given_up(void)
{
    struct defrag *d = begin(3 * 2600);
    struct span whole = text(65000), out;
    bool done = false;

    for (size_t offset = 0; offset < whole.len; offset += 1480)
        done = done || push(d, part(1, whole, offset, 1480), &out) == DEFRAG_DONE;
    ok(!done, "a datagram larger than the memory is not put together");
    ok(defrag_stats(d)->drops > 0, "its fragments are given up");
    defrag_free(d);
    d = begin(0);
    is_int(push(d, part(1, whole, 0, 1480), &out), DEFRAG_DROPPED,
           "without memory all are dropped");
    defrag_free(d);
}

int main(void)
{
    any_order_gives_the_datagram();
    the_largest_datagram_fits();
    duplicates_change_nothing();
    the_first_arrival_wins();
    an_end_cannot_move();
    datagrams_are_kept_apart();
    the_first_fragment_names_the_protocol();
    old_datagrams_are_given_up();
    time_stamps_that_jump_do_not_mix_datagrams();
    memory_has_a_ceiling();
    a_datagram_beyond_all_memory_is_given_up();
    return done_testing();
}
