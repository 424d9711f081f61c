#include "merge.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

#include "tap.h"

#define QUEUES 3u
#define FRAMES 60000u
#define EVERY 16u /* frames between two marks */

static struct bell bell;
static struct queue queues[QUEUES];
static struct merge merge;

static void begin(size_t size)
{
    struct err why;

    if (bell_init(&bell, &why) < 0 || merge_init(&merge, QUEUES, &why) < 0)
        abort();
    for (size_t i = 0; i < QUEUES; i++) {
        if (queue_init(&queues[i], size, &bell, &why) < 0)
            abort();
        merge_join(&merge, i, &queues[i]);
    }
}

static void end(void)
{
    for (size_t i = 0; i < QUEUES; i++)
        queue_fini(&queues[i]);
    merge_fini(&merge);
    bell_fini(&bell);
}

static void put(size_t queue, enum message_kind kind, uint64_t order)
{
    static struct session s;
    static struct session_end e;
    struct message m = {.kind = kind, .order = order, .now_ns = order * 10};

    if (kind == MESSAGE_SESSION)
        m.session = &s;
    else if (kind == MESSAGE_END)
        m.end = &e;
    queue_put(&queues[queue], &m);
}

/* True when the next message is this one, which is taken. */
static bool takes(enum message_kind kind, uint64_t order)
{
    const struct message *m = merge_next(&merge);
    bool right = m && m->kind == kind && m->order == order;

    if (m)
        merge_drop(&merge);
    return right;
}

static void an_earlier_one_is_waited_for(void)
{
    begin(8);
    put(0, MESSAGE_SESSION, 7);
    ok(merge_next(&merge) == NULL, "two queues have not said how far they are");
    put(1, MESSAGE_MARK, 9);
    put(2, MESSAGE_MARK, 6);
    ok(merge_next(&merge) == NULL, "one is behind");
    end();
    begin(8);
    put(0, MESSAGE_SESSION, 7);
    put(1, MESSAGE_MARK, 9);
    put(2, MESSAGE_SESSION, 6);
    put(2, MESSAGE_MARK, 7);
    ok(takes(MESSAGE_SESSION, 6), "the earlier one first");
    ok(takes(MESSAGE_SESSION, 7), "then the later one, as the mark is no earlier");
    ok(merge_next(&merge) == NULL, "then nothing");
    end();
}

static void one_frame_is_taken_whole(void)
{
    begin(8);
    put(0, MESSAGE_SESSION, 5);
    put(0, MESSAGE_STEP, 5);
    put(0, MESSAGE_COUNTERS, 5);
    put(1, MESSAGE_STEP, 5);
    put(1, MESSAGE_COUNTERS, 5);
    put(2, MESSAGE_END, 5);
    put(2, MESSAGE_SESSION, 5);
    put(2, MESSAGE_STEP, 5);
    put(2, MESSAGE_COUNTERS, 5);
    for (size_t i = 0; i < QUEUES; i++)
        put(i, MESSAGE_MARK, 5);
    for (int i = 0; i < 3; i++) {
        const struct message *m = merge_next(&merge);

        ok(m && (m->kind == MESSAGE_SESSION || m->kind == MESSAGE_END),
           "what sessions a frame gives comes before its step of the clock");
        merge_drop(&merge);
    }
    for (int i = 0; i < 3; i++)
        ok(takes(MESSAGE_STEP, 5), "then the step, as each worker saw it");
    for (int i = 0; i < 3; i++)
        ok(takes(MESSAGE_COUNTERS, 5), "then the counters");
    end();
}

static void time_is_that_of_the_slowest(void)
{
    begin(8);
    put(0, MESSAGE_MARK, 30);
    put(1, MESSAGE_MARK, 20);
    ok(merge_next(&merge) == NULL, "no message but marks");
    is_int(merge_now_ns(&merge), 0, "one has not told its time");
    put(2, MESSAGE_MARK, 40);
    (void)merge_next(&merge);
    is_int(merge_now_ns(&merge), 200, "the time of the one that is behind");
    put(1, MESSAGE_LAST, 21);
    ok(takes(MESSAGE_LAST, 21), "it ends");
    is_int(merge_now_ns(&merge), 300, "then it is waited for no longer");
    put(0, MESSAGE_LAST, 41);
    put(2, MESSAGE_LAST, 41);
    ok(takes(MESSAGE_LAST, 41) && !merge_is_over(&merge), "one is left");
    ok(takes(MESSAGE_LAST, 41) && merge_is_over(&merge), "none is left");
    end();
}

static void no_time_is_told_across_a_step(void)
{
    begin(8);
    put(0, MESSAGE_MARK, 30);
    put(1, MESSAGE_MARK, 32);
    put(2, MESSAGE_MARK, 34);
    (void)merge_next(&merge);
    is_int(merge_now_ns(&merge), 300, "all have told a time");
    for (size_t i = 0; i < QUEUES; i++)
        put(i, MESSAGE_STEP, 40);
    for (size_t i = 0; i < QUEUES; i++) {
        ok(takes(MESSAGE_STEP, 40), "time steps back, as one after the other tells");
        is_int(merge_now_ns(&merge), 0, "what the others told was the time before");
        put(merge.turn, MESSAGE_MARK, 44 + i);
    }
    (void)merge_next(&merge);
    is_int(merge_now_ns(&merge), 440, "from their next marks time goes on");
    end();
}

static void those_without_order_take_turns(void)
{
    unsigned changes = 0;
    uint64_t before = 0;

    begin(8);
    for (uint64_t n = 0; n < 4; n++)
        for (size_t i = 0; i < QUEUES; i++) {
            struct message m = {.kind = MESSAGE_COUNTERS, .now_ns = i + 1};

            queue_put(&queues[i], &m);
        }
    for (unsigned n = 0; n < 4 * QUEUES; n++) {
        const struct message *m = merge_next(&merge);

        if (!m)
            abort();
        changes += m->now_ns != before;
        before = m->now_ns;
        merge_drop(&merge);
    }
    is_int(changes, 4 * QUEUES, "no queue is served twice while another waits");
    end();
}

/* ---- threads */

static bool is_mine(size_t queue, uint64_t frame)
{
    return (frame * UINT64_C(2654435761) >> 7) % QUEUES == queue;
}

/* A worker: a session of every third frame of its own, marks, the last. */
static void *work(void *arg)
{
    size_t queue = (size_t)(uintptr_t)arg;

    for (uint64_t frame = 1; frame <= FRAMES; frame++) {
        if (frame % 3 == 0 && is_mine(queue, frame))
            put(queue, MESSAGE_SESSION, frame);
        if (frame % 1000 == 0)
            put(queue, MESSAGE_COUNTERS, frame);
        if (frame % EVERY == 0)
            put(queue, MESSAGE_MARK, frame);
    }
    put(queue, MESSAGE_LAST, FRAMES + 1);
    return NULL;
}

struct row {
    uint64_t sessions, counters, wrong;
    uint64_t before; /* order of the last message */
};

static void take_row(struct row *row)
{
    const struct message *m;

    while ((m = merge_next(&merge)) != NULL) {
        row->wrong += m->order < row->before;
        row->wrong += m->kind == MESSAGE_SESSION && m->order != (row->sessions + 1) * 3;
        row->before = m->order;
        row->sessions += m->kind == MESSAGE_SESSION;
        row->counters += m->kind == MESSAGE_COUNTERS;
        merge_drop(&merge);
    }
}

static void threads_give_one_row(size_t size)
{
    pthread_t workers[QUEUES];
    struct row row = {0};

    begin(size);
    for (size_t i = 0; i < QUEUES; i++)
        if (pthread_create(&workers[i], NULL, work, (void *)(uintptr_t)i) != 0)
            abort();
    while (!merge_is_over(&merge)) {
        struct pollfd fd = {.fd = bell.fd, .events = POLLIN};
        uint64_t before = row.before;

        bell_listen(&bell);
        take_row(&row);
        if (row.before == before && !merge_is_over(&merge))
            (void)poll(&fd, 1, 1000);
        bell_quiet(&bell);
    }
    for (size_t i = 0; i < QUEUES; i++)
        (void)pthread_join(workers[i], NULL);
    is_int(row.wrong, 0, "the messages of %u threads make one row (queues of %zu)", QUEUES,
           size);
    is_int(row.sessions, FRAMES / 3, "no session is missing");
    is_int(row.counters, FRAMES / 1000 * QUEUES, "nor a counter");
    end();
}

int main(void)
{
    an_earlier_one_is_waited_for();
    one_frame_is_taken_whole();
    time_is_that_of_the_slowest();
    no_time_is_told_across_a_step();
    those_without_order_take_turns();
    threads_give_one_row(1);
    threads_give_one_row(2);
    threads_give_one_row(1000);
    return done_testing();
}
