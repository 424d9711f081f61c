#include "sensor.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/nanotime.h"
#include "outputs.h"

#define SESSIONS_AT_ONCE 64u
#define TOGETHER_NS (100 * NS_PER_MS)

/* ---- between the stages */

static void note_failure(struct sensor *s, int result)
{
    s->write_failures += result < 0;
}

static void on_session(void *ctx, const struct session *session)
{
    struct sensor *s = ctx;

    note_failure(s, alert_output_session(s->output, session, &s->why));
}

static void on_finding(void *ctx, const struct finding *finding)
{
    struct sensor *s = ctx;

    note_failure(s, alert_output_finding(s->output, finding, &s->why));
    keeper_note(&s->keeper, finding);
}

static void on_rest(void *ctx)
{
    struct sensor *s = ctx;

    s->keeper.changed = true;
    keeper_rest(&s->keeper, s->correlator.now_ns);
}

/* ---- start */

static int init_correlator(struct sensor *s, const struct sensor_options *options,
                           struct err *why)
{
    struct correlator_options correlator = {
        .rules = &s->config->rules,
        .inspection = &s->config->inspection,
        .authority_names = s->authorities.names,
        .authority_keys = (const uint8_t(*)[SHA256_BYTES])s->authorities.keys,
        .authority_count = s->config->inspection.authority_count,
        .context = s->context,
        .max_devices = s->config->limits.devices,
        .max_keys = s->config->limits.keys,
        .seed = keeper_seed(&s->keeper, options->seed),
        .ctx = s,
        .on_session = on_session,
        .on_finding = on_finding,
        .on_rest = s->keeper.state ? on_rest : NULL,
    };

    return correlator_init(&s->correlator, &correlator, why);
}

/* Empty, or with what an earlier run remembered. */
static int init_memory(struct sensor *s, const struct sensor_options *options,
                       struct err *why)
{
    int result;

    if (keeper_open(&s->keeper, s->config, options->live, options->seed, why) < 0 ||
        init_correlator(s, options, why) < 0)
        return -1;
    result = keeper_load(&s->keeper, &s->correlator, why);
    if (result <= 0)
        return result;
    correlator_fini(&s->correlator);
    if (init_correlator(s, options, why) < 0)
        return -1;
    return keeper_load(&s->keeper, &s->correlator, why);
}

static int init_output(struct sensor *s, bool live, struct err *why)
{
    s->output = outputs_open(s->config, live, keeper_goes_on(&s->keeper), why);
    return s->output ? keeper_join(&s->keeper, s->output, why) : -1;
}

/* Everything that feeds hold at the start is known before the first session. */
static int init_context(struct sensor *s, const struct sensor_options *options,
                        struct err *why)
{
    struct context_options context = {.feeds = s->config->context,
                                      .feed_count = s->config->context_count,
                                      .most_bytes = s->config->limits.context_bytes,
                                      .live = options->live,
                                      .seed = options->seed};

    s->context = context_new(&context, why);
    return s->context ? context_load(s->context, why) : -1;
}

static int init_lanes(struct sensor *s, struct err *why)
{
    s->lanes = calloc(s->lane_count, sizeof(*s->lanes));
    s->looks = calloc(s->lane_count, sizeof(*s->looks));
    s->lane_is_fresh = calloc(s->lane_count, sizeof(*s->lane_is_fresh));
    s->lane_is_heard = calloc(s->lane_count, sizeof(*s->lane_is_heard));
    return s->lanes && s->looks && s->lane_is_fresh && s->lane_is_heard
               ? 0
               : err_set(why, "no memory for counters");
}

int sensor_init(struct sensor *s, const struct sensor_options *options, struct err *why)
{
    struct advice_options advice = {.config = options->config,
                                    .authorities = &s->authorities,
                                    .correlator = &s->correlator,
                                    .quiet = options->quiet};

    *s = (struct sensor){.config = options->config,
                         .lane_count = options->lanes,
                         .live = options->live,
                         .stats_on = options->stats};
    ends_init(&s->ends);
    if (authorities_load(&s->authorities, &s->config->inspection, why) < 0 ||
        init_lanes(s, why) < 0 || init_context(s, options, why) < 0 ||
        init_memory(s, options, why) < 0 || init_output(s, options->live, why) < 0) {
        sensor_fini(s);
        return -1;
    }
    if (advice_init(&s->advice, &advice, why) < 0) {
        sensor_fini(s);
        return -1;
    }
    return 0;
}

int sensor_test(const struct config *config, struct err *why)
{
    struct authorities authorities;
    int result = authorities_load(&authorities, &config->inspection, why);

    if (result == 0)
        result = outputs_test(config, why);
    authorities_free(&authorities);
    return result;
}

/* ---- a reload */

/* What of a configuration can change. */
static int adopt(struct sensor *s, const struct config *config,
                 const struct authorities *authorities, struct err *why)
{
    struct correlator_options correlator = {
        .rules = &config->rules,
        .inspection = &config->inspection,
        .authority_names = authorities->names,
        .authority_keys = (const uint8_t(*)[SHA256_BYTES])authorities->keys,
        .authority_count = authorities->count,
    };

    return correlator_adopt(&s->correlator, &correlator, why);
}

int sensor_adopt(struct sensor *s, const struct config *config, struct authorities *next,
                 struct err *why)
{
    keeper_commit(&s->keeper);
    if (advice_renew(&s->advice, next->count, why) < 0 || adopt(s, config, next, why) < 0)
        return -1;
    keeper_note_rules(&s->keeper);
    authorities_succeed(next, &s->authorities);
    s->authorities = *next;
    *next = (struct authorities){0};
    s->config = s->advice.config = config;
    return 0;
}

void sensor_tell_config(struct sensor *s, const struct config_report *report)
{
    note_failure(s, alert_output_config(s->output, report, &s->why));
}

/* ---- while it runs */

/* The totals of a session follow its event, which is written this long after its decision. */
static uint64_t hold_back_ns(const struct sensor *s)
{
    return correlator_hold_back_ns(&s->correlator) + NS_PER_MS;
}

static void write_end(struct sensor *s, const struct session_end *end)
{
    if (correlator_is_behind(&s->correlator))
        return; /* an earlier run has written it */
    if (s->correlator.known_ends > 0) {
        s->correlator.known_ends--;
        return;
    }
    s->correlator.watermark.ends++;
    s->keeper.changed = s->keeper.state != NULL;
    note_failure(s, alert_output_session_end(s->output, end, &s->why));
}

/* Write the totals that were due until then, each behind the sessions decided before it. */
static void write_ends(struct sensor *s, uint64_t until_ns)
{
    struct session_end end;

    while (ends_take(&s->ends, until_ns, &end)) {
        correlator_tick(&s->correlator, end.decided_ns + hold_back_ns(s));
        end.clock_steps = s->correlator.clock_steps;
        correlator_end(&s->correlator, &end);
        write_end(s, &end);
    }
}

void sensor_tick(struct sensor *s, uint64_t now_ns)
{
    uint64_t hold_ns = hold_back_ns(s);

    if (s->paused)
        return;
    if (now_ns > hold_ns)
        write_ends(s, now_ns - hold_ns);
    correlator_tick(&s->correlator, now_ns);
    if (s->keeper.changed)
        keeper_rest(&s->keeper, now_ns); /* in silence, too */
    s->now_ns = now_ns;
    advice_tick(&s->advice, now_ns);
}

static void drain(struct sensor *s)
{
    write_ends(s, UINT64_MAX);
    correlator_drain(&s->correlator);
}

/* ---- counters */

static void sum_up(const struct sensor *s, const struct counters *lanes,
                   struct counters *out)
{
    *out = (struct counters){0};
    for (unsigned i = 0; i < s->lane_count; i++)
        stats_add(out, &lanes[i]);
    stats_collect_sensor(&out->rows, s);
}

void sensor_count(const struct sensor *s, struct counters *out)
{
    sum_up(s, s->looks, out);
}

/* Every lane has told its counters. */
static void report(struct sensor *s)
{
    struct counters sum;
    struct stats_lists lists;
    struct stats_report event = {.rows = sum.rows.rows, .sources = sum.sources};

    memset(s->lane_is_fresh, 0, s->lane_count * sizeof(*s->lane_is_fresh));
    sum_up(s, s->lanes, &sum);
    s->lane_drops = sum.dropped;
    if (!s->stats_on && !s->report_asked)
        return;
    s->report_asked = false;
    stats_collect_lists(&lists, &s->correlator.lists, s->now_ns);
    event.lists = &lists;
    event.time_ns = sum.now_ns;
    event.row_count = sum.rows.count;
    event.source_count = sum.source_count;
    note_failure(s, alert_output_stats(s->output, &event, &s->why));
}

static void take_counters(struct sensor *s, const struct message *m)
{
    unsigned lane = m->counters->lane;

    s->looks[lane] = *m->counters;
    s->lane_is_heard[lane] = true;
    if (m->kind == MESSAGE_LOOK)
        return;
    s->lanes[lane] = *m->counters;
    if (m->kind == MESSAGE_LAST)
        return;
    s->lane_is_fresh[lane] = true;
    for (unsigned i = 0; i < s->lane_count; i++)
        if (!s->lane_is_fresh[i])
            return;
    if (correlator_is_behind(&s->correlator)) /* an earlier run has told it */
        memset(s->lane_is_fresh, 0, s->lane_count * sizeof(*s->lane_is_fresh));
    else
        report(s);
}

bool sensor_heard_all(const struct sensor *s)
{
    for (unsigned i = 0; i < s->lane_count; i++)
        if (!s->lane_is_heard[i])
            return false;
    return true;
}

void sensor_listen_anew(struct sensor *s)
{
    memset(s->lane_is_heard, 0, s->lane_count * sizeof(*s->lane_is_heard));
}

void sensor_ask_report(struct sensor *s)
{
    s->report_asked = true;
}

/* ---- messages */

/* In a replay all lanes tell of one step; live the clock of each steps for itself. */
static void take_step(struct sensor *s, uint64_t order)
{
    if (order > 0 && order == s->step_order)
        return;
    s->step_order = order;
    drain(s);
}

static bool is_counters(const struct message *m)
{
    return m->kind == MESSAGE_COUNTERS || m->kind == MESSAGE_LOOK ||
           m->kind == MESSAGE_LAST;
}

/* Where sessions come in a row, they are judged some at a time: the memory and the code that it takes
 * are then at hand. */
static bool is_due(struct sensor *s, const struct message *m)
{
    if (m->kind == MESSAGE_SESSION && m->now_ns >= s->now_ns &&
        m->now_ns - s->now_ns < TOGETHER_NS && s->untold < SESSIONS_AT_ONCE) {
        s->untold++;
        return false;
    }
    s->untold = 0;
    return true;
}

void sensor_take(struct sensor *s, const struct message *m)
{
    if (s->paused && !is_counters(m))
        return;
    /* What happened at one time is taken whole before time goes on. */
    if (m->order != s->order && m->now_ns > 0 && !s->paused && is_due(s, m))
        sensor_tick(s, m->now_ns);
    s->order = m->order;
    switch (m->kind) {
    case MESSAGE_SESSION:
        correlator_push(&s->correlator, m->session);
        break;
    case MESSAGE_END:
        if (!correlator_wants(&s->correlator, m->end->protocol, &m->end->ends.client))
            break;
        if (!ends_put(&s->ends, m->end))
            write_end(s, m->end);
        break;
    case MESSAGE_STEP:
        take_step(s, m->order);
        break;
    case MESSAGE_COUNTERS:
    case MESSAGE_LOOK:
    case MESSAGE_LAST:
        if (m->counters) /* NULL: there was no memory to pass them on */
            take_counters(s, m);
        break;
    case MESSAGE_MARK:
        break;
    }
}

void sensor_pause(struct sensor *s)
{
    s->paused = keeper_can_pause(&s->keeper);
}

/* Everything that was judged was judged by an earlier run. */
static void tell_known(const struct sensor *s)
{
    const struct correlator_stats *stats = &s->correlator.stats;

    if (stats->known > 0 && stats->sessions == 0 && !s->advice.quiet)
        log_warn(
            "state %s: all %llu sessions were judged in an earlier run, nothing is new",
            s->keeper.options.path, (unsigned long long)stats->known);
}

int sensor_drain(struct sensor *s)
{
    if (!s->paused) {
        drain(s);
        correlator_hear_out(&s->correlator);
    }
    advice_tick(&s->advice, s->now_ns);
    advice_end(&s->advice, s->now_ns);
    report(s);
    sensor_flush(s);
    keeper_commit(&s->keeper);
    tell_known(s);
    return sensor_check(s);
}

void sensor_flush(struct sensor *s)
{
    note_failure(s, alert_output_flush(s->output, &s->why));
}

void sensor_reopen(struct sensor *s)
{
    note_failure(s, alert_output_reopen(s->output, &s->why));
}

void sensor_poll(struct sensor *s, uint64_t clock_ns, bool closing)
{
    alert_output_poll(s->output, clock_ns, closing);
    if (s->live && !closing)
        context_poll(s->context, clock_ns);
}

int sensor_check(const struct sensor *s)
{
    return s->write_failures ? -1 : 0;
}

bool sensor_dropped(const struct sensor *s)
{
    return s->lane_drops + stats_dropped(s) > 0;
}

void sensor_fini(struct sensor *s)
{
    keeper_close(&s->keeper);
    outputs_close(s->output);
    advice_fini(&s->advice);
    ends_fini(&s->ends);
    correlator_fini(&s->correlator);
    context_free(s->context);
    authorities_free(&s->authorities);
    free(s->lanes);
    free(s->looks);
    free(s->lane_is_fresh);
    free(s->lane_is_heard);
    *s = (struct sensor){0};
}
