/*
 * Start, and the exit codes: 0 ok, 1 run-time failure, 2 usage, 3 configuration or rules invalid,
 * 4 input unreadable or cut short, 5 records dropped and --strict given.
 */
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

#include "alert/blind_text.h"
#include "base/log.h"
#include "cli.h"
#include "loop.h"
#include "places.h"
#include "plan.h"
#include "reload.h"
#include "verbs.h"
#include "version.h"

static int fail(int code, const struct err *why)
{
    log_error("%s", why->text);
    return code;
}

static uint64_t random_seed(void)
{
    uint64_t seed = 0;

    if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
        seed = (uint64_t)getpid();
    return seed;
}

static int report_damage(const struct source *source)
{
    const char *sentence;
    size_t i = 0;

    while ((sentence = source_damage(source, i)) != NULL) {
        log_error("%s", sentence);
        i++;
    }
    return i ? EXIT_INPUT : EXIT_OK;
}

/* Where what the one worker tells goes when there are no threads. */
static void on_message(void *ctx, const struct message *message)
{
    sensor_take(ctx, message);
}

static void show_blind_spots(const struct sensor *sensor)
{
    char buffer[BLIND_TEXT_MAX];
    struct text page = text_in(buffer, sizeof(buffer));
    struct counters counters;

    sensor_count(sensor, &counters);
    blind_text_write(&sensor->output->blind,
                     stats_value(&counters.rows, "preamble", "other_on_443"), &page);
    (void)fputs(buffer, stderr);
}

/* The end: what the operator should know, and the exit code. */
static int sum_up(const struct cli *cli, const struct sensor *sensor, int code)
{
    if (!cli->quiet && (cli->verbose || cli->stats))
        show_blind_spots(sensor);
    if (code != EXIT_OK || !cli->strict || !sensor_dropped(sensor))
        return code;
    log_error("records were dropped: a limit was reached (--stats tells which)");
    return EXIT_DROPPED;
}

/* All is open and loaded. */
static int watch(const struct cli *cli, const struct config *config, struct pulse *pulse,
                 struct reload *reload)
{
    struct monitor monitor;
    bool live = pulse->sensor->live;
    struct loop_options options = {.progress =
                                       !live && !cli->quiet && isatty(STDERR_FILENO),
                                   .reload = reload_run,
                                   .ctx = reload};
    struct reload_options reloading = {.cli = cli,
                                       .config = config,
                                       .crew = pulse->crew,
                                       .sensor = pulse->sensor,
                                       .wall_ns = loop_wall_ns};
    struct places_options places = {.config = config,
                                    .inputs = cli->inputs,
                                    .input_count = cli->input_count,
                                    .live = live};
    struct notify notify;
    struct err why;
    int code;

    if (notify_open(&notify, pulse->sensor, &why) < 0)
        log_warn("%s: systemd is told nothing", why.text);
    if (monitor_open(&monitor, config, pulse->sensor, loop_clock_ns(), &why) < 0) {
        notify_close(&notify);
        return fail(EXIT_CONFIG, &why);
    }
    if (places_leave_privileges(&places, pulse->sensor, &why) < 0 ||
        reload_init(reload, &reloading, &why) < 0) {
        monitor_close(&monitor);
        notify_close(&notify);
        return fail(EXIT_CONFIG, &why);
    }
    pulse->monitor = &monitor;
    pulse->notify = &notify;
    notify_ready(&notify);
    if (crew_look(pulse->crew, &why) < 0)
        code = fail(EXIT_INPUT, &why);
    else if (loop_run(pulse, &options, &why) < 0)
        code = fail(EXIT_RUN, &why);
    else
        code = live ? EXIT_OK : report_damage(crew_source(pulse->crew));
    pulse->monitor = NULL;
    pulse->notify = NULL;
    monitor_close(&monitor);
    notify_close(&notify);
    return sum_up(cli, pulse->sensor, code);
}

static int run(const struct cli *cli, const struct config *config)
{
    struct sensor sensor = {0};
    struct reload reload = {.generation = 0};
    struct crew crew;
    struct pulse pulse = {.sensor = &sensor, .crew = &crew};
    struct read_wait wait = loop_read_wait(&pulse);
    bool live = cli->input_count == 0;
    struct crew_options workers = {.config = config,
                                   .live = live,
                                   .wall_ns = loop_wall_ns,
                                   .inputs = cli->inputs,
                                   .input_count = cli->input_count,
                                   .wait = &wait,
                                   .verify_checksums = cli->verify_checksums,
                                   .stats = cli->stats,
                                   .packet_limit = cli->packet_limit,
                                   .seed = random_seed(),
                                   .take = on_message,
                                   .ctx = &sensor};
    struct sensor_options judgement = {.config = config,
                                       .live = live,
                                       .stats = cli->stats,
                                       .quiet = cli->quiet,
                                       .seed = workers.seed};
    struct err why;
    int code;

    if (live && config->capture.interface_count == 0) {
        log_error("nothing to read: name an interface with -i or captures with -r; --help "
                  "tells more");
        return EXIT_USAGE;
    }
    if (crew_open(&crew, &workers, &why) < 0) {
        crew_fini(&crew);
        return fail(EXIT_INPUT, &why);
    }
    judgement.lanes = crew.count;
    if (sensor_init(&sensor, &judgement, &why) < 0 || crew_prepare(&crew, &why) < 0)
        code = fail(EXIT_CONFIG, &why);
    else
        code = watch(cli, config, &pulse, &reload);
    sensor_fini(&sensor);
    crew_fini(&crew);
    reload_fini(&reload);
    return code;
}

static int run_within_memory(const struct cli *cli, struct config *config)
{
    if (plan_config(config, worker_connection_bytes()))
        log_warn("limits.memory is too small for the other limits: they are lowered to %u "
                 "flows, "
                 "%u handshakes, %u devices, %u keys and %u certificates",
                 config->limits.flows, config->limits.handshakes, config->limits.devices,
                 config->limits.keys, config->limits.certificates);
    return cli->verb == CLI_CORRELATE ? verb_correlate(cli, config, random_seed())
                                      : run(cli, config);
}

/* Who asks how a sensor is may not be able to read its settings, and often needs none. */
static bool needs_config(const struct cli *cli)
{
    return cli->verb != CLI_STATUS ||
           (!cli->control && (cli->config || cli->setting_count));
}

/* Load all that the configuration names; -T stops there. */
static int with_config(const struct cli *cli)
{
    struct config config = {0};
    struct err why;
    int code = EXIT_OK;

    /* Early: a HUP that comes while much is loaded must not be the end. */
    if (cli->action == CLI_RUN && cli->verb != CLI_STATUS)
        loop_take_signals();
    if (config_load(&config, cli->config, (const char *const *)cli->settings,
                    cli->setting_count, &why) < 0)
        return fail(EXIT_CONFIG, &why);
    if (!cli->quiet && !cli->verbose)
        log_set_level((enum log_level)config.log_level);
    if (cli->action == CLI_DUMP_CONFIG)
        code = config_dump(&config, stdout) < 0 ? EXIT_RUN : EXIT_OK;
    else if (cli->action == CLI_TEST_CONFIG)
        code = sensor_test(&config, &why) < 0 ? fail(EXIT_CONFIG, &why) : EXIT_OK;
    else if (cli->verb == CLI_STATUS)
        code = verb_status(cli, &config);
    else if (cli->verb == CLI_EXPLAIN)
        code = verb_explain(cli, &config);
    else if (cli->verb >= CLI_STATE)
        code = verb_state(cli, &config);
    else
        code = run_within_memory(cli, &config);
    config_free(&config);
    return code;
}

int main(int argc, char **argv)
{
    struct cli cli;
    struct err why;
    int code = EXIT_OK;

    if (cli_parse(&cli, argc, argv, &why) < 0) {
        cli_free(&cli);
        return fail(EXIT_USAGE, &why);
    }
    if (cli.quiet)
        log_set_level(LOG_LEVEL_ERROR);
    else if (cli.verbose)
        log_set_level(cli.verbose > 1 ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
    if (cli.action == CLI_HELP)
        cli_print_help(cli.verb);
    else if (cli.action == CLI_VERSION)
        (void)printf("pinsight %s\n", PINSIGHT_VERSION);
    else if (cli.action == CLI_BUILD_INFO)
        cli_print_build_info();
    else if (needs_config(&cli))
        code = with_config(&cli);
    else
        code = verb_status(&cli, NULL);
    cli_free(&cli);
    return code;
}
