#include "tap.h"

#include "tls/trust.h"
#include "wire.h"

static struct trust *trust_with(const char *bundle, const char *const *authorities,
                                int count)
{
    struct err why = {""};
    struct trust *t = trust_new(bundle, &why);

    for (int i = 0; t && i < count; i++)
        if (trust_add_authority(t, i, data_file(authorities[i]), &why) < 0)
            abort();
    if (!t)
        abort();
    return t;
}

static struct trust_verdict judge(struct trust *t, const char *file)
{
    struct span der = data_file(file);
    struct x509 x;

    if (!x509_parse(der, &x))
        abort();
    return trust_judge(t, &x, der);
}

static void authorities_are_known_by_their_key(void)
{
    static const char *const files[] = {"ed25519-authority.der", "authority.der",
                                        "rsa-authority.der"};
    struct trust *t = trust_with(NULL, files, 3);

    is_int(judge(t, "leaf.der").authority, 1, "a leaf of the second authority");
    is_int(judge(t, "sub.der").authority, 1, "an intermediate of it");
    is_int(judge(t, "authority.der").authority, 1, "its own certificate");
    is_int(judge(t, "renamed.der").authority, 1, "its key under another name");
    is_int(judge(t, "pss-leaf.der").authority, 2, "a leaf of the third");
    is_int(judge(t, "ed25519-leaf.der").authority, 0, "a leaf of the first");
    is_int(judge(t, "leaf-of-impostor.der").authority, -1,
           "a leaf of the name with another key");
    is_int(judge(t, "impostor.der").authority, -1, "and the impostor itself");
    is_int(judge(t, "leaf-of-sub.der").authority, -1,
           "a leaf of the intermediate, seen alone");
    is_int(judge(t, "stranger.der").authority, -1, "somebody else");
    ok(!judge(t, "leaf.der").public_anchor, "there are no public roots");
    trust_free(t);
}

/* The operator gave the certificate under its new name; what it signed says the old one. */
static void a_renamed_authority_is_found(void)
{
    static const char *const one[] = {"renamed.der"};
    static const char *const many[] = {
        "renamed.der",           "impostor.der", "rsa-authority.der",
        "ed25519-authority.der", "stranger.der", "sub.der",
        "issuing-leaf.der",      "logged.der",   "leaf-of-leaf.der",
    };
    struct trust *t = trust_with(NULL, one, 1);

    is_int(judge(t, "leaf.der").authority, 0, "by its key identifier");
    is_int(judge(t, "leaf-of-impostor.der").authority, -1, "the impostor is not it");
    trust_free(t);
    t = trust_with(NULL, many, 9);
    is_int(judge(t, "leaf.der").authority, 0, "also among more than are tried unnamed");
    trust_free(t);
}

static void public_roots_are_anchors(void)
{
    static const char *const files[] = {"authority.der"};
    struct trust *t = trust_with("tests/unit/data/stranger.der", NULL, 0);

    ok(judge(t, "logged.der").public_anchor, "a leaf of a root of the bundle");
    ok(judge(t, "stranger.der").public_anchor, "the root itself");
    ok(!judge(t, "leaf.der").public_anchor, "a leaf of somebody else");
    is_int(judge(t, "logged.der").authority, -1, "a public root is no authority");
    trust_free(t);
    t = trust_with("tests/unit/data/authorities.pem", files, 1);
    ok(!judge(t, "leaf.der").public_anchor, "an authority among the public roots is none");
    is_int(judge(t, "leaf.der").authority, 0, "but an authority");
    ok(judge(t, "pss-leaf.der").public_anchor, "the other roots stay");
    trust_free(t);
}

static void links_need_a_ca_that_signed(void)
{
    static const struct {
        const char *leaf, *issuer, *why;
        bool is_link;
    } cases[] = {
        {"leaf-of-sub.der", "sub.der", "a leaf and its issuer are a link", true},
        {"sub.der", "authority.der", "so are two CAs", true},
        {"leaf-of-leaf.der", "issuing-leaf.der", "a leaf cannot issue", false},
        {"leaf.der", "impostor.der", "the name alone does not link", false},
        {"leaf.der", "renamed.der", "the key alone does not link", false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct span der = data_file(cases[i].leaf);
        struct x509 leaf, issuer;

        if (!x509_parse(der, &leaf) || !x509_parse(data_file(cases[i].issuer), &issuer))
            abort();
        ok(trust_is_link(&leaf, der, &issuer) == cases[i].is_link, "%s", cases[i].why);
    }
}

static void odd_anchors_are_refused(void)
{
    struct err why = {""};
    struct trust *t = trust_new("tests/unit/data/none.pem", &why);

    ok(t, "a missing bundle is no error");
    ok(trust_is_empty(t), "there is nothing to trust");
    is_int(trust_add_authority(t, 0, hex("3003020105"), &why), -1,
           "a number is no authority");
    is_text(why.text, "not a certificate", "and is said not to be");
    trust_free(t);
    trust_free(NULL);
    t = trust_new("tests/unit/data/certificates.sh", &why);
    ok(t && trust_is_empty(t), "a bundle of anything else holds no roots");
    trust_free(t);
}

int main(void)
{
    authorities_are_known_by_their_key();
    a_renamed_authority_is_found();
    public_roots_are_anchors();
    links_need_a_ca_that_signed();
    odd_anchors_are_refused();
    return done_testing();
}
