/*
 * The command line: a verb, or none for the sensor, and its options. What the configuration can say too becomes a `KEY=VALUE` setting, applied over
 * the file in the order given, so that there is one table of keys and one check of values.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum cli_action {
    CLI_RUN,
    CLI_HELP,
    CLI_VERSION,
    CLI_BUILD_INFO,
    CLI_TEST_CONFIG,
    CLI_DUMP_CONFIG,
};

enum cli_verb {
    CLI_SENSOR,
    CLI_CORRELATE,
    CLI_STATUS,
    CLI_EXPLAIN,
    CLI_STATE, /* without another word: its help */
    CLI_STATE_SHOW,
    CLI_STATE_EXPORT,
    CLI_STATE_PRUNE,
    CLI_VERBS,
};

struct cli {
    enum cli_verb verb;
    enum cli_action action;
    const char **inputs; /* -r; NULL without */
    size_t input_count;
    size_t interface_count; /* -i, which are settings as well */
    const char *config;     /* -c, NULL for the default place */
    char **settings;        /* KEY=VALUE */
    size_t setting_count;
    uint64_t packet_limit; /* -n, 0 for none */
    bool verify_checksums;
    bool stats; /* --stats */
    bool quiet;
    int verbose;
    bool strict;
    const char *control; /* --control */
    bool json;           /* --json, --format json */
    char *const *words;  /* explain: what it is about; borrowed */
    size_t word_count;
    const char **alerts; /* --alerts */
    size_t alert_count;
    const char *older_than; /* --older-than, a duration */
    const char *device;     /* --device */
    const char *destination;
    bool dry_run;
};

/* 0, or -1 with a sentence that says what is wrong; call cli_free in both cases. */
int cli_parse(struct cli *cli, int argc, char **argv, struct err *why);
void cli_free(struct cli *cli);

/* Write the help of a verb, or what the program was built with, to standard output. */
void cli_print_help(enum cli_verb verb);
void cli_print_build_info(void);
