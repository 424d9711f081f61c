#include "detect/state_prune.h"

#include <stdlib.h>

#include "detect/fleet.h"
#include "detect/state_memory.h"

/* Kinds whose rows grow old. */
static const enum state_kind aging[] = {
    STATE_DEVICE,      STATE_DEVICE_APP,      STATE_APP,
    STATE_DESTINATION, STATE_APP_DESTINATION, STATE_DEVICE_DESTINATION,
    STATE_KEY,         STATE_SCOPE,           STATE_ISSUER,
    STATE_POLICY,      STATE_UPSTREAM_KEY,    STATE_FLEET,
    STATE_ALERT,
};

/* Ids of rows that are to go; they cannot go while rows are read. */
struct pruning {
    struct state *state;
    struct state_prune *prune;
    enum state_kind kind;
    struct doomed {
        enum state_kind kind;
        uint8_t id[STATE_ID_BYTES];
    } * doomed;
    size_t count, room;
    struct memory_id device, destination;
    bool has_device, has_destination;
};

static bool doom(struct pruning *p, enum state_kind kind, const void *id)
{
    size_t room = p->room ? p->room * 2 : 256;
    struct doomed *doomed = p->doomed;

    if (p->count == p->room) {
        doomed = realloc(doomed, room * sizeof(*doomed));
        if (!doomed)
            return false;
        p->doomed = doomed;
        p->room = room;
    }
    doomed[p->count].kind = kind;
    memcpy(doomed[p->count++].id, id, STATE_ID_BYTES);
    return true;
}

static bool take_old(void *ctx, const struct state_row *row)
{
    struct pruning *p = ctx;

    return row->used_s >= p->prune->older_than_s || doom(p, p->kind, row->id);
}

/* ---- by name */

/* A record of a row; the caller releases it by its layout. */
static void *read_record(const struct state_row *row)
{
    const struct layout *l = state_memory_layout(row->kind);
    void *record = calloc(1, l->size);

    if (record && !layout_unpack(l, row->value, NULL, record)) {
        layout_release(l, record);
        free(record);
        return NULL;
    }
    return record;
}

static void free_record(const struct state_row *row, void *record)
{
    layout_release(state_memory_layout(row->kind), record);
    free(record);
}

static bool take_device(void *ctx, const struct state_row *row)
{
    struct pruning *p = ctx;
    struct device *d = read_record(row);
    bool same = d && address_equal(&d->address, p->prune->device), kept = true;

    if (same) {
        memcpy(&p->device, row->id, sizeof(p->device));
        p->has_device = true;
        kept = doom(p, STATE_DEVICE, row->id);
    }
    if (d)
        free_record(row, d);
    return d && kept;
}

static bool take_destination(void *ctx, const struct state_row *row)
{
    struct pruning *p = ctx;
    struct destination *d = read_record(row);
    bool same = d && d->name && strcmp(d->name, p->prune->destination) == 0, kept = true;

    if (same) {
        memcpy(&p->destination, row->id, sizeof(p->destination));
        p->has_destination = true;
        kept = doom(p, STATE_DESTINATION, row->id);
    }
    if (d)
        free_record(row, d);
    return d && kept;
}

/* What was remembered of a device, an app and a destination in pairs; not every pair has a row. */
static bool doom_key(struct pruning *p, const struct state_row *row, const struct key *key)
{
    uint64_t seed = state_seed(p->state);
    struct memory_id device_app = parties_pair_id(seed, &key->device, &key->app);
    struct memory_id app_destination = parties_pair_id(seed, &key->app, &key->destination);
    struct memory_id device_destination =
        parties_pair_id(seed, &key->device, &key->destination);
    struct memory_id fleet = fleet_id(seed, &key->app, &key->destination);

    if (!doom(p, STATE_KEY, row->id) ||
        !doom(p, STATE_DEVICE_DESTINATION, &device_destination))
        return false;
    if (p->has_device && memory_id_equal(&key->device, &p->device) &&
        !doom(p, STATE_DEVICE_APP, &device_app))
        return false;
    return !p->has_destination || !memory_id_equal(&key->destination, &p->destination) ||
           (doom(p, STATE_APP_DESTINATION, &app_destination) &&
            doom(p, STATE_FLEET, &fleet));
}

static bool take_key(void *ctx, const struct state_row *row)
{
    struct pruning *p = ctx;
    struct key *key = read_record(row);
    bool kept = true;

    if (!key)
        return false;
    if ((p->has_device && memory_id_equal(&key->device, &p->device)) ||
        (p->has_destination && memory_id_equal(&key->destination, &p->destination)))
        kept = doom_key(p, row, key);
    free_record(row, key);
    return kept;
}

static int find_named(struct pruning *p, struct err *why)
{
    if (p->prune->device && state_each(p->state, STATE_DEVICE, take_device, p, why) < 0)
        return -1;
    if (p->prune->destination &&
        state_each(p->state, STATE_DESTINATION, take_destination, p, why) < 0)
        return -1;
    return p->has_device || p->has_destination
               ? state_each(p->state, STATE_KEY, take_key, p, why)
               : 0;
}

static int find_old(struct pruning *p, struct err *why)
{
    for (size_t i = 0; i < sizeof(aging) / sizeof(aging[0]); i++) {
        p->kind = aging[i];
        if (state_each(p->state, p->kind, take_old, p, why) < 0)
            return -1;
    }
    return 0;
}

static int drop_doomed(struct pruning *p, struct err *why)
{
    for (size_t i = 0; i < p->count; i++) {
        int rows = state_drop_counted(p->state, p->doomed[i].kind, p->doomed[i].id, why);

        if (rows < 0)
            return -1;
        p->prune->dropped[p->doomed[i].kind] += (uint64_t)rows;
    }
    return 0;
}

int state_prune(struct state *s, struct state_prune *prune, struct err *why)
{
    struct pruning p = {.state = s, .prune = prune};
    int result = find_named(&p, why);

    if (result == 0 && prune->older_than_s)
        result = find_old(&p, why);
    if (result == 0)
        result = drop_doomed(&p, why);
    free(p.doomed);
    return result;
}
