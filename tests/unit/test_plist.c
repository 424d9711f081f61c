#include "context/plist.h"

#include <json-c/json.h>
#include <stdio.h>

#include "tap.h"

static char text[1 << 16];

static const char *parse(struct span bytes)
{
    const char *problem = "nothing was said";
    json_object *value = plist_parse(bytes, &problem);

    (void)snprintf(text, sizeof(text), "%s",
                   value ? json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN)
                         : problem);
    json_object_put(value);
    return text;
}

static const char *parse_text(const char *plist)
{
    return parse(exact(span_of_text(plist)));
}

static void test_values(void)
{
    is_text(
        parse_text("<?xml version=\"1.0\"?><!DOCTYPE plist><plist><dict><!-- <key> -->"
                   "<key>a</key><string>x &amp; y&lt;</string><key>b</key><integer>-5"
                   "</integer><key>c</key><array><true/><false/></array><key>d</key><dict/>"
                   "<key>e</key><string/></dict></plist>"),
        "{\"a\":\"x & y<\",\"b\":-5,\"c\":[true,false],\"d\":{},\"e\":\"\"}",
        "a property list becomes JSON of the same shape");
    is_text(parse_text("<plist><string>alone</string></plist>"), "\"alone\"",
            "whatever its root is");
}

static void test_refused(void)
{
    char deep[2048] = "";

    is_text(parse_text("<plist></plist>"), "the property list is empty", "an empty one");
    is_text(parse_text("<plist><dict><string>x</string></dict></plist>"),
            "a value of the property list has no key", "a value without a key");
    is_text(parse_text("<plist><dict><key>a</key><string>x"),
            "the property list does not end", "one that does not end");
    for (int i = 0; i < 40; i++)
        memcpy(deep + (size_t)i * 7, "<array>", 8);
    is_text(parse_text(deep), "the property list is nested too deeply",
            "one that is nested without end");
}

static void test_truncations(void)
{
    static const char whole[] =
        "<plist><dict><key>a</key><array><string>x</string></array></dict></plist>";
    size_t good = 0;

    for (size_t n = 0; n < strlen(whole) - strlen("</dict></plist>"); n++)
        good += parse(exact(span_of(whole, n)))[0] == '{';
    is_int(good, 0, "no truncation of a property list is one");
}

int main(void)
{
    test_values();
    test_refused();
    test_truncations();
    return done_testing();
}
