#include "detect/upstream.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/nanotime.h"
#include "detect/profile.h"

bool upstream_is_private(const struct session *s)
{
    const struct certificate *leaf = s->certificate_count ? s->certificates[0] : NULL;

    return leaf && leaf->readable && leaf->authority < 0 && !leaf->public_anchor &&
           !leaf->has_sct;
}

static uint64_t network_of(const struct address *server)
{
    return XXH3_64bits(server->bytes, address_is_v4(server) ? 14 : 4);
}

static uint64_t name_of(const struct session *s)
{
    char destination[SESSION_NAME_MAX];
    struct span name = span_of_text(session_destination(s, destination));

    if (s->server_name[0] || s->proxy_target[0])
        name = profile_registered_domain(name);
    return XXH3_64bits(name.data, name.len);
}

bool upstream_note(struct memory_table *keys, uint64_t seed, const struct session *s,
                   uint64_t since_ns)
{
    struct span part = span_of(s->certificates[0]->spki_sha256, SHA256_BYTES);
    struct memory_id id = memory_id_of(seed, &part, 1);
    struct upstream_key *key;
    bool made;

    keys->now_s = (uint32_t)(s->decided_ns / NS_PER_S);
    key = memory_get(keys, &id, &made);
    if (!key)
        return false;
    if (!s->is_explicit_proxy) /* behind one the address is the proxy's */
        (void)id_set_add(&key->networks, network_of(&s->server), s->decided_ns);
    (void)id_set_add(&key->names, name_of(s), s->decided_ns);
    return id_set_count(&key->networks, since_ns, 0) >= UPSTREAM_NETWORKS_MIN &&
           id_set_count(&key->names, since_ns, 0) >= UPSTREAM_NAMES_MIN;
}
