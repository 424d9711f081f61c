#include "alert/paragraph.h"

#include "tap.h"

static void test_wrap(void)
{
    char buffer[1024];
    struct text out = text_in(buffer, sizeof(buffer));
    struct paragraph p = paragraph_begin(&out, "Why", 10);
    size_t longest = 0;

    for (int i = 0; i < 60; i++)
        paragraph_format(&p, "%sword%d", i ? " " : "", i);
    paragraph_end(&p);
    for (const char *line = buffer; *line; line += strcspn(line, "\n") + 1) {
        size_t n = strcspn(line, "\n");

        longest = n > longest ? n : longest;
        ok(strncmp(line, line == buffer ? "  Why     word0" : "          word", 14) == 0,
           "the line begins at its column: %.20s", line);
    }
    ok(longest <= PARAGRAPH_COLUMNS && longest > PARAGRAPH_COLUMNS - 10,
       "lines are full, and no longer than %d columns", PARAGRAPH_COLUMNS);
}

static void test_long_word(void)
{
    char buffer[1024], word[201];
    struct text out = text_in(buffer, sizeof(buffer));
    struct paragraph p = paragraph_begin(&out, "", 4);

    memset(word, 'x', 200);
    word[200] = '\0';
    paragraph_add(&p, word);
    paragraph_end(&p);
    is_int(strcspn(buffer, "\n"), PARAGRAPH_COLUMNS, "a word longer than a line is cut");
    is_int(strlen(buffer), 200 + 3 * 4 + 3, "and goes on below");
}

static void test_escapes(void)
{
    char buffer[256];
    struct text out = text_in(buffer, sizeof(buffer));
    struct paragraph p = paragraph_begin(&out, "", 2);

    paragraph_add(&p, "a\x1b[2J \342\200\256moc.elgoog \303\244");
    paragraph_end(&p);
    is_text(buffer, "  a\\x1b[2J \\u202Emoc.elgoog \303\244\n",
            "control characters and marks of direction are written as escapes");
    out = text_in(buffer, sizeof(buffer));
    p = paragraph_begin(&out, "", 2);
    paragraph_add(&p, "a\302\2332J \300\263\344\303 \342\202\254");
    paragraph_end(&p);
    is_text(buffer, "  a\\xc2\\x9b2J \\xc0\\xb3\\xe4\\xc3 \342\202\254\n",
            "and so are controls of two bytes and what is no character");
}

int main(void)
{
    test_wrap();
    test_long_word();
    test_escapes();
    return done_testing();
}
