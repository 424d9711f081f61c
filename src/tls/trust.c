#include "tls/trust.h"

#include <stdlib.h>
#include <unistd.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "crypto/pem.h"
#include "crypto/signature.h"

/* An authority or a root. `der` follows the struct in the same block. */
struct anchor {
    struct x509 x;
    struct signature_key *key; /* of a root: made when it is first needed */
    int authority;             /* -1 for a public root */
    struct anchor *next;       /* all authorities, or all roots */
    struct anchor *same;       /* further roots with the same subject */
    UT_hash_handle hh;         /* roots, by subject */
    uint8_t der[];
};

struct trust {
    struct anchor *authorities;
    size_t authority_count;
    struct anchor *roots;
    struct anchor *root_of; /* map by subject */
};

static void anchor_free(struct anchor *a)
{
    if (!a)
        return;
    signature_key_free(a->key);
    free(a);
}

/* NULL when it is no certificate or memory is out. */
static struct anchor *anchor_new(int authority, struct span der)
{
    struct anchor *a = calloc(1, sizeof(*a) + der.len);

    if (!a)
        return NULL;
    a->authority = authority;
    memcpy(a->der, der.data, der.len);
    if (!x509_parse(span_of(a->der, der.len), &a->x)) {
        free(a);
        return NULL;
    }
    return a;
}

/* Roots that cannot be read, and those for which memory is out, are left out. */
static int add_root(void *ctx, struct span der, struct err *why)
{
    struct trust *t = ctx;
    struct anchor *root = anchor_new(-1, der);
    struct anchor *first = NULL;

    (void)why;
    if (!root)
        return 0;
    HASH_FIND(hh, t->root_of, root->x.subject.data, root->x.subject.len, first);
    if (first) {
        root->same = first->same;
        first->same = root;
    } else {
        HASH_ADD_KEYPTR(hh, t->root_of, root->x.subject.data, root->x.subject.len, root);
        if (!root->hh.tbl) {
            anchor_free(root);
            return 0;
        }
    }
    root->next = t->roots;
    t->roots = root;
    return 0;
}

struct trust *trust_new(const char *public_bundle, struct err *why)
{
    struct trust *t = calloc(1, sizeof(*t));

    if (!t) {
        (void)err_set(why, "out of memory for certificate authorities");
        return NULL;
    }
    signature_init();
    if (public_bundle && access(public_bundle, F_OK) == 0 &&
        pem_read_file(public_bundle, add_root, t, why) < 0) {
        trust_free(t);
        return NULL;
    }
    return t;
}

int trust_add_authority(struct trust *t, int index, struct span der, struct err *why)
{
    struct anchor *a = anchor_new(index, der);

    if (!a)
        return err_set(why, "not a certificate");
    a->key = signature_key_new(a->x.spki);
    if (!a->key) {
        anchor_free(a);
        return err_set(why, "a certificate with an unknown kind of key");
    }
    a->next = t->authorities;
    t->authorities = a;
    t->authority_count++;
    return 0;
}

bool trust_is_empty(const struct trust *t)
{
    return !t->authorities && !t->roots;
}

static struct signature_input input_of(const struct x509 *certificate, struct span der)
{
    return (struct signature_input){
        .certificate = der,
        .tbs = certificate->tbs,
        .algorithm = certificate->algorithm,
        .signature = certificate->signature,
    };
}

static bool is_signed_by(const struct x509 *certificate, struct span der, struct anchor *by)
{
    struct signature_input input = input_of(certificate, der);

    if (!by->key)
        by->key = signature_key_new(by->x.spki);
    return by->key && signature_made_by(&input, by->key);
}

/* The certificate says, by name or by key identifier, that `by` issued it. */
static bool names(const struct x509 *certificate, const struct anchor *by)
{
    return span_equal(certificate->issuer, by->x.subject) ||
           (!span_empty(certificate->authority_key_id) &&
            span_equal(certificate->authority_key_id, by->x.subject_key_id));
}

static int find_authority(struct trust *t, const struct x509 *certificate, struct span der)
{
    bool named = false;

    for (struct anchor *a = t->authorities; a; a = a->next)
        if (span_equal(certificate->spki, a->x.spki))
            return a->authority;
    for (struct anchor *a = t->authorities; a; a = a->next) {
        if (!names(certificate, a))
            continue;
        named = true;
        if (is_signed_by(certificate, der, a))
            return a->authority;
    }
    if (named || t->authority_count > TRUST_TRIED_UNNAMED)
        return -1;
    for (struct anchor *a = t->authorities; a; a = a->next)
        if (is_signed_by(certificate, der, a))
            return a->authority;
    return -1;
}

static bool has_public_root(struct trust *t, const struct x509 *certificate,
                            struct span der)
{
    struct anchor *root = NULL;

    if (!t->roots)
        return false;
    HASH_FIND(hh, t->root_of, certificate->issuer.data, certificate->issuer.len, root);
    for (; root; root = root->same)
        if (span_equal(certificate->spki, root->x.spki) ||
            is_signed_by(certificate, der, root))
            return true;
    return false;
}

struct trust_verdict trust_judge(struct trust *t, const struct x509 *certificate,
                                 struct span der)
{
    struct trust_verdict verdict = {.authority = find_authority(t, certificate, der)};

    verdict.public_anchor = verdict.authority < 0 && has_public_root(t, certificate, der);
    return verdict;
}

bool trust_is_link(const struct x509 *certificate, struct span der,
                   const struct x509 *issuer)
{
    struct signature_input input = input_of(certificate, der);
    struct signature_key *key;
    bool made;

    if (!issuer->is_ca || !span_equal(certificate->issuer, issuer->subject))
        return false;
    key = signature_key_new(issuer->spki);
    made = key && signature_made_by(&input, key);
    signature_key_free(key);
    return made;
}

static void free_all(struct anchor *a)
{
    while (a) {
        struct anchor *next = a->next;

        anchor_free(a);
        a = next;
    }
}

void trust_free(struct trust *t)
{
    if (!t)
        return;
    HASH_CLEAR(hh, t->root_of);
    free_all(t->authorities);
    free_all(t->roots);
    free(t);
}
