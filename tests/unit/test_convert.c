#include "context/convert.h"

#include "tap.h"

static bool chooses(const char *text, const char *choices, bool anywhere,
                    const char *wanted)
{
    struct span value;

    if (!convert_choose(span_of_text(text), choices, anywhere, &value))
        return wanted == NULL;
    return wanted && span_equal(value, span_of_text(wanted));
}

static void test_choices(void)
{
    ok(chooses("b", "a=1;b=2", false, "2"), "a word stands for its value");
    ok(chooses("ab", "a=1;b=2", false, NULL), "the whole text must be the word");
    ok(chooses("ab", "a=1;b=2", true, "1"), "or hold it, the first of them");
    ok(chooses("x", "a=1;*=9", false, "9"), "a star is any text");
    ok(chooses("", "=0;*=9", true, "0"), "an empty word is an empty text");
    ok(chooses("x", "=0;*=9", true, "9"), "and is not found in others");
}

static bool splits(const char *text, const char *host, const char *port)
{
    struct span h, p;

    convert_split(span_of_text(text), &h, &p);
    return span_equal(h, span_of_text(host)) && span_equal(p, span_of_text(port));
}

static void test_hosts(void)
{
    ok(splits("a.example:443", "a.example", "443"), "host and port");
    ok(splits("a.example", "a.example", ""), "a host alone");
    ok(splits("[2001:db8::1]:443", "2001:db8::1", "443"), "an address in brackets");
    ok(splits("[2001:db8::1]", "2001:db8::1", ""), "without a port");
    ok(splits("2001:db8::1", "2001:db8::1", ""), "or without brackets");
    ok(splits("https://a.example:8443/x:y", "a.example", "8443"), "an URL");
    ok(splits("https://a.example/x", "a.example", ""), "without a port");
    ok(splits("", "", ""), "nothing");
    ok(splits("[", "", ""), "half an address");
}

static void test_parts(void)
{
    ok(span_equal(convert_last(span_of_text("enterprises/x/devices/7")), span_of_text("7")),
       "the last part of a path");
    ok(span_equal(convert_last(span_of_text("7")), span_of_text("7")), "or all of it");
    ok(convert_is_nothing(span_of_text("-")) && convert_is_nothing(span_of_text("")) &&
           !convert_is_nothing(span_of_text("x")),
       "some words say nothing");
}

int main(void)
{
    test_choices();
    test_hosts();
    test_parts();
    return done_testing();
}
