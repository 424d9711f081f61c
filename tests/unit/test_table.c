#include "tap.h"

#include "flow/table.h"
#include "random.h"

static void begin(struct flow_table *t, size_t capacity, uint64_t seed)
{
    struct err why;

    if (flow_table_init(t, capacity, seed, &why) < 0)
        abort();
}

static struct flow_key key_of(uint32_t n)
{
    struct flow_key key = {.port = {1000, 443}, .protocol = PACKET_TCP};

    memcpy(key.address[0], &n, sizeof(n));
    return key;
}

static uint32_t add(struct flow_table *t, uint32_t n, uint32_t now_s)
{
    struct flow_key key = key_of(n);

    return flow_table_add(t, &key, now_s);
}

static uint32_t find(struct flow_table *t, uint32_t n, uint32_t now_s)
{
    struct flow_key key = key_of(n);

    return flow_table_find(t, &key, flow_table_home(t, &key), now_s);
}

static struct packet packet_between(const char *source, uint16_t source_port,
                                    const char *destination, uint16_t destination_port)
{
    struct packet p = {.source_port = source_port,
                       .destination_port = destination_port,
                       .protocol = PACKET_TCP};

    if (!address_parse(source, &p.source) || !address_parse(destination, &p.destination))
        abort();
    return p;
}

static void a_flow_is_one_cache_line(void)
{
    struct flow_table t;

    is_int(sizeof(struct flow), 64, "a flow takes 64 bytes");
    begin(&t, 1000, 1);
    is_int(t.index_mask + 1, 2048,
           "and its index 8 to 16 bytes, at least half of it empty");
    flow_table_fini(&t);
}

static void both_directions_have_one_key(void)
{
    struct packet there = packet_between("192.0.2.1", 40000, "198.51.100.1", 443);
    struct packet back = packet_between("198.51.100.1", 443, "192.0.2.1", 40000);
    struct packet same_host = packet_between("192.0.2.1", 9, "192.0.2.1", 8);
    struct packet same_back = packet_between("192.0.2.1", 8, "192.0.2.1", 9);
    struct flow_key a = {0}, b = {0};
    struct flow_table t;
    struct flow_key out;
    uint32_t number;
    int side;

    side = flow_key_of(&there, 7, &a);
    ok(flow_key_of(&back, 7, &b) == !side, "the sides of a flow differ");
    ok(memcmp(&a, &b, sizeof(a)) == 0, "and its key is one");
    is_int(a.port[side], 40000, "the sender's port stands on its side");
    begin(&t, 4, 1);
    number = flow_table_add(&t, &a, 1);
    is_int(flow_table_find(&t, &b, flow_table_home(&t, &b), 1), number,
           "found from either direction");
    flow_key_unpack(flow_table_get(&t, number), &out);
    ok(memcmp(out.address, a.address, 32) == 0 && out.port[0] == a.port[0] &&
           out.port[1] == a.port[1] && out.tunnel == 7 && out.protocol == PACKET_TCP,
       "the slot gives the key back");
    (void)flow_key_of(&there, 8, &a);
    is_int(flow_table_find(&t, &a, flow_table_home(&t, &a), 1), FLOW_NONE,
           "another tunnel is another flow");
    (void)flow_key_of(&there, 7, &a);
    a.protocol = PACKET_UDP;
    is_int(flow_table_find(&t, &a, flow_table_home(&t, &a), 1), FLOW_NONE,
           "another protocol too");
    ok(flow_key_of(&same_host, 0, &a) != flow_key_of(&same_back, 0, &b),
       "between ports of one address the port tells the sides");
    flow_table_fini(&t);
}

static void the_quiet_one_is_the_oldest(void)
{
    struct flow_table t;
    uint32_t one, two, three;

    begin(&t, 3, 1);
    is_int(flow_table_oldest(&t, false), FLOW_NONE, "an empty table has no oldest flow");
    one = add(&t, 1, 10);
    two = add(&t, 2, 10);
    ok(!flow_table_full(&t), "there is room for a third");
    three = add(&t, 3, 11);
    ok(flow_table_full(&t), "then it is full");
    is_int(flow_table_oldest(&t, false), one, "the first is the oldest");
    (void)find(&t, 1, 10);
    is_int(flow_table_oldest(&t, false), one,
           "a packet in the same second changes nothing");
    (void)find(&t, 1, 12);
    is_int(flow_table_oldest(&t, false), two, "one in a later second makes it the newest");
    flow_table_remove(&t, two);
    is_int(flow_table_oldest(&t, false), three, "one from the middle can go");
    ok(!flow_table_full(&t), "and leaves room");
    is_int(add(&t, 4, 12), two, "for the next");
    is_int(t.stats.created, 4, "four were made");
    is_int(t.stats.live, 3, "three live");
    flow_table_fini(&t);
}

static void closed_ones_go_first(void)
{
    struct flow_table t;
    uint32_t one, two;

    begin(&t, 4, 1);
    one = add(&t, 1, 10);
    two = add(&t, 2, 11);
    flow_table_close(&t, two);
    is_int(flow_table_oldest(&t, true), two, "a closed flow stands in its own list");
    is_int(flow_table_oldest(&t, false), one, "an open one in the other");
    flow_table_close(&t, two);
    is_int(flow_table_oldest(&t, true), two, "closing it again does nothing");
    is_int(find(&t, 2, 12), two, "a late packet still finds it");
    is_int(flow_table_oldest(&t, true), two, "and leaves it closed");
    flow_table_close(&t, one);
    is_int(flow_table_oldest(&t, false), FLOW_NONE, "no open one is left");
    is_int(flow_table_oldest(&t, true), two, "of the closed ones the quiet one is first");
    flow_table_remove(&t, two);
    flow_table_remove(&t, one);
    is_int(flow_table_oldest(&t, true), FLOW_NONE, "both can go");
    flow_table_fini(&t);
}

/* Names of flows that are there, by age; index 0 is the oldest. */
struct model {
    uint32_t names[64];
    uint32_t numbers[64];
    size_t count;
};

static size_t place_in(const struct model *m, uint32_t name)
{
    size_t i = 0;

    while (i < m->count && m->names[i] != name)
        i++;
    return i;
}

static void model_remove(struct model *m, size_t i)
{
    m->count--;
    memmove(m->names + i, m->names + i + 1, (m->count - i) * sizeof(m->names[0]));
    memmove(m->numbers + i, m->numbers + i + 1, (m->count - i) * sizeof(m->numbers[0]));
}

static void model_add(struct model *m, uint32_t name, uint32_t number)
{
    m->names[m->count] = name;
    m->numbers[m->count++] = number;
}

/* One step of a random life: a name is looked for, and added or perhaps removed. */
static bool step_agrees(struct flow_table *t, struct model *m, struct random_numbers *r,
                        uint32_t now_s)
{
    uint32_t name = random_below(r, 200);
    size_t i = place_in(m, name);
    uint32_t number = find(t, name, now_s);

    if (i == m->count) {
        if (number != FLOW_NONE)
            return false;
        if (flow_table_full(t)) {
            uint32_t oldest = flow_table_oldest(t, false);

            if (oldest != m->numbers[0])
                return false;
            flow_table_remove(t, oldest);
            model_remove(m, 0);
        }
        model_add(m, name, add(t, name, now_s));
        return true;
    }
    if (number != m->numbers[i])
        return false;
    model_remove(m, i);
    if (random_below(r, 3) == 0)
        flow_table_remove(t, number);
    else
        model_add(m, name, number);
    return true;
}

static bool all_are_found(struct flow_table *t, const struct model *m, uint32_t now_s)
{
    if (t->stats.live != m->count)
        return false;
    for (size_t i = 0; i < m->count; i++)
        if (find(t, m->names[i], now_s) != m->numbers[i])
            return false;
    return true;
}

/* The index is small, so that nearly all entries collide and runs wrap around its end. */
static void removal_keeps_colliding_flows(void)
{
    uint64_t seed = random_seed(1);
    struct random_numbers r = {seed};
    bool agrees = true;

    for (uint32_t round = 0; round < 200 && agrees; round++) {
        struct model m = {.count = 0};
        struct flow_table t;

        begin(&t, 1 + random_below(&r, 64), random_next(&r));
        for (uint32_t now_s = 1; now_s < 500 && agrees; now_s++)
            agrees = step_agrees(&t, &m, &r, now_s) &&
                     (now_s % 100 || all_are_found(&t, &m, ++now_s));
        flow_table_fini(&t);
    }
    ok(agrees,
       "random adding, finding, removing and evicting agrees with a list (seed %llu)",
       (unsigned long long)seed);
}

int main(void)
{
    a_flow_is_one_cache_line();
    both_directions_have_one_key();
    the_quiet_one_is_the_oldest();
    closed_ones_go_first();
    removal_keeps_colliding_flows();
    return done_testing();
}
