#include "session/session.h"

#include "session_sample.h"

static void test_destination(void)
{
    char out[SESSION_NAME_MAX];
    struct session s;

    sample_bare(&s);
    is_text(session_destination(&s, out), "203.0.113.9",
            "without a name it is the address");
    SAMPLE_TEXT(s.server_name, "API.Example.COM.");
    is_text(session_destination(&s, out), "api.example.com",
            "a name is in lower case and without the dot of the root");
    SAMPLE_TEXT(s.proxy_target, "Target.example");
    is_text(session_destination(&s, out), "target.example",
            "the CONNECT target outranks it");
    SAMPLE_TEXT(s.proxy_target, ".");
    is_text(session_destination(&s, out), ".", "a lone dot stays");
}

static void test_longest_name(void)
{
    char out[SESSION_NAME_MAX];
    struct session s;

    sample_bare(&s);
    memset(s.server_name, 'A', sizeof(s.server_name) - 1);
    is_int(strlen(session_destination(&s, out)), SESSION_NAME_MAX - 1,
           "the longest name is kept whole");
    is_int(out[0], 'a', "and in lower case");
}

static void test_alpn(void)
{
    struct session s;

    sample_bare(&s);
    ok(!session_offers_alpn(&s, "h2"), "no offer holds nothing");
    SAMPLE_TEXT(s.alpn_offered, "h2c\nhttp/1.1\nh2\n");
    ok(session_offers_alpn(&s, "h2"), "the last name is found");
    ok(session_offers_alpn(&s, "http/1.1"), "and one in the middle");
    ok(!session_offers_alpn(&s, "http/1"), "a beginning is not the name");
    ok(!session_offers_alpn(&s, "2"), "nor is an end");
    SAMPLE_TEXT(s.alpn_offered, "h2\nhttp/1");
    ok(session_offers_alpn(&s, "http/1"), "a list that was cut is read as it is");
}

static void test_references(void)
{
    struct session one, two;
    unsigned before = sample_leaf.references;

    sample_full(&one);
    session_copy(&two, &one);
    is_int(sample_leaf.references, before + 2, "a copy has its own references");
    session_release(&one);
    is_int(sample_leaf.references, before + 1, "release gives back those of one");
    is_int(one.certificate_count, 0, "which then has no certificates");
    session_release(&one);
    is_int(sample_leaf.references, before + 1, "and can be released again");
    session_release(&two);
    is_int(sample_leaf.references, before, "the copy gives back its own");
}

int main(void)
{
    test_destination();
    test_longest_name();
    test_alpn();
    test_references();
    return done_testing();
}
