#include "tap.h"

#include <stdlib.h>

#include "flow/conn_pool.h"

static void begin(struct conn_pool *p, size_t capacity, size_t state_size)
{
    struct err why;

    if (conn_pool_init(p, capacity, state_size, &why) < 0)
        abort();
}

static void end(struct conn_pool *p)
{
    struct stream_budget budget = {0};

    conn_pool_fini(p, &budget);
}

static void a_connection_has_room_behind_it(void)
{
    struct conn_pool p;
    struct connection *c, *next;
    bool zeroed = true;

    begin(&p, 2, 1000);
    c = conn_pool_take(&p);
    next = conn_pool_take(&p);
    ok((unsigned char *)next - c->state >= 1000,
       "the state of later stages fits behind it");
    is_int((uintptr_t)c->state % 16, 0, "aligned for anything");
    is_int((size_t)((unsigned char *)next - (unsigned char *)c) % 64, 0,
           "connections lie cache lines apart");
    memset(c->state, 0xff, 1000);
    conn_pool_put(&p, c);
    c = conn_pool_take(&p);
    for (size_t i = 0; i < 1000; i++)
        zeroed = zeroed && c->state[i] == 0;
    ok(zeroed && c->packets[0] == 0, "taken again it is zeroed");
    end(&p);
}

static void the_quiet_one_is_the_oldest(void)
{
    struct conn_pool p;
    struct connection *one, *two, *three;

    begin(&p, 3, 0);
    ok(conn_pool_oldest(&p) == NULL, "an empty pool has no oldest connection");
    one = conn_pool_take(&p);
    two = conn_pool_take(&p);
    ok(!conn_pool_full(&p), "there is room for a third");
    three = conn_pool_take(&p);
    ok(conn_pool_full(&p), "then it is full");
    ok(conn_pool_oldest(&p) == one, "the first is the oldest");
    conn_pool_touch(&p, one, 5);
    ok(conn_pool_oldest(&p) == two, "a packet makes it the newest");
    conn_pool_touch(&p, two, 5);
    conn_pool_touch(&p, one, 5);
    ok(conn_pool_oldest(&p) == three, "a second one in the same second changes nothing");
    conn_pool_put(&p, two);
    ok(!conn_pool_full(&p), "one that is put back leaves room");
    conn_pool_put(&p, three);
    ok(conn_pool_oldest(&p) == one, "and the order");
    is_int(p.taken, 3, "three were taken");
    is_int(p.live, 1, "one lives");
    ok(conn_pool_get(&p, one->number) == one, "and is found by its number");
    end(&p);
}

static void numbers_fit_into_a_flow(void)
{
    struct conn_pool p;
    struct err why = {""};

    is_int(conn_pool_init(&p, CONN_POOL_MAX + 1, 0, &why), -1,
           "more connections than a flow can name are refused");
    ok(strstr(why.text, "limits.handshakes") != NULL,
       "with a sentence that names the limit");
}

static void memory_of_one_connection_is_known(void)
{
    ok(sizeof(struct connection) <= 640, "a connection takes at most 640 bytes: %zu",
       sizeof(struct connection));
}

int main(void)
{
    a_connection_has_room_behind_it();
    the_quiet_one_is_the_oldest();
    numbers_fit_into_a_flow();
    memory_of_one_connection_is_known();
    return done_testing();
}
