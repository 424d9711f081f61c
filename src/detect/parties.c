#include "detect/parties.h"

#include <string.h>

#include "base/nanotime.h"

struct memory_id parties_pair_id(uint64_t seed, const struct memory_id *a,
                                 const struct memory_id *b)
{
    struct memory_id ids[2] = {*a, *b};

    return memory_id_join(seed, ids, 2);
}

static struct memory_id pair_of(const struct correlator *c, const struct memory_id *a,
                                const struct memory_id *b)
{
    return parties_pair_id(c->options.seed, a, b);
}

static struct memory_id key_id_of(const struct correlator *c, const struct parties *p)
{
    struct memory_id ids[3] = {p->device_id, p->app_id, p->destination_id};

    return memory_id_join(c->options.seed, ids, 3);
}

static struct memory_id text_id(const struct correlator *c, const char *text)
{
    struct span part = span_of_text(text);

    return memory_id_of(c->options.seed, &part, 1);
}

struct pair_ids {
    struct memory_id device_app, app_destination, device_destination;
};

static struct pair_ids pair_ids_of(const struct correlator *c, const struct parties *p)
{
    return (struct pair_ids){
        .device_app = pair_of(c, &p->device_id, &p->app_id),
        .app_destination = pair_of(c, &p->app_id, &p->destination_id),
        .device_destination = pair_of(c, &p->device_id, &p->destination_id),
    };
}

void parties_find_pairs(struct correlator *c, struct parties *p)
{
    struct pair_ids ids = pair_ids_of(c, p);

    p->device_app = memory_peek(&c->device_apps, &ids.device_app);
    p->app_destination = memory_peek(&c->app_destinations, &ids.app_destination);
    p->device_destination = memory_peek(&c->device_destinations, &ids.device_destination);
}

bool parties_make_device_app(struct correlator *c, struct parties *p)
{
    struct memory_id id = pair_ids_of(c, p).device_app;
    bool made;

    p->device_app = memory_get(&c->device_apps, &id, &made);
    return p->device_app != NULL;
}

bool parties_make_pairs(struct correlator *c, struct parties *p)
{
    struct pair_ids ids = pair_ids_of(c, p);
    bool made;

    p->device_app = memory_get(&c->device_apps, &ids.device_app, &made);
    p->app_destination = memory_get(&c->app_destinations, &ids.app_destination, &made);
    p->device_destination =
        memory_get(&c->device_destinations, &ids.device_destination, &made);
    return p->device_app && p->app_destination && p->device_destination;
}

/* Packet time, for the order of use in the tables. */
static void set_time(struct correlator *c)
{
    uint32_t now_s = (uint32_t)(c->now_ns / NS_PER_S);

    c->devices.now_s = now_s;
    c->apps.now_s = now_s;
    c->destinations.now_s = now_s;
    c->device_apps.now_s = now_s;
    c->app_destinations.now_s = now_s;
    c->device_destinations.now_s = now_s;
    c->keys.now_s = now_s;
}

void parties_name(struct correlator *c, const struct session *s,
                  const struct identity_ids *ids, struct parties *out)
{
    struct parties p = {.device_app = NULL};
    const char *name = session_destination(s, p.name);

    if (name != p.name)
        memcpy(p.name, name, strlen(name) + 1);
    identity_resolve(&c->identity, s, ids, &p.identity);
    p.device_id = p.identity.device;
    p.app_id = text_id(c, s->app_key);
    p.destination_id = text_id(c, p.name);
    p.key_id = key_id_of(c, &p);
    memory_fetch_index(&c->devices, &p.device_id);
    memory_fetch_index(&c->destinations, &p.destination_id);
    memory_fetch_index(&c->keys, &p.key_id);
    *out = p;
}

void parties_fetch(const struct correlator *c, const struct parties *p)
{
    memory_fetch_record(&c->devices, &p->device_id);
    memory_fetch_record(&c->destinations, &p->destination_id);
    memory_fetch_record(&c->keys, &p->key_id);
}

bool parties_make(struct correlator *c, struct parties *p)
{
    bool made;

    set_time(c);
    p->device = memory_get(&c->devices, &p->device_id, &made);
    p->app = memory_get(&c->apps, &p->app_id, &made);
    p->destination = memory_get(&c->destinations, &p->destination_id, &made);
    p->key = memory_get(&c->keys, &p->key_id, &p->new_key);
    if (!p->device || !p->app || !p->destination || !p->key)
        return false;
    p->key->device = p->device_id;
    p->key->app = p->app_id;
    p->key->destination = p->destination_id;
    if (!p->destination->name && !(p->destination->name = strdup(p->name)))
        return false;
    return true;
}

bool parties_of_key(struct correlator *c, const struct memory_id *key_id,
                    struct parties *out)
{
    struct parties p = {.key_id = *key_id, .key = memory_peek(&c->keys, key_id)};

    if (!p.key)
        return false;
    p.device_id = p.key->device;
    p.app_id = p.key->app;
    p.destination_id = p.key->destination;
    p.device = memory_peek(&c->devices, &p.device_id);
    p.app = memory_peek(&c->apps, &p.app_id);
    p.destination = memory_peek(&c->destinations, &p.destination_id);
    parties_find_pairs(c, &p);
    if (!p.device)
        return false;
    *out = p;
    return true;
}
