#include "tap.h"

#include "crypto/signature.h"
#include "tls/x509.h"
#include "wire.h"

static bool is_signed(struct span certificate, const char *issuer_file)
{
    struct signature_input input = {.certificate = certificate};
    struct signature_key *key;
    struct x509 leaf, issuer;
    bool made;

    if (!x509_parse(certificate, &leaf) || !x509_parse(data_file(issuer_file), &issuer))
        return false;
    input.tbs = leaf.tbs;
    input.algorithm = leaf.algorithm;
    input.signature = leaf.signature;
    key = signature_key_new(issuer.spki);
    made = key && signature_made_by(&input, key);
    signature_key_free(key);
    return made;
}

static void signatures_of_all_kinds_are_checked(void)
{
    ok(is_signed(data_file("leaf.der"), "authority.der"), "ECDSA");
    ok(is_signed(data_file("rsa-authority.der"), "rsa-authority.der"), "RSA");
    ok(is_signed(data_file("pss-leaf.der"), "rsa-authority.der"), "RSA with PSS");
    ok(is_signed(data_file("ed25519-leaf.der"), "ed25519-authority.der"), "Ed25519");
}

static void other_keys_did_not_sign(void)
{
    ok(!is_signed(data_file("leaf.der"), "impostor.der"), "another key of the same name");
    ok(!is_signed(data_file("leaf.der"), "rsa-authority.der"), "a key of another kind");
    ok(!is_signed(data_file("pss-leaf.der"), "authority.der"), "for PSS as well");
    ok(!is_signed(data_file("pss-leaf.der"), "ed25519-authority.der"),
       "nor an Ed25519 key");
    ok(!is_signed(data_file("leaf-of-sub.der"), "authority.der"), "the issuer's issuer");
}

static void keys_that_cannot_be_read_are_none(void)
{
    struct x509 x;

    ok(!signature_key_new(span_of(NULL, 0)), "nothing is no key");
    ok(!signature_key_new(hex("3003020105")), "a number is no key");
    if (!x509_parse(data_file("leaf.der"), &x))
        return;
    for (size_t n = 0; n < x.spki.len; n += 5)
        if (signature_key_new(exact(span_first(x.spki, n))))
            ok(false, "a key of %zu bytes was read", n);
    signature_key_free(NULL);
}

/* Every single bit: what is read is not signed, and libcrypto survives it. */
static void no_bit_may_change(const char *file, const char *issuer)
{
    struct span whole = data_file(file);
    static struct wire w;
    unsigned int forged = 0;

    w.len = 0;
    wire_span(&w, whole);
    for (size_t i = 0; i < whole.len; i++) {
        w.data[i] ^= (uint8_t)(1u << i % 8);
        forged += is_signed(exact(wire_done(&w)), issuer);
        w.data[i] ^= (uint8_t)(1u << i % 8);
    }
    is_int(forged, 0, "no change of %s keeps its signature", file);
}

int main(void)
{
    signature_init();
    signatures_of_all_kinds_are_checked();
    other_keys_did_not_sign();
    keys_that_cannot_be_read_are_none();
    no_bit_may_change("leaf.der", "authority.der");
    no_bit_may_change("pss-leaf.der", "rsa-authority.der");
    no_bit_may_change("ed25519-leaf.der", "ed25519-authority.der");
    return done_testing();
}
