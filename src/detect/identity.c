#include "detect/identity.h"

#include <string.h>

#include "base/nanotime.h"

#define MAC_GROUP 0x01 /* first byte: several receivers */
#define MAC_LOCAL 0x02 /* first byte: made up, not given by a maker */
#define PREFIX_BYTES 8

void identity_init(struct identity *i, uint64_t seed, size_t most)
{
    *i = (struct identity){.seed = seed};
    memory_table_init(&i->links, sizeof(struct identity_link), most, NULL, NULL);
    memory_table_init(&i->aliases, sizeof(struct identity_alias), most, NULL, NULL);
}

void identity_fini(struct identity *i)
{
    memory_table_fini(&i->links);
    memory_table_fini(&i->aliases);
}

bool identity_mac_is_random(const uint8_t mac[6])
{
    return (mac[0] & MAC_LOCAL) != 0;
}

const char *identity_basis_name(enum identity_basis basis)
{
    static const char *const names[] = {[IDENTITY_ADDRESS] = "address",
                                        [IDENTITY_MAC] = "mac",
                                        [IDENTITY_SUBSCRIBER] = "subscriber",
                                        [IDENTITY_INVENTORY] = "inventory"};

    return names[basis];
}

/* ---- ids */

/* Subscribers' addresses overlap, so the network they came through belongs to one. */
static struct memory_id address_id(uint64_t seed, const struct address *address,
                                   const uint8_t network[SESSION_NETWORK_BYTES])
{
    struct span parts[2] = {span_of(address->bytes, sizeof(address->bytes)),
                            span_of(network, SESSION_NETWORK_BYTES)};

    return memory_id_of(seed, parts, 2);
}

struct memory_id identity_of_address(const struct identity *i,
                                     const struct address *address)
{
    struct session nowhere = {.tunnel = {.kind = TUNNEL_NONE}};
    uint8_t network[SESSION_NETWORK_BYTES];
    const struct identity_alias *alias;
    struct memory_id own;

    session_network(&nowhere, network);
    own = address_id(i->seed, address, network);
    alias = memory_peek(&i->aliases, &own);
    return alias ? alias->device : own;
}

static struct memory_id text_id(uint64_t seed, const char *kind, const char *name)
{
    struct span parts[2] = {span_of_text(kind), span_of_text(name)};

    return memory_id_of(seed, parts, 2);
}

/* ---- links */

/* The frames that carry the client's packets are of the link it is on, not of a tunnel's outside. */
static bool has_inner_link(enum tunnel_kind kind)
{
    return kind == TUNNEL_NONE || kind == TUNNEL_ERSPAN || kind == TUNNEL_VXLAN ||
           kind == TUNNEL_GENEVE || kind == TUNNEL_CAPWAP;
}

/* Time to live as systems send it: each router on the way would have taken one off. */
static bool is_initial(uint8_t ttl)
{
    return ttl == 64 || ttl == 128 || ttl == 255;
}

/* Of a redundant router (RFC 9568 7.3), whatever the packets look like. */
static bool is_virtual_router(const uint8_t mac[6])
{
    static const uint8_t prefix[] = {0x00, 0x00, 0x5e, 0x00};

    return memcmp(mac, prefix, sizeof(prefix)) == 0 && (mac[4] == 1 || mac[4] == 2);
}

static bool has_own_mac(const struct session *s)
{
    static const uint8_t nobody[6] = {0};

    return s->has_macs && has_inner_link(s->tunnel.kind) && is_initial(s->client_ttl) &&
           !(s->client_mac[0] & MAC_GROUP) && !is_virtual_router(s->client_mac) &&
           memcmp(s->client_mac, nobody, sizeof(nobody)) != 0;
}

static struct memory_id mac_id(uint64_t seed, const struct session *s)
{
    uint8_t network[SESSION_NETWORK_BYTES];
    struct span parts[4] = {span_of_text("mac"), span_of(s->client_mac, 6),
                            span_of(network, sizeof(network)),
                            span_of(s->vlans, s->vlan_count * sizeof(s->vlans[0]))};

    session_network(s, network);
    return memory_id_of(seed, parts, 4);
}

/* One bearer carries one subscriber's packets; its id is the receiver's. */
static struct memory_id bearer_id(uint64_t seed, const struct session *s)
{
    struct span parts[4] = {
        span_of_text("bearer"), span_of(s->tunnel.destination.bytes, 16),
        span_of(s->tunnel.source.bytes, 16), span_of(&s->tunnel.id, sizeof(s->tunnel.id))};

    return memory_id_of(seed, parts, 4);
}

static bool is_active(uint32_t used_s, uint32_t now_s)
{
    return used_s && now_s - used_s < IDENTITY_QUIET_S;
}

/* One that comes back while another is in use, or a third one, is no change of a lease. */
static void note_v4(struct identity_link *l, const struct address *a, uint32_t now_s)
{
    if (!address_equal(&l->v4, a)) {
        if (is_active(l->v4_s, now_s) && l->v4_before_s &&
            (address_equal(&l->v4_before, a) || is_active(l->v4_before_s, now_s)))
            l->is_shared = true;
        l->v4_before = l->v4;
        l->v4_before_s = l->v4_s;
        l->v4 = *a;
    }
    l->v4_s = now_s;
}

/* A new address, and the old one was in use so lately that it may come back. */
static bool may_be_another(const struct identity_link *l, const struct session *s,
                           uint32_t now_s)
{
    return address_is_v4(&s->client) && is_active(l->v4_before_s, now_s);
}

static void note_v6(struct identity_link *l, const struct address *a, uint32_t now_s)
{
    size_t place = 0;

    if (a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80)
        return; /* of the link itself (RFC 4291 2.5.6): every device has one */
    for (size_t k = 0; k < IDENTITY_PREFIXES; k++) {
        if (l->v6_s[k] && memcmp(l->v6[k], a->bytes, PREFIX_BYTES) == 0) {
            l->v6_s[k] = now_s;
            return;
        }
        if (l->v6_s[k] < l->v6_s[place])
            place = k;
    }
    if (is_active(l->v6_s[place], now_s))
        l->is_shared = true;
    memcpy(l->v6[place], a->bytes, PREFIX_BYTES);
    l->v6_s[place] = now_s;
}

static void note_address(struct identity_link *l, const struct session *s, uint32_t now_s)
{
    if (address_is_v4(&s->client))
        note_v4(l, &s->client, now_s);
    else
        note_v6(l, &s->client, now_s);
}

/* ---- addresses */

/* What an address was known as before this session. */
static struct memory_id known_as(struct identity *i, const struct memory_id *own,
                                 uint32_t now_s)
{
    const struct identity_alias *alias = memory_peek(&i->aliases, own);

    return alias && now_s - alias->entry.used_s <= IDENTITY_MEMORY_S ? alias->device : *own;
}

/* From now on the address is that device's, for it is behind this link. */
static void keep(struct identity *i, const struct memory_id *own,
                 const struct memory_id *device, const struct memory_id *link,
                 enum identity_basis kind)
{
    struct identity_alias *alias = memory_find(&i->aliases, own);
    bool made;

    if (!alias && kind == IDENTITY_SUBSCRIBER && memory_id_equal(own, device))
        return;
    if (!alias)
        alias = memory_get(&i->aliases, own, &made);
    if (!alias)
        return;
    alias->device = *device;
    alias->link = *link;
    alias->link_kind = (uint8_t)kind;
}

/* The address was behind another link of that kind before. Bearers change with hand-over. */
static bool has_moved(const struct identity *i, const struct memory_id *own,
                      const struct memory_id *link, enum identity_basis kind)
{
    const struct identity_alias *alias = memory_peek(&i->aliases, own);

    return kind != IDENTITY_SUBSCRIBER && alias && alias->link_kind == kind &&
           !memory_id_equal(&alias->link, link);
}

/* The first device behind a link is its first address; where that was another's, a new one. */
static struct memory_id first_behind(struct identity *i, const struct memory_id *own,
                                     const struct memory_id *link, enum identity_basis kind)
{
    struct span parts[2] = {span_of(own, sizeof(*own)), span_of(link, sizeof(*link))};

    if (has_moved(i, own, link, kind))
        return memory_id_of(i->seed, parts, 2);
    return known_as(i, own, i->links.now_s);
}

/* Whose the address is by its link. */
static struct memory_id by_link(struct identity *i, const struct memory_id *link_id,
                                enum identity_basis kind, const struct memory_id *own,
                                const struct session *s)
{
    bool made;
    struct identity_link *l = memory_get(&i->links, link_id, &made);
    struct memory_id device;

    if (!l)
        return known_as(i, own, i->links.now_s);
    if (kind != IDENTITY_INVENTORY) /* which knows whom it calls one */
        note_address(l, s, i->links.now_s);
    if (made)
        l->device = first_behind(i, own, link_id, kind);
    device = l->is_shared || may_be_another(l, s, i->links.now_s) ? *own : l->device;
    keep(i, own, &device, link_id, kind);
    return device;
}

void identity_name(const struct identity *i, const struct session *s,
                   struct identity_ids *out)
{
    uint8_t network[SESSION_NETWORK_BYTES];

    session_network(s, network);
    out->own = address_id(i->seed, &s->client, network);
    out->kind = IDENTITY_ADDRESS;
    if (has_own_mac(s)) {
        out->link = mac_id(i->seed, s);
        out->kind = IDENTITY_MAC;
    } else if (s->tunnel.kind == TUNNEL_GTPU) {
        out->link = bearer_id(i->seed, s);
        out->kind = IDENTITY_SUBSCRIBER;
    }
}

void identity_fetch_index(const struct identity *i, const struct identity_ids *ids)
{
    memory_fetch_index(&i->aliases, &ids->own);
    if (ids->kind != IDENTITY_ADDRESS)
        memory_fetch_index(&i->links, &ids->link);
}

void identity_fetch_records(const struct identity *i, const struct identity_ids *ids)
{
    memory_fetch_record(&i->aliases, &ids->own);
    if (ids->kind != IDENTITY_ADDRESS)
        memory_fetch_record(&i->links, &ids->link);
}

void identity_resolve(struct identity *i, const struct session *s,
                      const struct identity_ids *ids, struct identity_answer *out)
{
    struct device_facts facts = {.platform = PLATFORM_UNKNOWN};
    struct memory_id link = ids->link;
    enum identity_basis kind = ids->kind;

    i->links.now_s = i->aliases.now_s = (uint32_t)(s->decided_ns / NS_PER_S);
    *out = (struct identity_answer){.own_mac = kind == IDENTITY_MAC};
    if (i->lookup && i->lookup(i->lookup_ctx, &s->client,
                               out->own_mac ? s->client_mac : NULL, s->decided_ns, &facts))
        out->platform = facts.platform;
    if (facts.name[0]) {
        link = text_id(i->seed, "inventory", facts.name);
        kind = IDENTITY_INVENTORY;
    }
    if (kind == IDENTITY_ADDRESS) {
        out->device = known_as(i, &ids->own, i->aliases.now_s);
        return;
    }
    out->device = by_link(i, &link, kind, &ids->own, s);
    if (!memory_id_equal(&out->device, &ids->own))
        out->basis = kind;
}
