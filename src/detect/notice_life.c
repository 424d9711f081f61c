#include "detect/notice_life.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nanotime.h"

void notice_life_free(struct notice_record *r)
{
    if (r)
        free(r->devices);
    free(r);
}

/* ---- whom it concerns */

static struct address *find_device(const struct notice_record *r, const struct address *a)
{
    for (size_t i = 0; i < r->device_count; i++)
        if (address_equal(&r->devices[i], a))
            return &r->devices[i];
    return NULL;
}

static bool add_device(struct notice_record *r, const struct address *a)
{
    uint32_t room = r->device_room ? r->device_room * 2 : 2;
    struct address *devices;

    if (find_device(r, a) || r->device_count == FINDING_RELATED_MAX)
        return true;
    if (r->device_count == r->device_room) {
        devices = realloc(r->devices, room * sizeof(*devices));
        if (!devices)
            return false;
        r->devices = devices;
        r->device_room = room;
    }
    r->devices[r->device_count++] = *a;
    return true;
}

static void remove_device(struct notice_record *r, const struct address *a)
{
    struct address *found = find_device(r, a);

    if (found)
        *found = r->devices[--r->device_count];
}

static bool is_among(const struct address *devices, size_t count, const struct address *a)
{
    for (size_t i = 0; i < count; i++)
        if (address_equal(&devices[i], a))
            return true;
    return false;
}

uint32_t notice_life_count(const struct notice_record *r, const struct address *devices,
                           size_t count)
{
    bool open = r && r->open;
    uint32_t n = open ? r->device_count : 0;

    for (size_t i = 0; i < count; i++)
        n += !is_among(devices, i, &devices[i]) && !(open && find_device(r, &devices[i]));
    return n;
}

/* ---- firing */

/* The same refusals that were closed once go on with their notice's revisions. */
static void open_record(struct notice_record *r, const struct notice *n)
{
    uint8_t id[16];

    report_notice_id(n, id);
    if (memcmp(id, r->alert_id, sizeof(id)) != 0)
        r->revision = 0;
    memcpy(r->alert_id, id, sizeof(id));
    r->type = n->type;
    r->device_count = 0;
    r->open = true;
}

void notice_life_raise(struct correlator *c, struct notice_record **record,
                       const struct notice *n, double quiet_h)
{
    struct notice_record *r = *record ? *record : calloc(1, sizeof(*r));
    struct notice full = *n;
    bool is_due;

    *record = r;
    if (!r) {
        c->stats.no_memory++;
        return;
    }
    is_due = !r->issued_ns || c->now_ns - r->issued_ns >= tuning_ns(quiet_h * 3600);
    if (!r->open) {
        if (!is_due)
            return;
        open_record(r, n);
    }
    for (size_t i = 0; i < n->related_count; i++)
        c->stats.no_memory += !add_device(r, &n->related[i]);
    if (!is_due)
        return;
    r->issued_ns = c->now_ns;
    full.related = r->devices;
    full.related_count = r->device_count;
    r->revision++;
    report_notice(c, &full, r->alert_id, r->revision == 1 ? FINDING_OPEN : FINDING_UPDATED,
                  r->revision);
}

/* ---- closing */

static void end(struct correlator *c, struct notice_record *r, const struct notice *n)
{
    r->open = false;
    report_notice(c, n, r->alert_id, FINDING_CLOSED, ++r->revision);
}

void notice_life_end(struct correlator *c, struct notice_record *r, const struct notice *n)
{
    struct notice full = *n;

    if (!r || !r->open)
        return;
    full.related = r->devices;
    full.related_count = r->device_count;
    end(c, r, &full);
}

static void heal_device(struct correlator *c, const struct parties *p)
{
    char message[FINDING_TEXT_MAX], address[ADDRESS_TEXT_MAX];
    struct notice n = {.type = FINDING_DEVICE_NOT_ONBOARDED,
                       .device = p->device,
                       .related = &p->device->address,
                       .related_count = 1,
                       .start_ns = c->now_ns,
                       .end_ns = c->now_ns,
                       .message = message,
                       .reason = "The device accepted an inspected session: it has the "
                                 "inspection authority now."};

    if (!p->device->notice || !p->device->notice->open)
        return;
    (void)snprintf(message, sizeof(message), "Device %s accepts TLS inspection now.",
                   address_describe(&p->device->latest, address));
    end(c, p->device->notice, &n);
}

static void heal_destination(struct correlator *c, const struct parties *p)
{
    struct notice_record *r = p->destination->notice;
    char message[FINDING_TEXT_MAX];
    struct notice n = {.type = FINDING_SITE_OR_INSPECTOR_FAULT,
                       .destination = p->destination->name,
                       .start_ns = c->now_ns,
                       .end_ns = c->now_ns,
                       .message = message,
                       .reason = "An inspected session to the destination was accepted."};

    if (!r || !r->open)
        return;
    n.related = r->devices;
    n.related_count = r->device_count;
    (void)snprintf(message, sizeof(message),
                   "Clients accept the certificate that is shown "
                   "for %s again.",
                   p->destination->name);
    end(c, r, &n);
}

static void heal_app(struct correlator *c, const struct parties *p, const struct session *s)
{
    struct notice_record *r = p->app->notice;
    char message[FINDING_TEXT_MAX];
    struct notice n = {.type = FINDING_APP_CA_UNTRUSTED,
                       .app_key = s->app_key,
                       .ja4 = s->ja4,
                       .related = &p->device->address,
                       .related_count = 1,
                       .start_ns = c->now_ns,
                       .end_ns = c->now_ns,
                       .message = message,
                       .reason =
                           "The app accepted an inspected session on the last device for "
                           "which this was said."};

    if (!r || !r->open)
        return;
    remove_device(r, &p->device->address);
    if (r->device_count > 0)
        return;
    (void)snprintf(message, sizeof(message),
                   "The app with fingerprint %s accepts TLS "
                   "inspection now.",
                   s->ja4);
    end(c, r, &n);
}

void notice_life_heal(struct correlator *c, const struct parties *p,
                      const struct session *s)
{
    heal_device(c, p);
    heal_destination(c, p);
    heal_app(c, p, s);
}
