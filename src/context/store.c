#include "context/store.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/nanotime.h"

#define BYTES_A_BUCKET 256u /* a fact has this size about, and two handles */
#define STEP_NS (3600 * NS_PER_S)
#define DAY_NS (24 * STEP_NS)
#define LINKS_MAX 192u /* a week of hours, and a day */

/*
 * How long before and after its time a fact holds when it does not say, its share of the memory in
 * percent, and whether it is an event: those are indexed by the hour as well.
 */
static const struct {
    uint64_t before_ns, after_ns;
    unsigned share;
    bool is_event;
} ways[CONTEXT_KINDS] = {
    [CONTEXT_LEASE] = {0, DAY_NS, 15, false},
    [CONTEXT_INVENTORY] = {30 * DAY_NS, 30 * DAY_NS, 12, false},
    [CONTEXT_APP] = {30 * DAY_NS, 30 * DAY_NS, 15, false},
    [CONTEXT_NETWORK] = {0, 0, 35, true},
    [CONTEXT_STATE] = {0, 12 * STEP_NS, 6, true},
    [CONTEXT_EDR] = {0, 0, 5, true},
    [CONTEXT_PROXY] = {0, 0, 5, true},
    [CONTEXT_ANALYSIS] = {365 * DAY_NS, 365 * DAY_NS, 3, false},
    [CONTEXT_COMPLIANCE] = {0, 7 * DAY_NS, 1, false},
    [CONTEXT_ALERT] = {DAY_NS, DAY_NS, 2, false},
    [CONTEXT_AUTHORITY] = {0, 30 * DAY_NS, 1, false},
};

/* What a fact is found by. */
static const enum context_field handles[] = {
    FIELD_DEVICE_ID,   FIELD_DEVICE_IP,   FIELD_DEVICE_MAC,  FIELD_DEVICE_SERIAL,
    FIELD_DEVICE_UDID, FIELD_DEVICE_IMEI, FIELD_DEVICE_IMSI,
};
#define HANDLES (sizeof(handles) / sizeof(handles[0]))

const char *fact_text(const struct context_fact *f, enum context_field field)
{
    return f->at[field] ? f->text + f->at[field] - 1 : NULL;
}

bool fact_bool(const struct context_fact *f, enum context_field field, bool otherwise)
{
    const char *text = fact_text(f, field);

    return text ? strcmp(text, "true") == 0 : otherwise;
}

bool fact_holds(const struct context_fact *f, enum context_field field, const char *value)
{
    const char *text = fact_text(f, field);
    struct span list = text ? span_of_text(text) : span_of(NULL, 0), one;

    while (context_list_next(&list, &one))
        if (span_equal(one, span_of_text(value)))
            return true;
    return false;
}

/* ---- index */

/* Step 0 holds what is no event. */
static uint64_t hash_of(const struct store *s, enum context_kind kind,
                        enum context_field field, struct span value, uint64_t step)
{
    uint64_t key = s->seed ^ ((uint64_t)kind << 56) ^ ((uint64_t)field << 48) ^ step;

    return XXH3_64bits_withSeed(value.data, value.len, key);
}

static struct context_link **bucket_of(const struct store *s, uint64_t hash)
{
    return &s->index[hash & s->index_mask];
}

static void link_in(struct store *s, struct context_fact *f, uint64_t hash)
{
    struct context_link **bucket = bucket_of(s, hash);
    struct context_link *link;

    if (f->link_count == f->link_room)
        return; /* more handles than a record can be found by */
    link = &f->links[f->link_count++];
    *link = (struct context_link){.next = *bucket, .back = bucket, .hash = hash, .fact = f};
    if (link->next)
        link->next->back = &link->next;
    *bucket = link;
}

static void unlink_all(struct context_fact *f)
{
    for (uint16_t i = 0; i < f->link_count; i++) {
        struct context_link *link = &f->links[i];

        *link->back = link->next;
        if (link->next)
            link->next->back = link->back;
    }
}

/* ---- one fact */

/* The span in which it holds. */
static void set_reach(struct context_fact *f, const struct context_record *r)
{
    uint64_t before = ways[r->kind].before_ns, after = ways[r->kind].after_ns;

    f->time_ns = r->time_ns;
    f->from_ns = r->time_ns > before ? r->time_ns - before : 0;
    f->until_ns = r->time_ns ? r->time_ns + after : UINT64_MAX;
    if (!r->until_ns)
        return;
    f->until_ns = r->until_ns;
    /* It says when it ends and not when it began, as some leases do. */
    if (!r->time_ns)
        f->from_ns = r->until_ns > after ? r->until_ns - after : 0;
}

static uint16_t count_values(const struct context_record *r, enum context_field field)
{
    const char *text = record_text(r, field);
    struct span list = text ? span_of_text(text) : span_of(NULL, 0), one;
    uint16_t n = 0;

    if (!context_field_is_list(field))
        return text != NULL;
    while (context_list_next(&list, &one))
        n++;
    return n;
}

/* Steps of time that it touches. */
static uint64_t steps_of(const struct context_fact *f)
{
    return ways[f->kind].is_event ? f->until_ns / STEP_NS - f->from_ns / STEP_NS + 1 : 1;
}

static size_t links_of(const struct context_record *r, uint64_t steps)
{
    size_t values = 0, links;

    for (size_t i = 0; i < HANDLES; i++)
        values += count_values(r, handles[i]);
    if (values == 0)
        values = 3; /* by none, by the app and by its digest */
    links = 1 + values * (steps < LINKS_MAX ? (size_t)steps : LINKS_MAX);
    return links < 2 * LINKS_MAX ? links : 2 * LINKS_MAX;
}

static size_t text_bytes(const struct context_record *r)
{
    size_t n = 0;

    for (size_t f = 0; f < CONTEXT_TEXTS; f++)
        if (r->at[f])
            n += strlen(record_text(r, (enum context_field)f)) + 1;
    return n;
}

/* The fields in their order, whatever order they were added in. */
static void pack(struct context_fact *f, const struct context_record *r)
{
    size_t len = 0;

    for (size_t i = 0; i < CONTEXT_TEXTS; i++) {
        const char *text = record_text(r, (enum context_field)i);

        if (!text)
            continue;
        f->at[i] = (uint16_t)(len + 1);
        memcpy(f->text + len, text, strlen(text) + 1);
        len += strlen(text) + 1;
    }
}

static struct context_fact *make_fact(const struct store *s, const struct context_record *r)
{
    struct context_fact span = {.kind = r->kind}, *f;
    size_t links, text = text_bytes(r), bytes;

    set_reach(&span, r);
    links = links_of(r, steps_of(&span));
    bytes = sizeof(*f) + links * sizeof(struct context_link) + text;
    f = calloc(1, bytes);
    if (!f)
        return NULL;
    *f = span;
    f->bytes = bytes;
    f->telemetry = r->telemetry;
    f->format = r->format;
    f->links = (struct context_link *)(f + 1);
    f->link_room = (uint16_t)links;
    f->text = (char *)(f->links + links);
    pack(f, r);
    f->hash = XXH3_64bits_withSeed(f->text, text,
                                   s->seed ^ (uint64_t)r->kind ^
                                       XXH3_64bits(f->at, sizeof(f->at)) ^ r->time_ns ^
                                       (r->until_ns << 1));
    return f;
}

static bool is_there(const struct store *s, const struct context_fact *f)
{
    for (const struct context_link *l = *bucket_of(s, f->hash); l; l = l->next)
        if (l->hash == f->hash && l->fact->kind == f->kind &&
            l->fact->from_ns == f->from_ns && l->fact->until_ns == f->until_ns)
            return true;
    return false;
}

static void link_value(struct store *s, struct context_fact *f, enum context_field field,
                       struct span value)
{
    if (!ways[f->kind].is_event) {
        link_in(s, f, hash_of(s, f->kind, field, value, 0));
        return;
    }
    for (uint64_t i = 0; i < LINKS_MAX && i < steps_of(f); i++)
        link_in(s, f, hash_of(s, f->kind, field, value, f->from_ns / STEP_NS + i + 1));
}

static void link_fact(struct store *s, struct context_fact *f)
{
    bool named = false;

    link_in(s, f, f->hash);
    for (size_t i = 0; i < HANDLES; i++) {
        const char *text = fact_text(f, handles[i]);
        struct span list = text ? span_of_text(text) : span_of(NULL, 0), one;

        named = named || text != NULL;
        if (text && !context_field_is_list(handles[i]))
            link_value(s, f, handles[i], list);
        else
            while (context_list_next(&list, &one))
                link_value(s, f, handles[i], one);
    }
    if (named)
        return;
    link_value(s, f, STORE_ANY_DEVICE, span_of(NULL, 0));
    if (fact_text(f, FIELD_APP_ID))
        link_value(s, f, FIELD_APP_ID, span_of_text(fact_text(f, FIELD_APP_ID)));
    if (fact_text(f, FIELD_APP_SHA256))
        link_value(s, f, FIELD_APP_SHA256, span_of_text(fact_text(f, FIELD_APP_SHA256)));
}

static void drop_oldest(struct store *s, enum context_kind kind)
{
    struct context_fact *f = s->oldest[kind];

    unlink_all(f);
    s->oldest[kind] = f->newer;
    if (!f->newer)
        s->newest[kind] = NULL;
    s->bytes[kind] -= f->bytes;
    s->counts[kind]--;
    free(f);
}

static void make_room(struct store *s, enum context_kind kind, size_t bytes)
{
    size_t most = s->most_bytes / 100 * ways[kind].share;

    while (s->oldest[kind] && s->bytes[kind] + bytes > most) {
        drop_oldest(s, kind);
        s->stats.shed[kind]++;
    }
}

const struct context_fact *store_put(struct store *s, const struct context_record *r,
                                     uint16_t feed, uint32_t line)
{
    struct context_fact *f = make_fact(s, r);

    if (!f) {
        s->stats.no_memory++;
        return NULL;
    }
    if (is_there(s, f)) {
        s->stats.duplicates++;
        free(f);
        return NULL;
    }
    make_room(s, r->kind, f->bytes);
    f->feed = feed;
    f->line = line;
    f->sequence = ++s->sequence;
    link_fact(s, f);
    if (s->newest[r->kind])
        s->newest[r->kind]->newer = f;
    else
        s->oldest[r->kind] = f;
    s->newest[r->kind] = f;
    s->bytes[r->kind] += f->bytes;
    s->counts[r->kind]++;
    s->stats.taken[r->kind]++;
    return f;
}

/* ---- the whole */

int store_init(struct store *s, size_t most_bytes, uint64_t seed, struct err *why)
{
    size_t buckets = 1024;

    *s = (struct store){.most_bytes = most_bytes, .seed = seed};
    while (buckets < most_bytes / BYTES_A_BUCKET)
        buckets *= 2;
    s->index = calloc(buckets, sizeof(struct context_link *));
    if (!s->index)
        return err_set(why, "no memory for context records");
    s->index_mask = buckets - 1;
    return 0;
}

void store_fini(struct store *s)
{
    for (enum context_kind k = CONTEXT_LEASE; k < CONTEXT_KINDS; k++)
        while (s->oldest[k])
            drop_oldest(s, k);
    free(s->index);
    *s = (struct store){0};
}

uint64_t store_shed(const struct store *s)
{
    uint64_t n = s->stats.no_memory;

    for (int k = 0; k < CONTEXT_KINDS; k++)
        n += s->stats.shed[k];
    return n;
}

/* ---- look-ups */

static void enter_step(struct store_walk *w)
{
    struct span value = w->value ? span_of_text(w->value) : span_of(NULL, 0);

    w->hash = hash_of(w->store, w->kind, w->field, value, w->step);
    w->link = *bucket_of(w->store, w->hash);
}

struct store_walk store_walk(const struct store *s, enum context_kind kind,
                             enum context_field field, const char *value,
                             const uint64_t span_ns[2])
{
    struct store_walk w = {.store = s,
                           .kind = kind,
                           .field = field,
                           .value = value,
                           .from_ns = span_ns[0],
                           .until_ns = span_ns[1]};

    if (!s->index || s->counts[kind] == 0)
        return w;
    if (ways[kind].is_event) {
        w.step = span_ns[0] / STEP_NS + 1;
        w.last_step = span_ns[1] / STEP_NS + 1;
    }
    enter_step(&w);
    return w;
}

/* A fact that touches several steps is told in the first of them that is walked. */
static bool was_told(const struct store_walk *w, const struct context_fact *f)
{
    uint64_t first = f->from_ns > w->from_ns ? f->from_ns : w->from_ns;

    return ways[w->kind].is_event && first / STEP_NS + 1 != w->step;
}

const struct context_fact *store_next(struct store_walk *w)
{
    for (;;) {
        const struct context_link *l = w->link;

        if (!l) {
            if (w->step >= w->last_step)
                return NULL;
            w->step++;
            enter_step(w);
            continue;
        }
        w->link = l->next;
        if (l->hash == w->hash && l->fact->kind == w->kind &&
            l->fact->from_ns <= w->until_ns && l->fact->until_ns >= w->from_ns &&
            !was_told(w, l->fact))
            return l->fact;
    }
}
