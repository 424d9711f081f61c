/*
 * What the program can be asked to do. Each takes the parsed command line and the loaded
 * configuration, says on standard error what went wrong, and returns the exit code.
 */
#pragma once

#include "cli.h"
#include "config/config.h"

enum exit_code {
    EXIT_OK = 0,
    EXIT_RUN = 1, /* run-time failure, such as output that cannot be written */
    EXIT_USAGE = 2,
    EXIT_CONFIG = 3,  /* configuration or rules invalid */
    EXIT_INPUT = 4,   /* input unreadable or cut short; what was read is processed */
    EXIT_DROPPED = 5, /* records dropped and --strict given */
};

/* Ask a running pinsight how it is; `config` may be NULL. */
int verb_status(const struct cli *cli, const struct config *config);

/* Detection from session records, without packets. */
int verb_correlate(const struct cli *cli, const struct config *config, uint64_t seed);

/* Why alerts say what they say. */
int verb_explain(const struct cli *cli, const struct config *config);

/* Why there is an alert of a device and a destination, or none. */
int verb_explain_pair(const struct cli *cli, const struct config *config);

/* What the state database holds; CLI_STATE_SHOW and its siblings. */
int verb_state(const struct cli *cli, const struct config *config);
