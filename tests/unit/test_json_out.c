#include "base/json_out.h"

#include <math.h>
#include <stdlib.h>

#include "base/nanotime.h"
#include "tap.h"

#define BUFFER 4096

struct fixture {
    struct json_out out;
    char buffer[BUFFER];
    char lines[4 * BUFFER];
    size_t len;
    int calls;
};

static void gather(void *ctx, struct span lines)
{
    struct fixture *f = ctx;

    f->calls++;
    if (lines.len >= sizeof(f->lines) - f->len)
        return;
    memcpy(f->lines + f->len, lines.data, lines.len);
    f->len += lines.len;
    f->lines[f->len] = '\0';
}

static struct json_out *begin(struct fixture *f)
{
    *f = (struct fixture){0};
    json_out_init(&f->out, f->buffer, sizeof(f->buffer), gather, f);
    json_out_begin(&f->out);
    return &f->out;
}

static const char *written(struct fixture *f)
{
    (void)json_out_finish(&f->out);
    json_out_flush(&f->out);
    return f->lines;
}

static void test_nesting(void)
{
    struct fixture f;
    struct json_out *out = begin(&f);

    json_out_object(out, "empty");
    json_out_end(out);
    json_out_array(out, "list");
    json_out_number(out, NULL, 1);
    json_out_text(out, NULL, "{");
    json_out_object(out, NULL);
    json_out_bool(out, "yes", true);
    json_out_bool(out, "no", false);
    json_out_end(out);
    json_out_end(out);
    json_out_text(out, "last", "[");
    json_out_number(out, "n", 2);
    is_text(written(&f),
            "{\"empty\":{},\"list\":[1,\"{\",{\"yes\":true,\"no\":false}],\"last\":\"[\","
            "\"n\":2}\n",
            "commas stand between values and nowhere else");
}

static void test_open_objects(void)
{
    struct fixture f;
    struct json_out *out = begin(&f);

    json_out_object(out, "a");
    json_out_array(out, "b");
    is_text(written(&f), "{\"a\":{\"b\":[]}}\n", "finish closes what is open");
}

static void test_numbers(void)
{
    struct fixture f;
    struct json_out *out = begin(&f);

    json_out_number(out, "max", UINT64_MAX);
    json_out_decimal(out, "min", INT64_MIN, 9);
    json_out_integer(out, "least", INT64_MIN);
    json_out_integer(out, "minus", -7);
    json_out_decimal(out, "d", 1800, 3);
    json_out_decimal(out, "small", -5, 3);
    json_out_decimal(out, "none", 0, 1);
    json_out_ms(out, "ms", 1);
    is_text(written(&f),
            "{\"max\":18446744073709551615,\"min\":-9223372036.854775808,"
            "\"least\":-9223372036854775808,\"minus\":-7,"
            "\"d\":1.800,\"small\":-0.005,\"none\":0.0,\"ms\":0.001}\n",
            "whole numbers are exact and decimals keep their digits");
}

static void test_reals(void)
{
    struct fixture f;
    struct json_out *out = begin(&f);

    json_out_real(out, "a", 0.90909090909, 4);
    json_out_real(out, "b", -14.96, 1);
    json_out_real(out, "zero", -0.00001, 2);
    json_out_real(out, "nan", (double)NAN, 2);
    json_out_real(out, "inf", (double)INFINITY, 2);
    is_text(written(&f),
            "{\"a\":0.9091,\"b\":-15.0,\"zero\":0.00,\"nan\":0.00,\"inf\":0.00}\n",
            "a real has the digits asked for and is never -0 or no number");
}

static void test_times(void)
{
    struct fixture f;
    struct json_out *out = begin(&f);

    json_out_time(out, "t", UINT64_C(1795232898537123456));
    json_out_seconds(out, "s", 1795232898);
    json_out_seconds(out, "before", -1);
    json_out_seconds(out, "ever", INT64_C(253402300799));
    json_out_seconds(out, "beyond", INT64_MAX);
    is_text(written(&f),
            "{\"t\":\"2026-11-21T03:48:18.537123Z\",\"s\":\"2026-11-21T03:48:18.000000Z\","
            "\"before\":\"1969-12-31T23:59:59.000000Z\","
            "\"ever\":\"9999-12-31T23:59:59.000000Z\","
            "\"beyond\":\"9999-12-31T00:00:00.000000Z\"}\n",
            "times are RFC 3339, also where nanoseconds do not reach");
}

static void test_addresses(void)
{
    struct fixture f;
    struct json_out *out = begin(&f);
    struct address a;

    ok(address_parse("203.0.113.9", &a), "an IPv4 address is read");
    json_out_address(out, "v4", &a);
    ok(address_parse("2001:db8::1", &a), "an IPv6 address is read");
    json_out_address(out, "v6", &a);
    json_out_hex(out, "hex", hex("00 ff a0"));
    is_text(written(&f),
            "{\"v4\":\"203.0.113.9\",\"v6\":\"2001:db8::1\",\"hex\":\"00ffa0\"}\n",
            "addresses have their usual text");
}

static void test_facts(void)
{
    struct fixture f;
    struct json_out *out = begin(&f);

    json_out_fact(out, "null", NULL);
    json_out_fact(out, "empty", "");
    json_out_fact(out, "fact", "x");
    is_text(written(&f), "{\"fact\":\"x\"}\n", "an absent fact is left out");
}

static void test_escapes(void)
{
    struct fixture f;
    struct json_out *out = begin(&f);

    json_out_span(out, "s", hex("22 5c 0a 09 00 1f 7f 2f"));
    is_text(written(&f), "{\"s\":\"\\\"\\\\\\n\\t\\u0000\\u001f\\u007f/\"}\n",
            "quotes, backslashes and control characters are escaped");
}

static void test_foreign_bytes(void)
{
    struct fixture f;
    struct json_out *out = begin(&f);

    json_out_text(out, "good", "z\303\274rich \342\202\254 \360\237\224\222");
    json_out_span(out, "bad", hex("61 ff c3 62 c0 80 ed a0 80"));
    json_out_span(out, "control", hex("c2 85"));
    is_text(written(&f),
            "{\"good\":\"z\303\274rich \342\202\254 \360\237\224\222\","
            "\"bad\":\"a\\\\xff\\\\xc3b\\\\xc0\\\\x80\\\\xed\\\\xa0\\\\x80\","
            "\"control\":\"\\\\xc2\\\\x85\"}\n",
            "UTF-8 stays, bytes that are none of it become visible");
}

/* A character on every offset of the pieces in which foreign bytes are checked. */
static void test_long_foreign_text(void)
{
    for (size_t before = 0; before < 4; before++) {
        char text[1024] = "", want[1100];
        struct fixture f;
        struct json_out *out = begin(&f);

        for (size_t i = 0; i < before; i++)
            memcpy(text + 2 * i, "\303\274", 3);
        for (size_t i = 0; i < 200; i++)
            memcpy(text + 2 * before + 3 * i, "\342\202\254", 4);
        json_out_text(out, "t", text);
        memcpy(want, "{\"t\":\"", 6);
        memcpy(want + 6, text, strlen(text));
        memcpy(want + 6 + strlen(text), "\"}\n", 4);
        is_text(written(&f), want, "no character is cut after %zu others", before);
    }
}

static void test_line_too_long(void)
{
    struct fixture f;
    struct json_out *out = begin(&f);
    char text[BUFFER];

    json_out_number(out, "first", 1);
    ok(json_out_finish(out), "a short line fits");
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    json_out_begin(out);
    json_out_object(out, "o");
    json_out_text(out, "t", text);
    ok(!json_out_finish(out), "a line longer than half of the buffer does not");
    json_out_begin(out);
    json_out_number(out, "third", 3);
    is_text(written(&f), "{\"first\":1}\n{\"third\":3}\n", "and leaves nothing behind");
    is_int(out->lines, 2, "two lines are counted");
    is_int(out->dropped, 1, "and one that was left out");
}

/* Any length up to the limit fits however full the buffer is, and none beyond. */
static void test_limit_does_not_depend_on_fill(void)
{
    size_t overhead = strlen("{\"t\":\"\"}\n");
    char text[BUFFER];
    int wrong = 0;

    for (size_t fill = 0; fill < 2 * BUFFER; fill += 37) {
        struct fixture f;
        struct json_out *out = begin(&f);

        memset(text, 'x', sizeof(text));
        for (size_t i = 0; i < fill; i += 37)
            json_out_number(out, "k", 1234567);
        (void)json_out_finish(out);
        json_out_begin(out);
        json_out_span(out, "t", span_of(text, BUFFER / 2 - overhead));
        wrong += !json_out_finish(out);
        json_out_begin(out);
        json_out_span(out, "t", span_of(text, BUFFER / 2 - overhead + 1));
        wrong += json_out_finish(out);
    }
    is_int(wrong, 0, "half of the buffer is the limit of a line at any fill");
}

static void test_whole_lines(void)
{
    struct fixture f;
    struct json_out *out = begin(&f);

    (void)json_out_finish(out);
    for (int i = 0; i < 150; i++) {
        json_out_begin(out);
        json_out_text(out, "key", "a value of some length, so that the buffer fills");
        (void)json_out_finish(out);
    }
    ok(f.calls > 1, "lines are handed on when the buffer fills");
    ok(f.lines[f.len - 1] == '\n', "and only whole ones");
}

static void test_too_deep(void)
{
    struct fixture f;
    struct json_out *out = begin(&f);
    int levels = 1;

    for (; levels < JSON_OUT_DEPTH_MAX; levels++)
        json_out_object(out, "o");
    ok(strlen(written(&f)) ==
           (size_t)(5 * (JSON_OUT_DEPTH_MAX - 1) + JSON_OUT_DEPTH_MAX + 2),
       "objects nest to the limit");
}

static bool is_utf8(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c;) {
        size_t n = *c < 0x80 ? 1 : *c >= 0xf0 ? 4 : *c >= 0xe0 ? 3 : *c >= 0xc2 ? 2 : 0;

        if (n == 0 || *c > 0xf4 || (*c == 0xe0 && c[1] < 0xa0) ||
            (*c == 0xed && c[1] > 0x9f) || (*c == 0xf0 && c[1] < 0x90) ||
            (*c == 0xf4 && c[1] > 0x8f))
            return false;
        for (size_t i = 1; i < n; i++)
            if ((c[i] & 0xc0) != 0x80)
                return false;
        c += n;
    }
    return true;
}

/* One JSON string from `text` to the end of the line: no control character, no lone backslash. */
static bool is_json_string(const char *text)
{
    static const char before[] = "{\"s\":\"";

    if (strncmp(text, before, sizeof(before) - 1) != 0)
        return false;
    for (text += sizeof(before) - 1; *text != '"'; text++) {
        if ((unsigned char)*text < 0x20)
            return false;
        if (*text == '\\' && !strchr("\"\\ntu", *++text))
            return false;
    }
    return strcmp(text, "\"}\n") == 0;
}

static void test_random_bytes(void)
{
    uint64_t random = 88172645463325252u;
    int wrong = 0;

    for (int i = 0; i < 20000; i++) {
        uint8_t bytes[300];
        struct fixture f;
        struct json_out *out = begin(&f);
        size_t len;

        for (size_t k = 0; k < sizeof(bytes); k++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            /* Mostly bytes that could be part of UTF-8. */
            bytes[k] = (uint8_t)(i % 3 ? random | 0x80 : random);
        }
        len = (size_t)(random % (sizeof(bytes) + 1));
        json_out_span(out, "s", exact(span_of(bytes, i % 50 ? 20 : len)));
        wrong += !is_utf8(written(&f)) || !is_json_string(f.lines);
    }
    is_int(wrong, 0, "20000 random strings become valid JSON in valid UTF-8");
}

int main(void)
{
    test_nesting();
    test_open_objects();
    test_numbers();
    test_reals();
    test_times();
    test_addresses();
    test_facts();
    test_escapes();
    test_foreign_bytes();
    test_long_foreign_text();
    test_line_too_long();
    test_limit_does_not_depend_on_fill();
    test_whole_lines();
    test_too_deep();
    test_random_bytes();
    return done_testing();
}
