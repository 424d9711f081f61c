#include "base/base64.h"

#include "tap.h"

/* RFC 4648, section 10. */
static const struct {
    const char *plain;
    const char *coded;
} vectors[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
};

static void test_vectors(void)
{
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        char text[BASE64_TEXT_MAX(6)];
        uint8_t bytes[6];
        size_t len = strlen(vectors[i].plain);

        is_text(base64_encode(span_of_text(vectors[i].plain), text), vectors[i].coded,
                "\"%s\" is encoded as in the RFC", vectors[i].plain);
        ok(base64_decode(vectors[i].coded, bytes, len), "and decoded");
        is_span(span_of(bytes, len), span_of_text(vectors[i].plain), "to what it was");
    }
}

static void test_all_digits(void)
{
    char text[BASE64_TEXT_MAX(6)];

    is_text(base64_encode(hex("00 10 83 fb ef be"), text), "ABCD++++",
            "low digits and plus");
    is_text(base64_encode(hex("ff ff ff fb f0 00"), text), "////+/AA", "slash and plus");
}

static void test_malformed(void)
{
    static const char *const malformed[] = {
        "Zg=", "Zg", "Zg==Zg==", "Z===", "====", "Zh==", "Z_==", "Zg=A", "=g==", "Zg\n="};

    for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
        uint8_t byte[1];

        ok(!base64_decode(malformed[i], byte, 1), "malformed text %zu is refused", i);
    }
}

int main(void)
{
    test_vectors();
    test_all_digits();
    test_malformed();
    return done_testing();
}
