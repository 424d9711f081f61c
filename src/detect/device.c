#include "detect/device.h"

#include <stdlib.h>
#include <string.h>

#include "detect/platform.h"

/* A dual system that was started once, or a router that changed, is no translation. */
#define TTL_CHANGES_MIN 3

static uint8_t add_one(uint8_t n)
{
    return n == UINT8_MAX ? n : (uint8_t)(n + 1);
}

/* What the system sent it with, whatever routers took off. */
static uint8_t initial_ttl(uint8_t ttl)
{
    if (ttl <= 64)
        return 64;
    return ttl <= 128 ? 128 : 255;
}

static void note_ttl(struct device *d, const struct session *s)
{
    uint8_t *last = &d->last_ttl[!address_is_v4(&s->client)];
    uint8_t ttl = initial_ttl(s->client_ttl);

    if (!s->client_ttl)
        return;
    if (*last && *last != ttl)
        d->ttl_changes = add_one(d->ttl_changes);
    *last = ttl;
}

size_t device_other_count(const struct device *d)
{
    return d->other_count < DEVICE_OTHERS ? d->other_count : DEVICE_OTHERS;
}

static bool note_address(struct device *d, const struct address *a)
{
    if (address_equal(a, &d->address))
        return true;
    for (size_t i = 0; i < device_other_count(d); i++)
        if (address_equal(a, &d->others[i]))
            return true;
    if (!d->others)
        d->others = calloc(DEVICE_OTHERS, sizeof(*d->others));
    if (!d->others)
        return false;
    d->others[d->other_count % DEVICE_OTHERS] = *a;
    d->other_count = add_one(d->other_count);
    return true;
}

bool device_note(struct device *d, const struct session *s,
                 const struct identity_answer *who)
{
    if (!d->first_ns) {
        d->first_ns = s->start_ns;
        d->address = s->client;
        d->has_mac = s->has_macs;
        memcpy(d->mac, s->client_mac, sizeof(d->mac));
    }
    if (who->own_mac) {
        d->own_mac = d->has_mac = true;
        memcpy(d->mac, s->client_mac, sizeof(d->mac));
    }
    if (who->basis > d->basis)
        d->basis = (uint8_t)who->basis;
    if (who->platform != PLATFORM_UNKNOWN)
        d->platform_told = (uint8_t)who->platform;
    d->latest = s->client;
    note_ttl(d, s);
    return note_address(d, &s->client);
}

bool device_is_translated(const struct tuning *t, const struct device *d)
{
    return d->ttl_changes >= TTL_CHANGES_MIN || platform_is_mixed(t, d);
}

bool device_is_ambiguous(const struct tuning *t, const struct device *d)
{
    bool rests_on_mac = d->basis == IDENTITY_MAC && d->other_count > 0;

    return device_is_translated(t, d) ||
           (rests_on_mac && d->own_mac && identity_mac_is_random(d->mac));
}
