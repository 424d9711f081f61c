/*
 * Who has an address at a point in time: from the lease to the MAC and the subscriber, from there to
 * the inventory, and from one inventory to the next that knows the same serial number.
 */
#include <stdio.h>
#include <strings.h>

#include "base/nanotime.h"
#include "context/parts.h"

/* An address in an inventory is where the device was when it reported. */
#define REPORTED_ADDRESS_NS (24 * 3600 * NS_PER_S)

/* What two sources can contradict each other in. */
static const enum context_field contested[] = {
    FIELD_DEVICE_OS,
    FIELD_DEVICE_MANAGED,
    FIELD_DEVICE_SUPERVISED,
    FIELD_DEVICE_USER,
};

static uint64_t distance(const struct context_fact *f, uint64_t time_ns)
{
    if (f->time_ns == 0)
        return UINT64_MAX;
    return f->time_ns > time_ns ? f->time_ns - time_ns : time_ns - f->time_ns;
}

/* True when `a` says better than `b` how things were at that time. */
static bool is_nearer(const struct context_fact *a, const struct context_fact *b,
                      uint64_t time_ns)
{
    if (distance(a, time_ns) != distance(b, time_ns))
        return distance(a, time_ns) < distance(b, time_ns);
    return a->sequence > b->sequence;
}

static bool add_handle(struct context_answer *out, enum context_field field,
                       const char *value)
{
    for (size_t i = 0; i < out->handle_count; i++)
        if (out->handles[i].field == field && strcmp(out->handles[i].value, value) == 0)
            return false;
    if (out->handle_count == CONTEXT_HANDLES_MAX)
        return false;
    out->handles[out->handle_count++] =
        (struct context_handle){.field = field, .value = value};
    return true;
}

/* A list's first value would need its end marked: lists of one value are what feeds have. */
static void add_handles(struct context_answer *out, const struct context_fact *f)
{
    static const enum context_field fields[] = {
        FIELD_DEVICE_ID,   FIELD_DEVICE_MAC,  FIELD_DEVICE_SERIAL,
        FIELD_DEVICE_UDID, FIELD_DEVICE_IMEI, FIELD_DEVICE_IMSI,
    };

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        const char *text = fact_text(f, fields[i]);

        if (text && !strchr(text, ' '))
            (void)add_handle(out, fields[i], text);
    }
}

static bool has_fact(const struct context_answer *out, const struct context_fact *f)
{
    for (size_t i = 0; i < out->fact_count; i++)
        if (out->facts[i] == f)
            return true;
    return false;
}

static void add_fact(struct context_answer *out, const struct context_fact *f)
{
    if (!has_fact(out, f) && out->fact_count < CONTEXT_USED_MAX)
        out->facts[out->fact_count++] = f;
}

/* ---- who has the address */

static bool is_same_holder(const struct context_fact *a, const struct context_fact *b)
{
    static const enum context_field fields[] = {FIELD_DEVICE_MAC, FIELD_DEVICE_ID,
                                                FIELD_DEVICE_IMSI, FIELD_DEVICE_USER};

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        const char *one = fact_text(a, fields[i]), *other = fact_text(b, fields[i]);

        if (one && other)
            return strcmp(one, other) == 0;
    }
    return true;
}

static bool is_younger(const struct context_fact *a, const struct context_fact *b)
{
    return a->from_ns != b->from_ns ? a->from_ns > b->from_ns : a->sequence > b->sequence;
}

/* The lease that began last; one that was given back is none any more. */
static const struct context_fact *
find_lease(const struct context *c, const struct context_answer *out, uint64_t time_ns)
{
    const uint64_t span[2] = {time_ns, time_ns};
    struct store_walk w = store_walk(context_store(c), CONTEXT_LEASE, FIELD_DEVICE_IP,
                                     out->address_text, span);
    const struct context_fact *f, *best = NULL, *released = NULL;

    while ((f = store_next(&w)) != NULL) {
        const struct context_fact **slot =
            fact_bool(f, FIELD_DEVICE_RELEASED, false) ? &released : &best;

        if (!*slot || is_younger(f, *slot))
            *slot = f;
    }
    if (best && released && is_younger(released, best) && is_same_holder(released, best))
        return NULL;
    return best;
}

/* Other leases of the address at that time: an overlap that somebody should know of. */
static void add_rival_leases(const struct context *c, struct context_answer *out,
                             const struct context_fact *best, uint64_t time_ns)
{
    const uint64_t span[2] = {time_ns, time_ns};
    struct store_walk w = store_walk(context_store(c), CONTEXT_LEASE, FIELD_DEVICE_IP,
                                     out->address_text, span);
    const struct context_fact *f;

    while ((f = store_next(&w)) != NULL)
        if (f != best && !fact_bool(f, FIELD_DEVICE_RELEASED, false) &&
            !is_same_holder(f, best))
            add_fact(out, f);
}

static const struct context_fact *
find_reported(const struct context *c, const struct context_answer *out, uint64_t time_ns)
{
    const uint64_t span[2] = {time_ns, time_ns};
    struct store_walk w = store_walk(context_store(c), CONTEXT_INVENTORY, FIELD_DEVICE_IP,
                                     out->address_text, span);
    const struct context_fact *f, *best = NULL;

    while ((f = store_next(&w)) != NULL)
        if ((f->time_ns == 0 || distance(f, time_ns) <= REPORTED_ADDRESS_NS) &&
            (!best || is_nearer(f, best, time_ns)))
            best = f;
    return best;
}

/* ---- what it is */

/* Every inventory that knows one of the handles; what it adds to them counts as well. */
static void follow_handles(const struct context *c, struct context_answer *out,
                           uint64_t time_ns)
{
    const uint64_t span[2] = {time_ns, time_ns};

    for (size_t i = 0; i < out->handle_count; i++) {
        struct context_handle h = out->handles[i];
        struct store_walk w;
        const struct context_fact *f;

        if (h.field == FIELD_DEVICE_IP)
            continue;
        w = store_walk(context_store(c), CONTEXT_INVENTORY, h.field, h.value, span);
        while ((f = store_next(&w)) != NULL) {
            add_fact(out, f);
            add_handles(out, f);
        }
    }
}

/* Inventories before leases, the nearest in time first. */
static void sort_facts(struct context_answer *out, uint64_t time_ns)
{
    for (size_t i = 1; i < out->fact_count; i++) {
        const struct context_fact *f = out->facts[i];
        size_t k = i;

        while (k > 0 && (out->facts[k - 1]->kind != f->kind
                             ? f->kind == CONTEXT_INVENTORY
                             : is_nearer(f, out->facts[k - 1], time_ns))) {
            out->facts[k] = out->facts[k - 1];
            k--;
        }
        out->facts[k] = f;
    }
}

/* Of the first `count` facts, which are those that are believed before others are. */
static const char *first_text(const struct context_answer *out, size_t count,
                              enum context_field field)
{
    for (size_t i = 0; i < count; i++)
        if (fact_text(out->facts[i], field))
            return fact_text(out->facts[i], field);
    return NULL;
}

static enum told told_of(const char *text)
{
    if (!text)
        return TOLD_NOTHING;
    return strcmp(text, "true") == 0 ? TOLD_YES : TOLD_NO;
}

static bool contradicts(const struct context_answer *out, const struct context_fact *f)
{
    for (size_t i = 0; i < sizeof(contested) / sizeof(contested[0]); i++) {
        const char *mine = fact_text(f, contested[i]);

        if (mine && strcasecmp(mine, first_text(out, out->fact_count, contested[i])) != 0)
            return true;
    }
    return false;
}

/* Those who are outvoted go to the end, in their order. */
static void part_facts(struct context_answer *out, const struct context_fact *lease)
{
    const struct context_fact *outranked[CONTEXT_USED_MAX];
    size_t count = 0;

    out->agreed = 0;
    for (size_t i = 0; i < out->fact_count; i++) {
        const struct context_fact *f = out->facts[i];

        if ((f->kind == CONTEXT_LEASE && f != lease) || contradicts(out, f))
            outranked[count++] = f;
        else
            out->facts[out->agreed++] = f;
    }
    for (size_t i = 0; i < count; i++)
        out->facts[out->agreed + i] = outranked[i];
}

static void fill(struct context_answer *out)
{
    static const enum context_field ids[] = {
        FIELD_DEVICE_ID,   FIELD_DEVICE_SERIAL, FIELD_DEVICE_UDID,
        FIELD_DEVICE_IMEI, FIELD_DEVICE_IMSI,
    };

    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]) && !out->id; i++)
        out->id = first_text(out, out->agreed, ids[i]);
    out->hostname = first_text(out, out->agreed, FIELD_DEVICE_HOSTNAME);
    out->os = first_text(out, out->agreed, FIELD_DEVICE_OS);
    out->os_version = first_text(out, out->agreed, FIELD_DEVICE_OS_VERSION);
    out->manufacturer = first_text(out, out->agreed, FIELD_DEVICE_MANUFACTURER);
    out->model = first_text(out, out->agreed, FIELD_DEVICE_MODEL);
    out->user = first_text(out, out->agreed, FIELD_DEVICE_USER);
    out->owner = first_text(out, out->agreed, FIELD_DEVICE_OWNER);
    out->serial = first_text(out, out->agreed, FIELD_DEVICE_SERIAL);
    out->mac = first_text(out, out->agreed, FIELD_DEVICE_MAC);
    out->managed = told_of(first_text(out, out->agreed, FIELD_DEVICE_MANAGED));
    out->supervised = told_of(first_text(out, out->agreed, FIELD_DEVICE_SUPERVISED));
}

bool context_find_device(const struct context *c, const struct address *address,
                         const uint8_t mac[6], uint64_t time_ns, struct context_answer *out)
{
    const struct context_fact *holder;

    memset(out, 0, sizeof(*out));
    if (!context_has_facts(c))
        return false;
    (void)address_describe(address, out->address_text);
    (void)add_handle(out, FIELD_DEVICE_IP, out->address_text);
    holder = find_lease(c, out, time_ns);
    if (!holder)
        holder = find_reported(c, out, time_ns);
    if (holder) {
        add_fact(out, holder);
        add_handles(out, holder);
        add_rival_leases(c, out, holder, time_ns);
    } else if (mac) {
        /* A lease knows better: seen behind a router, the MAC is the router's. */
        (void)snprintf(out->mac_text, sizeof(out->mac_text), "%02x%02x%02x%02x%02x%02x",
                       mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
        (void)add_handle(out, FIELD_DEVICE_MAC, out->mac_text);
    }
    follow_handles(c, out, time_ns);
    if (out->fact_count == 0)
        return false;
    sort_facts(out, time_ns);
    part_facts(out, holder);
    fill(out);
    return true;
}
