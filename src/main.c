/*
 * Start, and the exit codes: 0 ok, 1 run-time failure, 2 usage, 3 configuration or rules invalid,
 * 4 input unreadable or cut short, 5 records dropped and --strict given.
 */
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/log.h"
#include "cli.h"
#include "loop.h"
#include "plan.h"
#include "version.h"

enum {
    EXIT_OK = 0,
    EXIT_RUN = 1,
    EXIT_USAGE = 2,
    EXIT_CONFIG = 3,
    EXIT_INPUT = 4,
    EXIT_DROPPED = 5,
};

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

struct replay {
    const struct cli *cli;
    const struct config *config;
    struct source *source;
    struct sensor sensor;
    struct lane lane;
};

static void on_message(void *ctx, const struct message *message)
{
    struct replay *r = ctx;

    sensor_take(&r->sensor, message);
}

static void count_files(void *ctx, struct counters *out)
{
    struct replay *r = ctx;

    stats_collect_files(out, source_stats(r->source));
}

static int run_replay(struct replay *r)
{
    struct loop_options loop = {.packet_limit = r->cli->packet_limit,
                                .progress = !r->cli->quiet && isatty(STDERR_FILENO)};
    int code = EXIT_OK;

    if (loop_run(r->source, &r->lane, &r->sensor, &loop) < 0)
        code = fail(EXIT_RUN, &r->sensor.why);
    else
        code = report_damage(r->source);
    if (code == EXIT_OK && r->cli->strict && sensor_dropped(&r->sensor)) {
        log_error("records were dropped: a limit was reached (--stats tells which)");
        code = EXIT_DROPPED;
    }
    return code;
}

static int replay(const struct cli *cli, const struct config *config, struct source *source)
{
    struct replay r = {.cli = cli, .config = config, .source = source};
    uint64_t seed = random_seed();
    struct sensor_options sensor = {.config = config,
                                    .lanes = 1,
                                    .stats = cli->stats,
                                    .quiet = cli->quiet,
                                    .seed = seed};
    struct lane_options lane = {.config = config,
                                .verify_checksums = cli->verify_checksums,
                                .seed = seed,
                                .count = 1,
                                .stats = cli->stats,
                                .take = on_message,
                                .count_source = count_files,
                                .ctx = &r};
    struct err why;
    int code;

    if (sensor_init(&r.sensor, &sensor, &why) < 0)
        return fail(EXIT_CONFIG, &why);
    code = lane_init(&r.lane, &lane, &why) < 0 ? fail(EXIT_CONFIG, &why) : run_replay(&r);
    sensor_fini(&r.sensor);
    lane_fini(&r.lane);
    return code;
}

static int run(const struct cli *cli, const struct config *config)
{
    struct source_options options = {.inputs = cli->inputs,
                                     .input_count = cli->input_count,
                                     .filter = config->capture.filter};
    struct source *source;
    struct err why;
    int code;

    source = source_open_files(&options, &why);
    if (!source)
        return fail(EXIT_INPUT, &why);
    code = replay(cli, config, source);
    source_free(source);
    return code;
}

static int run_within_memory(const struct cli *cli, struct config *config)
{
    if (plan_fit(&config->limits, worker_connection_bytes()))
        log_warn("limits.memory is too small for the other limits: they are lowered to %u "
                 "flows, "
                 "%u handshakes, %u devices, %u keys and %u certificates",
                 config->limits.flows, config->limits.handshakes, config->limits.devices,
                 config->limits.keys, config->limits.certificates);
    return run(cli, config);
}

/* Load all that the configuration names; -T stops there. */
static int with_config(const struct cli *cli)
{
    struct config config = {0};
    struct err why;
    int code = EXIT_OK;

    if (config_load(&config, cli->config, (const char *const *)cli->settings,
                    cli->setting_count, &why) < 0)
        return fail(EXIT_CONFIG, &why);
    if (!cli->quiet && !cli->verbose)
        log_set_level((enum log_level)config.log_level);
    if (cli->action == CLI_DUMP_CONFIG)
        code = config_dump(&config, stdout) < 0 ? EXIT_RUN : EXIT_OK;
    else if (cli->action == CLI_TEST_CONFIG)
        code = sensor_test(&config, &why) < 0 ? fail(EXIT_CONFIG, &why) : EXIT_OK;
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
        cli_print_help();
    else if (cli.action == CLI_VERSION)
        (void)printf("pinsight %s\n", PINSIGHT_VERSION);
    else if (cli.action == CLI_BUILD_INFO)
        cli_print_build_info();
    else
        code = with_config(&cli);
    cli_free(&cli);
    return code;
}
