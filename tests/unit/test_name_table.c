#include "session/name_table.h"

#include <stdio.h>

#include "tap.h"
#include "tls/names.h"

static void test_numbers(void)
{
    struct name_table t;
    int wrong = 0, named = 0;

    ok(name_table_init(&t, name_of_cipher), "there is a table");
    for (uint32_t number = 0; number <= UINT16_MAX; number++) {
        const char *name = name_of_cipher((uint16_t)number);
        uint16_t back = 0;

        named += name != NULL;
        wrong += name && (!name_table_find(&t, name, &back) || back != number);
    }
    is_int(wrong, 0, "every name leads to its number");
    is_int(t.count, named, "and there are no others");
    name_table_fini(&t);
}

static void test_hexadecimal(void)
{
    static const char *const wrong[] = {"",       "0x",   "0x1",   "0x12345",
                                        "0x12g4", "1234", "0X1234"};
    struct name_table t;
    uint16_t number = 7;

    ok(name_table_init(&t, name_of_group), "there is a table");
    ok(name_table_find(&t, "0xfaCe", &number) && number == 0xface,
       "a number without a name stands as it is");
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        ok(!name_table_find(&t, wrong[i], &number), "\"%s\" is none", wrong[i]);
    name_table_fini(&t);
    name_table_fini(&t);
}

static void test_texts(void)
{
    struct text_pool p;
    const char *kept;
    char text[32] = "phone.pcap";

    text_pool_init(&p);
    kept = text_pool_put(&p, text);
    is_text(kept, "phone.pcap", "a text is kept");
    ok(text_pool_put(&p, "phone.pcap") == kept, "once");
    text[0] = 'P';
    ok(text_pool_put(&p, text) != kept, "another is another");
    is_text(kept, "phone.pcap", "and does not change the first");
    ok(text_pool_put(&p, NULL) == NULL, "no text is none");
    is_int(p.count, 2, "two are kept");
    text_pool_fini(&p);
}

static void test_ceiling(void)
{
    struct text_pool p;
    char text[32];
    int left_out = 0;

    text_pool_init(&p);
    for (int i = 0; i < TEXT_POOL_MAX + 10; i++) {
        (void)snprintf(text, sizeof(text), "text %d", i);
        left_out += text_pool_put(&p, text) == NULL;
    }
    is_int(left_out, 10, "beyond the ceiling texts are left out");
    is_int(p.left_out, 10, "and counted");
    ok(text_pool_put(&p, "text 0") != NULL, "those that are kept stay");
    text_pool_fini(&p);
}

int main(void)
{
    test_numbers();
    test_hexadecimal();
    test_texts();
    test_ceiling();
    return done_testing();
}
