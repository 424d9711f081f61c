#include "context/csv.h"

#include <stdio.h>

#include "tap.h"

static char out[4096];

/* The values with a bar between them. */
static const char *split(const char *text)
{
    struct span row = span_of_text(text);
    char value[CSV_VALUE_MAX];
    bool first = true;
    size_t len, at = 0;

    out[0] = '\0';
    while (csv_next(&row, &first, value, &len))
        at += (size_t)snprintf(out + at, sizeof(out) - at, "%s|", value);
    return out;
}

static void test_values(void)
{
    is_text(split("a,b,c"), "a|b|c|", "values stand between commas");
    is_text(split("a,,c,"), "a||c||", "empty ones count, the last one too");
    is_text(split("\"a, b\",\"say \"\"x\"\"\",c"), "a, b|say \"x\"|c|",
            "in quotes a comma is a comma and two quotes are one");
    is_text(split("\"open, to the end"), "open, to the end|",
            "a quote that does not end takes the rest");
    is_text(split(""), "", "an empty row has no value");
    is_text(split(","), "||", "a comma has two");
}

static void test_length(void)
{
    static char text[4000];
    struct span row;
    char value[CSV_VALUE_MAX];
    bool first = true;
    size_t len = 0;

    memset(text, 'x', sizeof(text) - 1);
    row = span_of(text, sizeof(text) - 1);
    ok(csv_next(&row, &first, value, &len) && len == CSV_VALUE_MAX - 1,
       "what is too long is cut");
    ok(!csv_next(&row, &first, value, &len), "and its rest is gone");
}

int main(void)
{
    test_values();
    test_length();
    return done_testing();
}
