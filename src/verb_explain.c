/*
 * Why an alert says what it says: alerts come from event files or from the state database, each is
 * explained by itself with the rules in effect.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "alert/alert_store.h"
#include "alert/alert_text.h"
#include "alert/explain.h"
#include "base/log.h"
#include "keeper.h"
#include "verbs.h"

#define TEXT_MAX_BYTES (2u * ALERT_TEXT_MAX)

struct explaining {
    const struct cli *cli;
    const struct config *config;
    struct alert_store store;
    char *buffer; /* TEXT_MAX_BYTES */
    size_t told;
    bool failed; /* standard output */
};

/* ---- out */

static void put_span(void *ctx, struct span text)
{
    struct explaining *x = ctx;

    x->failed = fwrite(text.data, 1, text.len, stdout) != text.len || x->failed;
}

static void tell(void *ctx, const struct finding *f, const char *const *files,
                 size_t file_count)
{
    struct explaining *x = ctx;
    struct explanation *e = malloc(sizeof(*e));
    struct json_out json;
    struct text text;

    if (!e)
        return;
    explain_finding(f, &x->config->rules, e);
    for (size_t i = 0; i < file_count && i < EXPLAIN_FILES_MAX; i++)
        e->files[e->file_count++] = files[i];
    if (x->cli->json) {
        json_out_init(&json, x->buffer, TEXT_MAX_BYTES, put_span, x);
        (void)explain_write_json(e, &json);
        json_out_flush(&json);
    } else {
        text = text_in(x->buffer, TEXT_MAX_BYTES);
        explain_write_text(e, isatty(STDOUT_FILENO) == 1, &text);
        put_span(x, span_of(text.data, text.len));
    }
    x->told++;
    free(e);
}

/* ---- in */

static bool take_row(void *ctx, const struct state_row *row)
{
    alert_store_take(ctx, row->value);
    return true;
}

static int read_state(struct explaining *x, const char *path, struct err *why)
{
    char version[STATE_VERSION_MAX];
    struct state_options options = {.path = path, .version = state_memory_version(version)};
    struct state *state = state_open_to_read(&options, why);
    int result;

    if (!state)
        return -1;
    result = state_each(state, STATE_ALERT, take_row, &x->store, why);
    state_close(state);
    return result;
}

/* Everything that was named; EXIT_INPUT when some of it could not be read. */
static int read_all(struct explaining *x)
{
    const char *path = keeper_path(x->config, false);
    int code = EXIT_OK;
    struct err why;

    for (size_t i = 0; i < x->cli->alert_count; i++)
        if (alert_store_read(&x->store, x->cli->alerts[i], &why) < 0) {
            log_error("%s", why.text);
            code = EXIT_INPUT;
        }
    if ((path || x->cli->alert_count == 0) &&
        read_state(x, path ? path : KEEPER_LIVE_PATH, &why) < 0) {
        log_error("%s", why.text);
        code = EXIT_INPUT;
    }
    if (x->store.broken > 0) {
        log_error("%llu lines of the alerts are no events that can be read",
                  (unsigned long long)x->store.broken);
        code = EXIT_INPUT;
    }
    if (x->store.left_out > 0)
        log_warn("%llu alerts or sessions are left out: there are too many",
                 (unsigned long long)x->store.left_out);
    return code;
}

static int explain_all(struct explaining *x)
{
    int code = read_all(x);

    alert_store_each(&x->store, tell, x);
    if (fflush(stdout) != 0 || x->failed) {
        log_error("explain: standard output cannot be written");
        return EXIT_RUN;
    }
    if (x->told > 0 || code != EXIT_OK)
        return code;
    if (x->cli->word_count == 1)
        log_error("explain: there is no alert %s", x->cli->words[0]);
    else if (x->cli->word_count == 2)
        log_error("explain: there is no alert of %s and %s", x->cli->words[0],
                  x->cli->words[1]);
    else
        log_error("explain: there is no alert");
    return EXIT_RUN;
}

int verb_explain(const struct cli *cli, const struct config *config)
{
    struct explaining x = {.cli = cli, .config = config};
    struct alert_filter filter = {.only_open = cli->word_count == 0 && !cli->alert_count};
    struct err why;
    int code = EXIT_RUN;

    if (cli->word_count == 2 && cli->alert_count == 0)
        return verb_explain_pair(cli, config);
    if (cli->word_count == 1)
        filter.id = cli->words[0];
    if (cli->word_count == 2) {
        filter.device = cli->words[0];
        filter.destination = cli->words[1];
    }
    x.buffer = malloc(TEXT_MAX_BYTES);
    if (x.buffer && alert_store_init(&x.store, &filter, &why) == 0) {
        code = explain_all(&x);
        alert_store_fini(&x.store);
    } else {
        log_error("explain: no memory");
    }
    free(x.buffer);
    return code;
}
