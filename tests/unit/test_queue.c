#include "queue.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "stats.h"
#include "tap.h"
#include "wire.h"

#define MANY 200000u

static struct bell bell;
static struct queue queue;

static void begin(size_t size)
{
    struct err why;

    if (bell_init(&bell, &why) < 0 || queue_init(&queue, size, &bell, &why) < 0)
        abort();
}

static void end(void)
{
    queue_fini(&queue);
    bell_fini(&bell);
}

static struct message session_message(struct session *s, uint64_t order)
{
    s->decided_ns = order;
    return (struct message){.kind = MESSAGE_SESSION, .order = order, .session = s};
}

static bool rang(void)
{
    struct pollfd fd = {.fd = bell.fd, .events = POLLIN};

    return poll(&fd, 1, 0) == 1;
}

static void messages_leave_in_their_order(void)
{
    struct session s = {0};
    struct session_end e = {.client_bytes = 77};
    struct counters counters = {.dropped = 5};
    struct message end_message = {.kind = MESSAGE_END, .order = 2, .end = &e};
    struct message last = {.kind = MESSAGE_LAST, .order = 3, .counters = &counters};
    struct message first;

    begin(4);
    ok(queue_first(&queue) == NULL, "a new queue is empty");
    first = session_message(&s, 1);
    queue_put(&queue, &first);
    queue_put(&queue, &end_message);
    queue_put(&queue, &last);
    s.decided_ns = e.client_bytes = counters.dropped = 0;
    ok(queue_first(&queue)->session->decided_ns == 1, "the session is a copy");
    queue_drop(&queue);
    ok(queue_first(&queue)->end->client_bytes == 77, "then its end");
    queue_drop(&queue);
    ok(queue_first(&queue)->kind == MESSAGE_LAST &&
           queue_first(&queue)->counters->dropped == 5,
       "then the last, with the counters");
    queue_drop(&queue);
    ok(queue_first(&queue) == NULL, "then nothing");
    end();
}

static void a_full_queue_refuses(void)
{
    struct session s = {0};
    unsigned taken = 0;

    begin(3);
    for (uint64_t i = 0; i < 5; i++) {
        struct message m = session_message(&s, i);

        taken += queue_offer(&queue, &m);
    }
    is_int(taken, 3, "no more than there is room for");
    queue_drop(&queue);
    ok(queue_first(&queue)->order == 1, "the oldest stay");
    end();
}

static void references_are_given_back(void)
{
    struct certificate_options options = {.capacity = 4};
    struct certificate *chain[CERTIFICATE_CHAIN_MAX];
    struct certificate_cache *cache;
    struct session s = {.certificate_count = 1};
    struct message m;
    struct err why;
    struct wire w = {0};
    struct span der = data_file("leaf.der");
    size_t list = wire_open(&w, 3), one = wire_open(&w, 3);

    wire_span(&w, der);
    wire_close(&w, one, 3);
    wire_close(&w, list, 3);
    cache = certificate_cache_new(&options, &why);
    if (!cache || certificate_read_message(cache, wire_done(&w), false, chain) != 1)
        abort();
    s.certificates[0] = chain[0];
    begin(4);
    for (uint64_t i = 0; i < 3; i++) {
        m = session_message(&s, i);
        queue_put(&queue, &m);
    }
    is_int(atomic_load(&chain[0]->references), 5,
           "each waiting session holds its certificates");
    queue_drop(&queue);
    is_int(atomic_load(&chain[0]->references), 4, "a dropped one does not");
    end();
    is_int(atomic_load(&chain[0]->references), 2, "nor does one that nobody took");
    session_release(&s);
    certificate_cache_free(cache);
}

static void the_bell_rings_for_who_listens(void)
{
    struct message mark = {.kind = MESSAGE_MARK};
    struct session s = {0};
    struct message m = session_message(&s, 1);

    begin(8);
    queue_put(&queue, &mark);
    ok(!rang(), "nobody listens");
    bell_listen(&bell);
    queue_put(&queue, &m);
    ok(!rang(), "a session can wait for the next mark");
    queue_put(&queue, &mark);
    ok(rang(), "a mark rings");
    bell_quiet(&bell);
    ok(!rang(), "once");
    bell_listen(&bell);
    for (int i = 0; i < 4; i++)
        (void)queue_offer(&queue, &m);
    ok(rang(), "many sessions ring as well");
    end();
}

static void *write_many(void *arg)
{
    struct session *s = calloc(1, sizeof(*s));

    (void)arg;
    if (!s)
        abort();
    for (uint64_t i = 1; i <= MANY; i++) {
        struct message m = i % 3 ? session_message(s, i)
                                 : (struct message){.kind = MESSAGE_MARK, .order = i};

        queue_put(&queue, &m);
    }
    free(s);
    return NULL;
}

static void nothing_is_lost_between_threads(void)
{
    uint64_t wanted = 1, wrong = 0;
    size_t most = 0;
    pthread_t writer;

    begin(64);
    if (pthread_create(&writer, NULL, write_many, NULL) != 0)
        abort();
    while (wanted <= MANY) {
        const struct message *m = queue_first(&queue);
        struct pollfd fd = {.fd = bell.fd, .events = POLLIN};
        size_t waiting = atomic_load(&queue.written) - atomic_load(&queue.taken);

        most = waiting > most ? waiting : most;
        if (!m) {
            bell_listen(&bell);
            if (!queue_first(&queue))
                (void)poll(&fd, 1, 1000);
            bell_quiet(&bell);
            continue;
        }
        wrong += m->order != wanted ||
                 (m->kind == MESSAGE_SESSION && m->session->decided_ns != wanted);
        wanted++;
        queue_drop(&queue);
    }
    (void)pthread_join(writer, NULL);
    is_int(wrong, 0, "%u messages come through whole and in order", MANY);
    ok(most <= 64, "with no more than 64 in the queue (%zu)", most);
    end();
}

static void a_reader_that_leaves_lets_the_writer_go(void)
{
    pthread_t writer;

    begin(4);
    if (pthread_create(&writer, NULL, write_many, NULL) != 0)
        abort();
    while (!queue_first(&queue))
        (void)usleep(100);
    queue_leave(&queue);
    ok(pthread_join(writer, NULL) == 0,
       "a writer does not wait for a reader that has left");
    end();
}

int main(void)
{
    messages_leave_in_their_order();
    a_full_queue_refuses();
    references_are_given_back();
    the_bell_rings_for_who_listens();
    nothing_is_lost_between_threads();
    a_reader_that_leaves_lets_the_writer_go();
    return done_testing();
}
