/*
 * A Certificate message. Bit 0 of the first byte: of TLS 1.3. Bit 1: with an inspection authority,
 * so that libcrypto sees the certificates as well.
 */
#include "property.h"
#include "tls/certificate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct certificate_cache *cache_with(bool authority)
{
    struct certificate_options options = {.capacity = 10000};
    struct err why;
    struct certificate_cache *c = certificate_cache_new(&options, &why);

    must(c);
    if (authority)
        must(certificate_cache_add_authority(c, 7, "tests/unit/data/authorities.pem",
                                             &why) == 0);
    return c;
}

static void check_certificate(const struct certificate *c, struct span body)
{
    uint8_t digest[SHA256_BYTES];

    must(c->der.len > 0 && c->der.len <= CERTIFICATE_MAX && c->der.len <= body.len);
    must(!lies_in(c->der, body));
    sha256_digest(c->der, digest);
    must(memcmp(digest, c->sha256, sizeof(digest)) == 0);
    must(strlen(c->subject) < sizeof(c->subject) && is_printable(c->subject));
    must(strlen(c->issuer) < sizeof(c->issuer) && is_printable(c->issuer));
    must(strlen(c->common_name) < sizeof(c->common_name) && is_printable(c->common_name));
    must(c->authority == -1 || c->authority == 7);
    must(!c->public_anchor);
    must(c->readable ||
         (!c->subject[0] && !c->issuer[0] && !c->is_ca && c->authority == -1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct certificate *first[CERTIFICATE_CHAIN_MAX], *second[CERTIFICATE_CHAIN_MAX];
    struct span body = span_of(data, size);
    struct certificate_cache *c;
    uint8_t flags;
    int count;

    if (!span_u8(&body, &flags))
        return 0;
    c = cache_with(flags & 2);
    count = certificate_read_message(c, body, flags & 1, first);
    must(count >= -1 && count <= CERTIFICATE_CHAIN_MAX);
    must(certificate_read_message(c, body, flags & 1, second) == count);
    for (int i = 0; i < count; i++) {
        check_certificate(first[i], body);
        must(first[i] == second[i]);
        must(span_equal(first[i]->der, second[i]->der));
    }
    /* What was handed out outlives the cache. */
    certificate_cache_free(c);
    for (int i = 0; i < count; i++) {
        check_certificate(second[i], body);
        certificate_unref(first[i]);
        certificate_unref(second[i]);
    }
    return 0;
}
