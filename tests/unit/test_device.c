#include "context/context.h"

#include "context_sample.h"

#define LEASE(from, until, mac, rest)                                                      \
    "{\"kind\":\"lease\",\"ts\":\"2026-11-21T" from                                        \
    "Z\",\"valid_until\":\"2026-11-21T" until                                              \
    "Z\",\"device\":{\"ip\":\"10.0.0.5\",\"mac\":\"" mac "\"" rest "}}\n"

static struct context_answer answer;

static void test_lease(void)
{
    struct context *c = feed_open_text(
        LEASE("03:00:00", "04:00:00", "02:00:00:00:00:05", ",\"hostname\":\"first\"")
            LEASE("04:10:00", "05:00:00", "02:00:00:00:00:06", ",\"hostname\":\"second\""));

    ok(feed_find(c, "10.0.0.5", 0, &answer), "a lease binds the address while it holds");
    is_text(answer.hostname, "first", "to the device of that time");
    is_text(answer.mac, "020000000005", "with its MAC in one spelling");
    is_text(answer.id, NULL, "a MAC is no device id");
    ok(!feed_find(c, "10.0.0.5", 20 * 60, &answer), "between two leases nobody has it");
    ok(feed_find(c, "10.0.0.5", 30 * 60, &answer), "later it is bound again");
    is_text(answer.hostname, "second", "to another device");
    ok(!feed_find(c, "10.0.0.5", -3600, &answer), "before its first lease nobody has it");
    ok(!feed_find(c, "10.0.0.9", 0, &answer), "other addresses are nobody's");
    is_int(answer.handle_count, 1, "whose only handle is the address itself");
    context_free(c);
}

static void test_overlap(void)
{
    struct context *c = feed_open_text(
        LEASE("03:00:00", "06:00:00", "02:00:00:00:00:05", ",\"hostname\":\"old\"")
            LEASE("03:30:00", "06:00:00", "02:00:00:00:00:06", ",\"hostname\":\"new\""));

    ok(feed_find(c, "10.0.0.5", 0, &answer), "of two leases that overlap");
    is_text(answer.hostname, "new", "the younger one holds");
    is_int(answer.fact_count, 2, "both are remembered");
    is_int(answer.agreed, 1, "and the older one is marked as outranked");
    ok(feed_find(c, "10.0.0.5", -30 * 60, &answer), "before the younger one began");
    is_text(answer.hostname, "old", "the older one holds");
    context_free(c);
}

static void test_release(void)
{
    struct context *c = feed_open_text(
        LEASE("03:00:00", "06:00:00", "02:00:00:00:00:05", "")
            LEASE("03:40:00", "06:00:00", "02:00:00:00:00:05", ",\"released\":true"));

    ok(feed_find(c, "10.0.0.5", -30 * 60, &answer), "a lease holds until it is given back");
    ok(!feed_find(c, "10.0.0.5", 0, &answer), "and no longer");
    context_free(c);
    c = feed_open_text(LEASE("03:00:00", "06:00:00", "02:00:00:00:00:05", "") LEASE(
        "03:40:00", "06:00:00", "02:00:00:00:00:99", ",\"released\":true"));
    ok(feed_find(c, "10.0.0.5", 0, &answer), "another device cannot give it back");
    context_free(c);
}

static const char inventories[] =
    LEASE("03:00:00", "06:00:00", "02:00:00:00:00:05",
          ",\"hostname\":\"pixel-7\"") "{\"kind\":\"inventory\",\"ts\":\"2026-11-20T03:00:"
                                       "00Z\",\"source\":\"emm\",\"device\":"
                                       "{\"id\":\"dev-7\",\"mac\":\"02-00-00-00-00-05\","
                                       "\"serial\":\"S1\",\"os\":\"Android\","
                                       "\"managed\":true}}\n"
                                       "{\"kind\":\"inventory\",\"ts\":\"2026-11-19T03:00:"
                                       "00Z\",\"source\":\"cmdb\",\"device\":"
                                       "{\"id\":\"asset-9\",\"serial\":\"S1\",\"os\":"
                                       "\"ios\",\"model\":\"Pixel 7\","
                                       "\"user\":\"alice\"}}\n"
                                       "{\"kind\":\"inventory\",\"ts\":\"2026-11-20T04:00:"
                                       "00Z\",\"source\":\"cmdb\",\"device\":"
                                       "{\"id\":\"asset-9\",\"serial\":\"S1\",\"model\":"
                                       "\"Pixel 7\",\"user\":\"alice\"}}\n";

static void test_inventory(void)
{
    struct context *c = feed_open_text(inventories);

    ok(feed_find(c, "10.0.0.5", 0, &answer), "a lease leads to the inventory by the MAC");
    is_text(answer.os, "android", "which names the system");
    is_text(answer.model, "Pixel 7", "another one is found by the serial number");
    is_text(answer.user, "alice", "and names the user");
    is_text(answer.hostname, "pixel-7",
            "the lease's name stands where nobody knows better");
    is_int(answer.managed, TOLD_YES, "it is managed");
    is_int(answer.supervised, TOLD_NOTHING, "nobody tells whether it is supervised");
    is_int(answer.fact_count, 4, "four records were found");
    is_int(answer.agreed, 3, "one of them contradicts a nearer one");
    is_text(context_source(answer.facts[3]), "cmdb", "and is named as outranked");
    context_free(c);
}

static void test_mac_on_link(void)
{
    static const uint8_t mac[6] = {2, 0, 0, 0, 0, 5};
    struct context *c = feed_open_text(strchr(inventories, '\n') + 1);
    struct address a = sample_address("10.0.0.5");

    ok(!context_find_device(c, &a, NULL, FEED_NS, &answer),
       "without a lease and a MAC the inventory is not found");
    ok(context_find_device(c, &a, mac, FEED_NS, &answer),
       "the MAC on the wire leads to it as well");
    is_text(answer.os, "android", "to the same device");
    context_free(c);
    c = feed_open_text(inventories);
    a = sample_address("10.0.0.6");
    (void)context_find_device(c, &a, mac, FEED_NS + UINT64_C(90) * 86400 * 1000000000,
                              &answer);
    is_int(answer.fact_count, 0, "an inventory of three months ago tells nothing any more");
    context_free(c);
}

static void test_reported_address(void)
{
    struct context *c = feed_open_text(
        "{\"kind\":\"inventory\",\"ts\":\"2026-11-21T01:00:00Z\",\"device\":{\"id\":\"d\","
        "\"ip\":\"10.0.0.5\"}}\n");

    ok(feed_find(c, "10.0.0.5", 0, &answer),
       "an address that a device reported is its own");
    ok(!feed_find(c, "10.0.0.5", 30 * 3600, &answer), "for a day");
    context_free(c);
}

int main(void)
{
    scratch_begin();
    test_lease();
    test_overlap();
    test_release();
    test_inventory();
    test_mac_on_link();
    test_reported_address();
    return done_testing();
}
