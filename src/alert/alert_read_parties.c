#include "alert/alert_reading.h"

#include <json-c/json.h>
#include <stdlib.h>

#include "base/base64.h"
#include "detect/pin_words.h"

/* ---- the device */

static void read_addresses(struct reading *r)
{
    json_object *device = json_in_object(&r->in, r->pinsight, "device");
    json_object *list = json_in_array(&r->in, device, "other_ips", ALERT_LIST_MAX);
    struct finding *f = r->f;

    f->has_mac =
        json_in_mac(&r->in, json_in_object(&r->in, r->root, "source"), "mac", f->mac);
    f->device_first = f->device;
    f->device_basis = json_in_lent(&r->in, device, "basis");
    f->random_mac = json_in_bool(&r->in, device, "random_mac");
    f->translated = json_in_bool(&r->in, device, "translated");
    for (size_t i = 0; i < json_in_count(list) && i < ALERT_OTHERS_MAX; i++) {
        const char *text = json_object_get_string(json_in_element(list, i));

        if (text && address_parse(text, &r->alert->others[f->device_other_count]))
            f->device_other_count++;
        else
            json_in_refuse(&r->in, "device.other_ips", "a list of addresses");
    }
    f->device_others = r->alert->others;
}

/* As an inventory tells; without a word of one there is none. */
static void read_identity(struct reading *r)
{
    json_object *host = json_in_object(&r->in, r->root, "host");
    json_object *os = json_in_object(&r->in, host, "os");
    json_object *device = json_in_object(&r->in, r->root, "device");
    json_object *model = json_in_object(&r->in, device, "model");
    struct finding_identity *who = &r->alert->identity;
    const char *type = json_in_lent(&r->in, os, "type");

    *who = (struct finding_identity){
        .id = json_in_lent(&r->in, host, "id"),
        .hostname = json_in_lent(&r->in, host, "hostname"),
        .os_version = json_in_lent(&r->in, os, "version"),
        .manufacturer = json_in_lent(&r->in, device, "manufacturer"),
        .model = json_in_lent(&r->in, model, "identifier"),
        .user = json_in_lent(&r->in, json_in_object(&r->in, r->root, "user"), "name"),
    };
    if (type && (!r->f->platform || strcmp(type, r->f->platform) != 0))
        who->os = type;
    if (who->id || who->hostname || who->os || who->os_version || who->manufacturer ||
        who->model || who->user)
        r->f->identity = who;
}

/* ---- the app */

static void read_package(struct reading *r)
{
    json_object *package = json_in_object(&r->in, r->root, "package");
    json_object *app = json_in_object(&r->in, r->pinsight, "app");
    struct finding_package *p = &r->alert->package;
    const char *id = json_in_lent(&r->in, package, "name");

    if (!id)
        return;
    *p = (struct finding_package){
        .id = id,
        .version = json_in_lent(&r->in, package, "version"),
        .name = json_in_lent(&r->in, app, "name"),
        .source = json_in_lent(&r->in, app, "package_source"),
    };
    r->f->package = p;
}

/* ---- feeds */

static void read_context(struct reading *r)
{
    json_object *list = json_in_array(&r->in, r->pinsight, "context", ALERT_LIST_MAX);

    for (size_t i = 0; i < json_in_count(list) && i < FINDING_CONTEXT_MAX; i++) {
        json_object *item = json_in_element(list, i);
        struct finding_context *c = &r->alert->context[r->f->context_count++];
        const char *kind = json_in_lent(&r->in, item, "kind");
        const char *source = json_in_lent(&r->in, item, "source");

        c->kind = kind ? kind : "";
        c->source = source ? source : "";
        c->time_ns = json_in_time(&r->in, item, "time");
        c->until_ns = json_in_lent(&r->in, item, "until")
                          ? json_in_time(&r->in, item, "until")
                          : UINT64_MAX;
        c->used = json_in_bool(&r->in, item, "used");
        json_in_text(&r->in, item, "origin", c->origin, sizeof(c->origin));
        json_in_text(&r->in, item, "fact", c->fact, sizeof(c->fact));
    }
    r->f->context = r->alert->context;
}

/* ---- certificates */

/* A pin (RFC 7469), kept in `room`; NULL when there is none. */
static const uint8_t *read_key(struct reading *r, json_object *parent, const char *key,
                               uint8_t room[SHA256_BYTES])
{
    const char *text = json_in_lent(&r->in, parent, key);

    if (!text)
        return NULL;
    if (!base64_decode(text, room, SHA256_BYTES))
        json_in_refuse(&r->in, key, "a SHA-256 in base64");
    return room;
}

/* The names that it signed for are those of the alert. */
static void read_hosts(struct reading *r, struct finding_interceptor *who)
{
    json_object *related = json_in_object(&r->in, r->root, "related");
    json_object *list = json_in_array(&r->in, related, "hosts", ALERT_LIST_MAX);

    r->alert->hosts = calloc(json_in_count(list) + 1, sizeof(*r->alert->hosts));
    for (size_t i = 0; r->alert->hosts && i < json_in_count(list); i++) {
        const char *name = json_object_get_string(json_in_element(list, i));

        if (name && strcmp(name, r->f->destination) != 0)
            r->alert->hosts[who->host_count++] = name;
    }
    who->hosts = r->alert->hosts;
}

static void read_interceptor(struct reading *r)
{
    json_object *from = json_in_object(&r->in, r->pinsight, "interceptor");
    struct finding_interceptor *who = &r->alert->interceptor;
    const char *issuer = json_in_lent(&r->in, from, "issuer");
    const char *key_of = json_in_lent(&r->in, from, "key_of");

    if (!from)
        return;
    who->issuer = issuer ? issuer : "";
    who->key = read_key(r, from, "spki_sha256_b64", r->alert->interceptor_key);
    who->is_leaf_key = key_of && strcmp(key_of, "certificates") == 0;
    who->product = json_in_lent(&r->in, from, "product");
    who->kind = json_in_lent(&r->in, from, "kind");
    read_hosts(r, who);
    r->f->interceptor = who;
}

static uint8_t read_parts(struct reading *r, json_object *pin, const char *key)
{
    json_object *list = json_in_array(&r->in, pin, key, ALERT_LIST_MAX);
    uint8_t parts = 0;

    for (size_t i = 0; i < json_in_count(list); i++) {
        const char *name = json_object_get_string(json_in_element(list, i));

        for (unsigned part = PIN_LEAF; name && part <= PIN_ROOT; part <<= 1)
            if (strcmp(name, pin_part_name((enum pin_part)part)) == 0)
                parts |= (uint8_t)part;
    }
    return parts;
}

static bool read_certificate(struct reading *r, json_object *from,
                             struct alert_digests *room, struct finding_certificate *c)
{
    const char *issuer = json_in_lent(&r->in, from, "issuer");

    if (!from)
        return false;
    json_in_hex(&r->in, from, "sha256", room->sha256, sizeof(room->sha256));
    (void)read_key(r, from, "spki_sha256_b64", room->key);
    *c = (struct finding_certificate){
        .sha256 = room->sha256,
        .key = room->key,
        .issuer = issuer ? issuer : "",
        .issuer_key = read_key(r, from, "issuer_spki_sha256_b64", room->issuer_key),
        .not_before_s = json_in_seconds(&r->in, from, "not_before"),
        .not_after_s = json_in_seconds(&r->in, from, "not_after"),
        .first_ns = json_in_time(&r->in, from, "first_seen"),
        .last_ns = json_in_time(&r->in, from, "last_seen"),
    };
    return true;
}

static void read_pin(struct reading *r)
{
    json_object *from = json_in_object(&r->in, r->pinsight, "pin");
    struct finding_pin *pin = &r->alert->pin;
    const char *basis = json_in_lent(&r->in, from, "basis");

    if (!from)
        return;
    for (enum finding_pin_basis b = PIN_BASIS_CERTIFICATES; b <= PIN_BASIS_SERVER_FLIGHT;
         b++)
        if (basis && strcmp(basis, pin_basis_name(b)) == 0)
            pin->basis = b;
    pin->changed_ns = json_in_time(&r->in, from, "changed_at");
    pin->changed = read_parts(r, from, "changed");
    pin->survived = read_parts(r, from, "survived");
    pin->target = read_parts(r, from, "target");
    pin->has_now = read_certificate(r, json_in_object(&r->in, from, "certificate"),
                                    &r->alert->now, &pin->now);
    pin->has_before = read_certificate(r, json_in_object(&r->in, from, "previous"),
                                       &r->alert->before, &pin->before);
    r->f->pin = pin;
}

void alert_read_parties(struct reading *r)
{
    read_addresses(r);
    read_identity(r);
    read_package(r);
    read_context(r);
    read_interceptor(r);
    read_pin(r);
}
