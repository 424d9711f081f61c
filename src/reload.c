#include "reload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "plan.h"

#define SECTION_MAX 32

/* Begins of lines in the text of a configuration. */
static const char *const fixed_sections[] = {
    "capture:", "context:", "output:", "limits:", "state:", "stats:", "user:", "sensor:"};

#define FIXED_SECTIONS (sizeof(fixed_sections) / sizeof(fixed_sections[0]))

/* ---- the configuration as text */

/* NULL when memory is out. */
static char *text_of(const struct config *config)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    int failed;

    if (!out)
        return NULL;
    failed = config_dump(config, out);
    if (fclose(out) != 0 || failed) {
        free(text);
        return NULL;
    }
    return text;
}

/* A section, from its key to the next line that is not indented. */
static struct span section_of(const char *text, const char *key)
{
    const char *start = text, *end;

    while (start && strncmp(start, key, strlen(key)) != 0) {
        start = strchr(start, '\n');
        start = start ? start + 1 : NULL;
    }
    if (!start)
        return span_of(text, 0);
    end = strchr(start, '\n');
    while (end && (end[1] == ' ' || end[1] == '-'))
        end = strchr(end + 1, '\n');
    return span_of(start, end ? (size_t)(end - start) : strlen(start));
}

static void warn_fixed(const char *before, const char *now)
{
    for (size_t i = 0; i < FIXED_SECTIONS; i++)
        if (!span_equal(section_of(before, fixed_sections[i]),
                        section_of(now, fixed_sections[i])))
            log_warn("reload: what changed in %.*s takes effect at the next start",
                     (int)strlen(fixed_sections[i]) - 1, fixed_sections[i]);
}

/* The struct keeps what cannot change; the start's configuration owns it. */
static void keep_fixed(struct config *config, const struct config *first)
{
    config->capture = first->capture;
    config->context = first->context;
    config->context_count = first->context_count;
    config->output = first->output;
    config->limits = first->limits;
    config->state = first->state;
    config->stats = first->stats;
    config->user = first->user;
    config->sensor_name = first->sensor_name;
}

static void sum_up(const char *text, const struct rules *rules,
                   const struct authorities *authorities, uint8_t out[SHA256_BYTES])
{
    struct digest d;

    digest_init(&d, DIGEST_SHA256);
    digest_push(&d, span_of_text(text));
    digest_push(&d, span_of(rules->sha256, sizeof(rules->sha256)));
    for (size_t i = 0; i < authorities->count; i++)
        digest_push(&d, span_of(authorities->keys[i], SHA256_BYTES));
    digest_take(&d, out);
}

/* ---- the event */

static void tell(const struct reload *r, const struct config *config)
{
    struct sensor *sensor = r->options.sensor;
    bool by_packets = !sensor->live && sensor->now_ns > 0;
    struct config_report report = {.time_ns =
                                       by_packets ? sensor->now_ns : r->options.wall_ns(),
                                   .generation = r->generation,
                                   .file = config->path};

    sum_up(r->text, &config->rules, &sensor->authorities, report.sha256);
    sensor_tell_config(sensor, &report);
}

/* ---- a reload */

/* What is prepared before anything changes. */
struct next {
    struct config *config;
    struct authorities authorities;
    struct lane_change **changes;
    char *text;
};

static void forget(const struct reload *r, struct next *next)
{
    if (r->options.crew)
        crew_changes_free(r->options.crew, next->changes);
    authorities_free(&next->authorities);
    free(next->text);
    if (next->config)
        config_free(next->config);
    free(next->config);
}

static int load_config(const struct reload *r, struct next *next, struct err *why)
{
    const struct cli *cli = r->options.cli;
    struct config *config = calloc(1, sizeof(*config));
    char *written;

    if (!config)
        return err_set(why, "no memory");
    if (config_load(config, cli->config, (const char *const *)cli->settings,
                    cli->setting_count, why) < 0) {
        free(config);
        return -1;
    }
    next->config = config;
    (void)plan_config(config, worker_connection_bytes()); /* as at the start */
    written = text_of(config);
    keep_fixed(config, r->options.config);
    next->text = text_of(config);
    if (written && next->text)
        warn_fixed(next->text, written);
    free(written);
    return next->text ? 0 : err_set(why, "no memory");
}

static int prepare(const struct reload *r, struct next *next, struct err *why)
{
    if (load_config(r, next, why) < 0 ||
        authorities_load_next(&next->authorities, &r->options.sensor->authorities,
                              next->config, why) < 0)
        return -1;
    if (!r->options.crew)
        return 0;
    next->changes = crew_changes_new(r->options.crew, next->config, why);
    return next->changes ? 0 : -1;
}

/* From here nothing fails. */
static void replace(struct reload *r, struct next *next)
{
    const struct cli *cli = r->options.cli;

    if (r->options.crew)
        crew_offer(r->options.crew, next->changes);
    if (r->config)
        config_free(r->config);
    free(r->config);
    free(r->text);
    r->config = next->config;
    r->text = next->text;
    r->generation++;
    if (!cli->quiet && !cli->verbose)
        log_set_level((enum log_level)r->config->log_level);
    log_info("reload: configuration %llu is in effect", (unsigned long long)r->generation);
    tell(r, r->config);
}

void reload_run(void *reload)
{
    struct reload *r = reload;
    struct next next = {.config = NULL};
    struct err why;

    if (prepare(r, &next, &why) < 0 ||
        sensor_adopt(r->options.sensor, next.config, &next.authorities, &why) < 0) {
        forget(r, &next);
        r->failures++;
        log_error("reload: the old configuration stays: %s", why.text);
        return;
    }
    replace(r, &next);
}

/* ---- life */

int reload_init(struct reload *r, const struct reload_options *options, struct err *why)
{
    *r = (struct reload){.options = *options, .generation = 1};
    r->text = text_of(options->config);
    if (!r->text)
        return err_set(why, "no memory for the configuration");
    if (options->sensor->live)
        tell(r, options->config);
    return 0;
}

void reload_fini(struct reload *r)
{
    if (r->config)
        config_free(r->config);
    free(r->config);
    free(r->text);
    *r = (struct reload){0};
}
