/* Which addresses are one device's, and what is said of a device that may be several. */
#include "detect/identity.h"

#include <string.h>

#include "base/nanotime.h"
#include "detect/device.h"
#include "detect_sample.h"

#define PHONE_MAC "\x3c\x22\xfb\x01\x02\x03"
#define OTHER_MAC "\x3c\x22\xfb\x01\x02\x04"
#define RANDOM_MAC "\x92\x22\xfb\x01\x02\x05"

static struct lab lab;
static struct identity identity;
static struct identity_answer answer;
static double at_s;

static void begin(void)
{
    identity_fini(&identity);
    identity_init(&identity, 1, 100);
    at_s = 0;
}

static struct session from(const char *address, const char *mac, uint8_t ttl)
{
    struct session s = lab_session(&lab, address, "app", "a.example", at_s);

    s.client_ttl = ttl;
    s.has_macs = mac != NULL;
    if (mac)
        memcpy(s.client_mac, mac, sizeof(s.client_mac));
    return s;
}

static struct memory_id resolve(const struct session *s)
{
    struct identity_ids ids;

    identity_name(&identity, s, &ids);
    identity_resolve(&identity, s, &ids, &answer);
    return answer.device;
}

static struct memory_id who(const char *address, const char *mac, uint8_t ttl)
{
    struct session s = from(address, mac, ttl);

    at_s += 1;
    return resolve(&s);
}

static bool same(struct memory_id a, struct memory_id b)
{
    return memory_id_equal(&a, &b);
}

/* ---- MACs */

static void test_dual_stack(void)
{
    struct memory_id v4;

    begin();
    v4 = who("10.0.0.1", PHONE_MAC, 64);
    ok(answer.own_mac, "the time to live is whole: the MAC is the client's own");
    is_int(answer.basis, IDENTITY_ADDRESS, "one address needs no other reason");
    ok(same(who("2001:db8::1", PHONE_MAC, 64), v4), "its address of version 6 is its, too");
    is_int(answer.basis, IDENTITY_MAC, "by the MAC");
    ok(same(who("2001:db8::1:2", PHONE_MAC, 64), v4), "and so is another of the prefix");
    ok(same(who("fe80::1", PHONE_MAC, 64), v4), "and that of the link");
    ok(same(who("fd00::1", PHONE_MAC, 64), v4), "and one of a second prefix");
    ok(same(who("10.0.0.1", PHONE_MAC, 64), v4), "the first one stays");
    ok(!same(who("2001:db8::9", OTHER_MAC, 64), v4), "another MAC is another device");
    ok(!same(who("10.0.0.3", NULL, 0), v4), "and so is an address without any");
}

static void test_router(void)
{
    struct memory_id first;

    begin();
    first = who("10.0.0.1", PHONE_MAC, 63);
    ok(!answer.own_mac, "a router has taken one off: the MAC is its");
    ok(!same(who("2001:db8::1", PHONE_MAC, 63), first), "it says nothing of the client");
    begin();
    first = who("10.0.0.1", "\x00\x00\x5e\x00\x01\x07", 64);
    ok(!answer.own_mac, "nor does that of a redundant router");
    begin();
    first = who("10.0.0.1", "\x01\x00\x5e\x00\x01\x07", 64);
    ok(!answer.own_mac, "nor one of a group");
    begin();
    first = who("10.0.0.1", "\0\0\0\0\0\0", 64);
    ok(!answer.own_mac, "nor none at all");
}

static void test_many_behind(void)
{
    struct memory_id first, second;

    begin();
    first = who("10.0.0.1", PHONE_MAC, 64);
    second = who("10.0.0.2", PHONE_MAC, 64);
    ok(!same(first, second), "two addresses of version 4 at one time are two devices");
    ok(same(who("10.0.0.1", PHONE_MAC, 64), first), "the first stays what it was");
    ok(same(who("10.0.0.2", PHONE_MAC, 64), second), "and the second");
    ok(!same(who("2001:db8::1", PHONE_MAC, 64), first), "no further one is joined");
    begin();
    first = who("2001:db8:1::1", PHONE_MAC, 64);
    (void)who("2001:db8:2::1", PHONE_MAC, 64);
    ok(!same(who("2001:db8:3::1", PHONE_MAC, 64), first),
       "nor of three prefixes at a time");
}

static void test_lease(void)
{
    struct memory_id first;

    begin();
    first = who("10.0.0.1", PHONE_MAC, 64);
    at_s = IDENTITY_QUIET_S + 10;
    ok(same(who("10.0.0.2", PHONE_MAC, 64), first),
       "a new lease after silence: the same device");
    ok(same(who("10.0.0.2", PHONE_MAC, 64), first), "it stays so");
    at_s += IDENTITY_QUIET_S + 10;
    ok(!same(who("10.0.0.1", OTHER_MAC, 64), first),
       "who has the old address now is another device");
    ok(same(who("10.0.0.2", PHONE_MAC, 64), first), "this one goes on");
    begin();
    first = who("10.0.0.1", PHONE_MAC, 64);
    at_s = IDENTITY_QUIET_S - 10;
    ok(!same(who("10.0.0.2", PHONE_MAC, 64), first),
       "too soon for a new lease: two devices");
    at_s += IDENTITY_QUIET_S;
    ok(same(who("10.0.0.2", PHONE_MAC, 64), first),
       "but the old one stays silent: the device had moved at once");
    ok(same(who("2001:db8::1", PHONE_MAC, 64), first), "its version 6 went with it");
    at_s += 10;
    ok(same(who("10.0.0.1", PHONE_MAC, 64), first), "the old one is in use again ...");
    ok(!same(who("10.0.0.2", PHONE_MAC, 64), first), "... beside the new: two after all");
}

static void test_places(void)
{
    struct session s;
    struct memory_id first;

    begin();
    s = from("10.0.0.1", PHONE_MAC, 64);
    first = resolve(&s);
    s = from("2001:db8::1", PHONE_MAC, 64);
    s.tunnel = (struct tunnel){.kind = TUNNEL_VXLAN, .id = 7};
    ok(!same(resolve(&s), first), "the same MAC in another virtual network is another's");
    s = from("2001:db8::2", PHONE_MAC, 64);
    s.tunnel = (struct tunnel){.kind = TUNNEL_GRE, .id = 7};
    (void)resolve(&s);
    ok(!answer.own_mac, "outside a tunnel of packets the MAC is the tunnel's");
    s = from("2001:db8::3", PHONE_MAC, 64);
    s.vlans[0] = 5;
    s.vlan_count = 1;
    ok(!same(resolve(&s), first), "and so is one in another VLAN");
}

/* ---- subscribers */

static struct memory_id subscriber(const char *address, uint32_t bearer)
{
    struct session s = from(address, PHONE_MAC, 64);

    s.tunnel = (struct tunnel){.kind = TUNNEL_GTPU,
                               .id = bearer,
                               .source = sample_address("192.0.2.1"),
                               .destination = sample_address("192.0.2.9")};
    at_s += 1;
    return resolve(&s);
}

static void test_subscriber(void)
{
    struct memory_id first;

    begin();
    first = subscriber("10.0.0.1", 100);
    ok(!answer.own_mac, "in a subscriber's tunnel the MAC is a router's");
    ok(same(subscriber("2001:db8::1", 100), first), "both addresses of a bearer are one's");
    is_int(answer.basis, IDENTITY_SUBSCRIBER, "by the subscriber");
    ok(same(subscriber("10.0.0.1", 200), first), "after hand-over he has his address");
    ok(same(subscriber("2001:db8::1", 200), first), "and the other one");
    ok(!same(subscriber("10.0.0.2", 300), first), "another bearer is another's");
    ok(!same(subscriber("10.0.0.3", 300), subscriber("10.0.0.2", 300)),
       "and where two come through one, they are two");
}

/* ---- inventories */

static const char *called = "phone 7";

static bool look_up(void *ctx, const struct address *address, const uint8_t *mac,
                    uint64_t time_ns, struct device_facts *out)
{
    (void)mac;
    (void)time_ns;
    if (!address_equal(address, ctx))
        return false;
    (void)snprintf(out->name, sizeof(out->name), "%s", called);
    out->platform = PLATFORM_IOS;
    return true;
}

static void test_inventory(void)
{
    struct address known = sample_address("10.0.0.1");
    struct memory_id first;

    begin();
    identity.lookup = look_up;
    identity.lookup_ctx = &known;
    first = who("10.0.0.1", NULL, 60);
    is_int(answer.platform, PLATFORM_IOS, "an inventory knows the platform");
    known = sample_address("10.0.0.77");
    ok(same(who("10.0.0.77", NULL, 60), first), "its next address is the same device");
    is_int(answer.basis, IDENTITY_INVENTORY, "by the inventory");
    ok(!same(who("10.0.0.5", NULL, 60), first), "one that it does not know is another");
    is_int(answer.platform, PLATFORM_UNKNOWN, "of which it says nothing");
    called = "phone 8";
    ok(!same(who("10.0.0.77", NULL, 60), first),
       "nor is the same address under another name");
}

/* ---- limits */

static void test_bound(void)
{
    begin();
    for (int i = 0; i < 300; i++) {
        char address[32], mac[6] = {0x3c, 0x22, 0x01, 0x02, (char)(i >> 8), (char)i};

        (void)snprintf(address, sizeof(address), "10.0.%d.%d", i / 200, i % 200);
        (void)who(address, mac, 64);
    }
    is_int(identity.links.count, 100, "links have a ceiling");
    is_int(identity.links.dropped, 200, "what they shed is counted");
    ok(identity.aliases.count <= 100, "and so have addresses");
}

/* ---- one device, to the end */

static void refuse(const char *address, const char *mac, uint8_t ttl, double s_at)
{
    struct session s = lab_session(&lab, address, "app", "x.example", s_at);

    lab_shape(&s, SHAPE_S1);
    s.client_ttl = ttl;
    s.has_macs = true;
    memcpy(s.client_mac, mac, sizeof(s.client_mac));
    lab_push(&lab, &s);
}

static void accept(const char *address, const char *mac, uint8_t ttl, double s_at)
{
    struct session s = lab_session(&lab, address, "web", "a.example", s_at);

    s.client_ttl = ttl;
    s.has_macs = true;
    memcpy(s.client_mac, mac, sizeof(s.client_mac));
    lab_push(&lab, &s);
}

/* Refused over both versions of IP, accepted over one. */
static const struct finding *refuse_both(const char *mac_v4, const char *mac_v6)
{
    lab_close(&lab);
    lab_open_with(&lab,
                  "inspection: {segments: [10.0.0.0/8, '2001:db8::/32'], "
                  "trust_model: ios_managed}\n",
                  0);
    accept("10.0.0.1", mac_v4, 64, 5);
    refuse("10.0.0.1", mac_v4, 64, 10);
    refuse("10.0.0.1", mac_v4, 64, 11);
    refuse("2001:db8::1", mac_v6, 64, 12);
    accept("10.0.0.1", mac_v4, 64, 14);
    lab_end(&lab);
    return lab_last(&lab);
}

static void test_alert(void)
{
    const struct finding *f = refuse_both(PHONE_MAC, PHONE_MAC);
    double sure = f->confidence;

    is_int(f->type, FINDING_PINNING_SUSPECTED,
           "refusals over both versions are one device's");
    is_text(f->device_basis, "mac", "by its MAC");
    is_int(f->device_other_count, 1, "its other address is told");
    ok(!f->device_ambiguous && !f->random_mac, "nothing is in doubt");
    f = refuse_both(RANDOM_MAC, RANDOM_MAC);
    ok(f->random_mac && f->device_ambiguous, "a MAC that it made up is flagged");
    ok(lab_near(f->confidence, sure / 2), "and halves what rests on it: %.2f of %.2f",
       f->confidence, sure);
    f = refuse_both(PHONE_MAC, OTHER_MAC);
    is_int(lab_count(&lab, FINDING_PINNING_SUSPECTED), 0, "behind two MACs they are two's");
}

static void test_random_alone(void)
{
    lab_close(&lab);
    lab_open(&lab);
    accept("10.0.0.1", RANDOM_MAC, 64, 5);
    for (int i = 0; i < 3; i++)
        refuse("10.0.0.1", RANDOM_MAC, 64, 10 + i);
    accept("10.0.0.1", RANDOM_MAC, 64, 14);
    lab_end(&lab);
    ok(lab_last(&lab)->random_mac, "a made-up MAC with one address is told");
    ok(!lab_last(&lab)->device_ambiguous, "but nothing rests on it");
}

static void test_translated(void)
{
    struct device d;
    const struct tuning *t = &lab.config.rules.tuning;
    struct identity_answer who_is = {.basis = IDENTITY_ADDRESS};

    memset(&d, 0, sizeof(d));
    for (int i = 0; i < 6; i++) {
        struct session s = from("10.0.0.1", NULL, i % 2 ? 57 : 58);

        (void)device_note(&d, &s, &who_is);
    }
    ok(!device_is_translated(t, &d), "ways of differing length are one system's");
    for (int i = 0; i < 4; i++) {
        struct session s = from("10.0.0.1", NULL, i % 2 ? 57 : 120);

        (void)device_note(&d, &s, &who_is);
    }
    ok(device_is_translated(t, &d),
       "two kinds of system in turn: several behind one address");
    ok(device_is_ambiguous(t, &d), "which is in doubt");
    free(d.others);
    memset(&d, 0, sizeof(d));
    for (int i = 0; i < 6; i++) {
        struct session s = from(i % 2 ? "10.0.0.1" : "2001:db8::1", NULL, i % 2 ? 57 : 120);

        (void)device_note(&d, &s, &who_is);
    }
    ok(!device_is_translated(t, &d), "the versions of IP may differ in it");
    free(d.others);
}

static void test_addresses(void)
{
    struct device d;
    struct identity_answer who_is = {.basis = IDENTITY_MAC, .own_mac = true};

    memset(&d, 0, sizeof(d));
    for (int i = 0; i < 20; i++) {
        char address[32];
        struct session s;

        (void)snprintf(address, sizeof(address), "2001:db8::%d", 1 + i % 10);
        s = from(address, PHONE_MAC, 64);
        ok(device_note(&d, &s, &who_is), "an address is noted");
    }
    ok(address_equal(&d.address, &(struct address){{0x20, 1, 0xd, 0xb8, [15] = 1}}),
       "the first one names the device");
    is_int(device_other_count(&d), DEVICE_OTHERS, "of the others the latest are kept");
    free(d.others);
}

int main(void)
{
    lab_open(&lab);
    test_dual_stack();
    test_router();
    test_many_behind();
    test_lease();
    test_places();
    test_subscriber();
    test_inventory();
    test_bound();
    test_alert();
    test_random_alone();
    test_translated();
    test_addresses();
    identity_fini(&identity);
    lab_close(&lab);
    return done_testing();
}
