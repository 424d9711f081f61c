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

static int add_input(struct cli *cli, const char *path, struct err *why)
{
    const char **grown = realloc(cli->inputs, (cli->input_count + 1) * sizeof(*grown));

    if (!grown)
        return err_set(why, "no memory for the command line");
    cli->inputs = grown;
    cli->inputs[cli->input_count++] = path;
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
        return add_input(cli, argument, why);
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

/* Take the verb off the front, if there is one. */
static int parse_verb(struct cli *cli, int *argc, char ***argv, struct err *why)
{
    static const struct {
        const char *name;
        enum cli_verb verb;
        bool planned;
    } verbs[] = {
        {"correlate", CLI_CORRELATE, false},
        {"explain", CLI_SENSOR, true},
        {"state", CLI_SENSOR, true},
        {"status", CLI_STATUS, false},
    };

    for (size_t i = 0; *argc > 1 && i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (strcmp((*argv)[1], verbs[i].name) != 0)
            continue;
        if (verbs[i].planned)
            return err_set(why, "%s: this version does not have it yet", verbs[i].name);
        cli->verb = verbs[i].verb;
        (*argc)--;
        (*argv)++;
        return 0;
    }
    return 0;
}

/* Options about packets are the sensor's, and who asks how it is needs few. */
static bool is_for(enum cli_verb verb, int option)
{
    if (verb == CLI_STATUS)
        return option == OPTION_CONTROL || option == OPTION_JSON || option == OPTION_SET ||
               strchr("chVvq", option);
    if (option == OPTION_CONTROL || option == OPTION_JSON)
        return false;
    return verb == CLI_SENSOR || option > UINT8_MAX || !strchr("ijnFk", option);
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
    return count ? err_set(why, "unexpected \"%s\"; --help tells more", words[0]) : 0;
}

int cli_parse(struct cli *cli, int argc, char **argv, struct err *why)
{
    int option;

    *cli = (struct cli){.action = CLI_RUN};
    if (parse_verb(cli, &argc, &argv, why) < 0)
        return -1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "+:r:i:c:o:j:n:F:k:TVvqh", long_options,
                                 NULL)) != -1) {
        if (option == ':')
            return err_set(why, "%s needs a value", argv[optind - 1]);
        if (option == '?')
            return err_set(why, "unknown option %s; --help lists them", argv[optind - 1]);
        if (!is_for(cli->verb, option))
            return refuse_option(option, why);
        if (apply(cli, option, optarg, why) < 0)
            return -1;
    }
    if (parse_words(cli, argc - optind, argv + optind, why) < 0)
        return -1;
    if (cli->input_count && cli->interface_count)
        return err_set(why, "-i and -r: either interfaces or captures are read");
    if (cli->action == CLI_RUN && cli->input_count == 0 && cli->verb == CLI_CORRELATE)
        return err_set(why, "nothing to read: give session events with -r; --help tells "
                            "more");
    return 0;
}

void cli_free(struct cli *cli)
{
    for (size_t i = 0; i < cli->setting_count; i++)
        free(cli->settings[i]);
    free(cli->settings);
    free(cli->inputs);
    *cli = (struct cli){0};
}
