#include "cli.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build_info.h"
#include "version.h"

#define FILTER_MAX 65536

enum {
    OPTION_SET = 256,
    OPTION_SESSIONS,
    OPTION_FORMAT,
    OPTION_CONTEXT,
    OPTION_STATE,
    OPTION_RULES,
    OPTION_INSPECTION_CA,
    OPTION_DUMP_CONFIG,
    OPTION_BUILD_INFO,
    OPTION_STATS,
    OPTION_USER,
    OPTION_STRICT,
    OPTION_CONTROL,
    OPTION_JSON,
    OPTION_ALERTS,
    OPTION_OLDER_THAN,
    OPTION_DEVICE,
    OPTION_DESTINATION,
    OPTION_DRY_RUN,
};

static const struct option long_options[] = {
    {"config", required_argument, NULL, 'c'},
    {"set", required_argument, NULL, OPTION_SET},
    {"output", required_argument, NULL, 'o'},
    {"sessions", optional_argument, NULL, OPTION_SESSIONS},
    {"format", required_argument, NULL, OPTION_FORMAT},
    {"context", required_argument, NULL, OPTION_CONTEXT},
    {"state", required_argument, NULL, OPTION_STATE},
    {"rules", required_argument, NULL, OPTION_RULES},
    {"inspection-ca", required_argument, NULL, OPTION_INSPECTION_CA},
    {"test-config", no_argument, NULL, 'T'},
    {"dump-config", no_argument, NULL, OPTION_DUMP_CONFIG},
    {"count", required_argument, NULL, 'n'},
    {"filter-file", required_argument, NULL, 'F'},
    {"checksums", required_argument, NULL, 'k'},
    {"version", no_argument, NULL, 'V'},
    {"help", no_argument, NULL, 'h'},
    {"verbose", no_argument, NULL, 'v'},
    {"quiet", no_argument, NULL, 'q'},
    {"build-info", no_argument, NULL, OPTION_BUILD_INFO},
    {"stats", optional_argument, NULL, OPTION_STATS},
    {"user", required_argument, NULL, OPTION_USER},
    {"strict", no_argument, NULL, OPTION_STRICT},
    {"control", required_argument, NULL, OPTION_CONTROL},
    {"json", no_argument, NULL, OPTION_JSON},
    {"alerts", required_argument, NULL, OPTION_ALERTS},
    {"older-than", required_argument, NULL, OPTION_OLDER_THAN},
    {"device", required_argument, NULL, OPTION_DEVICE},
    {"destination", required_argument, NULL, OPTION_DESTINATION},
    {"dry-run", no_argument, NULL, OPTION_DRY_RUN},
    {NULL, 0, NULL, 0},
};

/* Options that only set a key: option, key, value when the option has none. */
static const struct {
    int option;
    const char *key;
    const char *value;
} settings[] = {
    {'o', "output.path", NULL},
    {OPTION_SESSIONS, "output.sessions", "yes"},
    {OPTION_FORMAT, "output.format", NULL},
    {OPTION_CONTEXT, "context[+].path", NULL},
    {OPTION_STATE, "state.path", NULL},
    {OPTION_RULES, "rules.path", NULL},
    {OPTION_INSPECTION_CA, "inspection.authorities[+].file", NULL},
    {OPTION_USER, "user", NULL},
    {'j', "capture.workers", NULL},
    {OPTION_STATS, "stats.interval", NULL},
};

void cli_print_build_info(void)
{
    (void)printf("pinsight %s\n", PINSIGHT_VERSION);
    build_info_print();
}

static int add_setting(struct cli *cli, const char *key, const char *value, struct err *why)
{
    size_t size = (key ? strlen(key) + 1 : 0) + strlen(value) + 1;
    char **grown = realloc(cli->settings, (cli->setting_count + 1) * sizeof(*grown));
    char *text;

    if (!grown)
        return err_set(why, "no memory for the command line");
    cli->settings = grown;
    text = malloc(size);
    if (!text)
        return err_set(why, "no memory for the command line");
    (void)snprintf(text, size, "%s%s%s", key ? key : "", key ? "=" : "", value);
    cli->settings[cli->setting_count++] = text;
    return 0;
}

static int add_path(const char ***list, size_t *count, const char *path, struct err *why)
{
    const char **grown = realloc(*list, (*count + 1) * sizeof(*grown));

    if (!grown)
        return err_set(why, "no memory for the command line");
    *list = grown;
    grown[(*count)++] = path;
    return 0;
}

/* Those of the command line stand instead of those of the file. */
static int add_interface(struct cli *cli, const char *name, struct err *why)
{
    if (cli->interface_count++ == 0 && add_setting(cli, "capture.interfaces", "", why) < 0)
        return -1;
    return add_setting(cli, "capture.interfaces[+]", name, why);
}

static int parse_count(struct cli *cli, const char *text, struct err *why)
{
    char *end;

    errno = 0;
    cli->packet_limit = strtoull(text, &end, 10);
    if (errno || *end || *text < '0' || *text > '9')
        return err_set(why, "-n: expected a number of packets, found \"%s\"", text);
    return 0;
}

static int parse_checksums(struct cli *cli, const char *text, struct err *why)
{
    if (strcmp(text, "all") == 0)
        cli->verify_checksums = true;
    else if (strcmp(text, "none") == 0)
        cli->verify_checksums = false;
    else
        return err_set(why, "-k: expected all or none, found \"%s\"", text);
    return 0;
}

/* The filter is one line for libpcap; # begins a comment. */
static int read_filter(struct cli *cli, const char *path, struct err *why)
{
    char text[FILTER_MAX];
    FILE *file = fopen(path, "r");
    size_t n;

    if (!file)
        return err_set(why, "-F: cannot read %s: %s", path, strerror(errno));
    n = fread(text, 1, sizeof(text) - 1, file);
    (void)fclose(file);
    text[n] = '\0';
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '#')
            while (i < n && text[i] != '\n')
                text[i++] = ' ';
        if (i < n && (text[i] == '\n' || text[i] == '\r'))
            text[i] = ' ';
    }
    return add_setting(cli, "capture.filter", text, why);
}

/* The remaining arguments are the filter, as tcpdump takes it. */
static int join_filter(struct cli *cli, int count, char **words, struct err *why)
{
    char text[FILTER_MAX] = "";
    size_t len = 0;

    for (int i = 0; i < count; i++) {
        int n = snprintf(text + len, sizeof(text) - len, "%s%s", i ? " " : "", words[i]);

        if (n < 0 || (size_t)n >= sizeof(text) - len)
            return err_set(why, "the filter is longer than %d characters", FILTER_MAX);
        len += (size_t)n;
    }
    return len ? add_setting(cli, "capture.filter", text, why) : 0;
}

static int apply_setting(struct cli *cli, int option, const char *argument, struct err *why)
{
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
        if (settings[i].option == option) {
            const char *value = argument ? argument : settings[i].value;

            return value ? add_setting(cli, settings[i].key, value, why) : 0;
        }
    return err_set(why, "unknown option; pinsight --help lists them");
}

static int apply(struct cli *cli, int option, const char *argument, struct err *why)
{
    switch (option) {
    case 'r':
        return add_path(&cli->inputs, &cli->input_count, argument, why);
    case 'c':
        cli->config = argument;
        return 0;
    case 'n':
        return parse_count(cli, argument, why);
    case 'F':
        return read_filter(cli, argument, why);
    case 'k':
        return parse_checksums(cli, argument, why);
    case 'i':
        return add_interface(cli, argument, why);
    case OPTION_SET:
        return add_setting(cli, NULL, argument, why);
    case 'T':
        cli->action = CLI_TEST_CONFIG;
        return 0;
    case OPTION_DUMP_CONFIG:
        cli->action = CLI_DUMP_CONFIG;
        return 0;
    case 'V':
        cli->action = CLI_VERSION;
        return 0;
    case 'h':
        cli->action = CLI_HELP;
        return 0;
    case OPTION_BUILD_INFO:
        cli->action = CLI_BUILD_INFO;
        return 0;
    case 'v':
        cli->verbose++;
        return 0;
    case 'q':
        cli->quiet = true;
        return 0;
    case OPTION_STRICT:
        cli->strict = true;
        return 0;
    case OPTION_CONTROL:
        cli->control = argument;
        return 0;
    case OPTION_JSON:
        cli->json = true;
        return 0;
    case OPTION_STATS:
        cli->stats = true;
        break;
    default:
        break;
    }
    return apply_setting(cli, option, argument, why);
}

/* What the verbs about remembered and written alerts take beside; false: it is none of them. */
static bool apply_to_memory(struct cli *cli, int option, const char *argument)
{
    switch (option) {
    case OPTION_OLDER_THAN:
        cli->older_than = argument;
        return true;
    case OPTION_DEVICE:
        cli->device = argument;
        return true;
    case OPTION_DESTINATION:
        cli->destination = argument;
        return true;
    case OPTION_DRY_RUN:
        cli->dry_run = true;
        return true;
    default:
        return false;
    }
}

static int apply_format(struct cli *cli, const char *argument, struct err *why)
{
    cli->json = strcmp(argument, "json") == 0;
    if (!cli->json && strcmp(argument, "text") != 0)
        return err_set(why, "--format: expected text or json, found \"%s\"", argument);
    return 0;
}

static int take_option(struct cli *cli, int option, const char *argument, struct err *why)
{
    if (option == OPTION_ALERTS)
        return add_path(&cli->alerts, &cli->alert_count, argument, why);
    if (option == OPTION_FORMAT && cli->verb == CLI_EXPLAIN)
        return apply_format(cli, argument, why);
    return apply_to_memory(cli, option, argument) ? 0 : apply(cli, option, argument, why);
}

/* Take the word off the front if it is that one. */
static bool take_word(const char *word, int *argc, char ***argv)
{
    if (*argc < 2 || strcmp((*argv)[1], word) != 0)
        return false;
    (*argc)--;
    (*argv)++;
    return true;
}

/* Take the verb off the front, if there is one; a second word says what to do with the state. */
static void parse_verb(struct cli *cli, int *argc, char ***argv)
{
    static const struct {
        const char *name;
        enum cli_verb after, verb;
    } verbs[] = {
        {"correlate", CLI_SENSOR, CLI_CORRELATE}, {"explain", CLI_SENSOR, CLI_EXPLAIN},
        {"status", CLI_SENSOR, CLI_STATUS},       {"state", CLI_SENSOR, CLI_STATE},
        {"show", CLI_STATE, CLI_STATE_SHOW},      {"export", CLI_STATE, CLI_STATE_EXPORT},
        {"prune", CLI_STATE, CLI_STATE_PRUNE},
    };

    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (verbs[i].after == cli->verb && take_word(verbs[i].name, argc, argv))
            cli->verb = verbs[i].verb;
}

static bool is_of_memory(int option)
{
    return option >= OPTION_ALERTS && option <= OPTION_DRY_RUN;
}

/* Options about packets are the sensor's; the verbs that only look take few. */
static bool is_for(enum cli_verb verb, int option)
{
    static const int taken[CLI_VERBS][8] = {
        [CLI_STATUS] = {OPTION_CONTROL, OPTION_JSON, OPTION_SET},
        [CLI_EXPLAIN] = {OPTION_ALERTS, OPTION_STATE, OPTION_FORMAT, OPTION_JSON,
                         OPTION_RULES, OPTION_INSPECTION_CA, OPTION_SET, 'r'},
        [CLI_STATE] = {'h'},
        [CLI_STATE_SHOW] = {OPTION_STATE, OPTION_JSON, OPTION_SET},
        [CLI_STATE_EXPORT] = {OPTION_STATE, OPTION_SET, 'o'},
        [CLI_STATE_PRUNE] = {OPTION_STATE, OPTION_OLDER_THAN, OPTION_DEVICE,
                             OPTION_DESTINATION, OPTION_DRY_RUN, OPTION_SET},
    };

    if (taken[verb][0] == 0)
        return option != OPTION_CONTROL && option != OPTION_JSON && !is_of_memory(option) &&
               (verb == CLI_SENSOR || option > UINT8_MAX || !strchr("ijnFk", option));
    for (size_t i = 0; i < 8; i++)
        if (taken[verb][i] == option)
            return true;
    return option <= UINT8_MAX && strchr("chVvq", option);
}

static int refuse_option(int option, struct err *why)
{
    for (const struct option *o = long_options; o->name; o++)
        if (o->val == option)
            return err_set(why,
                           "--%s: this verb does not take it; --help lists what it takes",
                           o->name);
    return err_set(why, "-%c: this verb does not take it; --help lists what it takes",
                   option);
}

static int parse_words(struct cli *cli, int count, char **words, struct err *why)
{
    if (cli->verb == CLI_SENSOR)
        return join_filter(cli, count, words, why);
    cli->words = words;
    cli->word_count = (size_t)count;
    if (cli->verb == CLI_EXPLAIN && count <= 2)
        return 0;
    return count ? err_set(why, "unexpected \"%s\"; --help tells more", words[0]) : 0;
}

/* Something must be said for a run to begin with. */
static int check_input(const struct cli *cli, struct err *why)
{
    if (cli->verb == CLI_STATE)
        return err_set(why, "state: show, export or prune? --help tells more");
    if (cli->verb == CLI_EXPLAIN && cli->input_count && cli->word_count != 2)
        return err_set(why, "explain: -r goes with the address of a device and a "
                            "destination");
    if (cli->verb == CLI_STATE_PRUNE && !cli->older_than && !cli->device &&
        !cli->destination)
        return err_set(why, "state prune: say what to forget: --older-than, --device or "
                            "--destination");
    if (cli->verb == CLI_CORRELATE && cli->input_count == 0)
        return err_set(why, "nothing to read: give session events with -r; --help tells "
                            "more");
    return 0;
}

int cli_parse(struct cli *cli, int argc, char **argv, struct err *why)
{
    const char *options;
    int option;

    *cli = (struct cli){.action = CLI_RUN};
    parse_verb(cli, &argc, &argv);
    opterr = 0;
    /* The words of a filter end the options; those of other verbs may stand before them. */
    options =
        cli->verb == CLI_SENSOR ? "+:r:i:c:o:j:n:F:k:TVvqh" : ":r:i:c:o:j:n:F:k:TVvqh";
    while ((option = getopt_long(argc, argv, options, long_options, NULL)) != -1) {
        if (option == ':')
            return err_set(why, "%s needs a value", argv[optind - 1]);
        if (option == '?')
            return err_set(why, "unknown option %s; --help lists them", argv[optind - 1]);
        if (!is_for(cli->verb, option))
            return refuse_option(option, why);
        if (take_option(cli, option, optarg, why) < 0)
            return -1;
    }
    if (parse_words(cli, argc - optind, argv + optind, why) < 0)
        return -1;
    if (cli->input_count && cli->interface_count)
        return err_set(why, "-i and -r: either interfaces or captures are read");
    return cli->action == CLI_RUN ? check_input(cli, why) : 0;
}

void cli_free(struct cli *cli)
{
    for (size_t i = 0; i < cli->setting_count; i++)
        free(cli->settings[i]);
    free(cli->settings);
    free(cli->inputs);
    free(cli->alerts);
    *cli = (struct cli){0};
}
