#include "tap.h"

#include "base/span.h"

/* Every reader on one good input, for the tests that hold for all of them. */
enum reader {
    U8,
    U16,
    U32,
    U64,
    U24,
    U16LE,
    U32LE,
    TAKE3,
    SKIP3,
    VEC1,
    VEC2,
    VEC3,
    READERS
};

static const struct {
    const char *name;
    const char *good; /* exactly what the reader takes */
    uint64_t value;   /* of a number, else the length of what was taken */
} readers[READERS] = {
    [U8] = {"span_u8", "fe", 0xfe},
    [U16] = {"span_u16", "fe dc", 0xfedc},
    [U32] = {"span_u32", "fe dc ba 98", 0xfedcba98},
    [U64] = {"span_u64", "fe dc ba 98 76 54 32 10", 0xfedcba9876543210},
    [U24] = {"span_uint of 3 bytes", "fe dc ba", 0xfedcba},
    [U16LE] = {"span_u16le", "fe dc", 0xdcfe},
    [U32LE] = {"span_u32le", "fe dc ba 98", 0x98badcfe},
    [TAKE3] = {"span_take", "01 02 03", 3},
    [SKIP3] = {"span_skip", "01 02 03", 3},
    [VEC1] = {"span_vec with 1 byte of length", "03 aa bb cc", 3},
    [VEC2] = {"span_vec with 2 bytes of length", "00 02 aa bb", 2},
    [VEC3] = {"span_vec with 3 bytes of length", "00 00 01 aa", 1},
};

#define UNTOUCHED UINT64_C(0x5a5a5a5a5a5a5a5a)

static bool read_number(enum reader reader, struct span *s, uint64_t *value)
{
    uint8_t u8 = 0x5a;
    uint16_t u16 = 0x5a5a;
    uint32_t u32 = 0x5a5a5a5a;
    bool held;

    if (reader == U64 || reader == U24)
        return reader == U64 ? span_u64(s, value) : span_uint(s, 3, value);
    if (reader == U8) {
        held = span_u8(s, &u8);
        *value = held || u8 != 0x5a ? u8 : UNTOUCHED;
    } else if (reader == U16 || reader == U16LE) {
        held = reader == U16 ? span_u16(s, &u16) : span_u16le(s, &u16);
        *value = held || u16 != 0x5a5a ? u16 : UNTOUCHED;
    } else {
        held = reader == U32 ? span_u32(s, &u32) : span_u32le(s, &u32);
        *value = held || u32 != 0x5a5a5a5a ? u32 : UNTOUCHED;
    }
    return held;
}

static bool read_bytes(enum reader reader, struct span *s, uint64_t *value)
{
    static const uint8_t nothing;
    struct span taken = span_of(&nothing, 1);
    bool held;

    if (reader == SKIP3) {
        *value = 3;
        return span_skip(s, 3);
    }
    held = reader == TAKE3 ? span_take(s, 3, &taken)
                           : span_vec(s, (size_t)reader - VEC1 + 1, &taken);
    *value = held || taken.data != &nothing || taken.len != 1 ? taken.len : UNTOUCHED;
    return held;
}

static bool run(enum reader reader, struct span *s, uint64_t *value)
{
    return reader < TAKE3 ? read_number(reader, s, value) : read_bytes(reader, s, value);
}

static void test_reads_what_stands_there(enum reader reader)
{
    struct span s = hex(readers[reader].good);
    uint64_t value = UNTOUCHED;

    ok(run(reader, &s, &value), "%s reads a good input", readers[reader].name);
    ok(value == readers[reader].value, "%s yields its value", readers[reader].name);
    ok(span_empty(s), "%s takes all of it", readers[reader].name);
}

static void test_leaves_what_follows(enum reader reader)
{
    struct span good = hex(readers[reader].good), more = hex("77 88"), s;
    uint8_t both[16];
    uint64_t value;

    memcpy(both, good.data, good.len);
    memcpy(both + good.len, more.data, more.len);
    s = exact(span_of(both, good.len + more.len));
    ok(run(reader, &s, &value) && span_equal(s, more), "%s leaves what follows",
       readers[reader].name);
}

static void test_refuses_each_truncation(enum reader reader)
{
    struct span good = hex(readers[reader].good);

    for (size_t n = 0; n < good.len; n++) {
        struct span cut = exact(span_first(good, n)), s = cut;
        uint64_t value = UNTOUCHED;

        ok(!run(reader, &s, &value), "%s refuses its first %zu bytes", readers[reader].name,
           n);
        ok(s.data == cut.data && s.len == cut.len,
           "%s then leaves the span alone at %zu bytes", readers[reader].name, n);
        ok(value == UNTOUCHED || reader == SKIP3,
           "%s then leaves the output alone at %zu bytes", readers[reader].name, n);
    }
}

static void test_number_of_impossible_width(void)
{
    struct span s = hex("01 02 03 04 05 06 07 08 09");
    uint64_t value = UNTOUCHED;

    ok(!span_uint(&s, 9, &value), "a number of 9 bytes is refused");
    is_int(s.len, 9, "and nothing is taken");
    ok(value == UNTOUCHED, "and nothing is put out");
}

static void test_vector_that_is_empty(void)
{
    struct span s = hex("00 00 42"), inner;

    ok(span_vec(&s, 2, &inner) && span_empty(inner), "a vector of length 0 is empty");
    is_span(s, hex("42"), "and what follows stands");
}

static void test_vector_with_a_huge_length(void)
{
    struct span s = hex("ff ff ff ff ff ff ff ff 01"), inner;

    ok(!span_vec(&s, 8, &inner), "a vector of 2^64 - 1 bytes is refused");
    is_int(s.len, 9, "and its length is not taken");
}

static void test_inner_vector_sees_no_further(void)
{
    struct span s = hex("00 02 00 05 aa bb cc dd ee"), outer, inner;

    ok(span_vec(&s, 2, &outer), "the outer vector is read");
    ok(!span_vec(&outer, 2, &inner), "an inner one cannot reach behind it");
}

static void test_comparison(void)
{
    ok(span_equal(hex("01 02"), hex("01 02")), "the same bytes in two places are equal");
    ok(!span_equal(hex("01 02"), hex("01 03")), "different bytes are not");
    ok(!span_equal(hex("01 02"), hex("01")), "nor is a prefix");
    ok(span_equal(span_of(NULL, 0), hex("")),
       "two empty spans are equal, wherever they point");
}

static void test_first(void)
{
    struct span s = hex("01 02 03");

    is_span(span_first(s, 2), hex("01 02"), "the first two");
    is_span(span_first(s, 3), s, "all");
    is_span(span_first(s, 4), s, "never more than there is");
    is_int(span_first(s, 0).len, 0, "or none");
}

static void test_nothing_from_nowhere(void)
{
    struct span s = span_of(NULL, 0), taken;

    ok(span_take(&s, 0, &taken) && span_empty(taken),
       "no bytes can be taken from no place");
    ok(!span_take(&s, 1, &taken), "one byte cannot");
}

static void test_text(void)
{
    is_span(span_of_text("ab"), hex("61 62"), "the span of a text has no terminator");
    ok(span_empty(span_of_text("")), "that of an empty text is empty");
}

int main(void)
{
    for (enum reader reader = 0; reader < READERS; reader++) {
        test_reads_what_stands_there(reader);
        test_leaves_what_follows(reader);
        test_refuses_each_truncation(reader);
    }
    test_number_of_impossible_width();
    test_vector_that_is_empty();
    test_vector_with_a_huge_length();
    test_inner_vector_sees_no_further();
    test_comparison();
    test_first();
    test_nothing_from_nowhere();
    test_text();
    return done_testing();
}
