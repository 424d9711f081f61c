#include "tap.h"

#include "base/err.h"

static void test_sentence(void)
{
    struct err why = {.text = "before"};

    is_int(err_set(&why, "%s:%d: unknown key \"%s\"", "a.yaml", 3, "colour"), -1,
           "err_set answers -1, so that it can be returned");
    is_text(why.text, "a.yaml:3: unknown key \"colour\"", "and writes the sentence");
}

static void test_sentence_that_is_too_long(void)
{
    struct err why;
    char name[2 * ERR_TEXT_MAX];

    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    is_int(err_set(&why, "%s", name), -1,
           "a sentence that does not fit is no other failure");
    is_int(strlen(why.text), ERR_TEXT_MAX - 1, "it is cut at the end of its room");
}

int main(void)
{
    test_sentence();
    test_sentence_that_is_too_long();
    return done_testing();
}
