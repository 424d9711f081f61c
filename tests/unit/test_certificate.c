#include "tap.h"

#include "tls/certificate.h"
#include "wire.h"

static struct certificate_cache *cache_of(size_t capacity, const char *bundle)
{
    struct certificate_options options = {.capacity = capacity, .public_bundle = bundle};
    struct err why = {""};
    struct certificate_cache *c = certificate_cache_new(&options, &why);

    if (!c)
        abort();
    return c;
}

static void add_authority(struct certificate_cache *c, int index, const char *file)
{
    struct err why = {""};

    if (certificate_cache_add_authority(c, index, file, &why) < 0)
        abort();
}

static void put_certificate(struct wire *w, bool tls13, struct span der)
{
    size_t extensions;

    wire_u24(w, (unsigned int)der.len);
    wire_span(w, der);
    if (!tls13)
        return;
    extensions = wire_open(w, 2);
    wire_extension(w, 5, hex("01"));
    wire_close(w, extensions, 2);
}

/* A Certificate message of these files, ended by NULL. */
static struct span message_of(bool tls13, const char *const *files)
{
    static struct wire w;
    size_t list;

    w.len = 0;
    if (tls13)
        wire_u8(&w, 0);
    list = wire_open(&w, 3);
    for (; *files; files++)
        put_certificate(&w, tls13, data_file(*files));
    wire_close(&w, list, 3);
    return exact(wire_done(&w));
}

static void release(struct certificate **chain, int count)
{
    for (int i = 0; i < count; i++)
        certificate_unref(chain[i]);
}

static void a_chain_is_read(void)
{
    static const char *const files[] = {"leaf.der", "authority.der", NULL};
    struct certificate_cache *c = cache_of(100, NULL);
    struct certificate *chain[CERTIFICATE_CHAIN_MAX];
    const struct certificate *leaf;

    is_int(certificate_read_message(c, message_of(false, files), false, chain), 2,
           "a message of two certificates is read");
    leaf = chain[0];
    is_text(leaf->subject, "CN=www.example.org", "the leaf's subject");
    is_text(leaf->issuer, "C=US,O=Example\\, Inc.,CN=Example Inspection CA", "its issuer");
    is_text(leaf->common_name, "www.example.org", "its common name");
    is_int(leaf->not_before_s, 1709294400, "since when it is valid");
    is_int(leaf->not_after_s, 2024827200, "until when");
    ok(leaf->readable && !leaf->self_signed && !leaf->is_ca && !leaf->has_sct,
       "it is a leaf");
    is_int(leaf->authority, -1, "no authority is configured");
    is_span(leaf->der, data_file("leaf.der"), "its DER is kept");
    ok(chain[1]->is_ca && chain[1]->self_signed, "the other is a CA");
    is_int(atomic_load(&chain[0]->references), 2, "the cache and we hold it");
    release(chain, 2);
    is_int(certificate_cache_stats(c)->new_certificates, 2, "two were new");
    certificate_cache_free(c);
}

static void digests_are_those_of_the_file(void)
{
    static const char *const files[] = {"leaf.der", NULL};
    struct certificate_cache *c = cache_of(100, NULL);
    struct certificate *chain[CERTIFICATE_CHAIN_MAX];
    uint8_t whole[SHA256_BYTES], key[SHA256_BYTES];

    sha256_digest(data_file("leaf.der"), whole);
    sha256_digest(data_file("leaf-key.der"), key);
    if (certificate_read_message(c, message_of(false, files), false, chain) != 1)
        abort();
    is_span(span_of(chain[0]->sha256, SHA256_BYTES), span_of(whole, SHA256_BYTES),
            "the digest of the certificate");
    is_span(span_of(chain[0]->spki_sha256, SHA256_BYTES), span_of(key, SHA256_BYTES),
            "the digest of its key, as openssl writes the key");
    release(chain, 1);
    certificate_cache_free(c);
}

static void a_certificate_is_kept_once(void)
{
    static const char *const files[] = {"leaf.der", "leaf.der", NULL};
    static const char *const leaf[] = {"leaf.der", NULL};
    struct certificate_cache *c = cache_of(100, NULL);
    struct certificate *first[CERTIFICATE_CHAIN_MAX], *again[CERTIFICATE_CHAIN_MAX];

    is_int(certificate_read_message(c, message_of(false, files), false, first), 2,
           "a certificate that stands twice is read twice");
    ok(first[0] == first[1], "and is the same");
    is_int(certificate_read_message(c, message_of(true, leaf), true, again), 1,
           "a message of TLS 1.3 is read");
    ok(again[0] == first[0], "its certificate is the same again");
    is_int(certificate_cache_stats(c)->seen, 3, "three were seen");
    is_int(certificate_cache_stats(c)->hits, 2, "two of them were kept ones");
    release(first, 2);
    release(again, 1);
    certificate_cache_free(c);
}

static void chains_lead_to_the_authority(void)
{
    static const char *const direct[] = {"leaf.der", NULL};
    static const char *const below[] = {"leaf-of-sub.der", "sub.der", NULL};
    static const char *const shuffled[] = {"sub.der", "leaf-of-sub.der", NULL};
    static const char *const forged[] = {"leaf-of-leaf.der", "issuing-leaf.der", NULL};
    struct certificate_cache *c = cache_of(100, NULL);
    struct certificate *chain[CERTIFICATE_CHAIN_MAX];

    add_authority(c, 3, "tests/unit/data/authority.der");
    is_int(certificate_read_message(c, message_of(false, direct), false, chain), 1,
           "a leaf");
    is_int(chain[0]->authority, 3, "signed by the authority is known");
    release(chain, 1);
    is_int(certificate_read_message(c, message_of(false, below), false, chain), 2,
           "a leaf");
    is_int(chain[0]->authority, 3, "signed by its intermediate is known");
    is_int(chain[1]->authority, 3, "and so is the intermediate");
    release(chain, 2);
    is_int(certificate_read_message(c, message_of(false, shuffled), false, chain), 2,
           "the order");
    is_int(chain[1]->authority, 3, "does not matter");
    release(chain, 2);
    is_int(certificate_read_message(c, message_of(false, forged), false, chain), 2,
           "a leaf");
    is_int(chain[0]->authority, -1, "below a leaf is not");
    is_int(chain[1]->authority, 3, "though that leaf is");
    release(chain, 2);
    certificate_cache_free(c);
}

static void a_later_chain_settles_a_leaf(void)
{
    static const char *const alone[] = {"leaf-of-sub.der", NULL};
    static const char *const whole[] = {"leaf-of-sub.der", "sub.der", NULL};
    struct certificate_cache *c = cache_of(100, NULL);
    struct certificate *before[CERTIFICATE_CHAIN_MAX], *after[CERTIFICATE_CHAIN_MAX];

    add_authority(c, 0, "tests/unit/data/authority.der");
    if (certificate_read_message(c, message_of(false, alone), false, before) != 1 ||
        certificate_read_message(c, message_of(false, whole), false, after) != 2)
        abort();
    is_int(before[0]->authority, -1, "a leaf without its chain is not known");
    is_int(after[0]->authority, 0, "with it, it is");
    is_int(before[0]->authority, -1, "what was handed out before is not changed");
    release(before, 1);
    release(after, 2);
    is_int(certificate_read_message(c, message_of(false, alone), false, before), 1,
           "the leaf alone");
    is_int(before[0]->authority, 0, "is known from then on");
    release(before, 1);
    certificate_cache_free(c);
}

static void public_chains_lead_to_a_root(void)
{
    static const char *const files[] = {"leaf-of-sub.der", "sub.der", NULL};
    struct certificate_cache *c = cache_of(100, "tests/unit/data/authority.der");
    struct certificate *chain[CERTIFICATE_CHAIN_MAX];

    if (certificate_read_message(c, message_of(false, files), false, chain) != 2)
        abort();
    ok(chain[0]->public_anchor && chain[1]->public_anchor,
       "a chain below a public root is known");
    is_int(chain[0]->authority, -1, "and belongs to no authority");
    release(chain, 2);
    certificate_cache_free(c);
}

static void the_least_recently_used_goes_first(void)
{
    static const char *const files[] = {"leaf.der", "sub.der", "logged.der", NULL};
    static const char *const leaf[] = {"leaf.der", NULL}, *const sub[] = {"sub.der", NULL};
    struct certificate_cache *c = cache_of(2, NULL);
    struct certificate *chain[CERTIFICATE_CHAIN_MAX], *other[CERTIFICATE_CHAIN_MAX];

    if (certificate_read_message(c, message_of(false, files), false, chain) != 3)
        abort();
    is_int(certificate_cache_stats(c)->evicted, 1, "a third certificate drives one out");
    is_text(chain[0]->subject, "CN=www.example.org", "who holds that one has it still");
    if (certificate_read_message(c, message_of(false, sub), false, other) != 1)
        abort();
    ok(other[0] == chain[1], "the second is kept");
    release(other, 1);
    if (certificate_read_message(c, message_of(false, leaf), false, other) != 1)
        abort();
    ok(other[0] != chain[0], "the first is read anew");
    release(other, 1);
    if (certificate_read_message(c, message_of(false, sub), false, other) != 1)
        abort();
    ok(other[0] == chain[1], "what was used later stays longer");
    release(other, 1);
    release(chain, 3);
    certificate_cache_free(c);
}

/* Garbage of 40,000 bytes each: the capacity is meant for certificates of usual size. */
static void large_certificates_count_for_more(void)
{
    static struct wire w;
    struct certificate_cache *c = cache_of(20, NULL);
    struct certificate *chain[CERTIFICATE_CHAIN_MAX];

    for (unsigned int i = 0; i < 20; i++) {
        size_t list, der;

        w.len = 0;
        list = wire_open(&w, 3);
        der = wire_open(&w, 3);
        wire_fill(&w, i, 40000);
        wire_close(&w, der, 3);
        wire_close(&w, list, 3);
        if (certificate_read_message(c, wire_done(&w), false, chain) != 1)
            abort();
        ok(!chain[0]->readable && chain[0]->authority == -1, "garbage %u is not readable",
           i);
        release(chain, 1);
    }
    ok(certificate_cache_stats(c)->evicted >= 17, "few of them are kept");
    is_int(certificate_cache_stats(c)->malformed, 20, "all of them are counted");
    certificate_cache_free(c);
}

static void malformed_messages_are_refused(void)
{
    static const char *const files[] = {"leaf.der", "sub.der", NULL};
    static const char *const leaf[] = {"leaf.der", NULL};
    struct certificate_cache *c = cache_of(100, NULL);
    struct certificate *chain[CERTIFICATE_CHAIN_MAX];
    struct span whole = message_of(false, files), newer = message_of(true, leaf);
    bool refused = true;

    for (size_t n = 0; n < whole.len; n++)
        refused = refused && certificate_read_message(c, exact(span_first(whole, n)), false,
                                                      chain) == -1;
    ok(refused, "each truncation of a message is refused");
    refused = true;
    for (size_t n = 0; n < newer.len; n++)
        refused = refused && certificate_read_message(c, exact(span_first(newer, n)), true,
                                                      chain) == -1;
    ok(refused, "and of one of TLS 1.3");
    is_int(certificate_cache_stats(c)->new_certificates, 0, "nothing of them is kept");
    is_int(certificate_read_message(c, hex("000003 000000"), false, chain), -1,
           "an empty certificate is refused");
    is_int(certificate_read_message(c, hex("000000 00"), false, chain), -1,
           "a byte behind the list is refused");
    is_int(certificate_read_message(c, hex("000000"), false, chain), 0,
           "an empty list is a client without certificate");
    is_int(certificate_read_message(c, hex("02aabb 000000"), true, chain), 0,
           "also with a context in TLS 1.3");
    certificate_cache_free(c);
}

static void sizes_have_ceilings(void)
{
    static struct wire w;
    struct certificate_cache *c = cache_of(100, NULL);
    struct certificate *chain[CERTIFICATE_CHAIN_MAX];
    struct span leaf = data_file("leaf.der");
    size_t list = wire_open(&w, 3);

    for (int i = 0; i < 13; i++)
        put_certificate(&w, false, leaf);
    wire_close(&w, list, 3);
    is_int(certificate_read_message(c, exact(wire_done(&w)), false, chain),
           CERTIFICATE_CHAIN_MAX, "a long chain is cut");
    is_int(certificate_cache_stats(c)->chain_cut, 3, "and the rest counted");
    release(chain, CERTIFICATE_CHAIN_MAX);
    w.len = 0;
    list = wire_open(&w, 3);
    wire_u24(&w, CERTIFICATE_MAX + 1);
    wire_fill(&w, 0x30, CERTIFICATE_MAX + 1);
    wire_close(&w, list, 3);
    is_int(certificate_read_message(c, exact(wire_done(&w)), false, chain), -1,
           "a certificate of more than 64 KiB is refused");
    certificate_cache_free(c);
}

static void authorities_come_from_files(void)
{
    static const uint8_t none[SHA256_BYTES] = {1};
    struct certificate_cache *c = cache_of(10, NULL);
    struct err why = {""};

    add_authority(c, 1, "tests/unit/data/authorities.pem");
    add_authority(c, 1, "tests/unit/data/ed25519-authority.der");
    is_text(certificate_cache_authority(c, 1)->common_name, "Example Inspection CA",
            "the first certificate of an authority is shown");
    is_int(certificate_cache_authority(c, 1)->not_after_s, 2024827200, "with its end");
    ok(!certificate_cache_authority(c, 0), "another index has none");
    is_int(
        certificate_cache_find_authority(c, certificate_cache_authority(c, 1)->spki_sha256),
        1, "by its key it is found again");
    is_int(certificate_cache_find_authority(c, none), -1, "and nothing by another one");
    is_int(certificate_cache_add_authority(c, 2, "tests/unit/data/certificates.sh", &why),
           -1, "a script is no authority");
    is_text(why.text, "tests/unit/data/certificates.sh: certificate 1: not a certificate",
            "and the sentence says so");
    is_int(certificate_cache_add_authority(c, 2, "tests/unit/data/none.pem", &why), -1,
           "a missing file is an error");
    is_text(why.text, "tests/unit/data/none.pem: No such file or directory",
            "that names it");
    is_int(certificate_cache_add_authority(c, 2, "/dev/null", &why), -1,
           "so is an empty one");
    is_text(why.text, "/dev/null: holds no certificate", "that holds none");
    certificate_cache_free(c);
    certificate_cache_free(NULL);
    certificate_unref(NULL);
}

int main(void)
{
    a_chain_is_read();
    digests_are_those_of_the_file();
    a_certificate_is_kept_once();
    chains_lead_to_the_authority();
    a_later_chain_settles_a_leaf();
    public_chains_lead_to_a_root();
    the_least_recently_used_goes_first();
    large_certificates_count_for_more();
    malformed_messages_are_refused();
    sizes_have_ceilings();
    authorities_come_from_files();
    return done_testing();
}
