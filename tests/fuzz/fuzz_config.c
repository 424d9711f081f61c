/*
 * Any text as a configuration, as a rule file and as a --set: it is taken, or refused in one
 * sentence that names its place; what is taken and written out again is taken again, and then
 * written as before.
 */
#include <stdio.h>
#include <stdlib.h>

#include "config/config.h"
#include "config/config_keys.h"
#include "config/override.h"
#include "config/rule_lists.h"
#include "config/tuning_keys.h"

#define NAME "fuzz.yaml"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void claim(bool holds, const char *what, const char *text)
{
    if (holds)
        return;
    (void)fprintf(stderr, "%s: %s\n", what, text);
    abort();
}

/* A sentence that begins with `place`, in one line. */
static void check_sentence(const struct err *why, const char *place)
{
    claim(strncmp(why->text, place, strlen(place)) == 0, "no place", why->text);
    claim(strlen(why->text) > strlen(place) + 4, "no words", why->text);
    claim(!strchr(why->text, '\n'), "more than one line", why->text);
}

static char *dump(const struct config *cfg)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    claim(out && config_dump(cfg, out) == 0 && fclose(out) == 0, "no dump", "");
    return text;
}

/* A configuration whose tables are content: the whole way, there and back. */
static void check_whole(struct span text)
{
    struct config cfg = {0}, again = {0};
    struct err why = {{0}};
    char *first, *second;

    if (config_load_text(&cfg, NAME, text, &why) < 0) {
        claim(why.text[0] && !strchr(why.text, '\n'), "no sentence", why.text);
        return;
    }
    first = dump(&cfg);
    if (config_load_text(&again, "dump.yaml", span_of_text(first), &why) < 0)
        claim(false, why.text, first);
    second = dump(&again);
    claim(!strcmp(first, second), "the second dump differs", second);
    free(first);
    free(second);
    config_free(&cfg);
    config_free(&again);
}

/* True when the text is YAML that the tables of a configuration have nothing against. */
static bool check_settings(struct arena *arena, const struct yaml_node *root)
{
    struct config cfg = {0};
    struct err why = {{0}};

    claim(schema_set_defaults(&config_schema, arena, &cfg), "no defaults", "");
    if (schema_apply(&config_schema, root, arena, &cfg, &why) == 0)
        return true;
    check_sentence(&why, NAME ":");
    return false;
}

static void check_rules(struct arena *arena, const struct yaml_node *root)
{
    static const struct schema *const lists[] = {&rule_list_allowed, &rule_list_products,
                                                 &rule_list_platforms, &rule_list_browsers};
    struct rules rules = {0};
    struct err why = {{0}};

    if (schema_apply(&tuning_schema, root, arena, &rules, &why) < 0)
        check_sentence(&why, NAME ":");
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        struct rule_list list = {0};

        if (schema_apply(lists[i], root, arena, &list, &why) < 0)
            check_sentence(&why, NAME ":");
    }
}

static void check_override(struct arena *arena, struct span text)
{
    char *setting = arena_text(arena, text);
    struct yaml_node *root = NULL;
    struct config cfg = {0};
    struct err why = {{0}};

    claim(setting && schema_set_defaults(&config_schema, arena, &cfg), "no memory", "");
    if (override_apply(&root, &config_schema, setting, arena, &why) < 0 ||
        schema_apply(&config_schema, root, arena, &cfg, &why) < 0)
        check_sentence(&why, "--set ");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = span_of(data, size);
    struct arena *arena = arena_new();
    struct yaml_node *root = NULL;
    struct err why = {{0}};
    bool good = false;

    if (yaml_tree_parse(arena, NAME, text, &root, &why) < 0) {
        check_sentence(&why, NAME ":");
    } else {
        good = check_settings(arena, root);
        check_rules(arena, root);
    }
    check_override(arena, text);
    arena_free(arena);
    if (good)
        check_whole(text);
    return 0;
}
