/*
 * Why there is an alert of a device and a destination, or none: session events are judged again, or
 * what the state database remembers is, with nobody told but who asks.
 */
#include <stdio.h>
#include <stdlib.h>

#include "alert/explain_pair.h"
#include "authorities.h"
#include "base/log.h"
#include "keeper.h"
#include "session/session_files.h"
#include "verbs.h"

struct asking {
    const struct cli *cli;
    const struct config *config;
    struct authorities authorities;
    struct correlator correlator;
    struct pair_story story;
};

static void on_session(void *ctx, const struct session *s)
{
    (void)ctx;
    (void)s;
}

static void on_finding(void *ctx, const struct finding *f)
{
    pair_find(&((struct asking *)ctx)->story, f);
}

static void on_observed(void *ctx, const struct session *s,
                        const struct inspection_context *context, const struct parties *p)
{
    pair_observe(&((struct asking *)ctx)->story, s, context, p);
}

static void on_judged(void *ctx, const struct judgement *j)
{
    pair_judge(&((struct asking *)ctx)->story, j);
}

static void complain(void *ctx, const char *sentence)
{
    (void)ctx;
    log_error("%s", sentence);
}

static int begin(struct asking *a, uint64_t seed, struct err *why)
{
    struct correlator_options options = {
        .rules = &a->config->rules,
        .inspection = &a->config->inspection,
        .authority_names = a->authorities.names,
        .authority_keys = (const uint8_t(*)[SHA256_BYTES])a->authorities.keys,
        .authority_count = a->config->inspection.authority_count,
        .max_devices = a->config->limits.devices,
        .max_keys = a->config->limits.keys,
        .seed = seed,
        .ctx = a,
        .on_session = on_session,
        .on_finding = on_finding,
        .on_observed = on_observed,
        .on_judged = on_judged,
    };
    struct address device;

    if (!address_parse(a->cli->words[0], &device))
        return err_set(why, "explain: expected the address of a device, found \"%s\"",
                       a->cli->words[0]);
    if (correlator_init(&a->correlator, &options, why) < 0)
        return -1;
    pair_begin(&a->story, &a->correlator, &device, a->cli->words[1]);
    return 0;
}

/* ---- from session events */

static void judge_sessions(struct asking *a, struct session_files *files)
{
    struct session_item item;
    uint64_t now_ns = 0;

    while (session_files_next(files, &item)) {
        if (item.stepped) {
            correlator_drain(&a->correlator);
            now_ns = 0;
        }
        a->correlator.clock_steps = item.clock_steps;
        if (!item.session)
            continue;
        authorities_adopt(&a->authorities, item.session);
        if (item.session->decided_ns > now_ns)
            now_ns = item.session->decided_ns;
        correlator_tick(&a->correlator, now_ns);
        correlator_push(&a->correlator, item.session);
    }
    correlator_drain(&a->correlator);
}

static int ask_files(struct asking *a)
{
    struct session_files_options options = {
        .paths = a->cli->inputs, .path_count = a->cli->input_count, .complain = complain};
    const struct session_files_stats *stats;
    struct session_files *files;
    int code = EXIT_OK;
    struct err why;

    if (begin(a, 1, &why) < 0) {
        log_error("%s", why.text);
        return EXIT_USAGE;
    }
    files = session_files_open(&options, &why);
    if (!files) {
        log_error("%s", why.text);
        return EXIT_INPUT;
    }
    judge_sessions(a, files);
    stats = session_files_stats(files);
    if (stats->broken || stats->damaged)
        code = EXIT_INPUT;
    session_files_free(files);
    return code;
}

/* ---- from memory */

static int ask_state(struct asking *a, const char *path)
{
    char version[STATE_VERSION_MAX];
    struct state_options options = {.path = path, .version = state_memory_version(version)};
    struct state_memory memory = {.state = NULL};
    struct err why;
    struct state *state = state_open_to_read(&options, &why);
    int code = EXIT_INPUT;

    if (state && begin(a, state_seed(state), &why) < 0) {
        code = EXIT_USAGE;
    } else if (state && state_memory_init(&memory, state, &a->correlator, &why) == 0 &&
               state_memory_load(&memory, &why) == 0) {
        /* A run that ended has no time of its own any more: that of its last session. */
        if (a->correlator.now_ns == 0)
            a->correlator.now_ns = a->correlator.watermark.decided_ns;
        pair_remember(&a->story);
        code = EXIT_OK;
    }
    if (memory.correlator)
        state_memory_leave(&memory);
    if (code != EXIT_OK)
        log_error("%s", why.text);
    state_memory_fini(&memory);
    state_close(state);
    return code;
}

/* ---- out */

static void put_lines(void *ctx, struct span lines)
{
    *(bool *)ctx = fwrite(lines.data, 1, lines.len, stdout) == lines.len && *(bool *)ctx;
}

static bool tell(const struct asking *a, char *buffer)
{
    struct text text = text_in(buffer, PAIR_TEXT_MAX);
    struct json_out json;
    bool written = true;

    if (a->cli->json) {
        json_out_init(&json, buffer, PAIR_TEXT_MAX, put_lines, &written);
        (void)pair_write_json(&a->story, &json);
        json_out_flush(&json);
    } else {
        pair_write_text(&a->story, &text);
        put_lines(&written, span_of(text.data, text.len));
    }
    return fflush(stdout) == 0 && written;
}

int verb_explain_pair(const struct cli *cli, const struct config *config)
{
    struct asking *a = calloc(1, sizeof(*a));
    char *buffer = malloc(PAIR_TEXT_MAX);
    const char *path = keeper_path(config, false);
    int code = EXIT_RUN;
    struct err why;

    if (!a || !buffer) {
        log_error("explain: no memory");
    } else if (authorities_load(&a->authorities, &config->inspection, &why) < 0) {
        log_error("%s", why.text);
        code = EXIT_CONFIG;
    } else {
        a->cli = cli;
        a->config = config;
        code =
            cli->input_count ? ask_files(a) : ask_state(a, path ? path : KEEPER_LIVE_PATH);
        if ((code == EXIT_OK || code == EXIT_INPUT) && a->story.tuning &&
            !tell(a, buffer)) {
            log_error("explain: standard output cannot be written");
            code = EXIT_RUN;
        }
    }
    if (a) {
        if (a->story.correlator)
            correlator_fini(&a->correlator);
        authorities_free(&a->authorities);
    }
    free(a);
    free(buffer);
    return code;
}
