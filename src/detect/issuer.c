#include "detect/issuer.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/nanotime.h"
#include "base/text.h"
#include "config/match.h"
#include "detect/notice_life.h"

/* Visits must lie so many times further apart than the ages of their certificates do. */
#define APART_FACTOR 10

static void drop_issuer(void *ctx, struct memory_entry *entry)
{
    struct issuer *issuer = (struct issuer *)entry;

    (void)ctx;
    free(issuer->proof);
    notice_life_free(issuer->notice);
}

void issuers_init(struct issuers *all, const struct tuning *tuning, uint64_t seed)
{
    *all = (struct issuers){.tuning = tuning, .seed = seed};
    memory_table_init(&all->table, sizeof(struct issuer), ISSUERS_MAX, drop_issuer, NULL);
}

void issuers_fini(struct issuers *all)
{
    memory_table_fini(&all->table);
}

/* ---- what counts */

/* Names that anybody may use inside: a private authority signs for them by rights. */
static bool is_inner_name(struct span name)
{
    static const char *const inner[] = {"*.local",       "*.lan",       "*.internal",
                                        "*.localdomain", "*.home.arpa", "*.intranet"};
    char text[ADDRESS_TEXT_MAX];
    struct address address;

    for (size_t i = 0; i < sizeof(inner) / sizeof(inner[0]); i++)
        if (match_pattern(inner[i], name))
            return true;
    return !memchr(name.data, '.', name.len) ||
           (name.len < sizeof(text) &&
            address_parse(text_from_span(text, sizeof(text), name), &address));
}

static uint64_t network_of(const struct session *s, uint64_t name)
{
    size_t bytes = address_is_v4(&s->server) ? 14 : 4; /* /16, /32 */

    return s->is_explicit_proxy ? name : XXH3_64bits(s->server.bytes, bytes);
}

static uint64_t first_bytes(const uint8_t digest[SHA256_BYTES])
{
    uint64_t first;

    memcpy(&first, digest, sizeof(first));
    return first;
}

/* The certificate of the leaf's issuer, where the server sent it. */
static const struct certificate *issuer_certificate(const struct session *s)
{
    for (size_t i = 1; i < s->certificate_count; i++)
        if (strcmp(s->certificates[i]->subject, s->certificates[0]->issuer) == 0)
            return s->certificates[i];
    return NULL;
}

static struct memory_id issuer_id(const struct issuers *all, const struct session *s,
                                  const struct certificate *above)
{
    struct span parts[2] = {span_of_text(s->certificates[0]->issuer),
                            above ? span_of(above->spki_sha256, SHA256_BYTES)
                                  : span_of_text("")};

    return memory_id_of(all->seed, parts, 2);
}

static struct issuer *issuer_of(struct issuers *all, const struct session *s)
{
    const struct certificate *leaf = s->certificates[0], *above = issuer_certificate(s);
    struct memory_id id = issuer_id(all, s, above);
    struct issuer *issuer;
    struct text text;
    bool made;

    all->table.now_s = (uint32_t)(s->decided_ns / NS_PER_S);
    issuer = memory_get(&all->table, &id, &made);
    if (!issuer || !made)
        return issuer;
    text = text_in(issuer->name, sizeof(issuer->name));
    text_add(&text, leaf->issuer);
    issuer->has_key = above != NULL;
    if (above)
        memcpy(issuer->key, above->spki_sha256, SHA256_BYTES);
    return issuer;
}

/* ---- the test */

/* Leaves that `holds` against leaf `i`, their networks counted; each leaf is of another name. */
static bool is_enough(const struct issuers *all, const struct issuer_proof *p, size_t i,
                      bool (*holds)(const struct issuer_leaf *a,
                                    const struct issuer_leaf *b, double tolerance_s),
                      int64_t apart_s)
{
    double tolerance_s = all->tuning->interceptor_fresh_s;
    uint64_t networks[ISSUER_LEAVES];
    size_t names = 0, network_count = 0, k;
    int64_t first_s = INT64_MAX, last_s = INT64_MIN;

    for (size_t n = 0; n < p->count; n++) {
        const struct issuer_leaf *leaf = &p->leaves[n];

        if (n != i && !holds(&p->leaves[i], leaf, tolerance_s))
            continue;
        names++;
        first_s = leaf->seen_s < first_s ? leaf->seen_s : first_s;
        last_s = leaf->seen_s > last_s ? leaf->seen_s : last_s;
        for (k = 0; k < network_count && networks[k] != leaf->network;)
            k++;
        if (k == network_count)
            networks[network_count++] = leaf->network;
    }
    return names >= all->tuning->interceptor_names &&
           network_count >= all->tuning->interceptor_networks &&
           last_s - first_s >= apart_s;
}

static bool has_same_key(const struct issuer_leaf *a, const struct issuer_leaf *b,
                         double tolerance_s)
{
    (void)tolerance_s;
    return a->key == b->key && a->certificate != b->certificate;
}

static bool has_same_age(const struct issuer_leaf *a, const struct issuer_leaf *b,
                         double tolerance_s)
{
    int64_t apart = a->age_s - b->age_s;

    return (double)(apart < 0 ? -apart : apart) <= tolerance_s / 2 &&
           a->certificate != b->certificate;
}

static void judge(const struct issuers *all, struct issuer *issuer)
{
    const struct issuer_proof *p = issuer->proof;
    int64_t apart_s = (int64_t)(APART_FACTOR * all->tuning->interceptor_fresh_s);

    for (size_t i = 0; i < p->count; i++) {
        issuer->shares_key =
            issuer->shares_key || is_enough(all, p, i, has_same_key, INT64_MIN);
        issuer->made_to_order =
            issuer->made_to_order || is_enough(all, p, i, has_same_age, apart_s);
    }
}

bool issuer_forges(const struct issuer *issuer)
{
    return !issuer->is_public && (issuer->shares_key || issuer->made_to_order);
}

/* ---- learning */

static bool knows(const struct issuer_proof *p, uint64_t name)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->leaves[i].name == name)
            return true;
    return false;
}

static struct issuer_leaf *new_leaf(struct issuer_proof *p)
{
    if (p->count < ISSUER_LEAVES)
        return &p->leaves[p->count++];
    p->next = (uint8_t)((p->next + 1) % ISSUER_LEAVES);
    return &p->leaves[p->next];
}

static struct issuer_leaf *add_leaf(struct issuer *issuer, const struct session *s,
                                    uint64_t name)
{
    const struct certificate *c = s->certificates[0];
    char destination[SESSION_NAME_MAX];
    const char *host = session_destination(s, destination);
    struct issuer_leaf *leaf;

    if (!issuer->proof && !(issuer->proof = calloc(1, sizeof(*issuer->proof))))
        return NULL;
    if (knows(issuer->proof, name))
        return NULL;
    for (size_t i = 0; i < issuer->proof->count; i++)
        if (issuer->proof->leaves[i].key == first_bytes(c->spki_sha256))
            memcpy(issuer->proof->leaf_key, c->spki_sha256, SHA256_BYTES);
    leaf = new_leaf(issuer->proof);
    *leaf = (struct issuer_leaf){.name = name,
                                 .network = network_of(s, name),
                                 .certificate = first_bytes(c->sha256),
                                 .key = first_bytes(c->spki_sha256),
                                 .seen_s = (int64_t)(s->start_ns / NS_PER_S),
                                 .device = s->client};
    leaf->age_s = leaf->seen_s - c->not_before_s;
    if (strlen(host) < sizeof(leaf->host))
        memcpy(leaf->host, host, strlen(host) + 1);
    return leaf;
}

const struct issuer *issuers_peek(const struct issuers *all, const struct session *s)
{
    struct memory_id id;

    if (s->certificate_count == 0 || !s->certificates[0]->readable)
        return NULL;
    id = issuer_id(all, s, issuer_certificate(s));
    return memory_peek(&all->table, &id);
}

struct issuer *issuers_learn(struct issuers *all, const struct session *s, uint64_t name,
                             struct issuer_leaf **leaf)
{
    const struct certificate *c = s->certificate_count ? s->certificates[0] : NULL;
    char destination[SESSION_NAME_MAX];
    struct issuer *issuer;

    *leaf = NULL;
    if (!c || !c->readable || c->authority >= 0 || c->self_signed)
        return NULL;
    issuer = issuer_of(all, s);
    if (!issuer)
        return NULL;
    issuer->sessions++;
    issuer->last_ns = s->decided_ns;
    if (c->has_sct || c->public_anchor)
        issuer->is_public = true;
    if (issuer->is_public || (issuer->proof && knows(issuer->proof, name)) ||
        is_inner_name(span_of_text(session_destination(s, destination))))
        return issuer;
    *leaf = add_leaf(issuer, s, name);
    if (*leaf && !issuer_forges(issuer))
        judge(all, issuer);
    return issuer;
}

const char *issuer_attribute(const char *name, const char *type, char *out, size_t size)
{
    struct text text = text_in(out, size);
    size_t len = strlen(type);
    const char *at = name;

    while (at && !(strncmp(at, type, len) == 0 && at[len] == '=')) {
        at = strpbrk(at, ",+");
        while (at && at > name && at[-1] == '\\')
            at = strpbrk(at + 1, ",+");
        at = at ? at + 1 : NULL;
    }
    for (at = at ? at + len + 1 : ""; *at && *at != ',' && *at != '+'; at++) {
        if (*at == '\\' && at[1])
            at++;
        text_add_char(&text, *at);
    }
    return out;
}
