#include "sensor.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/nanotime.h"
#include "stats.h"
#include "version.h"

#define PUBLIC_BUNDLE "/etc/ssl/certs/ca-certificates.crt"
/* After so many sessions a configured authority that nobody showed is worth a word. */
#define AUTHORITY_PATIENCE 1000u
#define EXPIRY_WARNING_S (30 * 86400)

/* ---- between the stages */

static void note_failure(struct sensor *s, int result)
{
    s->write_failures += result < 0;
}

static void on_raw_session(void *ctx, const struct session *session)
{
    struct sensor *s = ctx;

    correlator_push(&s->correlator, session);
}

static void write_ends(struct sensor *s, uint64_t until_ns)
{
    struct session_end end;

    while (ends_take(&s->ends, until_ns, &end))
        note_failure(s, alert_output_session_end(s->output, &end, &s->why));
}

static void on_session_end(void *ctx, const struct session_end *end)
{
    struct sensor *s = ctx;

    if (!ends_put(&s->ends, end))
        note_failure(s, alert_output_session_end(s->output, end, &s->why));
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
}

/* ---- start */

static int load_authorities(struct sensor *s, struct err *why)
{
    const struct config_inspection *in = &s->config->inspection;
    struct err reason;

    s->authority_names = calloc(in->authority_count + 1, sizeof(*s->authority_names));
    if (!s->authority_names)
        return err_set(why, "no memory for %zu authorities", in->authority_count);
    for (size_t i = 0; i < in->authority_count; i++) {
        const struct config_authority *a = &in->authorities[i];

        if (certificate_cache_add_authority(s->certificates, (int)i, a->file, &reason) < 0)
            return err_set(why, "%s:%u: inspection.authorities[%zu].file: %s",
                           a->place.file ? a->place.file : "--set", a->place.line, i,
                           reason.text);
        s->authority_names[i] =
            a->name ? a->name
                    : certificate_cache_authority(s->certificates, (int)i)->subject;
    }
    return 0;
}

static int init_worker(struct sensor *s, const struct sensor_options *options, struct err *why)
{
    const struct config_limits *limits = &s->config->limits;
    const struct tuning *t = &s->config->rules.tuning;
    struct worker_options worker = {
        .decode = {.verify_checksums = options->verify_checksums,
                   .fragment_bytes = limits->fragments_bytes,
                   .fragment_timeout_ns = 30 * NS_PER_S},
        .outcome = {.post_close_strong_ns = tuning_ns(t->post_close_strong_s),
                    .post_close_weak_ns = tuning_ns(t->post_close_weak_s),
                    .enc_alert_close_ns = tuning_ns(t->enc_alert_close_s),
                    .stall_ns = tuning_ns(t->stall_s)},
        .max_flows = limits->flows,
        .max_connections = limits->handshakes,
        .held_bytes = limits->memory_bytes / 8,
        .message_bytes = limits->memory_bytes / 8,
        .flow_timeout_ns = limits->flow_timeout_ns,
        .hash_seed = options->seed,
        .tools = {.certificates = s->certificates, .prints = s->prints},
        .on_session = on_raw_session,
        .on_session_end =
            s->config->output.sessions == OUTPUT_SESSIONS_FULL ? on_session_end : NULL,
        .ctx = s,
    };

    return worker_init(&s->worker, &worker, why);
}

static int init_correlator(struct sensor *s, const struct sensor_options *options,
                           struct err *why)
{
    struct correlator_options correlator = {
        .rules = &s->config->rules,
        .inspection = &s->config->inspection,
        .authority_names = s->authority_names,
        .authority_count = s->config->inspection.authority_count,
        .max_devices = s->config->limits.devices,
        .max_keys = s->config->limits.keys,
        .seed = options->seed,
        .ctx = s,
        .on_session = on_session,
        .on_finding = on_finding,
    };

    return correlator_init(&s->correlator, &correlator, why);
}

static int init_output(struct sensor *s, struct err *why)
{
    const struct config_output *o = &s->config->output;
    struct alert_options options = {
        .path = o->path ? o->path : "-",
        .format = o->format == OUTPUT_FORMAT_TEXT ? ALERT_FORMAT_TEXT : ALERT_FORMAT_ECS,
        .sessions = o->sessions == OUTPUT_SESSIONS_FULL  ? ALERT_SESSIONS_FULL
                    : o->sessions == OUTPUT_SESSIONS_YES ? ALERT_SESSIONS_YES
                                                         : ALERT_SESSIONS_NO,
        .informational = o->informational,
        .observer = {.name = s->config->sensor_name, .version = PINSIGHT_VERSION},
    };

    s->output = malloc(sizeof(*s->output));
    if (!s->output)
        return err_set(why, "no memory for the output");
    if (alert_output_init(s->output, &options, why) < 0) {
        free(s->output);
        s->output = NULL;
        return -1;
    }
    return 0;
}

/* What can still be said when nothing tells where inspection is supposed to happen. */
static void warn_unconfigured(const struct sensor *s)
{
    const struct config_inspection *in = &s->config->inspection;

    if (!s->quiet && in->authority_count == 0 && in->segment_count == 0 && in->bypass_count == 0)
        log_warn("no inspection authority, segment or bypass is configured: sessions get an "
                 "outcome, but none counts as inspected, so no refusal of inspection is found "
                 "(--inspection-ca FILE, --set inspection.segments[+]=NETWORK)");
}

int sensor_init(struct sensor *s, const struct sensor_options *options, struct err *why)
{
    struct certificate_options certificates = {
        .capacity = options->config->limits.certificates,
        .public_bundle = options->config->inspection.authority_count ? NULL : PUBLIC_BUNDLE,
    };

    *s = (struct sensor){
        .config = options->config, .stats_on = options->stats, .quiet = options->quiet};
    s->certificates = certificate_cache_new(&certificates, why);
    s->prints = prints_new(options->config->limits.fingerprints, options->seed, why);
    if (!s->certificates || !s->prints || load_authorities(s, why) < 0 ||
        init_worker(s, options, why) < 0 || init_correlator(s, options, why) < 0 ||
        init_output(s, why) < 0) {
        sensor_fini(s);
        return -1;
    }
    warn_unconfigured(s);
    return 0;
}

int sensor_test(const struct config *config, struct err *why)
{
    struct certificate_options certificates = {.capacity = 16};
    struct sensor s = {.config = config};
    int result;

    s.certificates = certificate_cache_new(&certificates, why);
    result = s.certificates ? load_authorities(&s, why) : -1;
    certificate_cache_free(s.certificates);
    free(s.authority_names);
    return result;
}

/* ---- while it runs */

static void check_expiry(struct sensor *s, uint64_t now_ns)
{
    s->checked_expiry = true;
    for (size_t i = 0; i < s->config->inspection.authority_count; i++) {
        const struct certificate *a = certificate_cache_authority(s->certificates, (int)i);
        int64_t left = a ? a->not_after_s - (int64_t)(now_ns / NS_PER_S) : INT64_MAX;

        if (left < EXPIRY_WARNING_S && !s->quiet)
            log_warn("the certificate of inspection authority %s %s", s->authority_names[i],
                     left < 0 ? "has expired" : "expires within 30 days");
    }
}

static void check_authority(struct sensor *s)
{
    if (s->warned_authority || s->correlator.stats.sessions < AUTHORITY_PATIENCE)
        return;
    s->warned_authority = true;
    if (s->config->inspection.authority_count > 0 && !s->quiet &&
        s->correlator.inspection.stats.authority_sessions == 0)
        log_warn("no certificate of a configured inspection authority was seen in %u sessions: "
                 "is it the right authority, and does the sensor see the clients' side?",
                 AUTHORITY_PATIENCE);
}

void sensor_report(struct sensor *s)
{
    struct stats_rows rows = {.count = 0};

    stats_collect(&rows, s);
    note_failure(s, alert_output_stats(s->output, worker_now_ns(&s->worker), rows.rows,
                                       rows.count, &s->why));
}

static void report_if_due(struct sensor *s, uint64_t now_ns)
{
    uint64_t interval = s->config->stats.interval_ns;

    if (!s->stats_on || !interval || now_ns < s->next_stats_ns)
        return;
    if (s->next_stats_ns)
        sensor_report(s);
    s->next_stats_ns = now_ns + interval;
}

/* A session event is written this long after its decision, so its totals can follow. */
static uint64_t hold_back_ns(const struct sensor *s)
{
    return correlator_hold_back_ns(&s->correlator) + NS_PER_MS;
}

int sensor_push(struct sensor *s, const struct frame *frame)
{
    uint64_t now_ns;

    if (!s->checked_expiry)
        check_expiry(s, frame->time_ns);
    worker_push(&s->worker, frame);
    if (s->worker.flows.stats.clock_steps != s->clock_steps) {
        s->clock_steps = s->worker.flows.stats.clock_steps;
        correlator_drain(&s->correlator);
        write_ends(s, UINT64_MAX);
    }
    now_ns = worker_now_ns(&s->worker);
    correlator_tick(&s->correlator, now_ns);
    if (s->ends.count > 0 && now_ns > hold_back_ns(s))
        write_ends(s, now_ns - hold_back_ns(s));
    check_authority(s);
    report_if_due(s, now_ns);
    return s->write_failures ? -1 : 0;
}

int sensor_drain(struct sensor *s)
{
    worker_drain(&s->worker);
    correlator_drain(&s->correlator);
    write_ends(s, UINT64_MAX);
    if (s->stats_on)
        sensor_report(s);
    note_failure(s, alert_output_flush(s->output, &s->why));
    return s->write_failures ? -1 : 0;
}

bool sensor_dropped(const struct sensor *s)
{
    return stats_dropped(s) > 0;
}

void sensor_fini(struct sensor *s)
{
    struct err why;

    if (s->output)
        (void)alert_output_fini(s->output, &why);
    free(s->output);
    ends_fini(&s->ends);
    correlator_fini(&s->correlator);
    worker_fini(&s->worker);
    certificate_cache_free(s->certificates);
    prints_free(s->prints);
    free(s->authority_names);
    *s = (struct sensor){0};
}
