#include "detect/genuine.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/nanotime.h"
#include "base/text.h"
#include "detect/breakage.h"
#include "detect/refusal.h"
#include "detect/streak.h"

#define DAY_NS (86400 * NS_PER_S)
/* Sessions with one flight size before another size is a change. */
#define FLIGHTS_MIN 2

void genuine_fini(struct genuine *g)
{
    breakage_free(g->breakage);
    free(g->chains);
}

/* ---- chains */

static uint64_t hash_text(const char *text)
{
    return XXH3_64bits(text, strlen(text));
}

static const struct certificate *issuer_of(const struct session *s,
                                           const struct certificate *c)
{
    for (size_t i = 1; i < s->certificate_count; i++)
        if (s->certificates[i] != c && strcmp(s->certificates[i]->subject, c->issuer) == 0)
            return s->certificates[i];
    return NULL;
}

/* The name at the top, whether or not the server sent the certificate that has it. */
static const char *root_name(const struct session *s)
{
    const struct certificate *c = s->certificates[0];

    for (size_t i = 0; i < CERTIFICATE_CHAIN_MAX && !c->self_signed; i++) {
        const struct certificate *above = issuer_of(s, c);

        if (!above)
            break;
        c = above;
    }
    return c->issuer;
}

static void read_chain(const struct session *s, struct genuine_chain *chain)
{
    const struct certificate *leaf = s->certificates[0], *issuer = issuer_of(s, leaf);
    struct text name = text_in(chain->issuer_name, sizeof(chain->issuer_name));

    memcpy(chain->leaf, leaf->sha256, SHA256_BYTES);
    memcpy(chain->leaf_key, leaf->spki_sha256, SHA256_BYTES);
    chain->has_issuer_key = issuer != NULL;
    if (issuer)
        memcpy(chain->issuer_key, issuer->spki_sha256, SHA256_BYTES);
    chain->is_public = leaf->has_sct || leaf->public_anchor;
    chain->issuer = hash_text(leaf->issuer);
    chain->root = hash_text(root_name(s));
    chain->not_before_s = leaf->not_before_s;
    chain->not_after_s = leaf->not_after_s;
    text_add(&name, leaf->issuer);
}

static uint8_t difference(const struct genuine_chain *a, const struct genuine_chain *b)
{
    bool issuer = a->has_issuer_key && b->has_issuer_key
                      ? memcmp(a->issuer_key, b->issuer_key, SHA256_BYTES) != 0
                      : a->issuer != b->issuer;

    return (uint8_t)((memcmp(a->leaf, b->leaf, SHA256_BYTES) ? PIN_LEAF : 0) |
                     (memcmp(a->leaf_key, b->leaf_key, SHA256_BYTES) ? PIN_LEAF_KEY : 0) |
                     (issuer ? PIN_INTERMEDIATE : 0) | (a->root != b->root ? PIN_ROOT : 0));
}

static struct genuine_chain *place_for_chain(struct genuine *g)
{
    struct genuine_chain *oldest = &g->chains[0];

    if (g->chain_count < GENUINE_CHAINS)
        return &g->chains[g->chain_count++];
    for (size_t i = 1; i < GENUINE_CHAINS; i++)
        if (g->chains[i].last_ns < oldest->last_ns)
            oldest = &g->chains[i];
    return oldest;
}

/* The chain that the session shows; NULL when it shows none. */
static struct genuine_chain *note_chain(struct genuine *g, const struct session *s,
                                        uint64_t now_ns)
{
    const struct certificate *leaf = s->certificate_count ? s->certificates[0] : NULL;
    struct genuine_chain *chain = NULL;

    if (!leaf || !leaf->readable)
        return NULL;
    if (!g->chains && !(g->chains = calloc(GENUINE_CHAINS, sizeof(*g->chains))))
        return NULL;
    for (size_t i = 0; i < g->chain_count; i++)
        if (memcmp(g->chains[i].leaf, leaf->sha256, SHA256_BYTES) == 0)
            chain = &g->chains[i];
    if (!chain) {
        chain = place_for_chain(g);
        *chain = (struct genuine_chain){.first_ns = s->start_ns};
        read_chain(s, chain);
    }
    chain->last_ns = now_ns;
    return chain;
}

/* The latest of those that `wanted` (0: any) accepted, `except` not counted. */
static const struct genuine_chain *latest(const struct genuine *g, uint8_t wanted,
                                          const struct genuine_chain *except)
{
    const struct genuine_chain *found = NULL;

    for (size_t i = 0; i < g->chain_count; i++) {
        const struct genuine_chain *chain = &g->chains[i];

        if (chain != except && (!wanted || chain->accepted_by & wanted) &&
            (!found || chain->first_ns > found->first_ns))
            found = chain;
    }
    return found;
}

/* ---- apps */

static const struct genuine_app *find_app(const struct genuine *g, uint32_t app)
{
    for (size_t i = 0; i < g->app_count; i++)
        if (g->apps[i].app == app)
            return &g->apps[i];
    return NULL;
}

static uint8_t bit_of(const struct genuine *g, const struct genuine_app *a)
{
    return (uint8_t)(1u << (a - g->apps));
}

static struct genuine_app *get_app(struct genuine *g, uint32_t app)
{
    struct genuine_app *oldest = &g->apps[0];

    for (size_t i = 0; i < g->app_count; i++) {
        if (g->apps[i].app == app)
            return &g->apps[i];
        if (g->apps[i].accepted_ns < oldest->accepted_ns)
            oldest = &g->apps[i];
    }
    if (g->app_count < GENUINE_APPS)
        oldest = &g->apps[g->app_count++];
    for (size_t i = 0; i < g->chain_count; i++)
        g->chains[i].accepted_by &= (uint8_t)~bit_of(g, oldest);
    *oldest = (struct genuine_app){.app = app};
    return oldest;
}

/* The size of what holds the certificates: the largest record, or all in one. */
static uint16_t flight_of(const struct session *s)
{
    uint16_t largest = 0;

    if (!version_is_tls13(s->version) || s->resumed || s->protocol != SESSION_TLS)
        return 0;
    for (size_t i = 0; i < s->flight_count; i++)
        if (s->flight[i].encrypted && s->flight[i].length > largest)
            largest = s->flight[i].length;
    return largest;
}

/* Who answers, by the looks of the SYN-ACK; 0 when it was not seen. */
static uint32_t looks_of(const struct session *s)
{
    const struct session_syn_ack *a = &s->syn_ack;
    uint32_t numbers[] = {a->ttl, a->window, a->mss, a->window_scale};
    uint64_t sum = XXH3_64bits(numbers, sizeof(numbers));

    if (!a->seen)
        return 0;
    return (uint32_t)XXH3_64bits_withSeed(a->options, strlen(a->options), sum) | 1;
}

static bool is_same_flight(uint16_t a, uint16_t b)
{
    return (a > b ? a - b : b - a) <= GENUINE_FLIGHT_SLACK;
}

static void note_flight(struct genuine_app *a, uint16_t flight)
{
    if (!flight)
        return;
    if (a->flight && is_same_flight(a->flight, flight)) {
        if (a->flights < UINT8_MAX)
            a->flights++;
        return;
    }
    a->flight = flight;
    a->flights = 1;
}

void genuine_accept(struct genuine *g, const struct session *s, uint32_t app,
                    uint64_t now_ns)
{
    struct genuine_chain *chain = note_chain(g, s, now_ns);
    struct genuine_app *a = get_app(g, app);
    uint8_t bit = bit_of(g, a);
    const struct genuine_chain *before = chain ? latest(g, bit, chain) : NULL;

    if (before && !(chain->accepted_by & bit))
        a->survived |= difference(before, chain);
    if (chain)
        chain->accepted_by |= bit;
    note_flight(a, flight_of(s));
    a->answer = looks_of(s);
    a->accepted_ns = now_ns;
}

/* ---- refused after a change */

/*
 * Whoever puts himself in between changes the issuer as well. A new chain counts as the
 * destination's own when a public authority vouches for it, or when it hangs from the same issuer
 * or the same root as before.
 */
static bool is_own(const struct genuine_chain *before, const struct genuine_chain *after,
                   uint8_t changed)
{
    return after->is_public || !(changed & PIN_INTERMEDIATE) ||
           (!(changed & PIN_ROOT) && !before->is_public);
}

static bool find_change(const struct genuine *g, const struct genuine_app *a,
                        const struct genuine_chain *shown, const struct session *s,
                        struct genuine_change *change)
{
    const struct genuine_chain *before, *after = shown;

    if (shown) {
        before = latest(g, bit_of(g, a), shown);
        change->basis = PIN_BASIS_CERTIFICATES;
        /* Where the app accepted this chain as well, on another device or updated: an unused
         * connection looks like a refusal, and what begins days later has another reason. */
        if (shown->accepted_by & bit_of(g, a) &&
            (refusal_flags(s) & STREAK_VETOABLE ||
             (!g->breakage && shown->first_ns + DAY_NS < s->start_ns)))
            return false;
    } else {
        after = latest(g, 0, NULL);
        before = after ? latest(g, 0, after) : NULL;
        change->basis = PIN_BASIS_OTHER_SESSIONS;
        if (!before || a->accepted_ns >= after->first_ns ||
            (a->answer && looks_of(s) && a->answer != looks_of(s)))
            before = NULL;
    }
    if (!before)
        return false;
    change->changed = difference(before, after);
    /* Back to an older one counts from when the newer one was seen last. */
    change->since_ns =
        after->first_ns > before->first_ns ? after->first_ns : before->last_ns;
    return is_own(before, after, change->changed);
}

static bool find_flight_change(const struct genuine_app *a, const struct session *s,
                               struct genuine_change *change)
{
    uint16_t flight = flight_of(s);

    if (!flight || a->flights < FLIGHTS_MIN || is_same_flight(flight, a->flight) ||
        !a->answer || a->answer != looks_of(s))
        return false;
    *change =
        (struct genuine_change){.basis = PIN_BASIS_SERVER_FLIGHT, .since_ns = s->start_ns};
    return true;
}

bool genuine_refuse(struct genuine *g, const struct session *s, uint32_t app,
                    uint64_t now_ns, struct genuine_change *change)
{
    const struct genuine_chain *shown = note_chain(g, s, now_ns);
    struct genuine_app *a = get_app(g, app);

    *change = (struct genuine_change){.basis = PIN_BASIS_NONE};
    if (!find_change(g, a, shown, s, change) &&
        (shown || !find_flight_change(a, s, change))) {
        a->refused_ns = now_ns;
        return false;
    }
    change->survived = a->survived;
    change->broken = (uint8_t)(change->changed & ~a->survived);
    return !a->refused_ns || a->refused_ns + DAY_NS < change->since_ns;
}

/* ---- for the alert */

static void describe_chain(const struct genuine_chain *chain,
                           struct finding_certificate *out)
{
    *out = (struct finding_certificate){
        .sha256 = chain->leaf,
        .key = chain->leaf_key,
        .issuer = chain->issuer_name,
        .issuer_key = chain->has_issuer_key ? chain->issuer_key : NULL,
        .not_before_s = chain->not_before_s,
        .not_after_s = chain->not_after_s,
        .first_ns = chain->first_ns,
        .last_ns = chain->last_ns,
    };
}

bool genuine_describe(const struct genuine *g, uint32_t app, struct finding_pin *out)
{
    const struct genuine_chain *newest = latest(g, 0, NULL);
    const struct genuine_chain *before = newest ? latest(g, 0, newest) : NULL;
    const struct genuine_app *a = find_app(g, app);

    *out = (struct finding_pin){.basis = PIN_BASIS_NONE};
    if (!newest)
        return false;
    out->has_now = true;
    describe_chain(newest, &out->now);
    out->has_before = before != NULL;
    if (before)
        describe_chain(before, &out->before);
    if (a && a->survived) {
        out->survived = a->survived;
        out->target = (uint8_t)(PIN_ALL & ~a->survived);
        out->basis = PIN_BASIS_CERTIFICATES;
    }
    return true;
}
