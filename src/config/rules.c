#include "config/rules.h"

#include <dirent.h>
#include <errno.h>
#include <unistd.h>

#include "config/builtin.h"
#include "config/rule_lists.h"
#include "config/schema_text.h"
#include "config/tuning_keys.h"

/* One rule file: its name, its keys, and where they go. */
struct rule_file {
    const char *name;
    const struct schema *schema;
    int (*put)(struct rules *rules, const struct rule_list *list, const char *name,
               struct err *why);
};

/* Append the entries of one file to those of the files before; false when out of memory. */
static bool append(struct rules *rules, struct match_entry **all, size_t *count,
                   const struct match_entry *more, size_t n_more)
{
    struct match_entry *joined =
        arena_take(rules->arena, *count + n_more, sizeof(struct match_entry));

    if (!joined)
        return false;
    if (*count)
        memcpy(joined, *all, *count * sizeof(*joined));
    if (n_more)
        memcpy(joined + *count, more, n_more * sizeof(*joined));
    *all = joined;
    *count += n_more;
    return true;
}

static void name_list(struct match_entry *entries, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        entries[i].list = name;
}

static int put_allowed(struct rules *rules, const struct rule_list *list, const char *name,
                       struct err *why)
{
    name_list(list->apps, list->app_count, name);
    name_list(list->destinations, list->destination_count, name);
    if (!append(rules, &rules->shipped_apps, &rules->shipped_app_count, list->apps,
                list->app_count) ||
        !append(rules, &rules->shipped_destinations, &rules->shipped_destination_count,
                list->destinations, list->destination_count))
        return err_set(why, "%s: out of memory", name);
    return 0;
}

static int put_products(struct rules *rules, const struct rule_list *list, const char *name,
                        struct err *why)
{
    for (size_t i = 0; i < list->product_count; i++) {
        const struct product *p = &list->products[i];

        if (!p->organization_count && !p->common_name_count && !p->key_count)
            return place_complain(why, &p->place, NULL,
                                  "%s needs organizations, common_names or keys", p->name);
    }
    (void)name;
    rules->products = list->products;
    rules->product_count = list->product_count;
    return 0;
}

static int put_platforms(struct rules *rules, const struct rule_list *list,
                         const char *name, struct err *why)
{
    (void)name;
    (void)why;
    rules->platforms = list->hints;
    rules->platform_count = list->hint_count;
    return 0;
}

static int put_browsers(struct rules *rules, const struct rule_list *list, const char *name,
                        struct err *why)
{
    (void)name;
    (void)why;
    rules->browsers = list->browsers;
    rules->browser_count = list->browser_count;
    return 0;
}

#define TUNING_FILE "det0646.yaml"

static const struct rule_file list_files[] = {
    {"platform-services.yaml", &rule_list_allowed, put_allowed},
    {"known-pinners.yaml", &rule_list_allowed, put_allowed},
    {"inspection-authorities.yaml", &rule_list_products, put_products},
    {"platforms.yaml", &rule_list_platforms, put_platforms},
    {"browsers.yaml", &rule_list_browsers, put_browsers},
};

#define LIST_FILES (sizeof(list_files) / sizeof(list_files[0]))

static bool is_rule_file(const char *name)
{
    if (!strcmp(name, TUNING_FILE))
        return true;
    for (size_t i = 0; i < LIST_FILES; i++)
        if (!strcmp(list_files[i].name, name))
            return true;
    return false;
}

static bool is_yaml_name(const char *name)
{
    const char *dot = strrchr(name, '.');

    return name[0] != '.' && dot && (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml"));
}

/* A mistyped file name would silently leave the built-in rules in force. */
static int check_folder(const char *path, struct err *why)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    int result = 0;

    if (!folder)
        return err_set(why, "%s: the folder of rules cannot be opened: %s", path,
                       strerror(errno));
    while (result == 0 && (entry = readdir(folder)))
        if (is_yaml_name(entry->d_name) && !is_rule_file(entry->d_name))
            result = err_set(why,
                             "%s/%s: not the name of a rule file; those are " TUNING_FILE
                             ", %s, %s, %s, %s and %s",
                             path, entry->d_name, list_files[0].name, list_files[1].name,
                             list_files[2].name, list_files[3].name, list_files[4].name);
    (void)closedir(folder);
    return result;
}

/* A rule file as it is read: its name for messages, its text (empty: it is not there), its tree. */
struct reading {
    char *file;
    struct span text;
    struct yaml_node *root;
};

/* "FOLDER/NAME" in the arena, or NULL with a sentence. */
static char *join_path(struct rules *rules, const char *folder, const char *name,
                       struct err *why)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = arena_take(rules->arena, 1, size);

    if (path)
        (void)snprintf(path, size, "%s/%s", folder, name);
    else
        (void)err_set(why, "%s: out of memory", name);
    return path;
}

/* From the folder; no text when the file is not there. */
static int read_folder(struct rules *rules, const char *folder, const char *name,
                       struct reading *r, struct err *why)
{
    *r = (struct reading){.file = join_path(rules, folder, name, why)};
    if (!r->file)
        return -1;
    if (access(r->file, F_OK) != 0)
        return 0;
    if (yaml_tree_read(rules->arena, r->file, &r->text, why) < 0)
        return -1;
    return yaml_tree_parse(rules->arena, r->file, r->text, &r->root, why);
}

static int read_builtin(struct rules *rules, const char *name, struct reading *r,
                        struct err *why)
{
    *r = (struct reading){.file = join_path(rules, "built-in rules", name, why)};
    if (!r->file)
        return -1;
    for (size_t i = 0; i < builtin_rules_count; i++) {
        if (!strcmp(builtin_rules[i].name, name)) {
            r->text = span_of(builtin_rules[i].text, builtin_rules[i].len);
            return yaml_tree_parse(rules->arena, r->file, r->text, &r->root, why);
        }
    }
    return err_set(why, "%s: not part of this build", r->file);
}

/* Take in another file that is in use, with its name. */
static void sum_up(struct rules *rules, const struct reading *r)
{
    struct digest d;

    digest_init(&d, DIGEST_SHA256);
    digest_push(&d, span_of(rules->sha256, sizeof(rules->sha256)));
    digest_push(&d, span_of_text(strrchr(r->file, '/')));
    digest_push(&d, r->text);
    digest_take(&d, rules->sha256);
}

static int apply_tuning(struct rules *rules, const struct reading *r, struct err *why)
{
    sum_up(rules, r);
    if (schema_apply(&tuning_schema, r->root, rules->arena, rules, why) < 0)
        return -1;
    return tuning_check(rules, r->root, r->file, why);
}

/* The built-in file gives every key its value, the one in the folder changes some. */
static int load_tuning(struct rules *rules, const char *folder, struct err *why)
{
    struct reading r;

    if (read_builtin(rules, TUNING_FILE, &r, why) < 0 ||
        schema_check_complete(&tuning_schema, r.root, r.file, why) < 0 ||
        apply_tuning(rules, &r, why) < 0)
        return -1;
    if (!folder)
        return 0;
    if (read_folder(rules, folder, TUNING_FILE, &r, why) < 0)
        return -1;
    return apply_tuning(rules, &r, why);
}

static int load_list(struct rules *rules, const struct rule_file *what, const char *folder,
                     struct err *why)
{
    struct rule_list list = {0};
    struct reading r = {0};

    if (folder && read_folder(rules, folder, what->name, &r, why) < 0)
        return -1;
    if (!r.text.data && read_builtin(rules, what->name, &r, why) < 0)
        return -1;
    sum_up(rules, &r);
    if (schema_apply(what->schema, r.root, rules->arena, &list, why) < 0)
        return -1;
    return what->put(rules, &list, what->name, why);
}

int rules_load(struct rules *rules, const char *path, struct err *why)
{
    *rules = (struct rules){.arena = arena_new()};
    if (!rules->arena)
        return err_set(why, "rules: out of memory");
    if (path && check_folder(path, why) < 0)
        return -1;
    if (load_tuning(rules, path, why) < 0)
        return -1;
    for (size_t i = 0; i < LIST_FILES; i++)
        if (load_list(rules, &list_files[i], path, why) < 0)
            return -1;
    return 0;
}

static int add_entries(struct match_list *list, struct match_entry *entries, size_t count,
                       const char *name, struct err *why)
{
    for (size_t i = 0; i < count; i++) {
        entries[i].list = entries[i].list ? entries[i].list : name;
        if (match_list_add(list, &entries[i], why) < 0)
            return -1;
    }
    return 0;
}

static int compile_platforms(struct rules *rules, struct err *why)
{
    for (size_t i = 0; i < rules->platform_count; i++) {
        const struct platform_hint *hint = &rules->platforms[i];
        struct match_entry entry = {
            .match = hint->match, .list = "platforms.yaml", .place = hint->place};

        if (match_list_add(rules->platform_list, &entry, why) < 0)
            return -1;
    }
    return 0;
}

int rules_compile(struct rules *rules, struct err *why)
{
    rules->apps = match_list_new(MATCH_APPS);
    rules->destinations = match_list_new(MATCH_DESTINATIONS);
    rules->platform_list = match_list_new(MATCH_DESTINATIONS);
    if (!rules->apps || !rules->destinations || !rules->platform_list)
        return err_set(why, "rules: out of memory");
    if (add_entries(rules->apps, rules->allowed_apps, rules->allowed_app_count,
                    "AllowedAppList", why) < 0 ||
        add_entries(rules->apps, rules->shipped_apps, rules->shipped_app_count, NULL, why) <
            0 ||
        add_entries(rules->destinations, rules->allowed_destinations,
                    rules->allowed_destination_count, "AllowedDestinationList", why) < 0 ||
        add_entries(rules->destinations, rules->shipped_destinations,
                    rules->shipped_destination_count, NULL, why) < 0)
        return -1;
    return compile_platforms(rules, why);
}

void rules_free(struct rules *rules)
{
    match_list_free(rules->apps);
    match_list_free(rules->destinations);
    match_list_free(rules->platform_list);
    arena_free(rules->arena);
    *rules = (struct rules){0};
}

int rules_describe_keys(FILE *out)
{
    return schema_describe_keys(&tuning_schema, out) ? 0 : -1;
}

static bool any_pattern(const char *const *patterns, size_t count, struct span text)
{
    for (size_t i = 0; i < count; i++)
        if (!span_empty(text) && match_pattern(patterns[i], text))
            return true;
    return false;
}

const struct product *rules_find_product(const struct rules *rules,
                                         struct span organization, struct span common_name,
                                         struct span key)
{
    for (size_t i = 0; i < rules->product_count; i++) {
        const struct product *p = &rules->products[i];

        if (any_pattern(p->organizations, p->organization_count, organization) ||
            any_pattern(p->common_names, p->common_name_count, common_name))
            return p;
        for (size_t k = 0; k < p->key_count; k++)
            if (span_equal(span_of_text(p->keys[k]), key))
                return p;
    }
    return NULL;
}

const struct platform_hint *rules_find_platform(const struct rules *rules,
                                                const struct match_destination *wanted)
{
    const struct match_entry *found =
        match_find_destination(rules->platform_list, wanted, 0);

    return found ? &rules->platforms[found->index] : NULL;
}

const struct browser *rules_find_browser(const struct rules *rules, struct span ja4,
                                         bool has_ech)
{
    for (size_t i = 0; i < rules->browser_count; i++) {
        const struct browser *b = &rules->browsers[i];

        if ((has_ech || !b->ech_required) && any_pattern(b->ja4, b->ja4_count, ja4))
            return b;
    }
    return NULL;
}
