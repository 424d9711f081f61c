#include "tap.h"

#include "base/text.h"
#include "crypto/digest.h"

static const char *hex_of(const uint8_t *bytes, size_t len)
{
    static char buffer[2 * SHA256_BYTES + 1];
    struct text t = text_in(buffer, sizeof(buffer));

    text_add_hex(&t, span_of(bytes, len));
    return buffer;
}

/* RFC 1321 A.5, FIPS 180. */
static void known_digests_come_out(void)
{
    struct span abc = span_of_text("abc"), nothing = span_of(NULL, 0);
    uint8_t out[SHA256_BYTES];

    md5_digest(nothing, out);
    is_text(hex_of(out, MD5_BYTES), "d41d8cd98f00b204e9800998ecf8427e", "MD5 of nothing");
    md5_digest(abc, out);
    is_text(hex_of(out, MD5_BYTES), "900150983cd24fb0d6963f7d28e17f72", "MD5 of abc");
    sha1_digest(abc, out);
    is_text(hex_of(out, SHA1_BYTES), "a9993e364706816aba3e25717850c26c9cd0d89d",
            "SHA-1 of abc");
    sha256_digest(nothing, out);
    is_text(hex_of(out, SHA256_BYTES),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "SHA-256 of nothing");
    sha256_digest(abc, out);
    is_text(hex_of(out, SHA256_BYTES),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "SHA-256 of abc");
}

static void digest_in_pieces(enum digest_kind kind, struct span bytes, size_t piece,
                             uint8_t out[SHA256_BYTES])
{
    struct digest d;

    digest_init(&d, kind);
    while (!span_empty(bytes)) {
        struct span part = span_first(bytes, piece);

        digest_push(&d, part);
        if (!span_skip(&bytes, part.len))
            return;
    }
    digest_take(&d, out);
}

static void pieces_give_what_the_whole_gives(void)
{
    uint8_t bytes[300], md5[MD5_BYTES], sha256[SHA256_BYTES], pieces[SHA256_BYTES];
    bool same = true;

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 7);
    for (size_t len = 0; len <= sizeof(bytes); len += 25) {
        struct span whole = span_of(bytes, len);

        md5_digest(whole, md5);
        sha256_digest(whole, sha256);
        for (size_t piece = 1; piece < 130; piece += 21) {
            digest_in_pieces(DIGEST_MD5, whole, piece, pieces);
            same = same && memcmp(md5, pieces, MD5_BYTES) == 0;
            digest_in_pieces(DIGEST_SHA256, whole, piece, pieces);
            same = same && memcmp(sha256, pieces, SHA256_BYTES) == 0;
        }
    }
    ok(same, "digests made in pieces of any size equal those of the whole");
}

int main(void)
{
    known_digests_come_out();
    pieces_give_what_the_whole_gives();
    return done_testing();
}
