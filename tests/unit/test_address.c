#include "tap.h"

#include "base/address.h"

static struct address address(const char *text)
{
    struct address a = {{0}};

    ok(address_parse(text, &a), "%s is an address", text);
    return a;
}

static struct network network(const char *text)
{
    struct network n = {.bits = 0};

    ok(network_parse(text, &n), "%s is a network", text);
    return n;
}

static void test_from_bytes(void)
{
    struct span wire = hex("20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 00");
    struct address a;

    for (size_t n = 0; n <= wire.len; n++)
        ok(address_from_span(exact(span_first(wire, n)), &a) == (n == 4 || n == 16),
           "an address of %zu bytes is %s", n, n == 4 || n == 16 ? "read" : "refused");
    ok(address_from_span(hex("c0 00 02 01"), &a), "four bytes are read");
    is_span(span_of(a.bytes, 16), hex("00000000 00000000 0000ffff c0000201"),
            "version 4 is held in its mapped form");
}

static void test_text_there_and_back(void)
{
    static const char *const texts[] = {
        "0.0.0.0",
        "192.0.2.1",
        "255.255.255.255",
        "::",
        "::1",
        "2001:db8::1",
        "fe80::1:0:0:1",
        "2001:db8:0:1:1:1:1:1",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    };
    char out[ADDRESS_TEXT_MAX];

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct address a = address(texts[i]);

        is_text(address_describe(&a, out), texts[i], "%s is written as it was read",
                texts[i]);
        ok(address_is_v4(&a) == (strchr(texts[i], ':') == NULL),
           "and its version is known");
    }
}

static void test_one_address_written_differently(void)
{
    struct address plain = address("192.0.2.1"), mapped = address("::ffff:192.0.2.1");
    struct address short_form = address("2001:db8::1"), other = address("2001:db8::2");
    struct address long_form = address("2001:0DB8:0000::0001");

    ok(address_equal(&plain, &mapped), "a mapped address is its version 4 address");
    ok(address_is_v4(&mapped), "and counts as version 4");
    ok(address_equal(&short_form, &long_form), "zeros and capitals make no difference");
    ok(!address_equal(&short_form, &other), "another address is not equal");
}

static void test_no_address(void)
{
    static const char *const texts[] = {
        "",           "192.0.2",      "192.0.2.256", "192.0.2.1.5",
        "192.0.2.1 ", " 192.0.2.1",   "1:2:3",       "2001:db8::g",
        "::1::",      "fe80::1%eth0", "example.com", "192.0.2.0/24",
        "0x7f.1",
    };
    struct address a;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        ok(!address_parse(texts[i], &a), "\"%s\" is no address", texts[i]);
}

static void test_no_network(void)
{
    static const char *const texts[] = {
        "",
        "/",
        "192.0.2.0/",
        "192.0.2.0/33",
        "192.0.2.0/-1",
        "192.0.2.0/ 24",
        "192.0.2.0/24x",
        "192.0.2.1/24",
        "11.0.0.0/7",
        "2001:db8::/129",
        "2001:db8::1/64",
        "192.0.2.0/24/24",
        "192.0.2.0/99999999999999999999",
        "host/24",
        "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff:2001:db8:aaaa:bbbb/128",
    };
    struct network n;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        ok(!network_parse(texts[i], &n), "\"%s\" is no network", texts[i]);
}

static void test_a_refused_network_leaves_the_output_alone(void)
{
    struct network n = {.bits = 99};

    ok(!network_parse("192.0.2.1/24", &n),
       "a network with bits behind its prefix is refused");
    is_int(n.bits, 99, "and nothing was written");
}

static void holds(const char *net, const char *inside, const char *outside)
{
    struct network n = network(net);
    struct address in = address(inside), out = address(outside);

    ok(network_holds(&n, &in), "%s holds %s", net, inside);
    ok(!network_holds(&n, &out), "%s does not hold %s", net, outside);
}

static void test_networks_hold_what_they_should(void)
{
    holds("192.0.2.0/24", "192.0.2.255", "192.0.3.0");
    holds("192.0.2.0/23", "192.0.3.255", "192.0.4.0");
    holds("192.0.2.128/25", "192.0.2.128", "192.0.2.127");
    holds("192.0.2.1", "192.0.2.1", "192.0.2.0");
    holds("192.0.2.1/32", "192.0.2.1", "192.0.2.2");
    holds("128.0.0.0/1", "255.0.0.1", "127.255.255.255");
    holds("0.0.0.0/0", "203.0.113.9", "2001:db8::1");
    holds("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::");
    holds("2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::");
    holds("2001:db8::1", "2001:db8::1", "2001:db8::");
    holds("2001:db8::1/128", "2001:db8::1", "2001:db8::3");
    holds("fe80::/10", "febf::1", "fec0::1");
}

int main(void)
{
    test_from_bytes();
    test_text_there_and_back();
    test_one_address_written_differently();
    test_no_address();
    test_no_network();
    test_a_refused_network_leaves_the_output_alone();
    test_networks_hold_what_they_should();
    return done_testing();
}
