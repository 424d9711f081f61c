#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/nanotime.h"
#include "config/config.h"

static struct config cfg;
static struct err why;
static char folder[] = "/tmp/test_config.XXXXXX";

static const char *in_folder(const char *name)
{
    static char paths[4][128];
    static int next;
    char *path = paths[next++ % 4];

    (void)snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

static const char *write_file(const char *name, const char *text)
{
    const char *path = in_folder(name);
    FILE *file = fopen(path, "w");

    (void)fputs(text, file);
    (void)fclose(file);
    return path;
}

static int load(const char *text)
{
    config_free(&cfg);
    why.text[0] = '\0';
    return config_load_text(&cfg, "c.yaml", span_of_text(text), &why);
}

static char *dump(const struct config *of)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    (void)config_dump(of, out);
    (void)fclose(out);
    return text;
}

static void test_defaults(void)
{
    is_int(load(""), 0, "an empty configuration loads: %s", why.text);
    is_int(cfg.capture.snaplen, 262144, "capture.snaplen");
    is_int(cfg.capture.buffer_bytes, 64 << 20, "capture.buffer");
    ok(cfg.capture.promiscuous, "capture.promiscuous");
    is_int(cfg.capture.workers + cfg.capture.interface_count, 0,
           "no worker, no device named");
    ok(!cfg.capture.filter && !cfg.output.path && !cfg.state.path && !cfg.user,
       "texts that nobody gave are NULL");
    is_int(cfg.inspection.authority_count + cfg.inspection.segment_count +
               cfg.inspection.bypass_count + cfg.inspection.proxy_count,
           0, "nothing is known of inspection");
    is_int(cfg.inspection.trust_model, TRUST_MODEL_UNKNOWN, "inspection.trust_model");
    is_int(cfg.output.format, OUTPUT_FORMAT_ECS, "output.format");
    is_int(cfg.output.sessions, OUTPUT_SESSIONS_NO, "output.sessions");
    is_int(cfg.output.flush_ns, NS_PER_S, "output.flush");
    is_int(cfg.output.syslog_facility, 16, "output.syslog.facility");
    is_int(cfg.limits.memory_bytes, 512 << 20, "limits.memory");
    is_int(cfg.limits.flows, 1048576, "limits.flows");
    is_int(cfg.limits.flow_timeout_ns, 300 * NS_PER_S, "limits.flow_timeout");
    is_int(cfg.limits.handshake_timeout_ns, 30 * NS_PER_S, "limits.handshake_timeout");
    is_int(cfg.stats.interval_ns, 60 * NS_PER_S, "stats.interval");
    ok(cfg.stats.listen == NULL, "stats.listen");
    is_text(cfg.sensor_name, "pinsight", "sensor.name");
    is_int(cfg.log_level, CONFIG_LOG_WARN, "log.level");
    is_int(cfg.rules.tuning.inspection_failure_threshold, 3, "rules are there");
    ok(match_list_count(cfg.rules.destinations) > 10, "and compiled");
}

static void test_inspection(void)
{
    struct match_destination wanted = {.name = span_of_text("a.bank.example")};
    const struct match_entry *entry;

    is_int(load("inspection:\n"
                "  trust_model: ios_managed\n"
                "  segments:\n"
                "    - 10.0.0.0/8\n"
                "    - network: 2001:db8::/32\n"
                "      trust_model: android_user\n"
                "      proxy: 192.0.2.1:3128\n"
                "  bypass:\n"
                "    - match: \"*.bank.example\"\n"
                "      reason: works council\n"
                "      owner: net\n"
                "      expires: 2027-03-31\n"
                "    - 192.0.2.0/24\n"
                "  proxies: [192.0.2.9:8080]\n"),
           0, "what is known of inspection: %s", why.text);
    is_int(cfg.inspection.segment_count, 2, "segments");
    is_int(cfg.inspection.segments[0].trust_model, TRUST_MODEL_IOS_MANAGED,
           "a segment has the common trust model");
    is_int(cfg.inspection.segments[1].trust_model, TRUST_MODEL_ANDROID_USER, "or its own");
    is_int(cfg.inspection.segments[1].proxy.port, 3128, "and a proxy");
    is_int(cfg.inspection.segments[1].place.line, 5, "and its line");
    is_int(cfg.rules.tuning.trust_model, TRUST_MODEL_IOS_MANAGED, "the rules know it too");
    entry = match_find_destination(cfg.inspection.bypass_list, &wanted, 1);
    is_text(entry ? entry->reason : NULL, "works council", "the bypass list is compiled");
    is_text(entry ? entry->list : NULL, "inspection.bypass", "and names itself");
    ok(!match_find_destination(cfg.inspection.bypass_list, &wanted, UINT64_MAX),
       "and its entries expire");
    is_int(cfg.inspection.proxies[0].endpoint.port, 8080, "proxies");
}

static void test_rules_are_overridden(void)
{
    struct match_destination wanted = {.name = span_of_text("x.corp.example")};
    const struct match_entry *entry;

    is_int(load("rules:\n  TimeWindow: 10m\n  InspectionFailureThreshold: 5\n"
                "  RetryPatternWindow: 30s\n  ForegroundStateRequired: no\n"
                "  AllowedAppList: [com.corp.*]\n"
                "  AllowedDestinationList:\n    - {match: '*.corp.example', owner: me}\n"),
           0, "the mutable elements: %s", why.text);
    ok(cfg.rules.tuning.time_window_s > 599 && cfg.rules.tuning.time_window_s < 601,
       "TimeWindow");
    is_int(cfg.rules.tuning.inspection_failure_threshold, 5, "InspectionFailureThreshold");
    ok(cfg.rules.tuning.retry_pattern_window_s < 31, "RetryPatternWindow");
    ok(!cfg.rules.tuning.foreground_state_required, "ForegroundStateRequired");
    ok(match_find_app(cfg.rules.apps, span_of_text("com.corp.mail"), 1), "AllowedAppList");
    entry = match_find_destination(cfg.rules.destinations, &wanted, 1);
    is_text(entry ? entry->list : NULL, "AllowedDestinationList", "AllowedDestinationList");
    wanted.name = span_of_text("gateway.push.apple.com");
    ok(match_find_destination(cfg.rules.destinations, &wanted, 1), "shipped lists stay");
}

static void test_places(void)
{
    is_int(load("output:\n  format: text\n"), 0, "a configuration");
    is_int(config_place(&cfg, "output.format").line, 2,
           "a key that was given has its line");
    ok(!config_place(&cfg, "output.path").file, "one that was not has none");
}

static void test_good_and_bad_values(void)
{
    static const struct {
        const char *key, *good, *bad;
    } cases[] = {
        {"capture.interfaces", "[eth0]", "eth0"},
        {"capture.filter", "tcp port 443", "''"},
        {"capture.snaplen", "96", "63"},
        {"capture.buffer", "4GiB", "1"},
        {"capture.promiscuous", "no", "maybe"},
        {"capture.workers", "256", "257"},
        {"inspection.authorities", "[]", "{}"},
        {"inspection.segments", "['::/0']", "[10.0.0]"},
        {"inspection.bypass", "['*.a.example', 5228]", "['*']"},
        {"inspection.proxies", "['[::1]:1']", "['::1']"},
        {"inspection.trust_model", "android_system", "ios"},
        {"rules.path", "~", "''"},
        {"rules.TimeWindow", "7d", "8d"},
        {"rules.InspectionFailureThreshold", "1", "0"},
        {"rules.RetryPatternWindow", "24h", "0"},
        {"rules.AllowedAppList", "[a]", "[a b]"},
        {"rules.AllowedDestinationList", "[a.example]", "[a..b]"},
        {"rules.ForegroundStateRequired", "yes", "1"},
        {"context", "[]", "x"},
        {"output.path", "/x", "[]"},
        {"output.format", "text", "eve"},
        {"output.sessions", "full", "all"},
        {"output.informational", "true", "2"},
        {"output.rotate.size", "1GiB", "1G"},
        {"output.rotate.interval", "1d", "367d"},
        {"output.flush", "0", "61"},
        {"output.syslog.address", "/dev/log", "log"},
        {"output.sync", "all", "yes"},
        {"output.syslog.transport", "tls", "relp"},
        {"output.syslog.authorities", "/ca.pem", "[]"},
        {"output.syslog.certificate", "/c.pem", "''"},
        {"output.syslog.key", "/k.pem", "{}"},
        {"output.syslog.facility", "local7", "local8"},
        {"output.socket.address", "a.example:1", "a.example"},
        {"output.socket.transport", "unix", "udp"},
        {"output.spool.path", "/var/spool/x", "{}"},
        {"output.spool.size", "1MiB", "0"},
        {"limits.memory", "64MiB", "63MiB"},
        {"limits.flows", "1024", "1023"},
        {"limits.handshakes", "64", "x"},
        {"limits.devices", "64", "-64"},
        {"limits.keys", "64", "6.4"},
        {"limits.certificates", "0", "-1"},
        {"limits.fragments", "64KiB", "1KiB"},
        {"limits.flow_timeout", "1s", "999ms"},
        {"limits.handshake_timeout", "1h", "2h"},
        {"state.path", "':memory:'", "''"},
        {"state.interval", "1h", "0"},
        {"stats.interval", "0", "2d"},
        {"stats.listen", "127.0.0.1:9", "9"},
        {"stats.listen", "/run/x", "x"},
        {"stats.control", "/run/x", "''"},
        {"user", "nobody", "[]"},
        {"sensor.name", "a b", "''"},
        {"log.level", "debug", "trace"},
    };
    char text[256], wanted[128];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *dot = strchr(cases[i].key, '.'), *rest = dot ? dot + 1 : "";
        const char *second = strchr(rest, '.');

        for (int good = 0; good < 2; good++) {
            const char *value = good ? cases[i].good : cases[i].bad;

            if (second)
                (void)snprintf(text, sizeof(text), "%.*s:\n  %.*s:\n    %s: %s\n",
                               (int)(dot - cases[i].key), cases[i].key,
                               (int)(second - rest), rest, second + 1, value);
            else if (dot)
                (void)snprintf(text, sizeof(text), "%.*s:\n  %s: %s\n",
                               (int)(dot - cases[i].key), cases[i].key, rest, value);
            else
                (void)snprintf(text, sizeof(text), "%s: %s\n", cases[i].key, value);
            is_int(load(text), good ? 0 : -1, "%s: %s is %s: %s", cases[i].key, value,
                   good ? "fine" : "refused", why.text);
            (void)snprintf(wanted, sizeof(wanted), "c.yaml:%d: key %s",
                           second ? 3
                           : dot  ? 2
                                  : 1,
                           cases[i].key);
            if (!good)
                ok(strncmp(why.text, wanted, strlen(wanted)) == 0,
                   "at its key and line: %s", why.text);
        }
    }
}

static void test_authorities(void)
{
    static const char pem[] = "subject=CN = x\n-----BEGIN CERTIFICATE-----\nMII=\n";
    char wanted[ERR_TEXT_MAX];
    const char *path;

    (void)write_file("ca.pem", pem);
    (void)write_file("ca.der", "\x30\x82\x03\x01rest");
    (void)write_file("key.pem", "-----BEGIN PRIVATE KEY-----\n");
    path = write_file("a.yaml",
                      "inspection:\n  authorities:\n    - file: ca.pem\n      name: Box\n"
                      "    - ca.der\n");
    config_free(&cfg);
    is_int(config_load(&cfg, path, NULL, 0, &why), 0, "certificates beside the file: %s",
           why.text);
    is_text(cfg.inspection.authorities[0].file, in_folder("ca.pem"), "are found there");
    is_text(cfg.inspection.authorities[0].name, "Box", "with a name");
    is_int(cfg.inspection.authorities[1].place.line, 5, "and a line");
    path = write_file("a.yaml", "inspection:\n  authorities: [key.pem]\n");
    config_free(&cfg);
    is_int(config_load(&cfg, path, NULL, 0, &why), -1, "a file without certificate");
    (void)snprintf(
        wanted, sizeof(wanted),
        "%s:2: key inspection.authorities[0].file: expected a certificate file (PEM "
        "or DER), but %s holds no certificate",
        path, in_folder("key.pem"));
    is_text(why.text, wanted, "is refused");
    path = write_file("a.yaml", "inspection:\n  authorities:\n    - file: gone.pem\n");
    is_int(config_load(&cfg, path, NULL, 0, &why), -1, "a file that is not there");
    (void)snprintf(
        wanted, sizeof(wanted),
        "%s:3: key inspection.authorities[0].file: %s cannot be opened: No such file "
        "or directory",
        path, in_folder("gone.pem"));
    is_text(why.text, wanted, "is refused");
    path = write_file("a.yaml", "inspection: {authorities: [/dev/zero]}\n");
    is_int(config_load(&cfg, path, NULL, 0, &why), -1, "a device is no file");
    is_int(load("context: [/nonexistent/feed]\n"), -1, "a feed that is not there");
    is_text(
        why.text,
        "c.yaml:1: key context[0].path: /nonexistent/feed cannot be read: No such file or "
        "directory",
        "is refused");
}

static void test_rule_folder(void)
{
    char wanted[ERR_TEXT_MAX];
    const char *path = write_file("a.yaml", "rules: {path: nothing}\n");

    config_free(&cfg);
    is_int(config_load(&cfg, path, NULL, 0, &why), -1,
           "a folder of rules that is not there");
    (void)snprintf(
        wanted, sizeof(wanted),
        "%s:1: key rules.path: the folder %s cannot be read: No such file or directory",
        path, in_folder("nothing"));
    is_text(why.text, wanted, "is refused");
    path = write_file("a.yaml", "rules: {path: a.yaml}\n");
    is_int(config_load(&cfg, path, NULL, 0, &why), -1, "a file is no folder");
    ok(mkdir(in_folder("rules"), 0700) == 0, "a folder is made");
    (void)write_file("rules/det0646.yaml",
                     "TimeWindow: 5m\nInspectionFailureThreshold: 4\n");
    path = write_file("a.yaml", "rules: {path: rules, TimeWindow: 6m}\n");
    is_int(config_load(&cfg, path, NULL, 0, &why), 0, "a folder of rules: %s", why.text);
    is_int(cfg.rules.tuning.inspection_failure_threshold, 4, "its values hold");
    ok(cfg.rules.tuning.time_window_s > 359, "below those of the configuration");
    (void)unlink(in_folder("rules/det0646.yaml"));
    (void)rmdir(in_folder("rules"));
}

static void test_sets(void)
{
    static const char *const sets[] = {
        "limits.flows=5000",           "inspection.segments[+]=10.0.0.0/8",
        "rules.TimeWindow=10m",        "capture.interfaces=[eth0, eth1]",
        "capture.filter=tcp port 443", "output.path=-",
    };
    static const char *const bad[] = {"limits.flows=5000", "limits.flwos=1"};

    config_free(&cfg);
    is_int(config_load(&cfg, "/dev/null", sets, sizeof(sets) / sizeof(sets[0]), &why), 0,
           "settings of the command line: %s", why.text);
    is_int(cfg.limits.flows, 5000, "a number");
    is_int(cfg.inspection.segment_count, 1, "an element");
    is_text(cfg.capture.interfaces[1], "eth1", "a list");
    is_text(cfg.capture.filter, "tcp port 443", "a text");
    is_text(cfg.output.path, "-", "standard output");
    config_free(&cfg);
    is_int(config_load(&cfg, "/dev/null", bad, 2, &why), -1, "an unknown key");
    is_text(
        why.text,
        "--set limits.flwos=1: key limits.flwos: unknown key, did you mean limits.flows?",
        "is quoted");
    is_int(config_load(&cfg, in_folder("gone.yaml"), NULL, 0, &why), -1,
           "a file that is named must be there");
}

static void test_dump_loads_again(void)
{
    char *first, *second;

    (void)write_file("ca.pem", "-----BEGIN CERTIFICATE-----\n");
    (void)write_file("feed", "");
    (void)write_file(
        "a.yaml",
        "capture: {interfaces: [eth0, 'e\"1\\'], filter: \"a \\\"b\\\" \\\\ c\", snaplen: "
        "96}\n"
        "inspection:\n"
        "  authorities: [{file: ca.pem, name: \"B\\u00fcro\"}]\n"
        "  segments: [10.0.0.0/8, {network: '2001:db8::/32', proxy: '[::1]:1'}]\n"
        "  bypass: [{match: '*.a.example', expires: 2027-03-31}, 5228]\n"
        "  proxies: [192.0.2.1:8080]\n"
        "  trust_model: android_user\n"
        "rules: {TimeWindow: 1500ms, AllowedAppList: [{match: a.*, grade: M}]}\n"
        "context: [feed]\n"
        "output: {sessions: full, rotate: {size: 1000, interval: 90m}, flush: 1ms,\n"
        "         syslog: {address: '[::1]:514', facility: daemon}}\n"
        "limits: {flow_timeout: 1.5h}\n"
        "stats: {listen: 127.0.0.1:9}\n"
        "user: nobody\n");
    is_int(config_load(&cfg, in_folder("a.yaml"), NULL, 0, &why), 0, "a full one: %s",
           why.text);
    first = dump(&cfg);
    is_int(load(first), 0, "what was written loads: %s", why.text);
    second = dump(&cfg);
    is_text(second, first, "and is the same when written again");
    is_text(cfg.capture.filter, "a \"b\" \\ c", "quotes and backslashes are kept");
    is_text(cfg.inspection.authorities[0].name, "B\xc3\xbcro", "and letters beyond ASCII");
    free(first);
    free(second);
    is_int(load(""), 0, "the defaults");
    first = dump(&cfg);
    is_int(load(first), 0, "load when written");
    second = dump(&cfg);
    is_text(second, first, "to the same");
    free(first);
    free(second);
}

static void test_relative_names_are_dumped_absolute(void)
{
    static const char *const sets[] = {"output.path=out/events.jsonl"};
    char *text, *here = getcwd(NULL, 0), wanted[4200];

    config_free(&cfg);
    is_int(config_load(&cfg, "/dev/null", sets, 1, &why), 0, "a relative name");
    text = dump(&cfg);
    (void)snprintf(wanted, sizeof(wanted), "  path: \"%s/out/events.jsonl\"\n", here);
    ok(strstr(text, wanted), "is written with its folder");
    free(text);
    free(here);
}

static void test_truncations(void)
{
    static const char whole[] = "capture: {interfaces: [eth0], snaplen: 1500}\n"
                                "inspection:\n  segments:\n    - {network: 10.0.0.0/8}\n"
                                "  bypass: [\"*.a.example\"]\nlimits: {memory: 64MiB}\n";
    bool fine = true;

    for (size_t len = 0; len < sizeof(whole); len++) {
        struct span text = exact(span_first(span_of_text(whole), len));

        config_free(&cfg);
        why.text[0] = '\0';
        if (config_load_text(&cfg, "c.yaml", text, &why) < 0)
            fine &= strncmp(why.text, "c.yaml:", 7) == 0 && !strchr(why.text, '\n');
    }
    ok(fine, "each truncation loads or is refused in one line that names its line");
}

/* docs/configuration.md holds the tables as the program writes them. */
static void test_manual(void)
{
    FILE *manual = fopen("docs/configuration.md", "r");
    char *keys = NULL, *rules = NULL, *text = calloc(1, 1 << 20);
    size_t len = 0;
    FILE *out = open_memstream(&keys, &len);

    is_int(config_describe_keys(out), 0, "the table of settings");
    (void)fclose(out);
    out = open_memstream(&rules, &len);
    is_int(rules_describe_keys(out), 0, "the table of rules");
    (void)fclose(out);
    if (ok(manual != NULL, "docs/configuration.md is there")) {
        ok(fread(text, 1, (1 << 20) - 1, manual) > 0, "and can be read");
        (void)fclose(manual);
        ok(strstr(text, keys), "docs/configuration.md has the table of settings as it is");
        ok(strstr(text, rules), "docs/configuration.md has the table of rules as it is");
    }
    free(keys);
    free(rules);
    free(text);
}

int main(void)
{
    if (!mkdtemp(folder))
        return 1;
    test_defaults();
    test_inspection();
    test_rules_are_overridden();
    test_places();
    test_good_and_bad_values();
    test_authorities();
    test_rule_folder();
    test_sets();
    test_dump_loads_again();
    test_relative_names_are_dumped_absolute();
    test_truncations();
    test_manual();
    config_free(&cfg);
    (void)unlink(in_folder("ca.pem"));
    (void)unlink(in_folder("ca.der"));
    (void)unlink(in_folder("key.pem"));
    (void)unlink(in_folder("a.yaml"));
    (void)unlink(in_folder("feed"));
    (void)rmdir(folder);
    return done_testing();
}
