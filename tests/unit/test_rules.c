#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/builtin.h"
#include "config/rules.h"
#include "config/schema_text.h"
#include "config/tuning_keys.h"

static struct err why;
static char folder[] = "/tmp/test_rules.XXXXXX";

static void write_file(const char *name, const char *text)
{
    char path[128];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "w");
    (void)fputs(text, file);
    (void)fclose(file);
}

static void remove_file(const char *name)
{
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    (void)unlink(path);
}

static bool near(double got, double wanted)
{
    return got > wanted - 1e-9 && got < wanted + 1e-9;
}

static void test_elements(void)
{
    struct rules rules;

    is_int(rules_load(&rules, NULL, &why), 0, "the built-in rules load: %s", why.text);
    ok(near(rules.tuning.time_window_s, 900), "TimeWindow");
    is_int(rules.tuning.inspection_failure_threshold, 3, "InspectionFailureThreshold");
    ok(near(rules.tuning.retry_pattern_window_s, 120), "RetryPatternWindow");
    ok(rules.tuning.foreground_state_required, "ForegroundStateRequired");
    is_int(rules.allowed_app_count, 0, "AllowedAppList");
    is_int(rules.allowed_destination_count, 0, "AllowedDestinationList");
    is_text(rules.version, "1.1", "version of the analytics");
    rules_free(&rules);
}

/* The numbers that decide most, as the detection was designed with them. */
static void test_tuning(void)
{
    struct rules rules;
    const struct tuning *t = &rules.tuning;

    is_int(rules_load(&rules, NULL, &why), 0, "the built-in rules load");
    ok(near(t->slow_window_s, 86400) && t->slow_threshold == 6, "slow window");
    ok(near(t->episode_gap_s, 0.3) && near(t->contrast_db, 10) && near(t->hold_back_s, 2),
       "episodes");
    ok(near(t->stage1_prior_db, -20) && near(t->stage1_fire_db, 10) &&
           near(t->episode_sum_cap_db, 40) && !t->fast_path,
       "stage 1");
    ok(near(t->post_close_strong_s, 0.3) && near(t->post_close_weak_s, 5) &&
           near(t->stall_s, 30) && near(t->supersede_s, 2) && near(t->enc_alert_close_s, 5),
       "times");
    ok(near(t->weights_db.rej_alert, 22) && near(t->weights_db.rej_enc_alert, 18) &&
           near(t->weights_db.rej_post_h2, 9) && near(t->weights_db.rej_post_h1, 6) &&
           near(t->weights_db.rej_post_rst, 6) && near(t->weights_db.rej_post_fin, 5) &&
           near(t->weights_db.rej_close_fin, 7) && near(t->weights_db.rej_close_rst, 6) &&
           near(t->weights_db.rej_post_weak, 2) && near(t->weights_db.accepted, -15) &&
           near(t->weights_db.resumed, -7),
       "weights");
    ok(near(t->noise_guard.share, 0.2) && t->noise_guard.min_flows == 10 &&
           near(t->noise_guard.factor, 0.5) && near(t->noise_guard.window_s, 300),
       "noise guard");
    ok(near(t->inspected.yes, 0.9) && near(t->inspected.count_min, 0.5) &&
           near(t->inspected.no, 0.1),
       "inspected");
    ok(t->box_profile.min_prefix16 == 8 && t->box_profile.min_domains == 20 &&
           near(t->box_profile.max_ttl_entropy, 0.2) &&
           near(t->box_profile.rtt_iqr_ms, 3) && near(t->box_profile.other_ca_demote, 0.05),
       "box profile");
    ok(t->trust_model == TRUST_MODEL_UNKNOWN && near(t->pin_report_min, 0.6), "causes");
    ok(t->beacon.min_n == 8 && near(t->beacon.min_span_s, 1800) &&
           near(t->beacon.medium, 0.55) && near(t->beacon.strong, 0.7),
       "beacon");
    ok(near(t->dedup_h, 24) && t->fleet_collapse_devices == 5 &&
           t->device_alert_cap_per_day == 10,
       "memory and alerts");
    is_int(tuning_ns(t->episode_gap_s), 300000000, "seconds become nanoseconds");
    rules_free(&rules);
}

static void test_tables(void)
{
    struct rules rules;
    const struct tuning *t = &rules.tuning;

    is_int(rules_load(&rules, NULL, &why), 0, "the built-in rules load");
    ok(near(t->priors[PRIOR_IOS_MANAGED][HYPOTHESIS_PIN], 0.7) &&
           near(t->priors[PRIOR_ANDROID_USER][HYPOTHESIS_APPCA], 0.7) &&
           near(t->priors[PRIOR_BROWSER][HYPOTHESIS_DEV], 0.63) &&
           near(t->priors[PRIOR_UNKNOWN][HYPOTHESIS_SITE], 0.15),
       "priors lie in their rows and columns");
    ok(near(t->likelihoods[OBSERVATION_DEV_ACCEPTS][HYPOTHESIS_DEV], 0.02) &&
           near(t->likelihoods[OBSERVATION_APP_ACCEPTS_OTHER][HYPOTHESIS_APPCA], 0.05) &&
           near(t->likelihoods[OBSERVATION_APP_ACCEPTS_OTHER_SHARED][HYPOTHESIS_APPCA],
                0.3) &&
           near(t->likelihoods[OBSERVATION_SITE_OK_OTHERS][HYPOTHESIS_SITE], 0.03) &&
           near(t->likelihoods[OBSERVATION_EDR_TRUST_CUSTOM][HYPOTHESIS_PIN], 0.6),
       "likelihoods as well");
    ok(near(t->risk.allow_listed, -60) && near(t->risk.popular_destination, -20) &&
           near(t->risk.private_upstream, 20),
       "points of risk");
    is_int(t->risk.usual_port_count, 7, "usual ports");
    is_int(t->risk.usual_ports[6], 5228, "in order");
    ok(t->severity.low == 21 && t->severity.medium == 47 && t->severity.high == 73 &&
           t->severity.informational == 1,
       "numbers of severity");
    is_text(trust_model_describe(TRUST_MODEL_ANDROID_USER), "android_user",
            "a trust model");
    is_text(hypothesis_describe(HYPOTHESIS_APPCA), "APPCA", "a hypothesis");
    is_text(observation_describe(OBSERVATION_PEERS_REJECT), "peers_reject",
            "an observation");
    rules_free(&rules);
}

/*
 * The iOS bank app of the design: three observations after the prior of a managed fleet make
 * pinning probable at .93.
 */
static void test_worked_example(void)
{
    static const enum observation seen[] = {OBSERVATION_DEV_ACCEPTS,
                                            OBSERVATION_APP_ACCEPTS_OTHER_SHARED,
                                            OBSERVATION_SITE_OK_OTHERS};
    double p[HYPOTHESES], sum = 0;
    struct rules rules;

    is_int(rules_load(&rules, NULL, &why), 0, "the built-in rules load");
    for (int h = 0; h < HYPOTHESES; h++) {
        p[h] = rules.tuning.priors[PRIOR_IOS_MANAGED][h];
        for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++)
            p[h] *= rules.tuning.likelihoods[seen[i]][h];
        sum += p[h];
    }
    ok(p[HYPOTHESIS_PIN] / sum > 0.925 && p[HYPOTHESIS_PIN] / sum < 0.935,
       "the table gives what it was made to give: %.3f", p[HYPOTHESIS_PIN] / sum);
    rules_free(&rules);
}

/* Each number written out and read again into its own place: no two rows share one. */
static void test_no_two_rows_share_a_place(void)
{
    char *first = NULL, *second = NULL;
    size_t first_len = 0, second_len = 0;
    struct rules rules, again = {0};
    struct yaml_node *root = NULL;
    FILE *out = open_memstream(&first, &first_len);

    is_int(rules_load(&rules, NULL, &why), 0, "the built-in rules load");
    for (size_t i = 0; i < tuning_schema.count; i++) {
        const struct schema_key *row = &tuning_schema.keys[i];

        for (size_t k = 0; k < i && !row->twin; k++)
            if (tuning_schema.keys[k].offset == row->offset)
                ok(tuning_schema.keys[k].twin, "%s and %s share a place", row->name,
                   tuning_schema.keys[k].name);
    }
    for (size_t i = 0; i < tuning_schema.count; i++) {
        struct schema one = {.keys = &tuning_schema.keys[i], .count = 1};

        if (!tuning_schema.keys[i].twin && !schema_dump(&one, &rules, out))
            break;
    }
    (void)fclose(out);
    ok(first_len > 5000, "every key is written");
    again.arena = arena_new();
    out = open_memstream(&second, &second_len);
    for (char *line = first, *rest; line && *line; line = rest) {
        /* rows were written one by one, so maps repeat: read them one by one */
        rest = line;
        do {
            rest = strchr(rest, '\n');
            rest = rest ? rest + 1 : NULL;
        } while (rest && *rest == ' ');
        root = NULL;
        if (yaml_tree_parse(again.arena, "dump",
                            span_of(line, rest ? (size_t)(rest - line) : strlen(line)),
                            &root, &why) < 0 ||
            schema_apply(&tuning_schema, root, again.arena, &again, &why) < 0)
            break;
    }
    for (size_t i = 0; i < tuning_schema.count; i++) {
        struct schema one = {.keys = &tuning_schema.keys[i], .count = 1};

        if (!tuning_schema.keys[i].twin && !schema_dump(&one, &again, out))
            break;
    }
    (void)fclose(out);
    is_text(second, first, "and read again to the same value");
    free(first);
    free(second);
    arena_free(again.arena);
    rules_free(&rules);
}

static const struct match_entry *find(const struct rules *rules, const char *name)
{
    struct match_destination wanted = {.name = span_of_text(name), .port = 443};

    return match_find_destination(rules->destinations, &wanted, 1);
}

static void test_allow_lists(void)
{
    struct rules rules;
    size_t whole = 0;

    is_int(rules_load(&rules, NULL, &why), 0, "the built-in rules load");
    is_int(rules_compile(&rules, &why), 0, "and compile: %s", why.text);
    is_text(find(&rules, "gateway.push.apple.com")->list, "platform-services.yaml",
            "a service of a platform is on its list");
    is_text(find(&rules, "chat.signal.org")->list, "known-pinners.yaml",
            "a known pinner too");
    ok(!find(&rules, "storage.googleapis.com"), "a host that any app can rent is on none");
    ok(!find(&rules, "www.bank.test"), "nor is a bank");
    for (size_t i = 0; i < match_list_count(rules.destinations); i++) {
        const struct match_entry *entry = match_list_get(rules.destinations, i);

        whole += entry->reason && entry->owner && entry->source && entry->grade &&
                 entry->expires_ns && entry->place.line && entry->index == i;
    }
    is_int(whole, match_list_count(rules.destinations),
           "each entry has reason, owner, source, grade, expiry and place");
    ok(match_find_app(rules.apps, span_of_text("com.google.android.gms"), 1), "an app");
    rules_free(&rules);
}

static void test_products(void)
{
    struct span none = {NULL, 0};
    const struct product *p;
    struct rules rules;
    size_t sourced = 0;

    is_int(rules_load(&rules, NULL, &why), 0, "the built-in rules load");
    p = rules_find_product(&rules, span_of_text("mitmproxy"), none, none);
    ok(p && p->kind == PRODUCT_ANALYSIS_PROXY, "an analysis proxy by its organisation");
    p = rules_find_product(&rules, none, span_of_text("Charles Proxy CA (1 Jan 2026, x)"),
                           none);
    is_text(p ? p->name : NULL, "Charles", "another by its common name");
    p = rules_find_product(&rules, span_of_text("Zscaler Inc."),
                           span_of_text("Zscaler Intermediate Root CA (zscaler.net)"),
                           none);
    ok(p && p->kind == PRODUCT_INSPECTION, "a gateway");
    p = rules_find_product(&rules, none, span_of_text("ESET SSL Filter CA"), none);
    ok(p && p->kind == PRODUCT_ANTIVIRUS, "an antivirus");
    ok(!rules_find_product(&rules, span_of_text("DigiCert Inc"),
                           span_of_text("DigiCert TLS RSA SHA256 2020 CA1"), none) &&
           !rules_find_product(&rules, span_of_text("Let's Encrypt"), span_of_text("R11"),
                               none),
       "public authorities are none of them");
    ok(!rules_find_product(&rules, none, none, none), "nor is nothing");
    for (size_t i = 0; i < rules.product_count; i++)
        sourced += rules.products[i].source && rules.products[i].grade;
    is_int(sourced, rules.product_count, "each product has source and grade");
    rules_free(&rules);
}

static const struct platform_hint *platform_of(const struct rules *rules, const char *name,
                                               uint16_t port)
{
    struct match_destination wanted = {.name = span_of_text(name), .port = port};

    return rules_find_platform(rules, &wanted);
}

static void test_platforms_and_browsers(void)
{
    const struct platform_hint *hint;
    const struct browser *browser;
    struct rules rules;

    is_int(rules_load(&rules, NULL, &why), 0, "the built-in rules load");
    is_int(rules_compile(&rules, &why), 0, "and compile");
    hint = platform_of(&rules, "connectivitycheck.gstatic.com", 443);
    ok(hint && hint->platform == PLATFORM_ANDROID && hint->weight_db > 0, "Android");
    hint = platform_of(&rules, "1-courier.push.apple.com", 5223);
    ok(hint && hint->platform == PLATFORM_IOS, "iOS");
    hint = platform_of(&rules, "mtalk.google.com", 5228);
    ok(hint && hint->platform == PLATFORM_ANDROID, "an entry with ports");
    ok(!platform_of(&rules, "mtalk.google.com", 443), "holds for these alone");
    hint = platform_of(&rules, "www.msftconnecttest.com", 443);
    ok(hint && hint->platform == PLATFORM_OTHER, "a desktop is neither of the two");
    ok(!platform_of(&rules, "www.example.com", 443), "nobody's");
    browser = rules_find_browser(
        &rules, span_of_text("t13d1517h2_8daaf6152771_cb7bf5808d99"), true);
    is_text(browser ? browser->name : NULL, "Chromium", "Chromium");
    ok(!rules_find_browser(&rules, span_of_text("t13d1517h2_8daaf6152771_cb7bf5808d99"),
                           false),
       "not an app with Chromium's ciphers and no encrypted hello");
    browser = rules_find_browser(
        &rules, span_of_text("t13d1617h2_86a278354501_485b9b5d4c02"), true);
    is_text(browser ? browser->name : NULL, "Firefox", "Firefox");
    ok(!rules_find_browser(&rules, span_of_text("t13d3112h2_e8f1e7e78f70_b26ce05bbdd6"),
                           false),
       "not curl");
    rules_free(&rules);
}

static int load_folder(struct rules *rules)
{
    int result;

    why.text[0] = '\0';
    result = rules_load(rules, folder, &why);
    return result < 0 ? result : rules_compile(rules, &why);
}

static void test_folder_replaces_file_by_file(void)
{
    struct rules rules;

    write_file("det0646.yaml", "TimeWindow: 5m\ntuning:\n  weights_db: {rej_alert: 20}\n");
    write_file("known-pinners.yaml", "destinations: [www.bank.test]\n");
    write_file("README.txt", "not a rule\n");
    is_int(load_folder(&rules), 0, "a folder of rules: %s", why.text);
    ok(near(rules.tuning.time_window_s, 300), "a value it gives");
    ok(near(rules.tuning.weights_db.rej_alert, 20), "another");
    ok(near(rules.tuning.weights_db.rej_enc_alert, 18), "a value it leaves out");
    ok(find(&rules, "www.bank.test"), "a list it gives");
    ok(!find(&rules, "chat.signal.org"), "replaces the built-in one");
    ok(find(&rules, "gateway.push.apple.com"), "a list it leaves out");
    rules_free(&rules);
    write_file("known-pinners.yaml", "");
    is_int(load_folder(&rules), 0, "an empty file");
    ok(!find(&rules, "chat.signal.org"), "is an empty list");
    rules_free(&rules);
    remove_file("known-pinners.yaml");
    remove_file("det0646.yaml");
}

static void test_other_names_of_elements(void)
{
    struct rules rules;

    write_file("det0646.yaml",
               "tuning: {time_window_s: 600, foreground_state_required: no}\n");
    is_int(load_folder(&rules), 0, "elements may be given under their names in tuning");
    ok(near(rules.tuning.time_window_s, 600) && !rules.tuning.foreground_state_required,
       "and hold");
    rules_free(&rules);
    remove_file("det0646.yaml");
}

static void test_faults(void)
{
    static const struct {
        const char *file, *text, *sentence;
    } cases[] = {
        {"det0646.yaml", "TimeWindow: 5m\ntuning: {time_window_s: 300}\n",
         "det0646.yaml:2: key tuning.time_window_s: the same value as TimeWindow, which is "
         "given too"},
        {"det0646.yaml", "tuning:\n  weights_db:\n    rej_alrt: 22\n",
         "det0646.yaml:3: key tuning.weights_db.rej_alrt: unknown key, did you mean "
         "tuning.weights_db.rej_alert?"},
        {"det0646.yaml", "tuning:\n  weights_db:\n    rej_alert: strong\n",
         "det0646.yaml:3: key tuning.weights_db.rej_alert: expected a number from -100 to "
         "100, "
         "found \"strong\""},
        {"det0646.yaml", "hypotheses:\n  priors:\n    unknown: {PIN: 0.5}\n",
         "det0646.yaml:3: key hypotheses.priors.unknown: the four add up to 1.2, not to 1"},
        {"det0646.yaml", "hypotheses: {likelihoods: {dev_never: {PIN: 0}}}\n",
         "det0646.yaml:1: key hypotheses.likelihoods: PIN of dev_never is 0, which nothing "
         "could outweigh"},
        {"det0646.yaml", "\ntuning: {inspected: {no: 0.6}}\n",
         "det0646.yaml:2: key tuning.inspected.no: 0.6 is above "
         "tuning.inspected.count_min, "
         "which is 0.5"},
        {"det0646.yaml", "AllowedDestinationList:\n  - 10.0.0\n",
         "det0646.yaml:2: key AllowedDestinationList[0]: expected a destination such as "
         "host.example, *.example.com, 10.0.0.0/8 or *:5228, found \"10.0.0\""},
        {"det0646.yaml", "tuning: [",
         "det0646.yaml:1: not valid YAML: did not find expected "
         "node content"},
        {"platforms.yaml", "hints:\n  - match: a.example\n    platform: ios\n",
         "platforms.yaml:2: key hints[0]: weight_db is missing"},
        {"inspection-authorities.yaml", "products:\n  - {name: X, kind: antivirus}\n",
         "inspection-authorities.yaml:2: X needs organizations, common_names or keys"},
        {"browsers.yaml", "browsers: [{name: X}]\n",
         "browsers.yaml:1: key browsers[0]: ja4 is missing"},
        {"pinners.yaml", "",
         "pinners.yaml: not the name of a rule file; those are det0646.yaml, "
         "platform-services.yaml, known-pinners.yaml, inspection-authorities.yaml, "
         "platforms.yaml and browsers.yaml"},
    };
    char wanted[ERR_TEXT_MAX];
    struct rules rules;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        write_file(cases[i].file, cases[i].text);
        is_int(load_folder(&rules), -1, "a fault in %s", cases[i].file);
        (void)snprintf(wanted, sizeof(wanted), "%s/%s", folder, cases[i].sentence);
        is_text(why.text, wanted, "and its sentence");
        rules_free(&rules);
        remove_file(cases[i].file);
    }
}

static void test_no_folder(void)
{
    struct rules rules;

    is_int(rules_load(&rules, "/nonexistent", &why), -1, "a folder that is not there");
    is_text(why.text,
            "/nonexistent: the folder of rules cannot be opened: No such file or directory",
            "is an error");
    rules_free(&rules);
    rules_free(&rules);
}

static void test_shipped_files_explain_themselves(void)
{
    for (size_t i = 0; i < builtin_rules_count; i++)
        ok(builtin_rules[i].text[0] == '#' && strstr(builtin_rules[i].text, "Format:"),
           "%s begins with its format", builtin_rules[i].name);
    is_int(builtin_rules_count, 6, "six files are built in");
}

int main(void)
{
    if (!mkdtemp(folder))
        return 1;
    test_elements();
    test_tuning();
    test_tables();
    test_worked_example();
    test_no_two_rows_share_a_place();
    test_allow_lists();
    test_products();
    test_platforms_and_browsers();
    test_folder_replaces_file_by_file();
    test_other_names_of_elements();
    test_faults();
    test_no_folder();
    test_shipped_files_explain_themselves();
    remove_file("README.txt");
    (void)rmdir(folder);
    return done_testing();
}
