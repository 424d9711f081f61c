#include "tap.h"

#include "config/config_keys.h"
#include "config/override.h"
#include "config/settings.h"

static struct arena *arena;
static struct err why;
static struct yaml_node *root;

/* Start from a text, or from nothing. */
static void start(const char *text)
{
    root = NULL;
    if (yaml_tree_parse(arena, "c.yaml", span_of_text(text), &root, &why) < 0)
        root = NULL;
}

static int set(const char *setting)
{
    why.text[0] = '\0';
    return override_apply(&root, &config_schema, setting, arena, &why);
}

static const char *text_at(const char *path)
{
    const struct yaml_node *node = yaml_node_find(root, path);

    return node ? node->text : NULL;
}

static void test_scalar(void)
{
    start("limits: {flows: 2000, keys: 3000}\n");
    is_int(set("limits.flows=5000"), 0, "a value that is there is replaced");
    is_text(text_at("limits.flows"), "5000", "by the new one");
    is_text(text_at("limits.keys"), "3000", "its neighbour stays");
    is_text(yaml_node_find(root, "limits.flows")->place.file, "--set limits.flows=5000",
            "its place is the command line");
    is_int(set("output.rotate.size=1GiB"), 0, "maps on the way are made");
    is_text(text_at("output.rotate.size"), "1GiB", "with the value");
    start("");
    is_int(set("user=nobody"), 0, "an empty configuration grows");
    is_text(text_at("user"), "nobody", "its first key");
}

static void test_texts_are_taken_to_the_letter(void)
{
    static const char *const settings[] = {
        "capture.filter=tcp and (port 443 or port 8443) # x: y",
        "capture.filter=[ip6]",
        "capture.filter={a}",
        "output.path=-",
        "capture.filter=a=b",
        "inspection.bypass[0]=*.bank.example",
        "inspection.proxies[0]=[2001:db8::1]:8080",
    };

    start("");
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        const char *value = strchr(settings[i], '=') + 1;
        const struct yaml_node *node;

        start("");
        is_int(set(settings[i]), 0, "a text as it is written, case %zu: %s", i, why.text);
        node = root->first->first;
        node = node->kind == YAML_KIND_LIST ? node->first : node;
        is_text(node->text, value, "to the letter");
    }
    is_int(set("sensor.name=\"a b\""), 0, "quotes are YAML's");
    is_text(text_at("sensor.name"), "a b", "and taken away");
}

static void test_collections(void)
{
    const struct yaml_node *list;

    start("capture: {interfaces: [a, b, c]}\n");
    is_int(set("capture.interfaces=[eth0, eth1]"), 0, "a list replaces a list");
    list = yaml_node_find(root, "capture.interfaces");
    is_int(list->count, 2, "wholly");
    is_text(list->last->text, "eth1", "with its elements");
    is_text(list->last->place.file, "--set capture.interfaces=[eth0, eth1]",
            "which know where they come from");
    is_int(set("output={format: text}"), 0, "a map");
    is_text(text_at("output.format"), "text", "has its keys");
    is_int(set("inspection.segments[+]={network: 10.0.0.0/8}"), 0,
           "an element that is a map");
    list = yaml_node_find(root, "inspection.segments");
    is_text(yaml_node_child(list->first, "network")->text, "10.0.0.0/8", "has its keys");
}

static void test_elements(void)
{
    const struct yaml_node *list;

    start("inspection:\n  authorities:\n    - file: a.pem\n    - file: b.pem\n");
    list = yaml_node_find(root, "inspection.authorities");
    is_int(set("inspection.authorities[0].file=x.pem"), 0, "an element that is there");
    is_text(yaml_node_child(list->first, "file")->text, "x.pem", "is changed");
    is_int(set("inspection.authorities[2].file=c.pem"), 0, "the next one");
    is_int(list->count, 3, "is added");
    is_int(set("inspection.authorities[+].file=d.pem"), 0, "one more");
    is_int(list->count, 4, "is added");
    is_int(set("inspection.authorities[9].file=z.pem"), -1,
           "one beyond the next is refused");
    is_text(
        why.text,
        "--set inspection.authorities[9].file=z.pem: key inspection.authorities: there are "
        "4 elements, so the next is [4]",
        "with a sentence");
}

static void test_empty_value(void)
{
    start("user: nobody\n");
    is_int(set("user="), 0, "an empty value");
    ok(yaml_node_null(yaml_node_find(root, "user")), "takes away what the file said");
}

static void test_refused(void)
{
    static const struct {
        const char *setting, *sentence;
    } cases[] = {
        {"user", "--set user: expected KEY=VALUE in one line of text"},
        {"=x", "--set =x: expected KEY=VALUE in one line of text"},
        {"user=a\nb", "--set user=a\\x0ab: expected KEY=VALUE in one line of text"},
        {"user=\xff", "--set user=\\xff: expected KEY=VALUE in one line of text"},
        {".user=x", "--set .user=x: expected KEY=VALUE with a dotted KEY"},
        {"output..path=x", "--set output..path=x: expected KEY=VALUE with a dotted KEY"},
        {"output.=x", "--set output.=x: expected KEY=VALUE with a dotted KEY"},
        {"[0]=x", "--set [0]=x: expected KEY=VALUE with a dotted KEY"},
        {"context[0]path=x",
         "--set context[0]path=x: expected KEY=VALUE with a dotted KEY"},
        {"context[x]=x", "--set context[x]=x: key context: expected [NUMBER] or [+]"},
        {"context[]=x", "--set context[]=x: key context: expected [NUMBER] or [+]"},
        {"context[0=x", "--set context[0=x: key context: expected [NUMBER] or [+]"},
        {"user.name=x",
         "--set user.name=x: key user: expected a map there, found \"nobody\""},
        {"user[0]=x", "--set user[0]=x: key user: expected a list there, found \"nobody\""},
        {"output={a: *b}", "--set output={a: *b}:1: aliases are not used here; a text that "
                           "starts with * must be in quotes"},
        {"a.b.c.d.e.f.g.h.i.j.k.l.m.n=1",
         "--set a.b.c.d.e.f.g.h.i.j.k.l.m.n=1: nested too deeply"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        start("user: nobody\n");
        is_int(set(cases[i].setting), -1, "refused, case %zu", i);
        is_text(why.text, cases[i].sentence, "with a sentence, case %zu", i);
    }
}

static void test_too_long(void)
{
    char setting[6000];

    memset(setting, 'x', sizeof(setting));
    memcpy(setting, "user=", 5);
    setting[sizeof(setting) - 1] = '\0';
    start("");
    is_int(set(setting), -1, "a value that belongs into a file is refused");
    ok(strlen(why.text) < 300, "with a sentence of bearable length");
}

int main(void)
{
    arena = arena_new();
    test_scalar();
    test_texts_are_taken_to_the_letter();
    test_collections();
    test_elements();
    test_empty_value();
    test_refused();
    test_too_long();
    arena_free(arena);
    return done_testing();
}
