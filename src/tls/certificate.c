#include "tls/certificate.h"

#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
/* The key of the map is a seeded hash already. */
#define HASH_FUNCTION(key, len, hash) ((hash) = map_hash(key))
#include <uthash.h>
#include <utlist.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "crypto/keyed_hash.h"
#include "crypto/pem.h"
#include "tls/trust.h"
#include "tls/x509.h"

/* Room that one certificate may take on average, so that large ones cannot fill the memory that
 * the capacity promises: chains on the web have 1.2 KiB, the text fields add as much. */
#define CERTIFICATE_MEAN_BYTES 4096u

/* A certificate and what only its cache looks at. The DER follows the struct in the same block. */
struct entry {
    struct certificate certificate; /* first: one pointer serves for both */
    struct x509 x;                  /* if readable; spans into `der` */
    uint64_t key;                   /* seeded hash of the DER */
    uint64_t tried_issuer; /* key of the last issuer in a chain that did not sign it */
    UT_hash_handle hh;
    struct entry *prev, *next; /* least recently used first */
    uint8_t der[];
};

struct authority {
    int index;
    struct certificate *certificate;
    struct authority *next;
};

struct certificate_cache {
    uint64_t seed;
    struct trust *trust;
    struct authority *authorities; /* in the order they were added */
    struct entry *map;
    struct entry *oldest;
    size_t count;
    size_t capacity;
    size_t bytes;
    struct certificate_stats stats;
};

static unsigned int map_hash(const void *key)
{
    uint64_t hash;

    memcpy(&hash, key, sizeof(hash));
    return (unsigned int)hash;
}

static struct entry *entry_of(struct certificate *certificate)
{
    return (struct entry *)(void *)certificate;
}

static size_t entry_bytes(const struct entry *e)
{
    return sizeof(*e) + e->certificate.der.len;
}

static void read_fields(struct entry *e)
{
    struct certificate *c = &e->certificate;
    struct text subject = text_in(c->subject, sizeof(c->subject));
    struct text issuer = text_in(c->issuer, sizeof(c->issuer));
    struct text common_name = text_in(c->common_name, sizeof(c->common_name));

    c->readable = x509_parse(c->der, &e->x);
    if (!c->readable)
        return;
    sha256_digest(e->x.spki, c->spki_sha256);
    x509_add_name(&subject, e->x.subject);
    x509_add_name(&issuer, e->x.issuer);
    x509_add_common_name(&common_name, e->x.subject);
    c->not_before_s = e->x.not_before_s;
    c->not_after_s = e->x.not_after_s;
    c->self_signed = e->x.self_signed;
    c->has_sct = e->x.has_sct;
    c->is_ca = e->x.is_ca;
}

/* A certificate with one reference, its fields read, not judged; NULL when memory is out. */
static struct entry *entry_new(uint64_t key, struct span der)
{
    struct entry *e = calloc(1, sizeof(*e) + der.len);

    if (!e)
        return NULL;
    memcpy(e->der, der.data, der.len);
    e->key = key;
    e->certificate.der = span_of(e->der, der.len);
    e->certificate.authority = -1;
    atomic_init(&e->certificate.references, 1);
    sha256_digest(der, e->certificate.sha256);
    read_fields(e);
    return e;
}

struct certificate *certificate_ref(struct certificate *certificate)
{
    atomic_fetch_add_explicit(&certificate->references, 1, memory_order_relaxed);
    return certificate;
}

void certificate_unref(struct certificate *certificate)
{
    if (certificate &&
        atomic_fetch_sub_explicit(&certificate->references, 1, memory_order_acq_rel) == 1)
        free(entry_of(certificate));
}

static struct entry *find(struct certificate_cache *c, uint64_t key)
{
    struct entry *e = NULL;

    HASH_FIND(hh, c->map, &key, sizeof(key), e);
    return e;
}

static void drop(struct certificate_cache *c, struct entry *e)
{
    /* The analyser forgets that what is dropped is in the map, so that this is not empty. */
    HASH_DEL(c->map, e); /* NOLINT(clang-analyzer-core.NullDereference) */
    DL_DELETE(c->oldest, e);
    c->count--;
    c->bytes -= entry_bytes(e);
    certificate_unref(&e->certificate);
}

static bool is_full(const struct certificate_cache *c)
{
    return c->count > c->capacity || c->bytes / CERTIFICATE_MEAN_BYTES > c->capacity;
}

/* Keep an entry, under a reference of the cache's own, in place of what had its key. */
static void keep(struct certificate_cache *c, struct entry *e)
{
    struct entry *same = find(c, e->key);

    if (same)
        drop(c, same);
    HASH_ADD(hh, c->map, key, sizeof(e->key), e);
    if (!e->hh.tbl)
        return; /* no memory: it lives as long as the caller's reference */
    DL_APPEND(c->oldest, e);
    (void)certificate_ref(&e->certificate);
    c->count++;
    c->bytes += entry_bytes(e);
    while (is_full(c) && c->oldest != e) {
        drop(c, c->oldest);
        c->stats.evicted++;
    }
}

static void set_verdict(struct entry *e, struct trust_verdict verdict)
{
    e->certificate.authority = verdict.authority;
    e->certificate.public_anchor = verdict.public_anchor;
}

static bool is_settled(const struct entry *e)
{
    return e->certificate.authority >= 0 || e->certificate.public_anchor;
}

/* The entry of a certificate, kept or new, with a reference for the caller; NULL without memory. */
static struct entry *look_up(struct certificate_cache *c, struct span der)
{
    uint64_t key = XXH3_64bits_withSeed(der.data, der.len, c->seed);
    struct entry *e = find(c, key);

    c->stats.seen++;
    if (e && span_equal(e->certificate.der, der)) {
        c->stats.hits++;
        DL_DELETE(c->oldest, e);
        DL_APPEND(c->oldest, e);
        (void)certificate_ref(&e->certificate);
        return e;
    }
    e = entry_new(key, der);
    if (!e) {
        c->stats.out_of_memory++;
        return NULL;
    }
    c->stats.new_certificates++;
    if (!e->certificate.readable)
        c->stats.malformed++;
    else if (!trust_is_empty(c->trust))
        set_verdict(e, trust_judge(c->trust, &e->x, e->certificate.der));
    keep(c, e);
    return e;
}

/* A certificate without verdict may have been handed out: a settled copy takes its place. */
static struct entry *replace(struct certificate_cache *c, struct entry *e,
                             struct trust_verdict verdict)
{
    struct entry *settled = entry_new(e->key, e->certificate.der);

    if (!settled)
        return e;
    set_verdict(settled, verdict);
    keep(c, settled);
    certificate_unref(&e->certificate);
    return settled;
}

/* `issuer` has a verdict and its key signed `e`, which has none. */
static bool inherits(struct entry *e, const struct entry *issuer)
{
    if (!e->certificate.readable || is_settled(e) || !is_settled(issuer) ||
        e->tried_issuer == issuer->key)
        return false;
    if (trust_is_link(&e->x, e->certificate.der, &issuer->x))
        return true;
    e->tried_issuer = issuer->key;
    return false;
}

/* Settle one certificate through another of the chain; false when there is none to settle. */
static bool settle_one(struct certificate_cache *c, struct entry **chain, int count)
{
    for (int i = count - 1; i >= 0; i--) {
        for (int k = count - 1; k >= 0; k--) {
            if (i == k || !inherits(chain[i], chain[k]))
                continue;
            chain[i] = replace(c, chain[i],
                               (struct trust_verdict){
                                   .authority = chain[k]->certificate.authority,
                                   .public_anchor = chain[k]->certificate.public_anchor,
                               });
            return is_settled(chain[i]);
        }
    }
    return false;
}

/*
 * TLS 1.3 (RFC 8446 4.4.2):                       before (RFC 5246 7.4.2):
 *   struct {                                        opaque ASN.1Cert<1..2^24-1>;
 *       opaque cert_data<1..2^24-1>;                struct {
 *       Extension extensions<0..2^16-1>;                ASN.1Cert certificate_list<0..2^24-1>;
 *   } CertificateEntry;                             } Certificate;
 *   struct {
 *       opaque certificate_request_context<0..2^8-1>;
 *       CertificateEntry certificate_list<0..2^24-1>;
 *   } Certificate;
 */
static int split_message(struct certificate_cache *c, struct span body, bool tls13,
                         struct span ders[CERTIFICATE_CHAIN_MAX])
{
    struct span context, list, der, extensions;
    uint64_t cut = 0;
    int count = 0;

    if ((tls13 && !span_vec(&body, 1, &context)) || !span_vec(&body, 3, &list) ||
        !span_empty(body))
        return -1;
    while (!span_empty(list)) {
        if (!span_vec(&list, 3, &der) || span_empty(der) || der.len > CERTIFICATE_MAX ||
            (tls13 && !span_vec(&list, 2, &extensions)))
            return -1;
        if (count < CERTIFICATE_CHAIN_MAX)
            ders[count++] = der;
        else
            cut++;
    }
    c->stats.chain_cut += cut;
    return count;
}

int certificate_read_message(struct certificate_cache *c, struct span body, bool tls13,
                             struct certificate *chain[CERTIFICATE_CHAIN_MAX])
{
    struct span ders[CERTIFICATE_CHAIN_MAX];
    struct entry *entries[CERTIFICATE_CHAIN_MAX];
    int found = split_message(c, body, tls13, ders);
    int count = 0;

    if (found < 0) {
        c->stats.malformed++;
        return -1;
    }
    for (int i = 0; i < found; i++) {
        struct entry *e = look_up(c, ders[i]);

        if (e)
            entries[count++] = e;
    }
    while (settle_one(c, entries, count))
        continue;
    for (int i = 0; i < count; i++)
        chain[i] = &entries[i]->certificate;
    return count;
}

/* --- set-up --- */

struct certificate_cache *certificate_cache_new(const struct certificate_options *options,
                                                struct err *why)
{
    struct certificate_cache *c = calloc(1, sizeof(*c));
    struct hash_seed seed;

    if (!c) {
        (void)err_set(why, "out of memory for certificates");
        return NULL;
    }
    keyed_hash_seed(&seed);
    c->seed = seed.halves[0];
    c->capacity = options->capacity;
    c->trust = trust_new(options->public_bundle, why);
    if (!c->trust) {
        certificate_cache_free(c);
        return NULL;
    }
    return c;
}

/* What a file of authorities is read into. */
struct authority_file {
    struct certificate_cache *cache;
    int index;
    const char *file;
    int certificates;
};

static int add_authority(void *ctx, struct span der, struct err *why)
{
    struct authority_file *f = ctx;
    struct authority *a;
    struct entry *e;
    struct err inner;

    f->certificates++;
    if (trust_add_authority(f->cache->trust, f->index, der, &inner) < 0)
        return err_set(why, "%s: certificate %d: %s", f->file, f->certificates, inner.text);
    a = calloc(1, sizeof(*a));
    e = entry_new(0, der);
    if (!a || !e) {
        free(a);
        free(e);
        return err_set(why, "%s: out of memory", f->file);
    }
    e->certificate.authority = f->index;
    a->index = f->index;
    a->certificate = &e->certificate;
    LL_APPEND(f->cache->authorities, a);
    return 0;
}

int certificate_cache_add_authority(struct certificate_cache *c, int index,
                                    const char *file, struct err *why)
{
    struct authority_file f = {.cache = c, .index = index, .file = file};

    if (pem_read_file(file, add_authority, &f, why) < 0)
        return -1;
    if (f.certificates == 0)
        return err_set(why, "%s: holds no certificate", file);
    return 0;
}

const struct certificate *certificate_cache_authority(const struct certificate_cache *c,
                                                      int index)
{
    for (const struct authority *a = c->authorities; a; a = a->next)
        if (a->index == index)
            return a->certificate;
    return NULL;
}

int certificate_cache_find_authority(const struct certificate_cache *c,
                                     const uint8_t spki_sha256[SHA256_BYTES])
{
    for (const struct authority *a = c->authorities; a; a = a->next)
        if (memcmp(a->certificate->spki_sha256, spki_sha256, SHA256_BYTES) == 0)
            return a->index;
    return -1;
}

const struct certificate_stats *certificate_cache_stats(const struct certificate_cache *c)
{
    return &c->stats;
}

void certificate_cache_succeed(struct certificate_cache *c,
                               const struct certificate_cache *before)
{
    c->stats = before->stats;
}

void certificate_cache_free(struct certificate_cache *c)
{
    if (!c)
        return;
    HASH_CLEAR(hh, c->map);
    for (struct entry *e = c->oldest, *next; e; e = next) {
        next = e->next;
        certificate_unref(&e->certificate);
    }
    for (struct authority *a = c->authorities; a; a = c->authorities) {
        LL_DELETE(c->authorities, a);
        certificate_unref(a->certificate);
        free(a);
    }
    trust_free(c->trust);
    free(c);
}
