#include "detect/state_memory.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "detect/record_layouts.h"

#define DESCRIPTION_MAX 32768

static const struct {
    enum state_kind kind;
    size_t offset; /* in struct correlator */
    const struct layout *layout;
} tables[] = {
    {STATE_DEVICE, offsetof(struct correlator, devices), &layout_device},
    {STATE_DEVICE_APP, offsetof(struct correlator, device_apps), &layout_device_app},
    {STATE_APP, offsetof(struct correlator, apps), &layout_app},
    {STATE_DESTINATION, offsetof(struct correlator, destinations), &layout_destination},
    {STATE_APP_DESTINATION, offsetof(struct correlator, app_destinations),
     &layout_app_destination},
    {STATE_DEVICE_DESTINATION, offsetof(struct correlator, device_destinations),
     &layout_device_destination},
    {STATE_KEY, offsetof(struct correlator, keys), &layout_key},
    {STATE_SCOPE, offsetof(struct correlator, inspection.scopes), &layout_scope_record},
    {STATE_POLICY, offsetof(struct correlator, inspection.policies), &layout_policy_record},
    {STATE_ISSUER, offsetof(struct correlator, inspection.issuers.table), &layout_issuer},
    {STATE_UPSTREAM_KEY, offsetof(struct correlator, upstream_keys), &layout_upstream_key},
    {STATE_FLEET, offsetof(struct correlator, fleets), &layout_fleet},
    {STATE_GENUINE, offsetof(struct correlator, genuines), &layout_genuine},
    {STATE_LINK, offsetof(struct correlator, identity.links), &layout_identity_link},
    {STATE_ALIAS, offsetof(struct correlator, identity.aliases), &layout_identity_alias},
};

static const struct {
    enum state_kind kind;
    size_t offset;
} queues[] = {
    {STATE_SETTLE, offsetof(struct correlator, settle)},
    {STATE_EXPIRY, offsetof(struct correlator, expiry)},
};

#define STATE_TABLES (sizeof(tables) / sizeof(tables[0]))
#define STATE_QUEUES (sizeof(queues) / sizeof(queues[0]))

_Static_assert(STATE_TABLES <= STATE_TABLES_MAX && STATE_QUEUES <= STATE_QUEUES_MAX,
               "each has a watch");

static struct memory_table *table_of(const struct state_memory *m, size_t i)
{
    return (struct memory_table *)(void *)((unsigned char *)m->correlator +
                                           tables[i].offset);
}

static struct settle_queue *queue_of(const struct state_memory *m, size_t i)
{
    return (struct settle_queue *)(void *)((unsigned char *)m->correlator +
                                           queues[i].offset);
}

static uint64_t mix(uint64_t sum, const struct layout *l)
{
    char buffer[DESCRIPTION_MAX];
    struct text text = text_in(buffer, sizeof(buffer));

    layout_describe(l, &text);
    return XXH3_64bits_withSeed(buffer, text.len, sum);
}

const char *state_memory_version(char out[STATE_VERSION_MAX])
{
    uint64_t sum = mix(mix(0, &layout_correlator), &layout_settle_entry);

    for (size_t i = 0; i < STATE_TABLES; i++)
        sum = mix(sum, tables[i].layout);
    (void)snprintf(out, STATE_VERSION_MAX, "%016llx", (unsigned long long)sum);
    return out;
}

const struct layout *state_memory_layout(enum state_kind kind)
{
    for (size_t i = 0; i < STATE_TABLES; i++)
        if (tables[i].kind == kind)
            return tables[i].layout;
    for (size_t i = 0; i < STATE_QUEUES; i++)
        if (queues[i].kind == kind)
            return &layout_settle_entry;
    return kind == STATE_CORRELATOR ? &layout_correlator : NULL;
}

int state_memory_init(struct state_memory *m, struct state *state,
                      struct correlator *correlator, struct err *why)
{
    *m = (struct state_memory){.state = state, .correlator = correlator};
    m->hit_count = lists_count(&correlator->lists);
    m->hits = calloc(m->hit_count + 1, sizeof(*m->hits));
    m->awaited = calloc(TOTALS_MAX, sizeof(*m->awaited));
    if (!m->hits || !m->awaited)
        return err_set(why, "no memory for the state");
    for (size_t i = 0; i < STATE_TABLES; i++)
        memory_watch_begin(&m->tables[i], table_of(m, i));
    for (size_t i = 0; i < STATE_QUEUES; i++)
        settle_watch_begin(&m->queues[i], queue_of(m, i));
    return 0;
}

void state_memory_leave(struct state_memory *m)
{
    for (size_t i = 0; i < STATE_TABLES; i++)
        table_of(m, i)->watch = NULL;
    for (size_t i = 0; i < STATE_QUEUES; i++)
        queue_of(m, i)->watch = NULL;
}

/* The correlator may be gone already, with its tables. */
void state_memory_fini(struct state_memory *m)
{
    for (size_t i = 0; i < STATE_TABLES; i++)
        memory_watch_fini(&m->tables[i]);
    for (size_t i = 0; i < STATE_QUEUES; i++)
        settle_watch_fini(&m->queues[i]);
    free(m->hits);
    free(m->awaited);
    *m = (struct state_memory){0};
}

/* ---- reading */

struct reading {
    struct state_memory *memory;
    size_t i; /* of its tables or queues */
    struct layout_names names;
};

static const char *find_authority(void *ctx, struct span name)
{
    const struct correlator_options *options = &((const struct correlator *)ctx)->options;

    for (size_t i = 0; i < options->authority_count; i++)
        if (span_equal(span_of_text(options->authority_names[i]), name))
            return options->authority_names[i];
    return NULL;
}

static bool read_record(void *ctx, const struct state_row *row)
{
    struct reading *r = ctx;
    struct memory_table *t = table_of(r->memory, r->i);
    struct memory_entry *e;
    struct memory_id id;
    bool made;

    memcpy(&id, row->id, sizeof(id));
    t->now_s = (uint32_t)row->used_s;
    e = memory_get(t, &id, &made);
    if (!e || !made)
        return false;
    memory_watch_restore(&r->memory->tables[r->i], e->number, row->turn);
    return layout_unpack(tables[r->i].layout, row->value, &r->names, e);
}

/* A limit that was lowered since lets go of what was not used for longest: then all is written. */
static int read_table(struct reading *r, struct err *why)
{
    struct memory_table *t = table_of(r->memory, r->i);

    if (state_each(r->memory->state, tables[r->i].kind, read_record, r, why) < 0)
        return -1;
    if (t->dropped == 0)
        memory_watch_copied(&r->memory->tables[r->i]);
    return 0;
}

static bool read_timer(void *ctx, const struct state_row *row)
{
    struct reading *r = ctx;
    struct settle_entry entry = {0};

    if (!layout_unpack(&layout_settle_entry, row->value, NULL, &entry))
        return false;
    settle_restore(queue_of(r->memory, r->i), &entry);
    return true;
}

static bool read_correlator(void *ctx, const struct state_row *row)
{
    struct reading *r = ctx;

    return layout_unpack(&layout_correlator, row->value, NULL, r->memory->correlator);
}

/* ---- hits of the lists */

static const struct match_entry *entry_of(const struct state_memory *m, size_t i)
{
    return lists_get(&m->correlator->lists, i, 0).entry;
}

/* "platform-services.yaml: *.push.example" */
static struct span name_of(const struct match_entry *e, char out[LAYOUT_TEXT_MAX])
{
    struct text text = text_in(out, LAYOUT_TEXT_MAX);

    text_add_format(&text, "%s: %s", e->list ? e->list : "", e->match);
    return span_of(text.data, text.len);
}

static bool read_hits(void *ctx, const struct state_row *row)
{
    struct state_memory *m = ((struct reading *)ctx)->memory;
    char name[LAYOUT_TEXT_MAX];

    for (size_t i = 0; i < m->hit_count; i++)
        if (span_equal(name_of(entry_of(m, i), name), row->value)) {
            m->hits[i] = m->correlator->lists.hits[i] = row->turn;
            break;
        }
    return true;
}

static int write_hits(struct state_memory *m, struct err *why)
{
    struct state_row row = {.kind = STATE_HITS};
    char name[LAYOUT_TEXT_MAX];

    for (size_t i = 0; i < m->hit_count; i++) {
        XXH128_hash_t id;

        if (m->hits[i] == m->correlator->lists.hits[i])
            continue;
        row.value = name_of(entry_of(m, i), name);
        row.turn = m->correlator->lists.hits[i];
        id = XXH3_128bits(row.value.data, row.value.len);
        memcpy(row.id, &id, sizeof(row.id));
        if (state_put(m->state, &row, why) < 0)
            return -1;
    }
    return 0;
}

void state_memory_renew_hits(struct state_memory *m)
{
    const struct lists *lists = &m->correlator->lists;
    size_t count = lists_count(lists);

    free(m->hits);
    m->hits = calloc(count + 1, sizeof(*m->hits));
    m->hit_count = m->hits ? count : 0; /* without memory they are kept no more */
    if (m->hits)
        memcpy(m->hits, lists->hits, count * sizeof(*m->hits));
}

/* ---- sessions whose totals are awaited */

static bool read_awaited(void *ctx, const struct state_row *row)
{
    struct state_memory *m = ((struct reading *)ctx)->memory;
    struct memory_id key;

    if (row->value.len != sizeof(key))
        return false;
    memcpy(&key, row->value.data, sizeof(key));
    totals_await(&m->correlator->totals, row->id, &key);
    return true;
}

static bool is_as_written(const struct totals_entry *now, const struct totals_entry *then)
{
    return now->waits == then->waits &&
           (!now->waits ||
            (memcmp(now->session_id, then->session_id, SESSION_ID_BYTES) == 0 &&
             memory_id_equal(&now->key, &then->key)));
}

static int write_awaited(struct state_memory *m, struct err *why)
{
    for (size_t i = 0; i < TOTALS_MAX; i++) {
        const struct totals_entry *now = &m->correlator->totals.entries[i];
        const struct totals_entry *then = &m->awaited[i];
        struct state_row row = {.kind = STATE_AWAITED,
                                .value = span_of(&now->key, sizeof(now->key))};

        if (is_as_written(now, then))
            continue;
        if (then->waits && state_drop(m->state, row.kind, then->session_id, why) < 0)
            return -1;
        memcpy(row.id, now->session_id, sizeof(row.id));
        if (now->waits && state_put(m->state, &row, why) < 0)
            return -1;
    }
    return 0;
}

static void note_awaited(struct state_memory *m)
{
    memcpy(m->awaited, m->correlator->totals.entries, TOTALS_MAX * sizeof(*m->awaited));
}

int state_memory_load(struct state_memory *m, struct err *why)
{
    struct reading r = {.memory = m, .names = {find_authority, m->correlator}};

    for (r.i = 0; r.i < STATE_TABLES; r.i++)
        if (read_table(&r, why) < 0)
            return -1;
    for (r.i = 0; r.i < STATE_QUEUES; r.i++) {
        if (state_each(m->state, queues[r.i].kind, read_timer, &r, why) < 0)
            return -1;
        settle_watch_copied(&m->queues[r.i]);
    }
    if (state_each(m->state, STATE_AWAITED, read_awaited, &r, why) < 0)
        return -1;
    note_awaited(m);
    if (state_each(m->state, STATE_HITS, read_hits, &r, why) < 0 ||
        state_each(m->state, STATE_CORRELATOR, read_correlator, &r, why) < 0)
        return -1;
    return 0;
}

/* ---- writing */

static int write_record(struct state_memory *m, size_t i, const struct memory_entry *e,
                        struct err *why)
{
    uint8_t packed[LAYOUT_PACKED_MAX];
    struct state_row row = {.kind = tables[i].kind,
                            .turn = memory_watch_turn(&m->tables[i], e->number),
                            .used_s = e->used_s};

    memcpy(row.id, &e->id, sizeof(row.id));
    row.value = span_of(packed, layout_pack(tables[i].layout, e, packed));
    m->written++;
    if (!span_empty(row.value))
        return state_put(m->state, &row, why);
    m->too_long++;
    return state_drop(m->state, row.kind, row.id, why);
}

static int write_whole_table(struct state_memory *m, size_t i, struct err *why)
{
    const struct memory_table *t = table_of(m, i);

    if (state_drop_kind(m->state, tables[i].kind, why) < 0)
        return -1;
    for (struct memory_entry *e = memory_next(t, NULL); e; e = memory_next(t, e))
        if (write_record(m, i, e, why) < 0)
            return -1;
    return 0;
}

/* A record that was dropped may have been made again, so drops come first. */
static int write_table(struct state_memory *m, size_t i, struct err *why)
{
    const struct memory_watch *w = &m->tables[i];

    if (w->all)
        return write_whole_table(m, i, why);
    for (size_t k = 0; k < w->gone_count; k++)
        if (state_drop(m->state, tables[i].kind, (const uint8_t *)&w->gone[k], why) < 0)
            return -1;
    for (size_t k = 0; k < w->touched_count; k++)
        if (write_record(m, i, memory_entry_of(table_of(m, i), w->touched[k]), why) < 0)
            return -1;
    return 0;
}

static struct state_row timer_row(enum state_kind kind, uint64_t order)
{
    struct state_row row = {.kind = kind, .turn = order};

    memcpy(row.id, &order, sizeof(order));
    return row;
}

static int write_timer(struct state_memory *m, enum state_kind kind,
                       const struct settle_entry *entry, struct err *why)
{
    uint8_t packed[LAYOUT_PACKED_MAX];
    struct state_row row = timer_row(kind, entry->order);

    row.value = span_of(packed, layout_pack(&layout_settle_entry, entry, packed));
    m->written++;
    return state_put(m->state, &row, why);
}

/* What was put may have been taken since, so puts come first. */
static int write_queue(struct state_memory *m, size_t i, struct err *why)
{
    const struct settle_watch *w = &m->queues[i];
    const struct settle_queue *q = queue_of(m, i);
    const struct settle_entry *put = w->all ? q->entries : w->put;
    size_t count = w->all ? q->count : w->put_count;

    if (w->all && state_drop_kind(m->state, queues[i].kind, why) < 0)
        return -1;
    for (size_t k = 0; k < count; k++)
        if (write_timer(m, queues[i].kind, &put[k], why) < 0)
            return -1;
    for (size_t k = 0; k < w->taken_count; k++) {
        struct state_row row = timer_row(queues[i].kind, w->taken[k]);

        if (state_drop(m->state, row.kind, row.id, why) < 0)
            return -1;
    }
    return 0;
}

static int write_correlator(struct state_memory *m, struct err *why)
{
    uint8_t packed[LAYOUT_PACKED_MAX];
    struct state_row row = {.kind = STATE_CORRELATOR};

    row.value = span_of(packed, layout_pack(&layout_correlator, m->correlator, packed));
    return state_put(m->state, &row, why);
}

int state_memory_save(struct state_memory *m, struct err *why)
{
    for (size_t i = 0; i < STATE_TABLES; i++)
        if (write_table(m, i, why) < 0)
            return -1;
    for (size_t i = 0; i < STATE_QUEUES; i++)
        if (write_queue(m, i, why) < 0)
            return -1;
    if (write_awaited(m, why) < 0)
        return -1;
    return write_hits(m, why) < 0 ? -1 : write_correlator(m, why);
}

void state_memory_saved(struct state_memory *m)
{
    for (size_t i = 0; i < STATE_TABLES; i++)
        memory_watch_copied(&m->tables[i]);
    for (size_t i = 0; i < STATE_QUEUES; i++)
        settle_watch_copied(&m->queues[i]);
    memcpy(m->hits, m->correlator->lists.hits, m->hit_count * sizeof(*m->hits));
    note_awaited(m);
}
