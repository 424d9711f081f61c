#include "session/cipher_texts.h"

#include <stdio.h>

#include "tap.h"

static struct cipher_texts texts;

static const char *text_of(const uint16_t *ciphers, size_t count)
{
    static char line[CIPHER_TEXT_MAX];
    struct span list = cipher_texts_get(&texts, ciphers, count);

    (void)snprintf(line, sizeof(line), "%.*s", (int)list.len, (const char *)list.data);
    return line;
}

static void test_lists(void)
{
    const uint16_t two[] = {0x1301, 0xfafb}, other[] = {0x1302};

    for (int i = 0; i < 2; i++) {
        is_text(text_of(two, 2), "[\"TLS_AES_128_GCM_SHA256\",\"0xfafb\"]",
                "a list is an array of names, or of numbers without one");
        is_text(text_of(other, 1), "[\"TLS_AES_256_GCM_SHA384\"]",
                "another one is another");
    }
    is_text(text_of(two, 1), "[\"TLS_AES_128_GCM_SHA256\"]",
            "its beginning is a list of its own");
}

static void test_long(void)
{
    uint16_t many[SESSION_CIPHERS_MAX];

    for (size_t i = 0; i < SESSION_CIPHERS_MAX; i++)
        many[i] = 0xc024; /* TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384 */
    is_text(text_of(many, SESSION_CIPHERS_MAX), "", "what is too long is not kept");
    ok(text_of(many, 20)[0] == '[', "a shorter one is");
}

/* More lists than there is room for. */
static void test_many(void)
{
    unsigned wrong = 0;

    for (unsigned i = 0; i < 20 * CIPHER_TEXTS; i++) {
        const uint16_t list[] = {(uint16_t)(0xa000 + i % (10 * CIPHER_TEXTS)), 0x1301};
        char want[64];

        (void)snprintf(want, sizeof(want), "[\"0x%04x\",\"TLS_AES_128_GCM_SHA256\"]",
                       list[0]);
        wrong += strcmp(text_of(list, 2), want) != 0;
    }
    is_int(wrong, 0, "each is told as it is, however many there are");
}

int main(void)
{
    test_lists();
    test_long();
    test_many();
    return done_testing();
}
