/*
 * Detection only: session records of one sensor or several go in where packets would, and give the
 * alerts that the packets gave. What the records conclude beside others is forgotten and concluded
 * anew, so other rules or a longer list of bypasses can be tried on records that are kept.
 */
#include "base/log.h"
#include "loop.h"
#include "places.h"
#include "reload.h"
#include "sensor.h"
#include "session/session_files.h"
#include "verbs.h"

struct correlation {
    const struct cli *cli;
    struct session_files *files;
    struct sensor sensor;
    struct monitor monitor;
    struct loop_options loop;
    struct pulse pulse;
    struct reload reload;
    uint64_t order;
    uint64_t now_ns;
};

static void complain(void *ctx, const char *sentence)
{
    (void)ctx;
    log_error("%s", sentence);
}

static void step(struct correlation *c, const struct session_item *item)
{
    struct message m = {.kind = MESSAGE_STEP, .order = c->order};

    if (item->stepped) {
        sensor_take(&c->sensor, &m);
        c->now_ns = 0;
    }
    /* The records may begin behind a step; those that are written count on. */
    c->sensor.correlator.clock_steps = item->clock_steps;
}

static void take(struct correlation *c, const struct session_item *item)
{
    struct message m = {.kind = MESSAGE_END, .order = ++c->order, .end = item->end};

    step(c, item);
    if (item->session) {
        authorities_adopt(&c->sensor.authorities, item->session);
        if (item->session->decided_ns > c->now_ns)
            c->now_ns = item->session->decided_ns;
        m.kind = MESSAGE_SESSION;
        m.session = item->session;
    }
    m.now_ns = c->now_ns;
    sensor_take(&c->sensor, &m);
}

static void put(struct stats_rows *rows, const char *name, uint64_t value)
{
    rows->rows[rows->count++] =
        (struct stats_row){.stage = "input", .name = name, .value = value};
}

static void tell_counters(struct correlation *c, enum message_kind kind)
{
    const struct session_files_stats *stats = session_files_stats(c->files);
    struct counters counters = {.now_ns = c->now_ns};
    struct message m = {.kind = kind, .order = c->order, .counters = &counters};

    put(&counters.rows, "bytes", stats->bytes);
    put(&counters.rows, "lines", stats->lines);
    put(&counters.rows, "sessions", stats->sessions);
    put(&counters.rows, "session_ends", stats->ends);
    put(&counters.rows, "other_events", stats->others);
    put(&counters.rows, "broken_lines", stats->broken);
    put(&counters.rows, "damaged_files", stats->damaged);
    sensor_take(&c->sensor, &m);
}

static int run(struct correlation *c)
{
    const struct session_files_stats *stats = session_files_stats(c->files);
    struct session_item item;
    int failed;

    while (!loop_look_at_signals(&c->pulse) && session_files_next(c->files, &item)) {
        take(c, &item);
        if (c->sensor.report_asked)
            tell_counters(c, MESSAGE_COUNTERS);
        loop_pulse(&c->pulse);
    }
    if (loop_is_stopped())
        sensor_pause(&c->sensor);
    tell_counters(c, MESSAGE_LAST);
    failed = sensor_drain(&c->sensor);
    loop_settle(&c->pulse);
    if (failed) {
        log_error("%s", c->sensor.why.text);
        return EXIT_RUN;
    }
    if (stats->broken || stats->damaged)
        return EXIT_INPUT;
    if (c->cli->strict && sensor_dropped(&c->sensor)) {
        log_error("records were dropped: a limit was reached (--stats tells which)");
        return EXIT_DROPPED;
    }
    return EXIT_OK;
}

/* Without privileges, as the reloads will be. */
static int get_ready(struct correlation *c, const struct config *config, struct err *why)
{
    struct places_options places = {
        .config = config, .inputs = c->cli->inputs, .input_count = c->cli->input_count};
    struct reload_options reload = {
        .cli = c->cli, .config = config, .sensor = &c->sensor, .wall_ns = loop_wall_ns};

    if (places_leave_privileges(&places, &c->sensor, why) < 0 ||
        reload_init(&c->reload, &reload, why) < 0)
        return -1;
    c->loop = (struct loop_options){.reload = reload_run, .ctx = &c->reload};
    c->pulse.options = &c->loop;
    return 0;
}

int verb_correlate(const struct cli *cli, const struct config *config, uint64_t seed)
{
    struct correlation c = {.cli = cli,
                            .pulse = {.sensor = &c.sensor, .monitor = &c.monitor}};
    struct sensor_options sensor = {.config = config,
                                    .lanes = 1,
                                    .stats = cli->stats,
                                    .quiet = cli->quiet,
                                    .seed = seed};
    struct session_files_options files = {.paths = cli->inputs,
                                          .path_count = cli->input_count,
                                          .wait = loop_read_wait(&c.pulse),
                                          .complain = complain};
    struct err why;
    int code = EXIT_CONFIG;

    loop_take_signals();
    c.files = session_files_open(&files, &why);
    if (!c.files) {
        log_error("%s", why.text);
        return EXIT_INPUT;
    }
    if (sensor_init(&c.sensor, &sensor, &why) < 0 ||
        monitor_open(&c.monitor, config, &c.sensor, loop_clock_ns(), &why) < 0 ||
        get_ready(&c, config, &why) < 0)
        log_error("%s", why.text);
    else
        code = run(&c);
    monitor_close(&c.monitor);
    sensor_fini(&c.sensor);
    reload_fini(&c.reload);
    session_files_free(c.files);
    return code;
}
