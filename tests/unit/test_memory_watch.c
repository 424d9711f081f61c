#include "detect/memory_watch.h"

#include "tap.h"

struct record {
    struct memory_entry entry;
    uint32_t value;
};

static struct memory_table table;
static struct memory_watch watch;

static struct memory_id id_of(uint64_t n)
{
    return (struct memory_id){.low = n * UINT64_C(0x9e3779b97f4a7c15), .high = n};
}

static struct record *get(uint64_t n)
{
    struct memory_id id = id_of(n);
    bool made;

    return memory_get(&table, &id, &made);
}

static void begin(size_t most)
{
    memory_table_init(&table, sizeof(struct record), most, NULL, NULL);
    memory_watch_begin(&watch, &table);
}

static void end(void)
{
    memory_table_fini(&table);
    memory_watch_fini(&watch);
}

static void test_touched(void)
{
    struct memory_id id = id_of(2);

    begin(100);
    (void)get(1);
    ok(watch.all, "at first everything is to be copied");
    memory_watch_copied(&watch);
    (void)get(2);
    (void)get(3);
    (void)memory_peek(&table, &id);
    (void)get(2);
    is_int(watch.touched_count, 2,
           "records that were made or looked up are noted, each once");
    memory_watch_copied(&watch);
    is_int(watch.touched_count, 0, "after a copy none is");
    (void)memory_peek(&table, &id);
    is_int(watch.touched_count, 1, "who is looked at may change");
    is_int(memory_entry_of(&table, watch.touched[0])->id.high, 2, "that one");
    end();
}

static void test_gone(void)
{
    begin(2);
    (void)get(1);
    (void)get(2);
    memory_watch_copied(&watch);
    (void)get(3);
    is_int(watch.gone_count, 1, "who gave way is noted");
    is_int(watch.gone[0].high, 1, "by its id");
    is_int(watch.touched_count, 1, "and who took the place");
    (void)get(1);
    is_int(watch.gone_count, 2, "one may go");
    is_int(watch.touched_count, 2, "and come again");
    end();
}

static void test_turns(void)
{
    struct memory_entry *first, *second;

    begin(10);
    first = &get(1)->entry;
    second = &get(2)->entry;
    ok(memory_watch_turn(&watch, first->number) < memory_watch_turn(&watch, second->number),
       "turns are in the order of use");
    table.now_s += MEMORY_STEP_S;
    (void)get(1);
    ok(memory_watch_turn(&watch, first->number) > memory_watch_turn(&watch, second->number),
       "use makes the turn higher");
    memory_watch_restore(&watch, first->number, 1000);
    is_int(memory_watch_turn(&watch, first->number), 1000, "a turn can be given back");
    table.now_s += MEMORY_STEP_S;
    (void)get(2);
    ok(memory_watch_turn(&watch, second->number) > 1000, "what is used then is later");
    end();
}

static void test_lost(void)
{
    begin(10);
    memory_watch_copied(&watch);
    for (uint64_t n = 0; n < WATCH_GONE_MAX + 100; n++)
        (void)get(n);
    ok(watch.all && watch.touched_count == 0 && watch.gone_count == 0,
       "when there are too many notes, all is to be copied");
    memory_watch_copied(&watch);
    (void)get(1);
    ok(!watch.all && watch.touched_count == 1, "and then it notes again");
    end();
}

static void test_walk(void)
{
    uint64_t seen = 0;

    begin(10);
    for (uint64_t n = 1; n <= 4; n++)
        (void)get(n);
    for (struct memory_entry *e = memory_next(&table, NULL); e; e = memory_next(&table, e))
        seen = seen * 10 + e->id.high;
    is_int(seen, 1234, "records are walked in the order of use");
    end();
}

int main(void)
{
    test_touched();
    test_gone();
    test_turns();
    test_lost();
    test_walk();
    return done_testing();
}
