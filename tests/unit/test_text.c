#include "tap.h"

#include "base/text.h"

static void test_pieces_follow_each_other(void)
{
    char room[64];
    struct text t = text_in(room, sizeof(room));

    is_text(room, "", "a new text is empty");
    text_add(&t, "port ");
    text_add_number(&t, 443);
    text_add_char(&t, ',');
    text_add_format(&t, " %s=%d", "ttl", 64);
    text_add_hex(&t, hex("00 0f f0"));
    is_text(room, "port 443, ttl=64000ff0", "pieces stand in the order they came");
    is_int(t.len, strlen(room), "its length is known");
    ok(!t.cut, "nothing was cut");
}

static void test_numbers(void)
{
    char room[32];
    struct text t = text_in(room, sizeof(room));

    text_add_number(&t, 0);
    text_add_char(&t, ' ');
    text_add_number(&t, UINT64_MAX);
    is_text(room, "0 18446744073709551615", "the least and the greatest number");
}

/* Each way to add six characters, in rooms of every size up to one that is large enough. */
static void test_what_does_not_fit_is_cut(void)
{
    for (size_t size = 1; size <= 8; size++) {
        char *rooms[5];
        struct text t[5];

        for (int i = 0; i < 5; i++) {
            rooms[i] = (char *)(uintptr_t)exact(span_of("########", size)).data;
            t[i] = text_in(rooms[i], size);
        }
        text_add(&t[0], "123456");
        text_add_number(&t[1], 123456);
        text_add_format(&t[2], "%d", 123456);
        text_add_hex(&t[3], hex("12 34 56"));
        text_add_span(&t[4], span_of_text("123456"));
        for (int i = 0; i < 5; i++) {
            ok(strlen(rooms[i]) == t[i].len && t[i].len < size,
               "way %d ends its text in %zu bytes", i, size);
            ok(strncmp("123456", rooms[i], t[i].len) == 0,
               "way %d writes a beginning of it", i);
            ok(t[i].cut == (size < 7), "way %d remembers the cut in %zu bytes", i, size);
        }
    }
}

static void test_character_in_a_full_text(void)
{
    char room[2];
    struct text t = text_in(room, sizeof(room));

    text_add_char(&t, 'a');
    ok(!t.cut, "one character fits into two bytes");
    text_add_char(&t, 'b');
    is_text(room, "a", "a second one does not");
    ok(t.cut, "and that is remembered");
}

static void escapes(const char *bytes, const char *want, const char *sentence)
{
    char room[64];

    is_text(text_from_span(room, sizeof(room), hex(bytes)), want, "%s", sentence);
}

static void test_wire_bytes_become_text(void)
{
    escapes("", "", "no bytes, no text");
    escapes("61 2e 7e 20", "a.~ ", "printable ASCII stays");
    escapes("00 1f 7f 0a", "\\x00\\x1f\\x7f\\x0a",
            "control characters and DEL are escaped");
    escapes("5c", "\\\\", "a backslash is doubled");
    escapes("22 27", "\"'", "quotes stay, JSON has its own escapes");
    escapes("c3 a9 e2 82 ac f0 9f 94 92", "é€🔒",
            "UTF-8 of two, three and four bytes stays");
    escapes("c2 80 c2 9f c2 a0", "\\xc2\\x80\\xc2\\x9f\xc2\xa0",
            "control characters above ASCII are escaped, what follows them is not");
    escapes("f4 8f bf bf", "\xf4\x8f\xbf\xbf", "the last code point stays");
}

static void test_what_is_no_utf8(void)
{
    escapes("80 bf", "\\x80\\xbf", "a continuation without a beginning");
    escapes("c0 af c1 bf", "\\xc0\\xaf\\xc1\\xbf", "two bytes for what needs one");
    escapes("e0 9f bf", "\\xe0\\x9f\\xbf", "three bytes for what needs two");
    escapes("f0 8f bf bf", "\\xf0\\x8f\\xbf\\xbf", "four bytes for what needs three");
    escapes("ed a0 80", "\\xed\\xa0\\x80", "a surrogate");
    escapes("f4 90 80 80", "\\xf4\\x90\\x80\\x80", "a code point behind the last");
    escapes("f5 80 80 80 ff fe", "\\xf5\\x80\\x80\\x80\\xff\\xfe",
            "bytes that never occur");
    escapes("c3 41", "\\xc3A", "a broken beginning does not swallow what follows");
    escapes("e2 82 41", "\\xe2\\x82A", "nor does one broken later");
}

static void test_truncated_utf8(void)
{
    static const char *const forms[] = {"c3 a9", "e2 82 ac", "f0 9f 94 92"};

    for (size_t i = 0; i < 3; i++) {
        struct span whole = hex(forms[i]);

        for (size_t n = 1; n < whole.len; n++) {
            char room[64], want[64];
            struct text t = text_in(want, sizeof(want));

            for (size_t k = 0; k < n; k++)
                text_add_format(&t, "\\x%02x", whole.data[k]);
            is_text(text_from_span(room, sizeof(room), exact(span_first(whole, n))), want,
                    "%zu bytes of a character of %zu are escaped", n, whole.len);
        }
    }
}

static void test_wire_text_is_cut_between_characters(void)
{
    for (size_t size = 1; size <= 5; size++) {
        char room[8];
        struct text t = text_in(room, size);

        text_add_span(&t, hex("e2 82 ac 61"));
        ok(t.len == 0 || t.len == 3 || t.len == 4,
           "no character is torn apart in %zu bytes of room", size);
        ok(t.cut == (size < 5), "and the cut is remembered");
    }
}

static void test_text_is_cut_between_characters(void)
{
    for (size_t size = 1; size <= 6; size++) {
        char room[8];
        struct text t = text_in(room, size);

        text_add(&t, "a€b");
        ok(t.len == 0 || t.len == 1 || t.len == 4 || t.len == 5,
           "no character of a text is torn apart in %zu bytes of room", size);
    }
}

static void test_nothing_follows_a_cut_in_wire_text(void)
{
    char room[4];
    struct text t = text_in(room, sizeof(room));

    text_add_span(&t, hex("61 01 62"));
    is_text(room, "a", "a shorter character does not slip in behind one that was cut");
}

int main(void)
{
    test_pieces_follow_each_other();
    test_numbers();
    test_what_does_not_fit_is_cut();
    test_character_in_a_full_text();
    test_wire_bytes_become_text();
    test_what_is_no_utf8();
    test_truncated_utf8();
    test_wire_text_is_cut_between_characters();
    test_text_is_cut_between_characters();
    test_nothing_follows_a_cut_in_wire_text();
    return done_testing();
}
