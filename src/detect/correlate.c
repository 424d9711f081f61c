#include "detect/correlate.h"

#include <stdlib.h>
#include <string.h>

#include "base/nanotime.h"
#include "detect/alert_life.h"
#include "detect/breakage.h"
#include "detect/fleet.h"
#include "detect/interceptor.h"
#include "detect/join.h"
#include "detect/judge.h"
#include "detect/notice_life.h"
#include "detect/observe.h"
#include "detect/refusal.h"
#include "detect/removal.h"
#include "detect/review.h"
#include "detect/upstream.h"

/* One in so many keys raises an alert of an app and destination of its own. */
#define FLEET_SHARE 16
/* Destinations whose own certificates are remembered, one for so many keys. */
#define GENUINE_SHARE 8

/* A session that was taken. A newer one takes its place. */
struct seen_session {
    uint64_t id; /* its halves added up */
};

/* ---- what records own */

static void drop_key(void *ctx, struct memory_entry *entry)
{
    struct suspicion *s = ((struct key *)entry)->suspicion;

    (void)ctx;
    if (!s)
        return;
    free(s->destination);
    free(s->package);
    free(s->evidence);
    removal_forget(s);
    free(s);
}

static void drop_device(void *ctx, struct memory_entry *entry)
{
    struct device *d = (struct device *)entry;

    (void)ctx;
    device_ring_fini(&d->accepted);
    device_ring_fini(&d->refused);
    free(d->waiting);
    free(d->others);
    free(d->overflow);
    free(d->streak);
    notice_life_free(d->notice);
}

static void drop_app(void *ctx, struct memory_entry *entry)
{
    (void)ctx;
    notice_life_free(((struct app *)entry)->notice);
}

static void drop_destination(void *ctx, struct memory_entry *entry)
{
    struct destination *d = (struct destination *)entry;

    (void)ctx;
    free(d->name);
    notice_life_free(d->notice);
    if (d->mtls)
        notice_life_free(d->mtls->notice);
    free(d->mtls);
}

static void drop_pair(void *ctx, struct memory_entry *entry)
{
    (void)ctx;
    free(((struct device_destination *)entry)->refusals);
}

static void drop_genuine(void *ctx, struct memory_entry *entry)
{
    (void)ctx;
    genuine_fini((struct genuine *)entry);
}

static void drop_fleet(void *ctx, struct memory_entry *entry)
{
    (void)ctx;
    fleet_fini((struct fleet *)entry);
}

int correlator_init(struct correlator *c, const struct correlator_options *options,
                    struct err *why)
{
    struct inspection_options inspection = {.config = options->inspection,
                                            .tuning = &options->rules->tuning,
                                            .authority_names = options->authority_names,
                                            .authority_keys = options->authority_keys,
                                            .authority_count = options->authority_count,
                                            .seed = options->seed};
    size_t devices = options->max_devices, keys = options->max_keys;

    *c = (struct correlator){.options = *options};
    inspection_init(&c->inspection, &inspection);
    identity_init(&c->identity, options->seed, devices);
    if (options->context) {
        c->identity.lookup = join_identity;
        c->identity.lookup_ctx = options->context;
    }
    hold_back_init(&c->hold_back);
    memory_table_init(&c->devices, sizeof(struct device), devices, drop_device, NULL);
    memory_table_init(&c->apps, sizeof(struct app), devices, drop_app, NULL);
    memory_table_init(&c->destinations, sizeof(struct destination), keys / 2,
                      drop_destination, NULL);
    memory_table_init(&c->device_apps, sizeof(struct device_app), keys / 2, NULL, NULL);
    memory_table_init(&c->app_destinations, sizeof(struct app_destination), keys, NULL,
                      NULL);
    memory_table_init(&c->device_destinations, sizeof(struct device_destination), keys,
                      drop_pair, NULL);
    memory_table_init(&c->keys, sizeof(struct key), keys, drop_key, NULL);
    memory_table_init(&c->upstream_keys, sizeof(struct upstream_key), devices, NULL, NULL);
    memory_table_init(&c->genuines, sizeof(struct genuine), keys / GENUINE_SHARE,
                      drop_genuine, NULL);
    memory_table_init(&c->fleets, sizeof(struct fleet), keys / FLEET_SHARE, drop_fleet,
                      NULL);
    c->reviewed = options->context ? context_sequence(options->context) : 0;
    c->seen = calloc(SEEN_SESSIONS, sizeof(*c->seen));
    if (!c->seen)
        return err_set(why, "no memory for the correlator's small tables");
    if (lists_init(&c->lists, options->rules, options->inspection->bypass_list, why) < 0)
        return -1;
    if (totals_init(&c->totals, why) < 0)
        return -1;
    return siblings_init(&c->siblings, why);
}

void correlator_fini(struct correlator *c)
{
    struct memory_table *tables[] = {&c->devices,
                                     &c->apps,
                                     &c->destinations,
                                     &c->device_apps,
                                     &c->keys,
                                     &c->upstream_keys,
                                     &c->fleets,
                                     &c->genuines,
                                     &c->app_destinations,
                                     &c->device_destinations};

    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        memory_table_fini(tables[i]);
    siblings_fini(&c->siblings);
    inspection_fini(&c->inspection);
    identity_fini(&c->identity);
    hold_back_fini(&c->hold_back);
    settle_fini(&c->settle);
    settle_fini(&c->expiry);
    lists_fini(&c->lists);
    totals_fini(&c->totals);
    free(c->seen);
    *c = (struct correlator){0};
}

void correlator_resume(struct correlator *c)
{
    c->earlier = c->watermark;
    c->earlier_lined_up = c->lined_up;
}

/* ---- looking again */

static void rest(const struct correlator *c)
{
    if (c->options.on_rest)
        c->options.on_rest(c->options.ctx);
}

static void settle_one(struct correlator *c, const struct settle_entry *e)
{
    if (e->kind == SETTLE_DEVICE) {
        struct device *device = memory_peek(&c->devices, &e->id);

        if (device && device->settle_ns > e->time_ns) {
            settle_put(&c->settle, device->settle_ns, &e->id, SETTLE_DEVICE);
        } else if (device) {
            device->settle_ns = 0;
            judge_device(c, device);
        }
    } else {
        struct key *key = memory_peek(&c->keys, &e->id);

        if (key && key->settle_ns > e->time_ns) {
            settle_put(&c->settle, key->settle_ns, &e->id, SETTLE_KEY);
        } else if (key) {
            key->settle_ns = 0;
            judge_key(c, &e->id, true);
        }
    }
}

static void set_now(struct correlator *c, uint64_t now_ns)
{
    if (now_ns > c->now_ns)
        c->now_ns = now_ns;
}

static void settle_pending(struct correlator *c, uint64_t until_ns)
{
    struct settle_entry e;

    /* The memory is that of a later time: its timers lie beyond. */
    while (!correlator_is_behind(c) && settle_take(&c->settle, until_ns, &e)) {
        set_now(c, e.time_ns);
        settle_one(c, &e);
        rest(c);
    }
}

static void expire_one(struct correlator *c, const struct settle_entry *e)
{
    static void (*const expire[])(struct correlator *, const struct memory_id *) = {
        [SETTLE_KEY] = alert_life_expire,     [SETTLE_DEVICE] = alert_life_sum_up,
        [SETTLE_ISSUER] = interceptor_expire, [SETTLE_REMOVAL] = removal_expire,
        [SETTLE_FLEET] = fleet_expire,        [SETTLE_GENUINE] = breakage_expire,
    };

    expire[e->kind](c, &e->id);
}

/*
 * What feeds told meanwhile, and what becomes known until then, each at its time. What an earlier
 * run had heard is known and tells nothing new.
 */
static void hear(struct correlator *c, uint64_t until_ns)
{
    struct context *context = c->options.context;

    if (!context)
        return;
    if (review_context(c))
        rest(c);
    while (context_next_ns(context) <= until_ns && context_next_ns(context) != UINT64_MAX) {
        uint64_t at_ns = context_next_ns(context);
        bool known = at_ns <= c->now_ns || correlator_is_behind(c);

        settle_pending(c, at_ns);
        context_advance(context, at_ns);
        if (known)
            c->reviewed = context_sequence(context);
        set_now(c, at_ns);
        if (review_context(c))
            rest(c);
    }
    if (until_ns != UINT64_MAX)
        context_advance(context, until_ns);
}

/* All that is due, in the order of time. */
static void settle_until(struct correlator *c, uint64_t until_ns)
{
    struct settle_entry e;

    while (!correlator_is_behind(c) && settle_next_ns(&c->expiry) <= until_ns) {
        hear(c, settle_next_ns(&c->expiry));
        settle_pending(c, settle_next_ns(&c->expiry));
        (void)settle_take(&c->expiry, until_ns, &e);
        set_now(c, e.time_ns);
        expire_one(c, &e);
        rest(c);
    }
    hear(c, until_ns);
    settle_pending(c, until_ns);
}

/* ---- sessions */

/* An earlier run, which came to that mark, has had it; `*at`: it was its last. */
static bool was_had(const struct correlator *c, struct watermark *earlier,
                    const struct session *s, bool *at)
{
    enum watermark_side side;

    *at = false;
    if (!earlier->set)
        return false;
    side = watermark_side_of(earlier, c->clock_steps, s);
    earlier->set = side == WATERMARK_BEFORE;
    *at = side == WATERMARK_AT;
    return side != WATERMARK_BEYOND;
}

static bool is_known(struct correlator *c, const struct session *s)
{
    bool at, known = was_had(c, &c->earlier, s, &at);

    if (at)
        c->known_ends = c->earlier.ends;
    c->stats.known += known;
    return known;
}

/* What it shows of the boxes is learned before it is judged. */
static void learn(struct correlator *c, const struct session *s)
{
    bool at;

    if (was_had(c, &c->earlier_lined_up, s, &at))
        return;
    watermark_advance(&c->lined_up, c->clock_steps, s);
    inspection_learn(&c->inspection, s);
}

static void take_in(struct correlator *c, struct session *s, const struct identity_ids *ids)
{
    struct inspection_context context;
    struct parties parties;

    parties_name(c, s, ids, &parties);
    settle_until(c, s->decided_ns);
    set_now(c, s->decided_ns);
    s->clock_steps = c->clock_steps;
    parties_fetch(c, &parties);
    siblings_judge(&c->siblings, &c->options.rules->tuning, s);
    c->stats.superseded += s->outcome == OUTCOME_SUPERSEDED;
    c->stats.ech_retries += s->outcome == OUTCOME_ECH_RETRY;
    inspection_judge(&c->inspection, s, &context);
    join_apply_proxy_word(c, s, &context);
    c->stats.sessions++;
    c->options.on_session(c->options.ctx, s);
    placement_note(&c->placement, c->options.inspection, s, context.segment != NULL);
    if (context.bypass)
        lists_count_bypass(&c->lists, context.bypass);
    if (c->placement.upstream)
        c->stats.upstream++;
    else
        observe_session(c, s, &context, &parties);
    watermark_advance(&c->watermark, c->clock_steps, s);
    rest(c);
}

/* The session that will be taken in next is named already: its client's records are on their way. */
static void name_next(struct correlator *c)
{
    c->next = hold_back_next(&c->hold_back, UINT64_MAX);
    if (!c->next)
        return;
    identity_name(&c->identity, c->next, &c->next_ids);
    identity_fetch_index(&c->identity, &c->next_ids);
}

static void let_go(struct correlator *c)
{
    struct session *s = hold_back_leave(&c->hold_back);
    struct identity_ids ids = c->next_ids;

    if (c->next != s)
        identity_name(&c->identity, s, &ids);
    name_next(c);
    if (!is_known(c, s))
        take_in(c, s, &ids);
    if (c->next)
        identity_fetch_records(&c->identity, &c->next_ids);
    hold_back_give(&c->hold_back, s);
}

/* The next session takes its place in the order; false when there is none. */
static bool line_up(struct correlator *c)
{
    const struct session *s = hold_back_line_up(&c->hold_back);

    if (!s)
        return false;
    if (s->decided_ns > c->ordered_ns)
        c->ordered_ns = s->decided_ns;
    siblings_note(&c->siblings, s);
    learn(c, s);
    return true;
}

static uint64_t before(uint64_t now_ns, uint64_t ns)
{
    return now_ns > ns ? now_ns - ns : 0;
}

/* Line up and let go what is due at `now_ns`, each in its turn. */
static void advance(struct correlator *c, uint64_t now_ns)
{
    uint64_t hold_ns = correlator_hold_back_ns(c);
    uint64_t between_ns = hold_ns - OUTCOME_LINGER_NS;

    for (;;) {
        const struct session *told =
            hold_back_first(&c->hold_back, before(now_ns, OUTCOME_LINGER_NS));
        const struct session *held = hold_back_next(&c->hold_back, before(now_ns, hold_ns));

        if (told && (!held || told->decided_ns <= held->decided_ns + between_ns)) {
            if (!line_up(c))
                return;
        } else if (held) {
            let_go(c);
        } else {
            return;
        }
    }
}

/* Room for one more: the oldest goes before its time. */
static void make_room(struct correlator *c)
{
    if (c->hold_back.line_count > 0 || line_up(c)) {
        c->hold_back.early++;
        let_go(c);
    }
}

static struct seen_session *place_of(const struct correlator *c, const struct session *s)
{
    uint32_t place;

    memcpy(&place, s->id, sizeof(place));
    return &c->seen[place % SEEN_SESSIONS];
}

/* A capture can hold a connection twice: mirrored at two points, or two captures of one time. */
static bool is_duplicate(struct correlator *c, const struct session *s)
{
    struct seen_session *seen = place_of(c, s);
    uint64_t halves[2];

    memcpy(halves, s->id, sizeof(halves));
    if (seen->id == halves[0] + halves[1])
        return true;
    seen->id = halves[0] + halves[1];
    return false;
}

bool correlator_wants(const struct correlator *c, enum session_protocol protocol,
                      const struct address *client)
{
    return protocol != SESSION_UNIDENTIFIED || inspection_segment(&c->inspection, client);
}

void correlator_push(struct correlator *c, const struct session *s)
{
    if (!correlator_wants(c, s->protocol, &s->client)) {
        c->stats.elsewhere++;
        return;
    }
    if (is_duplicate(c, s)) {
        c->stats.duplicates++;
        return;
    }
    if (hold_back_full(&c->hold_back))
        make_room(c);
    if (s->decided_ns <= c->ordered_ns) {
        struct session late = *s;

        c->stats.late++;
        late.decided_ns = (c->ordered_ns / NS_PER_US + 1) * NS_PER_US;
        c->stats.no_memory += !hold_back_put(&c->hold_back, &late);
        return;
    }
    c->stats.no_memory += !hold_back_put(&c->hold_back, s);
}

uint64_t correlator_hold_back_ns(const struct correlator *c)
{
    return tuning_ns(c->options.rules->tuning.hold_back_s) + OUTCOME_LINGER_NS;
}

void correlator_tick(struct correlator *c, uint64_t now_ns)
{
    advance(c, now_ns);
    if (before(now_ns, OUTCOME_LINGER_NS) > c->ordered_ns)
        c->ordered_ns = before(now_ns, OUTCOME_LINGER_NS);
    settle_until(c, before(now_ns, correlator_hold_back_ns(c)));
}

void correlator_drain(struct correlator *c)
{
    advance(c, UINT64_MAX);
    settle_pending(c, UINT64_MAX);
    if (!correlator_is_behind(c))
        c->now_ns = 0;
    c->ordered_ns = 0;
    c->clock_steps++;
}

void correlator_hear_out(struct correlator *c)
{
    hear(c, UINT64_MAX);
}
