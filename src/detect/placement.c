#include "detect/placement.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "detect/profile.h"

/* So much must have been seen before the sensor doubts its place ... */
#define SESSIONS_MIN 100u
#define CLIENTS_MIN 8  /* ... of clients, unless it is a proxy's own address ... */
#define NAMES_MIN 12   /* ... to unrelated names ... */
#define SHARE_MIN 0.98 /* ... and of all that so much has to look alike */

#define BITS 64u

static int bits_set(uint64_t word)
{
    return __builtin_popcountll(word);
}

/* Take an app key; the share of the most frequent one is never overstated. */
static void note_app(struct placement *p, uint64_t id)
{
    size_t free_place = PLACEMENT_APPS;

    for (size_t i = 0; i < PLACEMENT_APPS; i++) {
        if (p->app_counts[i] > 0 && p->app_ids[i] == id) {
            p->app_counts[i]++;
            return;
        }
        if (p->app_counts[i] == 0)
            free_place = i;
    }
    if (free_place < PLACEMENT_APPS) {
        p->app_ids[free_place] = id;
        p->app_counts[free_place] = 1;
        return;
    }
    for (size_t i = 0; i < PLACEMENT_APPS; i++)
        p->app_counts[i]--;
}

static bool is_proxy(const struct config_inspection *config, const struct address *client)
{
    for (size_t i = 0; i < config->proxy_count; i++)
        if (address_equal(&config->proxies[i].endpoint.address, client))
            return true;
    for (size_t i = 0; i < config->segment_count; i++)
        if (config->segments[i].proxy.port &&
            address_equal(&config->segments[i].proxy.address, client))
            return true;
    return false;
}

/* A box answered: it showed a certificate of its own, or is known as the one machine that answers. */
static bool box_answered(const struct session *s)
{
    bool inspected = s->inspection == INSPECTION_YES || s->inspection == INSPECTION_LIKELY;

    return inspected && (s->inspection_basis == BASIS_CERTIFICATE ||
                         s->inspection_basis == BASIS_LEARNED_PROFILE ||
                         s->inspection_basis == BASIS_CONNECT_PROXY);
}

static bool looks_upstream(const struct placement *p)
{
    double needed = SHARE_MIN * (double)p->sessions;
    uint64_t most = 0;

    if (p->downstream || p->sessions < SESSIONS_MIN || bits_set(p->names) < NAMES_MIN)
        return false;
    if ((double)p->from_proxies >= needed)
        return true;
    for (size_t i = 0; i < PLACEMENT_APPS; i++)
        most = p->app_counts[i] > most ? p->app_counts[i] : most;
    return bits_set(p->clients) >= CLIENTS_MIN && (double)most >= needed;
}

void placement_note(struct placement *p, const struct config_inspection *config,
                    const struct session *s, bool in_segment)
{
    char destination[SESSION_NAME_MAX];
    struct span name =
        profile_registered_domain(span_of_text(session_destination(s, destination)));
    bool from_proxy = is_proxy(config, &s->client);
    /* Where nobody said which clients are inspected, all may be. */
    bool expected =
        in_segment || (config->segment_count == 0 && config->authority_count > 0);

    if (box_answered(s))
        p->downstream = true;
    if (s->ja4[0] && (expected || from_proxy)) {
        p->sessions++;
        p->from_proxies += from_proxy;
        note_app(p, XXH3_64bits(s->app_key, strlen(s->app_key)));
        p->clients |= (uint64_t)1 << XXH3_64bits(s->client.bytes, 16) % BITS;
        p->names |= (uint64_t)1 << XXH3_64bits(name.data, name.len) % BITS;
    }
    p->upstream = looks_upstream(p);
}
