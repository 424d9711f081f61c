#include "crypto/signature.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

/* An EVP_PKEY under a name of ours, so that no header shows libcrypto's. */
struct signature_key {
    EVP_PKEY *key;
};

void signature_init(void)
{
    (void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
}

struct signature_key *signature_key_new(struct span spki)
{
    struct signature_key *key = calloc(1, sizeof(*key));
    const unsigned char *at = spki.data;

    if (!key)
        return NULL;
    key->key = d2i_PUBKEY(NULL, &at, (long)spki.len);
    ERR_clear_error();
    if (!key->key) {
        free(key);
        return NULL;
    }
    return key;
}

void signature_key_free(struct signature_key *key)
{
    if (!key)
        return;
    EVP_PKEY_free(key->key);
    free(key);
}

/* What an AlgorithmIdentifier says: the digest (NID_undef where the key's kind implies it or
 * parameters name it) and the kind of key. */
static bool algorithm_of(struct span algorithm, int *digest, int *key_kind)
{
    const unsigned char *at = algorithm.data;
    X509_ALGOR *parsed = d2i_X509_ALGOR(NULL, &at, (long)algorithm.len);
    const ASN1_OBJECT *object = NULL;
    bool known;

    if (!parsed)
        return false;
    X509_ALGOR_get0(&object, NULL, NULL, parsed);
    known = OBJ_find_sigid_algs(OBJ_obj2nid(object), digest, key_kind) == 1;
    X509_ALGOR_free(parsed);
    return known;
}

/* RSASSA-PSS names its digest in parameters: there the library reads the whole certificate. */
static bool whole_made_by(const struct signature_input *input, EVP_PKEY *key)
{
    const unsigned char *at = input->certificate.data;
    X509 *certificate = d2i_X509(NULL, &at, (long)input->certificate.len);
    bool made = certificate && X509_verify(certificate, key) == 1;

    X509_free(certificate);
    return made;
}

static bool bytes_made_by(const struct signature_input *input, int digest, EVP_PKEY *key)
{
    const EVP_MD *hash = digest == NID_undef ? NULL : EVP_get_digestbynid(digest);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool made = context && (hash || digest == NID_undef) &&
                EVP_DigestVerifyInit(context, NULL, hash, NULL, key) == 1 &&
                EVP_DigestVerify(context, input->signature.data, input->signature.len,
                                 input->tbs.data, input->tbs.len) == 1;

    EVP_MD_CTX_free(context);
    return made;
}

bool signature_made_by(const struct signature_input *input, const struct signature_key *key)
{
    int digest = NID_undef, key_kind = NID_undef;
    bool made = false;

    if (algorithm_of(input->algorithm, &digest, &key_kind)) {
        if (key_kind == EVP_PKEY_RSA_PSS)
            made = whole_made_by(input, key->key);
        else if (key_kind == EVP_PKEY_get_base_id(key->key))
            made = bytes_made_by(input, digest, key->key);
    }
    ERR_clear_error();
    return made;
}
