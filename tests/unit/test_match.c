#include "tap.h"

#include <stdio.h>

#include "config/match.h"

static struct match_list *list;
static struct err why;

static int add(const char *match)
{
    struct match_entry entry = {
        .match = match, .list = "test", .place = {.file = "l.yaml", .line = 3}};

    return match_list_add(list, &entry, &why);
}

static const char *find(const char *name, const char *address, uint16_t port)
{
    struct match_destination wanted = {.name = span_of_text(name), .port = port};
    struct address parsed;
    const struct match_entry *found;

    if (address && address_parse(address, &parsed))
        wanted.address = &parsed;
    found = match_find_destination(list, &wanted, 1);
    return found ? found->match : NULL;
}

static void start(enum match_subject subject, const char *const *entries, size_t count)
{
    match_list_free(list);
    list = match_list_new(subject);
    for (size_t i = 0; i < count; i++)
        is_int(add(entries[i]), 0, "%s is an entry", entries[i]);
}

static void test_names(void)
{
    static const char *const entries[] = {"host.example", "*.example.com",
                                          "*.deep.example.com", "UPPER.example."};

    start(MATCH_DESTINATIONS, entries, 4);
    is_text(find("host.example", NULL, 0), "host.example", "the name itself");
    is_text(find("HOST.Example", NULL, 0), "host.example", "in any case");
    is_text(find("host.example.", NULL, 0), "host.example", "with a final dot");
    is_text(find("upper.example", NULL, 0), "UPPER.example.", "an entry in capitals");
    is_text(find("a.host.example", NULL, 0), NULL, "not what is below an exact name");
    is_text(find("a.example.com", NULL, 0), "*.example.com", "a name below a suffix");
    is_text(find("a.b.c.example.com", NULL, 0), "*.example.com", "at any depth");
    is_text(find("a.deep.example.com", NULL, 0), "*.deep.example.com",
            "the longest suffix");
    is_text(find("deep.example.com", NULL, 0), "*.example.com", "which has no parent");
    is_text(find("example.com", NULL, 0), NULL, "not the parent of a suffix");
    is_text(find("badexample.com", NULL, 0), NULL, "not a name that ends alike");
    is_text(find("com", NULL, 0), NULL, "not the parent's parent");
    is_text(find("", NULL, 0), NULL, "not the empty name");
    is_text(find(".", NULL, 0), NULL, "not a dot");
    is_text(find("..example.com", NULL, 0), "*.example.com", "odd names do no harm");
}

static void test_any_bytes_as_a_name(void)
{
    uint8_t bytes[300];
    struct match_destination wanted = {.port = 1};
    bool fine = true;

    memset(bytes, '.', sizeof(bytes));
    for (size_t len = 0; len <= sizeof(bytes); len++) {
        wanted.name = exact(span_of(bytes, len));
        fine &= !match_find_destination(list, &wanted, 1);
    }
    ok(fine, "names of any length and content are looked up safely");
}

static void test_networks(void)
{
    static const char *const entries[] = {"10.0.0.0/8", "10.1.0.0/16", "192.0.2.1",
                                          "2001:db8::/32", "0.0.0.0/0"};

    start(MATCH_DESTINATIONS, entries, 5);
    is_text(find("", "10.2.3.4", 0), "10.0.0.0/8", "an address in a network");
    is_text(find("", "10.1.3.4", 0), "10.1.0.0/16", "the longest one");
    is_text(find("", "192.0.2.1", 0), "192.0.2.1", "an address alone");
    is_text(find("", "192.0.2.2", 0), "0.0.0.0/0", "the network of all");
    is_text(find("", "2001:db8:1::1", 0), "2001:db8::/32", "version 6");
    is_text(find("", "2001:db9::1", 0), NULL, "not outside");
}

static void test_ports(void)
{
    static const char *const entries[] = {"5228",
                                          "*:6000-6002",
                                          "a.example:443",
                                          "*.b.example:1-9",
                                          "10.0.0.0/8:8443",
                                          "[2001:db8::/32]:443",
                                          "[192.0.2.7]:1"};

    start(MATCH_DESTINATIONS, entries, 7);
    is_text(find("x.example", "192.0.2.1", 5228), "5228", "a port");
    is_text(find("", NULL, 6001), "*:6000-6002", "a range of ports");
    is_text(find("", NULL, 6003), NULL, "not outside");
    is_text(find("a.example", NULL, 443), "a.example:443", "a name and port");
    is_text(find("a.example", NULL, 444), NULL, "not the name with another port");
    is_text(find("x.b.example", NULL, 9), "*.b.example:1-9", "a suffix and ports");
    is_text(find("", "10.0.0.1", 8443), "10.0.0.0/8:8443", "a network and port");
    is_text(find("", "10.0.0.1", 443), NULL, "not the network with another port");
    is_text(find("", "2001:db8::1", 443), "[2001:db8::/32]:443", "version 6 in brackets");
    is_text(find("", "192.0.2.7", 1), "[192.0.2.7]:1", "version 4 in brackets");
    is_text(find("a.example", NULL, 5228), "5228", "the port where the name does not hold");
}

static void test_what_holds_first(void)
{
    static const char *const entries[] = {"*:443", "10.0.0.0/8", "*.example", "a.b.example",
                                          "a.b.example"};

    start(MATCH_DESTINATIONS, entries, 5);
    is_text(find("a.b.example", "10.0.0.1", 443), "a.b.example", "the name before all");
    is_text(find("x.b.example", "10.0.0.1", 443), "*.example", "then the suffix");
    is_text(find("x.test", "10.0.0.1", 443), "10.0.0.0/8", "then the network");
    is_text(find("x.test", "192.0.2.1", 443), "*:443", "then the port");
    is_int(match_list_count(list), 5, "an entry given twice is two");
    is_int(match_list_get(list, 3)->index, 3, "each has its number");
}

static void test_expiry(void)
{
    struct match_entry entry = {.match = "a.example", .reason = "old", .expires_ns = 100};
    struct match_destination wanted = {.name = span_of_text("a.example")};

    start(MATCH_DESTINATIONS, NULL, 0);
    is_int(match_list_add(list, &entry, &why), 0, "an entry that expires");
    is_text(match_find_destination(list, &wanted, 99)->reason, "old", "holds before");
    ok(!match_find_destination(list, &wanted, 100), "and not from then on");
    entry = (struct match_entry){.match = "a.example", .reason = "new"};
    is_int(match_list_add(list, &entry, &why), 0, "another for the same name");
    is_text(match_find_destination(list, &wanted, 99)->reason, "old", "the first holds");
    is_text(match_find_destination(list, &wanted, 100)->reason, "new", "then the second");
}

static const char *find_app(const char *id)
{
    const struct match_entry *found = match_find_app(list, span_of_text(id), 1);

    return found ? found->match : NULL;
}

static void test_apps(void)
{
    static const char *const entries[] = {"com.bank.app", "com.bank.*", "com.*",
                                          "t13d1516h2_8daaf6152771_*"};
    char longest[400];

    start(MATCH_APPS, entries, 4);
    is_text(find_app("com.bank.app"), "com.bank.app", "the id itself");
    is_text(find_app("com.bank.other"), "com.bank.*", "the longest beginning");
    is_text(find_app("com.shop"), "com.*", "a shorter one");
    is_text(find_app("t13d1516h2_8daaf6152771_02713d6af862"), "t13d1516h2_8daaf6152771_*",
            "a JA4 by its first parts");
    is_text(find_app("COM.bank.app"), NULL, "case matters");
    is_text(find_app("org.bank"), NULL, "another id");
    is_text(find_app(""), NULL, "no id");
    memset(longest, 'c', sizeof(longest));
    longest[sizeof(longest) - 1] = '\0';
    is_text(find_app(longest), NULL, "an id of any length");
}

static void test_refused(void)
{
    static const char *const destinations[] = {
        "",
        "*",
        "*.",
        "10.0.0",
        "10.0.0.1/8",
        "10.0.0.0/33",
        "a..example",
        "-.*.x",
        "a b",
        "a.example:0",
        "a.example:70000",
        "a.example:",
        "*:",
        "*:9-1",
        "*:1-",
        "0",
        "65536",
        "[2001:db8::1",
        "[x]:1",
        "a.*.example",
        "m\xc3\xbcnchen.example",
        "2001:db8::1:443:",
        "http://a.example",
    };
    static const char *const apps[] = {"", "*", "a b", "a*b", "a**", "a\xc3\xbc"};
    char longest[300];

    start(MATCH_DESTINATIONS, NULL, 0);
    for (size_t i = 0; i < sizeof(destinations) / sizeof(destinations[0]); i++)
        ok(!match_valid(MATCH_DESTINATIONS, destinations[i]), "\"%s\" is no destination",
           destinations[i]);
    for (size_t i = 0; i < sizeof(apps) / sizeof(apps[0]); i++)
        ok(!match_valid(MATCH_APPS, apps[i]), "\"%s\" is no app", apps[i]);
    memset(longest, 'a', sizeof(longest));
    longest[sizeof(longest) - 1] = '\0';
    ok(!match_valid(MATCH_APPS, longest), "nor is one that is too long");
    ok(!match_valid(MATCH_DESTINATIONS, longest), "nor a name that is");
    longest[64] = '\0';
    ok(!match_valid(MATCH_DESTINATIONS, longest), "nor a label of 64");
    longest[63] = '\0';
    ok(match_valid(MATCH_DESTINATIONS, longest), "but one of 63");
    is_int(add("10.0.0"), -1, "what is none is not added");
    is_text(why.text, "l.yaml:3: key test: not a destination: \"10.0.0\"",
            "with a sentence");
    is_int(match_list_count(list), 0, "and the list stays as it was");
}

static void test_many_entries(void)
{
    static char names[10000][24];
    bool found = true;

    start(MATCH_DESTINATIONS, NULL, 0);
    for (size_t i = 0; i < 10000; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "*.n%zu.example", i);
        (void)add(names[i]);
    }
    is_int(match_list_count(list), 10000, "ten thousand entries");
    for (size_t i = 0; i < 10000; i++) {
        char name[32];

        (void)snprintf(name, sizeof(name), "a.n%zu.example", i);
        found &= find(name, NULL, 0) == names[i];
    }
    ok(found, "and each is found");
}

static void test_patterns(void)
{
    static const struct {
        const char *pattern, *text;
        bool holds;
    } cases[] = {
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"*", "abc", true},
        {"abc", "ABC", true},
        {"ab", "abc", false},
        {"abcd", "abc", false},
        {"a?c", "abc", true},
        {"a?c", "ac", false},
        {"a*c", "ac", true},
        {"a*c", "abbbc", true},
        {"a*b*c", "a-b-b-c-", false},
        {"a*b*c", "a-b-b-c", true},
        {"*mitm*", "the MITMproxy", true},
        {"**a", "bba", true},
        {"t13?15????_8d*", "t13d1517h2_8daa_x", true},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        is_int(match_pattern(cases[i].pattern, span_of_text(cases[i].text)), cases[i].holds,
               "\"%s\" and \"%s\"", cases[i].pattern, cases[i].text);
}

int main(void)
{
    test_names();
    test_any_bytes_as_a_name();
    test_networks();
    test_ports();
    test_what_holds_first();
    test_expiry();
    test_apps();
    test_refused();
    test_many_entries();
    test_patterns();
    match_list_free(list);
    match_list_free(NULL);
    return done_testing();
}
