#include "tap.h"

#include <stdio.h>

#include "base/text.h"
#include "fingerprint/hash_text.h"

static void text_is_hashed_as_it_is_written(void)
{
    uint8_t digest[MD5_BYTES];
    char want[2 * MD5_BYTES + 1], got[2 * MD5_BYTES + 1];
    struct text t = text_in(want, sizeof(want));
    struct hash_text h;

    md5_digest(span_of_text("4294967295,0,00ff,abc"), digest);
    text_add_hex(&t, span_of(digest, sizeof(digest)));
    hash_text_init(&h, DIGEST_MD5);
    ok(!h.has_text, "nothing is written at first");
    hash_text_add_decimal(&h, '\0', 4294967295u);
    hash_text_add_decimal(&h, ',', 0);
    hash_text_add_hex16(&h, ',', 0xff);
    hash_text_add_u16(&h, 0x2c61);
    hash_text_add_span(&h, span_of_text("bc"));
    ok(h.has_text, "then something is");
    hash_text_take(&h, 2 * MD5_BYTES, got);
    is_text(got, want, "the digest is that of the text");
}

static void every_number_is_written_in_decimal(void)
{
    bool same = true;

    for (uint32_t number = 0; number < 70000; number += number < 12000 ? 1 : 97) {
        char text[16], want[2 * MD5_BYTES + 1], got[2 * MD5_BYTES + 1];
        struct hash_text h;

        (void)snprintf(text, sizeof(text), "-%u", (unsigned int)number);
        hash_text_init(&h, DIGEST_MD5);
        hash_text_add_span(&h, span_of_text(text));
        hash_text_take(&h, 2 * MD5_BYTES, want);
        hash_text_init(&h, DIGEST_MD5);
        hash_text_add_decimal(&h, '-', number);
        hash_text_take(&h, 2 * MD5_BYTES, got);
        same = same && strcmp(got, want) == 0;
    }
    ok(same, "numbers have the digits that printf gives them");
}

static void text_may_be_longer_than_the_buffer(void)
{
    static char text[5 * 1000 + 1];
    uint8_t digest[SHA256_BYTES];
    char want[13], got[13];
    struct text t = text_in(want, sizeof(want));
    struct hash_text h;

    hash_text_init(&h, DIGEST_SHA256);
    for (unsigned int i = 0; i < 1000; i++) {
        (void)snprintf(text + (size_t)5 * i, 6, "%04x,", i);
        hash_text_add_hex16(&h, '\0', (uint16_t)i);
        hash_text_add_char(&h, ',');
    }
    sha256_digest(span_of_text(text), digest);
    text_add_hex(&t, span_of(digest, 6));
    hash_text_take(&h, 12, got);
    is_text(got, want, "five thousand characters give the digest of all of them");
}

int main(void)
{
    text_is_hashed_as_it_is_written();
    every_number_is_written_in_decimal();
    text_may_be_longer_than_the_buffer();
    return done_testing();
}
