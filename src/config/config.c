#include "config/config.h"

#include <unistd.h>

#include "config/config_files.h"
#include "config/config_keys.h"
#include "config/override.h"
#include "config/schema_text.h"

/* What a configuration is read from. */
struct source {
    const char *name;
    struct span text;
    const char *const *sets;
    size_t n_sets;
};

/* The folder of rules has to be known before the rules that the other keys change. */
static int find_rules_path(struct config *cfg, struct err *why)
{
    const struct yaml_node *node = yaml_node_find(cfg->root, "rules.path");

    /* what is no text is refused when the table is applied */
    if (!node || node->kind != YAML_KIND_SCALAR || yaml_node_null(node))
        return 0;
    cfg->rules_path = schema_resolve_path(cfg->arena, &node->place, node->text);
    if (!cfg->rules_path)
        return place_complain(why, &node->place, "rules.path", "out of memory");
    return config_check_folder(cfg->rules_path, &node->place, "rules.path", why);
}

/* Segments without a trust model of their own have that of all. */
static void inherit_trust_model(struct config *cfg)
{
    const struct yaml_node *list = yaml_node_find(cfg->root, "inspection.segments");
    const struct yaml_node *own, *node = list ? list->first : NULL;
    struct config_inspection *inspection = &cfg->inspection;

    own = yaml_node_find(cfg->root, "inspection.trust_model");
    if (own && !yaml_node_null(own))
        cfg->rules.tuning.trust_model = inspection->trust_model;
    else
        inspection->trust_model = cfg->rules.tuning.trust_model;
    for (size_t i = 0; i < inspection->segment_count && node; i++, node = node->next) {
        own = yaml_node_child(node, "trust_model");
        if (!own || yaml_node_null(own))
            inspection->segments[i].trust_model = inspection->trust_model;
    }
}

static int compile_bypass(struct config *cfg, struct err *why)
{
    struct config_inspection *inspection = &cfg->inspection;

    inspection->bypass_list = match_list_new(MATCH_DESTINATIONS);
    if (!inspection->bypass_list)
        return err_set(why, "configuration: out of memory");
    for (size_t i = 0; i < inspection->bypass_count; i++) {
        inspection->bypass[i].list = "inspection.bypass";
        if (match_list_add(inspection->bypass_list, &inspection->bypass[i], why) < 0)
            return -1;
    }
    return 0;
}

static int load_source(struct config *cfg, const struct source *from, struct err *why)
{
    struct yaml_node *root = NULL;
    const char *file = arena_text(cfg->arena, span_of_text(from->name));

    if (!file || !schema_set_defaults(&config_schema, cfg->arena, cfg))
        return err_set(why, "%s:1: out of memory", from->name);
    if (yaml_tree_parse(cfg->arena, file, from->text, &root, why) < 0)
        return -1;
    for (size_t i = 0; i < from->n_sets; i++)
        if (override_apply(&root, &config_schema, from->sets[i], cfg->arena, why) < 0)
            return -1;
    cfg->root = root;
    if (find_rules_path(cfg, why) < 0 ||
        rules_load(&cfg->rules, cfg->rules_path, why) < 0 ||
        schema_apply(&config_schema, root, cfg->arena, cfg, why) < 0)
        return -1;
    inherit_trust_model(cfg);
    if (compile_bypass(cfg, why) < 0 || rules_compile(&cfg->rules, why) < 0)
        return -1;
    return config_check_files(cfg, why);
}

static int start(struct config *cfg, struct err *why)
{
    *cfg = (struct config){.arena = arena_new()};
    return cfg->arena ? 0 : err_set(why, "configuration: out of memory");
}

static int finish(struct config *cfg, int result)
{
    if (result < 0)
        config_free(cfg);
    return result;
}

int config_load_text(struct config *cfg, const char *name, struct span text,
                     struct err *why)
{
    struct source from = {.name = name, .text = text};

    if (start(cfg, why) < 0)
        return -1;
    return finish(cfg, load_source(cfg, &from, why));
}

int config_load(struct config *cfg, const char *path, const char *const *sets,
                size_t n_sets, struct err *why)
{
    struct source from = {.name = "", .sets = sets, .n_sets = n_sets};

    if (start(cfg, why) < 0)
        return -1;
    if (!path && access(CONFIG_DEFAULT_PATH, F_OK) == 0)
        path = CONFIG_DEFAULT_PATH;
    if (path) {
        from.name = path;
        cfg->path = arena_text(cfg->arena, span_of_text(path));
        if (!cfg->path)
            return finish(cfg, err_set(why, "%s: out of memory", path));
        if (yaml_tree_read(cfg->arena, path, &from.text, why) < 0)
            return finish(cfg, -1);
    }
    return finish(cfg, load_source(cfg, &from, why));
}

void config_free(struct config *cfg)
{
    rules_free(&cfg->rules);
    match_list_free(cfg->inspection.bypass_list);
    arena_free(cfg->arena);
    *cfg = (struct config){0};
}

int config_dump(const struct config *cfg, FILE *out)
{
    return schema_dump(&config_schema, cfg, out) ? 0 : -1;
}

int config_describe_keys(FILE *out)
{
    return schema_describe_keys(&config_schema, out) ? 0 : -1;
}

struct place config_place(const struct config *cfg, const char *key)
{
    const struct yaml_node *node = yaml_node_find(cfg->root, key);

    return node ? node->place : (struct place){0};
}
