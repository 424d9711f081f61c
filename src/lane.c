#include "lane.h"

#include <stdlib.h>

#include "base/nanotime.h"
#include "stats.h"

#define PUBLIC_BUNDLE "/etc/ssl/certs/ca-certificates.crt"

/* ---- messages */

static void tell(struct lane *l, struct message *message)
{
    if (!l->options.live) {
        message->order = l->frames;
        message->now_ns = l->before_ns;
    }
    l->options.take(l->options.ctx, message);
}

static void on_session(void *ctx, const struct session *session)
{
    struct message message = {.kind = MESSAGE_SESSION, .session = session};

    tell(ctx, &message);
}

static void on_session_end(void *ctx, const struct session_end *end)
{
    struct message message = {.kind = MESSAGE_END, .end = end};

    tell(ctx, &message);
}

static void tell_step(struct lane *l)
{
    struct message message = {.kind = MESSAGE_STEP};

    tell(l, &message);
}

void lane_mark(struct lane *l)
{
    struct message message = {.kind = MESSAGE_MARK,
                              .order = l->options.live ? 0 : l->frames,
                              .now_ns = worker_now_ns(&l->worker)};

    l->options.take(l->options.ctx, &message);
}

static void tell_counters(struct lane *l, enum message_kind kind)
{
    struct counters counters = {0};
    struct message message = {.kind = kind, .counters = &counters};

    if (l->options.count_source)
        l->options.count_source(l->options.ctx, &counters);
    stats_collect_lane(&counters, l);
    tell(l, &message);
}

void lane_report(struct lane *l)
{
    tell_counters(l, MESSAGE_COUNTERS);
}

void lane_look(struct lane *l)
{
    tell_counters(l, MESSAGE_LOOK);
}

/* ---- start */

int lane_load_authorities(struct certificate_cache *cache,
                          const struct config_inspection *inspection, struct err *why)
{
    struct err reason;

    for (size_t i = 0; i < inspection->authority_count; i++) {
        const struct config_authority *a = &inspection->authorities[i];

        if (a->retired)
            continue;
        if (certificate_cache_add_authority(cache, (int)i, a->file, &reason) < 0)
            return err_set(why, "%s:%u: inspection.authorities[%zu].file: %s",
                           a->place.file ? a->place.file : "--set", a->place.line, i,
                           reason.text);
    }
    return 0;
}

/* A lane's part of a limit for all: at least `least`, which nothing works without. */
static uint64_t part_of(const struct lane *l, uint64_t limit, uint64_t least)
{
    uint64_t part = limit / l->options.count;

    return part > least ? part : least;
}

static struct certificate_cache *
new_certificates(const struct lane *l, const struct config *config, struct err *why)
{
    uint64_t limit = l->options.config->limits.certificates;
    const struct config_inspection *inspection = &config->inspection;
    struct certificate_options options = {
        .capacity = limit ? part_of(l, limit, 64) : 0,
        .public_bundle = inspection->authority_count ? NULL : PUBLIC_BUNDLE,
    };
    struct certificate_cache *cache = certificate_cache_new(&options, why);

    if (cache && lane_load_authorities(cache, inspection, why) < 0) {
        certificate_cache_free(cache);
        return NULL;
    }
    return cache;
}

/* A silent handshake is given up after the shorter one of what the rules and the limits say. */
static struct outcome_tuning outcome_tuning_of(const struct config *config)
{
    const struct tuning *t = &config->rules.tuning;
    uint64_t limit_ns = config->limits.handshake_timeout_ns;
    uint64_t stall_ns = tuning_ns(t->stall_s);

    return (struct outcome_tuning){
        .post_close_strong_ns = tuning_ns(t->post_close_strong_s),
        .post_close_weak_ns = tuning_ns(t->post_close_weak_s),
        .enc_alert_close_ns = tuning_ns(t->enc_alert_close_s),
        .stall_ns = stall_ns < limit_ns ? stall_ns : limit_ns,
    };
}

static int init_caches(struct lane *l, struct err *why)
{
    const struct config *config = l->options.config;

    l->certificates = new_certificates(l, config, why);
    if (!l->certificates)
        return -1;
    l->prints = prints_new(config->limits.fingerprints, l->options.seed, why);
    return l->prints ? 0 : -1;
}

static int init_worker(struct lane *l, struct err *why)
{
    const struct config *config = l->options.config;
    const struct config_limits *limits = &config->limits;
    /* In a replay every lane puts all fragments together. */
    uint64_t fragments = l->options.live ? part_of(l, limits->fragments_bytes, 64 * 1024)
                                         : limits->fragments_bytes;
    struct worker_options worker = {
        .decode = {.verify_checksums = l->options.verify_checksums,
                   .fragment_bytes = fragments,
                   .fragment_timeout_ns = 30 * NS_PER_S},
        .outcome = outcome_tuning_of(config),
        .max_flows = part_of(l, limits->flows, 1024),
        .max_connections = part_of(l, limits->handshakes, 64),
        .held_bytes = part_of(l, limits->memory_bytes / 32, 1),
        .message_bytes = part_of(l, limits->memory_bytes / 32, 1),
        .flow_timeout_ns = limits->flow_timeout_ns,
        .hash_seed = l->options.seed,
        .share = l->options.live ? 0 : l->options.index,
        .shares = l->options.live ? 1 : l->options.count,
        .label_sessions = config->output.sessions != OUTPUT_SESSIONS_NO,
        .labels_lazy = !l->options.live,
        .labels_lock = l->options.labels_lock,
        .tools = {.certificates = l->certificates, .prints = l->prints},
        .on_session = on_session,
        .on_session_end =
            config->output.sessions == OUTPUT_SESSIONS_FULL ? on_session_end : NULL,
        .ctx = l,
    };

    return worker_init(&l->worker, &worker, why);
}

int lane_init(struct lane *l, const struct lane_options *options, struct err *why)
{
    *l = (struct lane){.options = *options};
    if (init_caches(l, why) < 0 || init_worker(l, why) < 0) {
        lane_fini(l);
        return -1;
    }
    return 0;
}

void lane_fini(struct lane *l)
{
    lane_change_free(atomic_exchange(&l->offered, NULL));
    worker_fini(&l->worker);
    certificate_cache_free(l->certificates);
    prints_free(l->prints);
    *l = (struct lane){0};
}

/* ---- a reload */

struct lane_change *lane_change_new(const struct lane *l, const struct config *config,
                                    struct err *why)
{
    struct lane_change *change = malloc(sizeof(*change));

    if (!change) {
        (void)err_set(why, "no memory for a reload");
        return NULL;
    }
    change->outcome = outcome_tuning_of(config);
    change->certificates = new_certificates(l, config, why);
    if (change->certificates)
        return change;
    free(change);
    return NULL;
}

void lane_change_free(struct lane_change *change)
{
    if (!change)
        return;
    certificate_cache_free(change->certificates);
    free(change);
}

void lane_offer(struct lane *l, struct lane_change *change)
{
    lane_change_free(atomic_exchange(&l->offered, change));
}

/* Sessions under way keep the certificates that they refer to. */
static void take_offer(struct lane *l)
{
    struct lane_change *change = atomic_exchange(&l->offered, NULL);

    if (!change)
        return;
    certificate_cache_succeed(change->certificates, l->certificates);
    certificate_cache_free(l->certificates);
    l->certificates = l->worker.options.tools.certificates = change->certificates;
    l->worker.options.outcome = change->outcome;
    free(change);
}

static void take_offer_if_any(struct lane *l)
{
    if (atomic_load_explicit(&l->offered, memory_order_relaxed))
        take_offer(l);
}

/* ---- while it runs */

static void report_if_due(struct lane *l, uint64_t now_ns)
{
    uint64_t interval = l->options.config->stats.interval_ns;

    if (!l->options.stats || l->options.live || !interval || now_ns < l->next_stats_ns)
        return;
    if (l->next_stats_ns)
        lane_report(l);
    l->next_stats_ns = now_ns + interval;
}

/* Packet time goes back only where the flow stage takes it for another clock. */
static void look_at_time(struct lane *l)
{
    uint64_t now_ns = worker_now_ns(&l->worker);

    if (now_ns < l->before_ns)
        tell_step(l);
    l->before_ns = now_ns;
}

/* How many frames can be decoded at once: counters are told as they are after a frame. */
static size_t stretch_of(const struct lane *l, const struct frame *frames, size_t count)
{
    size_t n = 0;

    if (!l->options.stats || l->options.live || !l->options.config->stats.interval_ns)
        return count;
    while (n < count && frames[n++].time_ns < l->next_stats_ns)
        continue;
    return n;
}

static void push_next(struct lane *l, const struct frame *frame)
{
    l->frames++;
    l->waiting.count--;
    l->waiting.frames++;
    worker_push_next(&l->worker, frame);
    look_at_time(l);
    report_if_due(l, l->before_ns);
    if (!l->options.live && l->frames % LANE_MARK_FRAMES == 0)
        lane_mark(l);
}

void lane_push(struct lane *l, const struct frame *frames, size_t count)
{
    take_offer_if_any(l);
    l->waiting.frames = frames;
    l->waiting.count = count;
    while (l->waiting.count > 0) {
        const struct frame *first = l->waiting.frames;
        size_t n = worker_look(&l->worker, first, stretch_of(l, first, l->waiting.count));

        for (size_t i = 0; i < n; i++)
            push_next(l, &first[i]);
    }
}

void lane_tick(struct lane *l, uint64_t now_ns)
{
    take_offer_if_any(l);
    worker_tick(&l->worker, now_ns);
    look_at_time(l);
}

void lane_drain(struct lane *l)
{
    l->frames++;
    worker_drain(&l->worker);
    tell_counters(l, MESSAGE_LAST);
}
