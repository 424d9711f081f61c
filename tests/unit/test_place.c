#include "tap.h"

#include "config/place.h"

static void test_describe(void)
{
    struct place line = {.file = "a.yaml", .line = 7}, whole = {.file = "--set a=1"},
                 none = {0};
    char out[PLACE_TEXT_MAX];

    is_text(place_describe(&line, out), "a.yaml:7", "a line of a file");
    is_text(place_describe(&whole, out), "--set a=1", "something without lines");
    is_text(place_describe(&none, out), "built-in default", "nowhere");
}

static void test_complain(void)
{
    struct place at = {.file = "a.yaml", .line = 7};
    struct err why;

    is_int(place_complain(&why, &at, "limits.flows", "%d is odd", 3), -1, "it returns -1");
    is_text(why.text, "a.yaml:7: key limits.flows: 3 is odd", "file, line, key, fault");
    (void)place_complain(&why, &at, NULL, "odd");
    is_text(why.text, "a.yaml:7: odd", "file, line, fault");
    (void)place_complain(&why, &at, "", "odd");
    is_text(why.text, "a.yaml:7: odd", "an empty key is none");
}

int main(void)
{
    test_describe();
    test_complain();
    return done_testing();
}
