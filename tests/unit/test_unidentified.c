#include "unidentified.h"

#include "random.h"
#include "tap.h"

static struct unidentified u;
static struct random_numbers dice;

/* Push so many bytes in one chunk; `values` of them differ. */
static void push(int side, size_t count, unsigned values)
{
    uint8_t bytes[4096];

    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)(random_below(&dice, values) * (256 / values));
    unidentified_push(&u, side, span_of(bytes, count));
}

static enum unidentified_verdict judge(void)
{
    enum unidentified_verdict verdict = unidentified_judge(&u);

    u = (struct unidentified){0};
    return verdict;
}

static void test_encrypted(void)
{
    unsigned said = 0, wrong = 0;

    for (int i = 0; i < 2000; i++) {
        enum unidentified_verdict verdict;

        push(0, 300, 256);
        push(1, 300, 256);
        push(0, 300, 256);
        push(1, 300, 256);
        verdict = judge();
        said += verdict == UNIDENTIFIED_ENCRYPTED;
        wrong += verdict == UNIDENTIFIED_READABLE;
    }
    is_int(said, 2000, "600 random bytes of each side are taken for encrypted");
    is_int(wrong, 0, "and never for something else");
    push(0, 4000, 256);
    push(1, 10, 256);
    is_int(judge(), UNIDENTIFIED_ENCRYPTED, "one side can be short, if the other is long");
}

static void test_readable(void)
{
    push(0, 600, 64);
    push(1, 2000, 64);
    is_int(judge(), UNIDENTIFIED_READABLE, "as many values as base64 has are not random");
    push(0, 600, 256);
    push(1, 2000, 100);
    is_int(judge(), UNIDENTIFIED_READABLE, "one side is enough");
}

static void test_more(void)
{
    is_int(judge(), UNIDENTIFIED_MORE, "of nothing nothing is said");
    push(0, 4000, 256);
    push(0, 4000, 256);
    is_int(judge(), UNIDENTIFIED_MORE, "nor of one side alone");
    push(0, 200, 256);
    push(1, 200, 256);
    push(0, 50, 256);
    push(1, 50, 256);
    is_int(judge(), UNIDENTIFIED_MORE, "nor of 250 bytes");
    push(0, 400, 256);
    push(1, 400, 256);
    is_int(judge(), UNIDENTIFIED_MORE,
           "nor of one question and its answer, if they are short");
    push(0, 2000, 256);
    push(1, 400, 64);
    is_int(judge(), UNIDENTIFIED_MORE, "what is not random in few bytes may yet be");
}

static void test_first(void)
{
    unidentified_push(&u, 1, span_of_text("abc"));
    unidentified_push(&u, 1, span_of_text("defghijklmnopqrstuvwxyz"));
    ok(memcmp(u.sides[1].first, "abcdefghijklmnop", UNIDENTIFIED_FIRST) == 0,
       "the first bytes are kept, however they came");
    is_int(u.sides[1].bytes, 26, "and all are counted");
    u = (struct unidentified){0};
}

int main(void)
{
    dice.state = random_seed(1);
    test_encrypted();
    test_readable();
    test_more();
    test_first();
    return done_testing();
}
