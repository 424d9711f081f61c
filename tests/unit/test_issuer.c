#include "detect/issuer.h"

#include <stdlib.h>

#include "config/config.h"
#include "session_sample.h"
#include "tap.h"

#define NAMES 8

static struct issuers all;
static struct config config;
static struct certificate leaves[NAMES];
static struct certificate authority;
static struct issuer *issuer;
static struct issuer_leaf *leaf;

static const char *const names[NAMES] = {
    "a.one.example",  "b.two.example", "c.three.example", "d.four.example",
    "e.five.example", "f.six.example", "g.seven.example", "h.eight.example"};

static void begin(void)
{
    struct err why;

    issuers_fini(&all);
    config_free(&config);
    if (config_load_text(&config, "test.yaml", span_of_text(""), &why) < 0)
        abort();
    issuers_init(&all, &config.rules.tuning, 1);
    issuer = NULL;
    memset(leaves, 0, sizeof(leaves));
    for (size_t i = 0; i < NAMES; i++) {
        leaves[i] = (struct certificate){.references = 1,
                                         .issuer = "C=ZZ,O=Acme\\, Inc.,CN=Acme Root",
                                         .readable = true,
                                         .authority = -1,
                                         .not_before_s = 1700000000};
        leaves[i].sha256[0] = (uint8_t)(i + 1);
        leaves[i].spki_sha256[0] = 7;
    }
    authority = (struct certificate){.references = 1,
                                     .subject = "C=ZZ,O=Acme\\, Inc.,CN=Acme Root",
                                     .readable = true,
                                     .authority = -1};
    authority.spki_sha256[0] = 9;
}

/* Site `i` of a network of its own, at that time; with the issuer's certificate in the chain. */
static void visit(size_t i, uint64_t at_s)
{
    struct session s = {.start_ns = at_s * 1000000000, .decided_ns = at_s * 1000000000};
    char server[32];

    (void)snprintf(server, sizeof(server), "198.%zu.0.1", i + 1);
    s.server = sample_address(server);
    s.client = sample_address("10.0.0.1");
    SAMPLE_TEXT(s.server_name, names[i]);
    s.certificates[0] = &leaves[i];
    s.certificates[1] = &authority;
    s.certificate_count = authority.references ? 2 : 1;
    issuer = issuers_learn(&all, &s, i + 1, &leaf);
}

static bool forges(void)
{
    return issuer && issuer_forges(issuer);
}

static void test_shared_key(void)
{
    begin();
    for (size_t i = 0; i < 4; i++)
        visit(i, 1700100000 + i);
    ok(!forges(), "four names are too few");
    visit(3, 1700100010);
    ok(!forges() && !leaf, "and the same name again is not a fifth");
    visit(4, 1700100020);
    ok(forges() && issuer->shares_key, "five unrelated names under one key are forged");
    ok(leaf && strcmp(leaf->host, "e.five.example") == 0, "the new one is handed out");
    ok(issuer->has_key && issuer->key[0] == 9,
       "the issuer's key is that of its certificate");
}

static void test_one_certificate(void)
{
    begin();
    for (size_t i = 0; i < NAMES; i++) {
        leaves[i].sha256[0] = 1;
        visit(i, 1700100000 + i);
    }
    ok(!forges(), "one certificate for many names is no forgery: its owner has many names");
}

static void test_own_keys(void)
{
    begin();
    for (size_t i = 0; i < NAMES; i++) {
        leaves[i].spki_sha256[0] = (uint8_t)i;
        visit(i, 1700100000 + 600 * i);
    }
    ok(!forges(),
       "a private authority that signs keys of their own is none, however fresh");
}

static void test_made_to_order(void)
{
    begin();
    for (size_t i = 0; i < 5; i++) {
        leaves[i].spki_sha256[0] = (uint8_t)i;
        leaves[i].not_before_s = (int64_t)(1700100000 + 600 * i - 172800 + i % 2);
        visit(i, 1700100000 + 600 * i);
    }
    ok(forges() && issuer->made_to_order,
       "certificates made two days back at each visit are made to order");
    begin();
    for (size_t i = 0; i < 5; i++) {
        leaves[i].spki_sha256[0] = (uint8_t)i;
        leaves[i].not_before_s = (int64_t)(1700100000 + 5 * i - 172800);
        visit(i, 1700100000 + 5 * i);
    }
    ok(!forges(), "visits within seconds of each other cannot tell it");
}

static void test_networks(void)
{
    begin();
    for (size_t i = 0; i < 5; i++) {
        struct session s = {.start_ns = (1700100000 + i) * UINT64_C(1000000000)};

        s.server = sample_address("198.51.100.1");
        SAMPLE_TEXT(s.server_name, names[i]);
        s.certificates[0] = &leaves[i];
        s.certificate_count = 1;
        issuer = issuers_learn(&all, &s, i, &leaf);
    }
    ok(!forges(), "names in one network may have one owner");
}

static void test_public(void)
{
    begin();
    leaves[7].has_sct = true;
    visit(7, 1700100000);
    for (size_t i = 0; i < 6; i++)
        visit(i, 1700100001 + i);
    ok(issuer->is_public && !forges(), "an issuer with a public timestamp is public");
}

static void test_inner_names(void)
{
    static const char *const inner[] = {"printer", "nas.local", "git.corp.internal",
                                        "10.20.30.40", "router.home.arpa"};

    begin();
    for (size_t i = 0; i < 5; i++) {
        struct session s = {.start_ns = (1700100000 + i) * UINT64_C(1000000000)};

        SAMPLE_TEXT(s.server_name, inner[i]);
        s.certificates[0] = &leaves[i];
        s.certificate_count = 1;
        issuer = issuers_learn(&all, &s, i, &leaf);
        ok(issuer && !leaf && !issuer->proof, "%s does not count", inner[i]);
    }
}

static void test_not_its_business(void)
{
    struct session s = {.certificate_count = 0};

    begin();
    ok(!issuers_learn(&all, &s, 1, &leaf), "a session without certificate has no issuer");
    leaves[0].authority = 0;
    visit(0, 1700100000);
    ok(!issuer, "a configured authority is none of its business");
    leaves[1].self_signed = true;
    visit(1, 1700100000);
    ok(!issuer, "nor is a certificate that signed itself");
    authority.references = 0;
    visit(2, 1700100000);
    ok(issuer && !issuer->has_key, "without its certificate the issuer's key is not known");
}

static void test_bound(void)
{
    begin();
    for (size_t i = 0; i < ISSUERS_MAX + 10; i++) {
        (void)snprintf(leaves[0].issuer, sizeof(leaves[0].issuer), "CN=%zu", i);
        visit(0, 1700100000 + i);
    }
    is_int(all.table.count, ISSUERS_MAX, "the table has a ceiling");
    is_int(all.table.dropped, 10, "and counts what it dropped");
}

static void test_attribute(void)
{
    char out[64];

    is_text(issuer_attribute("C=ZZ,O=Acme\\, Inc.,CN=Acme Root", "O", out, sizeof(out)),
            "Acme, Inc.", "an attribute is read without its escapes");
    is_text(issuer_attribute("C=ZZ,O=Acme\\, Inc.,CN=Acme Root", "CN", out, sizeof(out)),
            "Acme Root", "the last one");
    is_text(issuer_attribute("O=a\\,CN=b", "CN", out, sizeof(out)), "",
            "what stands inside another value is none");
    is_text(issuer_attribute("", "CN", out, sizeof(out)), "", "an empty name has none");
}

int main(void)
{
    test_shared_key();
    test_one_certificate();
    test_own_keys();
    test_made_to_order();
    test_networks();
    test_public();
    test_inner_names();
    test_not_its_business();
    test_bound();
    test_attribute();
    issuers_fini(&all);
    config_free(&config);
    return done_testing();
}
