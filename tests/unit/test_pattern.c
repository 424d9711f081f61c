#include "context/pattern.h"

#include "tap.h"

static struct pattern_match match;

static bool matches(const char *pattern, const char *line)
{
    return pattern_match(pattern, span_of_text(line), &match);
}

static bool captured(size_t i, const char *name, const char *value)
{
    return i < match.count && span_equal(match.captures[i].name, span_of_text(name)) &&
           span_equal(match.captures[i].value, span_of_text(value));
}

static void test_captures(void)
{
    ok(matches("{time:d} {mac:m} {ip:a} {host}",
               "  12 02:00:00:00:00:05\t10.0.0.5  phone\r"),
       "blanks of any number and kind stand for one");
    is_int(match.count, 4, "each capture is told");
    ok(captured(0, "time", "12") && captured(1, "mac", "02:00:00:00:00:05") &&
           captured(2, "ip", "10.0.0.5") && captured(3, "host", "phone"),
       "with its name and value");
    ok(matches("lease {ip:a} {{", "lease 10.0.0.5 {") && captured(0, "ip", "10.0.0.5"),
       "a doubled brace is a brace");
    ok(matches("failed for {host} ({error*})", "failed for a.example (x ('y', z))") &&
           captured(1, "error", "x ('y', z)"),
       "a starred one takes blanks, up to what ends the line");
    ok(matches("[{clock}][{client}] done", "[03:45][[::1]:5] done") &&
           captured(1, "client", "[::1]:5"),
       "a value ends where all the literals behind it stand");
}

static void test_refused(void)
{
    ok(!matches("{time:d} {host}", "12x phone"), "a digit is asked for");
    ok(!matches("{time:d} {host}", "12"), "and a second value");
    ok(!matches("{time:d} {host}", "12 phone more"), "and nothing behind it");
    ok(!matches("{ip:a};", "10.0.0.5"), "and the literal at the end");
    ok(!matches("a b", "ab"), "a blank is a blank");
    ok(!matches("{a}", ""), "an empty line has no value");
    ok(matches("", "  "), "but matches the empty pattern");
}

static void test_truncations(void)
{
    const char *line = "1795261500 02:00:00:00:00:05 10.0.0.5 phone 01:02";
    size_t good = 0;

    for (size_t n = 0; n < strlen(line) - 5; n++)
        good += pattern_match("{expiry:d} {mac:m} {ip:a} {host} {client}",
                              exact(span_of(line, n)), &match);
    is_int(good, 0, "no truncation that lacks a value matches");
}

int main(void)
{
    test_captures();
    test_refused();
    test_truncations();
    return done_testing();
}
