#include "crypto/uuid.h"

#include "tap.h"

static const char dns_space[] = "6b a7 b8 10 9d ad 11 d1 80 b4 00 c0 4f d4 30 c8";

static void test_known_values(void)
{
    uint8_t uuid[UUID_BYTES];
    char text[UUID_TEXT_MAX];

    uuid_v5(hex(dns_space).data, span_of_text("www.example.com"), uuid);
    is_text(uuid_describe(uuid, text), "2ed6657d-e927-568b-95e1-2665a8aea6a2",
            "version 5 is that of RFC 9562, A.4");
    uuid_v5(hex(dns_space).data, span_of(NULL, 0), uuid);
    is_text(uuid_describe(uuid, text), "4ebd0208-8328-5d69-8c44-ec50939c0967",
            "an empty name has one as well");
}

static const char *of_two_fields(const char *first, const char *second, char *out)
{
    struct uuid_name name;
    uint8_t uuid[UUID_BYTES];

    uuid_name_init(&name, "kind");
    uuid_name_add(&name, span_of_text(first));
    uuid_name_add(&name, span_of_text(second));
    uuid_of_name(&name, uuid);
    return uuid_describe(uuid, out);
}

static void test_fields(void)
{
    char one[UUID_TEXT_MAX], two[UUID_TEXT_MAX];

    is_text(of_two_fields("ab", "c", one), of_two_fields("ab", "c", two),
            "the same fields give the same identifier");
    ok(strcmp(of_two_fields("ab", "c", one), of_two_fields("a", "bc", two)) != 0,
       "where a field ends makes a difference");
    ok(strcmp(of_two_fields("ab", "", one), of_two_fields("", "ab", two)) != 0,
       "and so does an empty field");
    is_text(of_two_fields("a", "b", one), "49406805-929f-50c5-bfd8-cf356e592a9b",
            "and the identifier never changes");
}

static void test_long_fields(void)
{
    struct uuid_name name;
    uint8_t bytes[2 * UUID_FIELD_MAX] = {0};
    uint8_t uuid[UUID_BYTES];

    uuid_name_init(&name, "kind");
    for (int i = 0; i < 8; i++)
        uuid_name_add(&name, span_of(bytes, sizeof(bytes)));
    uuid_of_name(&name, uuid);
    ok(name.len <= UUID_NAME_MAX, "a name does not grow beyond its ceiling");
    is_int(uuid[6] >> 4, 5, "the version is 5");
    is_int(uuid[8] >> 6, 2, "the variant is that of the RFC");
}

static void test_text(void)
{
    static const char good[] = "4833a4c2-1c60-57b0-85d4-c5f41f87b27f";
    static const char *const malformed[] = {"",
                                            "4833a4c2-1c60-57b0-85d4-c5f41f87b27",
                                            "4833a4c2-1c60-57b0-85d4-c5f41f87b27ff",
                                            "4833a4c201c60-57b0-85d4-c5f41f87b27f",
                                            "4833a4c2-1c60-57b0-85d4-c5f41f87b27g",
                                            "4833A4C2-1c60-57b0-85d4-c5f41f87b27f"};
    uint8_t uuid[UUID_BYTES];
    char text[UUID_TEXT_MAX];

    ok(uuid_parse(good, uuid), "the text of an identifier is read");
    is_text(uuid_describe(uuid, text), good, "and written as it was");
    for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++)
        ok(!uuid_parse(malformed[i], uuid), "malformed text %zu is refused", i);
}

int main(void)
{
    test_known_values();
    test_fields();
    test_long_fields();
    test_text();
    return done_testing();
}
