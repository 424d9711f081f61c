#include "tap.h"

#include "base/nanotime.h"
#include "config/settings.h"
#include "config/value.h"

static void test_bool(void)
{
    bool value = false;

    ok(value_parse_bool("yes", &value) && value, "yes");
    ok(value_parse_bool("false", &value) && !value, "false");
    ok(value_parse_bool("true", &value) && value, "true");
    ok(value_parse_bool("no", &value) && !value, "no");
    ok(!value_parse_bool("on", &value) && !value_parse_bool("Yes", &value) &&
           !value_parse_bool("", &value),
       "nothing else");
}

static void test_count(void)
{
    uint64_t value = 5;

    ok(value_parse_count("18446744073709551615", &value) && value == UINT64_MAX,
       "the greatest");
    value = 5;
    ok(!value_parse_count("18446744073709551616", &value), "one more is refused");
    ok(!value_parse_count("", &value) && !value_parse_count("-1", &value) &&
           !value_parse_count("1 ", &value) && !value_parse_count(" 1", &value) &&
           !value_parse_count("0x10", &value),
       "what is not digits is refused");
    is_int(value, 5, "and leaves the value alone");
}

static void test_number(void)
{
    static const char *const refused[] = {"",   "nan",   "inf", "0x1p3", " 1",
                                          "1 ", "1e999", "--1", "."};
    double value = 7;
    char out[VALUE_TEXT_MAX];

    ok(value_parse_number("-0.25", &value) && value > -0.251 && value < -0.249,
       "a fraction");
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        ok(!value_parse_number(refused[i], &value), "\"%s\" is no number", refused[i]);
    is_text(value_describe_number(0.1, out), "0.1", "the shortest text that says the same");
    is_text(value_describe_number(-15, out), "-15", "whole numbers without a point");
    is_text(value_describe_number(1.0 / 3, out), "0.3333333333333333",
            "as long as it must be");
}

static void test_duration(void)
{
    static const struct {
        const char *text;
        uint64_t ns;
        const char *again;
    } cases[] = {
        {"900", 900 * NS_PER_S, "15m"},
        {"900s", 900 * NS_PER_S, "15m"},
        {"15m", 900 * NS_PER_S, "15m"},
        {"24h", 86400 * NS_PER_S, "1d"},
        {"7d", 7 * 86400 * NS_PER_S, "7d"},
        {"300ms", 300 * NS_PER_MS, "300ms"},
        {"0.3s", 300 * NS_PER_MS, "300ms"},
        {"1.5h", 5400 * NS_PER_S, "90m"},
        {"0.001ms", 1000, "0.001ms"},
        {"1001.5ms", 1001500000, "1001.500ms"},
        {"0", 0, "0s"},
        {"61s", 61 * NS_PER_S, "61s"},
    };
    static const char *const refused[] = {"",
                                          "s",
                                          "-1s",
                                          "1 s",
                                          "1.s",
                                          ".5s",
                                          "1w",
                                          "1M",
                                          "1sm",
                                          "1h30m",
                                          "0.1234s",
                                          "213504d",
                                          "99999999999999999999"};
    uint64_t ns = 5;
    char out[VALUE_TEXT_MAX];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ok(value_parse_duration(cases[i].text, &ns), "\"%s\" is a duration", cases[i].text);
        is_int(ns, cases[i].ns, "of the right length");
        is_text(value_describe_duration(ns, out), cases[i].again, "and is written again");
        ok(value_parse_duration(out, &ns) && ns == cases[i].ns, "so that it says the same");
    }
    ns = 5;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        ok(!value_parse_duration(refused[i], &ns), "\"%s\" is no duration", refused[i]);
    is_int(ns, 5, "what is refused leaves the value alone");
}

static void test_size(void)
{
    static const struct {
        const char *text;
        uint64_t bytes;
        const char *again;
    } cases[] = {
        {"0", 0, "0"},
        {"4096", 4096, "4KiB"},
        {"1000", 1000, "1000"},
        {"512KiB", 512 * 1024, "512KiB"},
        {"64MiB", 64 << 20, "64MiB"},
        {"1024MiB", 1 << 30, "1GiB"},
        {"3TiB", (uint64_t)3 << 40, "3TiB"},
    };
    static const char *const refused[] = {"",    "MiB",    "-1",     "64MB",
                                          "64M", "1.5MiB", "64 MiB", "16777216TiB"};
    uint64_t bytes = 5;
    char out[VALUE_TEXT_MAX];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ok(value_parse_size(cases[i].text, &bytes), "\"%s\" is a size", cases[i].text);
        is_int(bytes, cases[i].bytes, "of so many bytes");
        is_text(value_describe_size(bytes, out), cases[i].again, "and is written again");
    }
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        ok(!value_parse_size(refused[i], &bytes), "\"%s\" is no size", refused[i]);
}

static void test_date(void)
{
    static const char *const refused[] = {
        "",           "2027-3-31",  "2027-02-30",  "2027-13-01", "27-03-31",
        "2027/03/31", "1969-12-31", "2027-03-31T", "2027-03-3x", "----------"};
    uint64_t ns = 0;
    char out[VALUE_TEXT_MAX];

    ok(value_parse_date("2027-03-31", &ns), "a date");
    is_int(ns, UINT64_C(1806537600) * NS_PER_S, "holds to the end of its day");
    is_text(value_describe_date(ns, out), "2027-03-31", "and is written again");
    ok(value_parse_date("2028-02-29", &ns), "a leap day");
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        ok(!value_parse_date(refused[i], &ns), "\"%s\" is no date", refused[i]);
}

static void test_endpoint(void)
{
    static const char *const good[] = {"192.0.2.1:8080", "[2001:db8::1]:8080", "0.0.0.0:1"};
    static const char *const refused[] = {
        "",      "192.0.2.1",       "192.0.2.1:",     "192.0.2.1:0",
        ":80",   "192.0.2.1:65536", "2001:db8::1:80", "[192.0.2.1]:80",
        "[::1]", "[::1:80",         "[]:80",          "host.example:80"};
    struct config_endpoint endpoint;
    char out[VALUE_TEXT_MAX];

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        ok(value_parse_endpoint(good[i], &endpoint), "\"%s\" is an endpoint", good[i]);
        is_text(value_describe_endpoint(&endpoint, out), good[i], "and is written again");
    }
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        ok(!value_parse_endpoint(refused[i], &endpoint), "\"%s\" is no endpoint",
           refused[i]);
}

static void test_target(void)
{
    ok(value_is_target("/run/x.sock"), "the path of a socket");
    ok(value_is_target("collector.example:514"), "a name and port");
    ok(value_is_target("[2001:db8::1]:514"), "an address and port");
    ok(!value_is_target("collector.example") && !value_is_target("collector.example:0") &&
           !value_is_target("") && !value_is_target("a b:514") &&
           !value_is_target("[x]:514"),
       "nothing else");
}

static void test_line(void)
{
    static const char *const good[] = {"a", "a b", "m\xc3\xbcnchen", "\xc2\xa0",
                                       "\xe2\x80\xa6"};
    static const char *const refused[] = {
        "",         "a\n",          "\t",           "\x7f",
        "\xc2\x85", "\xe2\x80\xa8", "\xef\xbb\xbf", "\xef\xbf\xbf"};

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        ok(value_is_line(good[i]), "a line of text, case %zu", i);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        ok(!value_is_line(refused[i]), "none, case %zu", i);
}

static void test_network(void)
{
    static const char *const texts[] = {"10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32",
                                        "::/0", "0.0.0.0/0"};
    struct network network;
    char out[VALUE_TEXT_MAX];

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        ok(network_parse(texts[i], &network), "a network");
        is_text(value_describe_network(&network, out), texts[i], "is written again");
    }
}

int main(void)
{
    test_bool();
    test_count();
    test_number();
    test_duration();
    test_size();
    test_date();
    test_endpoint();
    test_target();
    test_line();
    test_network();
    return done_testing();
}
