#include "detect/upstream.h"

#include <string.h>

#include "base/nanotime.h"
#include "detect_sample.h"

static struct memory_table keys;

static struct certificate leaf(uint8_t key)
{
    return (struct certificate){
        .references = 1, .spki_sha256 = {key}, .authority = -1, .readable = true};
}

static struct session to(const char *server, const char *name, struct certificate *leaf)
{
    struct session s;

    sample_bare(&s);
    s.server = sample_address(server);
    SAMPLE_TEXT(s.server_name, name);
    s.certificates[0] = leaf;
    s.certificate_count = 1;
    return s;
}

static bool note(const char *server, const char *name, uint8_t key)
{
    struct certificate certificate = leaf(key);
    struct session s = to(server, name, &certificate);

    return upstream_note(&keys, 1, &s, s.decided_ns - NS_PER_S);
}

static void begin(void)
{
    memory_table_fini(&keys);
    memory_table_init(&keys, sizeof(struct upstream_key), 10, NULL, NULL);
}

static void test_private(void)
{
    struct certificate c = leaf(1);
    struct session s = to("203.0.113.9", "a.example", &c);

    ok(upstream_is_private(&s), "no public authority vouches for it: private");
    c.has_sct = true;
    ok(!upstream_is_private(&s), "it is in the public logs: public");
    c = leaf(1);
    c.public_anchor = true;
    ok(!upstream_is_private(&s), "it leads to a public root: public");
    c = leaf(1);
    c.authority = 0;
    ok(!upstream_is_private(&s), "the box made it: it is not the server's");
    c = leaf(1);
    c.readable = false;
    ok(!upstream_is_private(&s), "it cannot be read: nothing is said");
    s.certificate_count = 0;
    ok(!upstream_is_private(&s), "none is seen: nothing is said");
}

static void test_shared(void)
{
    begin();
    ok(!note("203.0.113.9", "a.example", 1), "one key at one address");
    ok(!note("203.0.113.77", "www.b.example", 1),
       "two names in one network are neighbours");
    ok(note("198.51.100.9", "a.example", 1), "a second network: it serves both");
    begin();
    ok(!note("203.0.113.9", "a.example", 1), "one key");
    ok(!note("198.51.100.9", "www.a.example", 1), "under one domain in two networks");
    ok(!note("198.51.100.9", "b.example", 2), "another key is another's");
    begin();
    ok(!note("203.0.113.9", "", 1), "without a name");
    ok(note("198.51.100.9", "", 1), "the addresses are the names");
    begin();
    ok(!note("2001:db8:1::1", "a.example", 1), "of version 6");
    ok(!note("2001:db8:2::1", "b.example", 1), "a /32 is one network");
    ok(note("2001:db9::1", "b.example", 1), "two are two");
}

static void test_proxy(void)
{
    struct certificate c = leaf(1);
    struct session s = to("10.0.0.9", "", &c);

    begin();
    s.is_explicit_proxy = true;
    SAMPLE_TEXT(s.proxy_target, "a.example");
    (void)upstream_note(&keys, 1, &s, 0);
    s.server = sample_address("203.0.113.9");
    SAMPLE_TEXT(s.proxy_target, "b.example");
    ok(!upstream_note(&keys, 1, &s, 0), "a proxy's address says nothing of the servers'");
}

static void test_old(void)
{
    struct certificate c = leaf(1);
    struct session s = to("203.0.113.9", "a.example", &c);

    begin();
    (void)upstream_note(&keys, 1, &s, 0);
    s.server = sample_address("198.51.100.9");
    SAMPLE_TEXT(s.server_name, "b.example");
    s.decided_ns += 100 * NS_PER_S;
    ok(!upstream_note(&keys, 1, &s, s.decided_ns - NS_PER_S),
       "what is too old is left out");
}

static void test_bound(void)
{
    begin();
    for (uint8_t i = 0; i < 50; i++)
        (void)note("203.0.113.9", "a.example", i);
    is_int(keys.count, 10, "the table has a ceiling");
    is_int(keys.dropped, 40, "what it drops is counted");
}

int main(void)
{
    test_private();
    test_shared();
    test_proxy();
    test_old();
    test_bound();
    memory_table_fini(&keys);
    return done_testing();
}
