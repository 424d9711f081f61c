#include "fingerprint/prints.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define WAYS 4
/* What goes into the value of a hello; what is longer is told apart by its hash alone. */
#define FACTS_MAX 2048u
/* Extension types of one hello that go into the value in one piece; more go in pieces. */
#define TYPES_AT_ONCE 64

struct value {
    uint64_t low, high;
};

struct client_entry {
    struct value value; /* 0, 0: empty */
    struct client_prints prints;
};

struct server_entry {
    struct value value;
    char ja3s[JA3_TEXT_MAX];
};

struct prints {
    struct client_entry *clients;
    struct server_entry *servers;
    size_t sets; /* of WAYS entries each; a power of two, 0 without cache */
    uint64_t seed;
    uint32_t turn; /* which way of a full set goes next */
    struct prints_stats stats;
};

struct prints *prints_new(size_t entries, uint64_t seed, struct err *why)
{
    struct prints *p = calloc(1, sizeof(*p));

    if (!p) {
        (void)err_set(why, "no memory for fingerprints");
        return NULL;
    }
    p->seed = seed;
    if (!entries)
        return p;
    p->sets = 1;
    while (p->sets * WAYS < entries)
        p->sets *= 2;
    p->clients = calloc(p->sets * WAYS, sizeof(*p->clients));
    p->servers = calloc(p->sets * WAYS, sizeof(*p->servers));
    if (!p->clients || !p->servers) {
        (void)err_set(why, "no memory for %zu fingerprints", p->sets * WAYS);
        prints_free(p);
        return NULL;
    }
    return p;
}

void prints_free(struct prints *p)
{
    if (!p)
        return;
    free(p->clients);
    free(p->servers);
    free(p);
}

const struct prints_stats *prints_stats(const struct prints *p)
{
    return &p->stats;
}

/* ---- the value of a hello: a length before each part, so that parts cannot run together */

struct facts {
    uint8_t bytes[FACTS_MAX];
    size_t len;
    uint64_t seed;
};

static struct value hash_of(struct span bytes, uint64_t seed)
{
    XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.data, bytes.len, seed);

    return (struct value){hash.low64, hash.high64 | 1};
}

/* Where there is no room for a part, what is there goes in as its hash, and so does a long part. */
static void add(struct facts *f, struct span part)
{
    uint32_t len = (uint32_t)part.len;
    struct value value;

    if (part.len > FACTS_MAX / 2) {
        value = hash_of(part, f->seed);
        part = span_of(&value, sizeof(value));
    }
    if (FACTS_MAX - f->len < sizeof(len) + part.len) {
        value = hash_of(span_of(f->bytes, f->len), f->seed);
        memcpy(f->bytes, &value, sizeof(value));
        f->len = sizeof(value);
    }
    memcpy(f->bytes + f->len, &len, sizeof(len));
    f->len += sizeof(len);
    if (part.len > 0)
        memcpy(f->bytes + f->len, part.data, part.len);
    f->len += part.len;
}

/* Extension: uint16 type, opaque data<0..2^16-1>. Only the types, in order. */
static void add_types(struct facts *f, struct span extensions)
{
    uint16_t types[TYPES_AT_ONCE];
    struct span data;
    size_t n = 0;

    while (span_u16(&extensions, &types[n]) && span_vec(&extensions, 2, &data)) {
        if (++n == TYPES_AT_ONCE) {
            add(f, span_of(types, sizeof(types)));
            n = 0;
        }
    }
    add(f, span_of(types, n * sizeof(types[0])));
}

static struct value value_of_client(const struct prints *p,
                                    const struct client_hello *hello,
                                    enum ja4_transport transport)
{
    uint16_t head[4] = {hello->legacy_version, (uint16_t)hello->kind, (uint16_t)transport,
                        hello->has_extensions};
    struct facts facts;

    facts.len = 0;
    facts.seed = p->seed;
    add(&facts, span_of(head, sizeof(head)));
    add(&facts, hello->ciphers);
    add_types(&facts, hello->extensions);
    add(&facts, hello->supported_versions);
    add(&facts, hello->supported_groups);
    add(&facts, hello->point_formats);
    add(&facts, hello->signature_algorithms);
    add(&facts, hello->alpn);
    add(&facts, span_first(hello->server_name, 1));
    return hash_of(span_of(facts.bytes, facts.len), p->seed);
}

static struct value value_of_server(const struct prints *p,
                                    const struct server_hello *hello)
{
    uint16_t head[4] = {hello->legacy_version, hello->cipher, hello->has_extensions, 1};
    struct facts facts;

    facts.len = 0;
    facts.seed = p->seed;
    add(&facts, span_of(head, sizeof(head)));
    add_types(&facts, hello->extensions);
    return hash_of(span_of(facts.bytes, facts.len), p->seed);
}

static bool same(const struct value *a, const struct value *b)
{
    return a->low == b->low && a->high == b->high;
}

/* ---- */

static void compute(const struct client_hello *hello, enum ja4_transport transport,
                    struct client_prints *out)
{
    ja3_of_client(hello, out->ja3);
    ja4_of_client(hello, transport, out->ja4);
    app_key_of_client(hello, out->app_key);
}

void prints_of_client(struct prints *p, const struct client_hello *hello,
                      enum ja4_transport transport, struct client_prints *out)
{
    struct client_entry *set;
    struct value value;

    if (!p->sets) {
        compute(hello, transport, out);
        return;
    }
    value = value_of_client(p, hello, transport);
    set = &p->clients[(value.low & (p->sets - 1)) * WAYS];
    for (size_t i = 0; i < WAYS; i++) {
        if (same(&set[i].value, &value)) {
            *out = set[i].prints;
            p->stats.client_hits++;
            return;
        }
    }
    compute(hello, transport, out);
    p->stats.client_misses++;
    set[p->turn++ % WAYS] = (struct client_entry){value, *out};
}

void prints_of_server(struct prints *p, const struct server_hello *hello,
                      char ja3s[JA3_TEXT_MAX])
{
    struct server_entry *set, *entry;
    struct value value;

    if (!p->sets) {
        ja3_of_server(hello, ja3s);
        return;
    }
    value = value_of_server(p, hello);
    set = &p->servers[(value.low & (p->sets - 1)) * WAYS];
    for (size_t i = 0; i < WAYS; i++) {
        if (same(&set[i].value, &value)) {
            memcpy(ja3s, set[i].ja3s, JA3_TEXT_MAX);
            p->stats.server_hits++;
            return;
        }
    }
    ja3_of_server(hello, ja3s);
    p->stats.server_misses++;
    entry = &set[p->turn++ % WAYS];
    entry->value = value;
    memcpy(entry->ja3s, ja3s, JA3_TEXT_MAX);
}
