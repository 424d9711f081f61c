#include "context/store.h"

#include <stdio.h>

#include "base/nanotime.h"
#include "tap.h"

#define HOUR_NS (3600 * NS_PER_S)
#define NOW (UINT64_C(1795232700) * NS_PER_S)

static struct store store;

static const struct context_fact *put(enum context_kind kind, const char *device,
                                      uint64_t time_ns, const char *app)
{
    struct context_record r;
    struct err why;

    record_init(&r, kind);
    record_set_time(&r, FIELD_TIME, time_ns);
    if (record_add(&r, FIELD_DEVICE_ID, span_of_text(device), &why) < 0 ||
        record_add(&r, FIELD_APP_ID, span_of_text(app), &why) < 0)
        return NULL;
    return store_put(&store, &r, 1, 1);
}

static size_t count(enum context_kind kind, const char *device, uint64_t from_ns,
                    uint64_t until_ns)
{
    const uint64_t span[2] = {from_ns, until_ns};
    struct store_walk w = store_walk(&store, kind, FIELD_DEVICE_ID, device, span);
    size_t n = 0;

    while (store_next(&w) != NULL)
        n++;
    return n;
}

static void begin(size_t bytes)
{
    struct err why;

    store_fini(&store);
    ok(store_init(&store, bytes, 1, &why) == 0, "a store of %zu bytes", bytes);
}

static void test_time(void)
{
    begin(1 << 20);
    ok(put(CONTEXT_NETWORK, "d", NOW, "a") != NULL, "an event");
    is_int(count(CONTEXT_NETWORK, "d", NOW - HOUR_NS, NOW + HOUR_NS), 1,
           "is found once, though three hours are looked at");
    is_int(count(CONTEXT_NETWORK, "d", NOW + 1, NOW + HOUR_NS), 0, "not after its time");
    is_int(count(CONTEXT_NETWORK, "e", NOW, NOW), 0, "nor for another device");
    is_int(count(CONTEXT_STATE, "d", NOW, NOW), 0, "nor as another kind");
    ok(put(CONTEXT_STATE, "d", NOW, "a") != NULL, "a state");
    is_int(count(CONTEXT_STATE, "d", NOW + 5 * HOUR_NS, NOW + 5 * HOUR_NS), 1,
           "holds for hours");
    is_int(count(CONTEXT_STATE, "d", NOW - HOUR_NS, NOW + 24 * HOUR_NS), 1,
           "and is one, however many of them are looked at");
    is_int(count(CONTEXT_STATE, "d", NOW + 13 * HOUR_NS, NOW + 13 * HOUR_NS), 0,
           "but not for ever");
}

static void test_duplicates(void)
{
    begin(1 << 20);
    (void)put(CONTEXT_APP, "d", NOW, "a");
    ok(put(CONTEXT_APP, "d", NOW, "a") == NULL, "the same record again");
    is_int(store.stats.duplicates, 1, "is a duplicate");
    ok(put(CONTEXT_APP, "d", NOW + 1, "a") != NULL, "of another time it is none");
    ok(put(CONTEXT_EDR, "d", NOW, "a") != NULL, "nor of another kind");
}

/* A flood of one kind leaves the others alone. */
static void test_flood(void)
{
    char app[32];
    size_t held = 0;

    begin(1 << 20);
    (void)put(CONTEXT_INVENTORY, "d", NOW, "a");
    for (int i = 0; i < 20000; i++) {
        (void)snprintf(app, sizeof(app), "app-%d", i);
        (void)put(CONTEXT_NETWORK, "d", NOW + (uint64_t)i, app);
    }
    for (int k = 0; k < CONTEXT_KINDS; k++)
        held += store.bytes[k];
    ok(held <= 1 << 20, "all kinds together stay within the memory: %zu bytes", held);
    ok(store.stats.shed[CONTEXT_NETWORK] > 0, "what had to go is counted");
    is_int(store.stats.shed[CONTEXT_NETWORK] + store.counts[CONTEXT_NETWORK], 20000,
           "to the last");
    is_int(count(CONTEXT_INVENTORY, "d", NOW, NOW), 1, "the inventory is still there");
    is_int(count(CONTEXT_NETWORK, "d", NOW, NOW), 0, "the oldest events are not");
    is_int(count(CONTEXT_NETWORK, "d", NOW + 19999, NOW + 19999), 1, "the newest is");
    is_int(store_shed(&store), store.stats.shed[CONTEXT_NETWORK], "one sum says it all");
}

int main(void)
{
    test_time();
    test_duplicates();
    test_flood();
    store_fini(&store);
    return done_testing();
}
