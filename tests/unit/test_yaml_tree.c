#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "config/yaml_tree.h"

static struct arena *arena;
static struct err why;

static struct yaml_node *parse(const char *text)
{
    struct yaml_node *root = NULL;

    why.text[0] = '\0';
    if (yaml_tree_parse(arena, "c.yaml", exact(span_of_text(text)), &root, &why) < 0)
        return NULL;
    return root;
}

static void test_tree(void)
{
    struct yaml_node *root = parse("# comment\na: 1\nb:\n  - x\n  - {c: 'y', d: ~}\n");
    struct yaml_node *list = yaml_node_child(root, "b");

    is_int(root->kind, YAML_KIND_MAP, "the root is a map");
    is_int(root->count, 2, "of two keys");
    is_text(yaml_node_child(root, "a")->text, "1", "a scalar keeps its text");
    is_int(list->count, 2, "a list counts its elements");
    is_text(list->first->text, "x", "and keeps their order");
    is_int(list->first->place.line, 4, "a node knows its line");
    is_text(list->first->place.file, "c.yaml", "and its file");
    is_text(yaml_node_child(list->last, "c")->text, "y", "flow style is the same");
    ok(yaml_node_child(list->last, "c")->quoted, "quotes are remembered");
    ok(!yaml_node_child(root, "c"), "a key that is not there");
    ok(!yaml_node_child(list, "c") && !yaml_node_child(NULL, "c"),
       "what is no map has no key");
}

static void test_find(void)
{
    struct yaml_node *root = parse("a: {b: {c: 1}}\n");

    is_text(yaml_node_find(root, "a.b.c")->text, "1", "a path through maps");
    ok(yaml_node_find(root, "") == root, "the empty path is the root");
    ok(!yaml_node_find(root, "a.x.c"), "a path that breaks off");
    ok(!yaml_node_find(root, "a.b.c.d"), "a path beyond a scalar");
    ok(!yaml_node_find(NULL, "a"), "a path in nothing");
}

static void test_null(void)
{
    static const char *const nothing[] = {"a:", "a: ~", "a: null"};
    static const char *const something[] = {"a: ''", "a: \"null\"", "a: no", "a: []",
                                            "a: {}"};

    for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++)
        ok(yaml_node_null(yaml_node_child(parse(nothing[i]), "a")), "\"%s\" says nothing",
           nothing[i]);
    for (size_t i = 0; i < sizeof(something) / sizeof(something[0]); i++)
        ok(!yaml_node_null(yaml_node_child(parse(something[i]), "a")),
           "\"%s\" says something", something[i]);
}

static void test_empty_texts(void)
{
    static const char *const texts[] = {"", "\n", "# only a comment\n"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        ok(!parse(texts[i]), "an empty text has no root");
        is_text(why.text, "", "and is no error");
    }
}

static void test_describe(void)
{
    struct yaml_node *root = parse("a: 'x\\y'\nb: []\nc: {}\nd:\ne: \"\\n\"\n");
    char out[YAML_FOUND_MAX];

    is_text(yaml_node_describe(yaml_node_child(root, "a"), out), "\"x\\\\y\"", "a text");
    is_text(yaml_node_describe(yaml_node_child(root, "b"), out), "a list", "a list");
    is_text(yaml_node_describe(yaml_node_child(root, "c"), out), "a map", "a map");
    is_text(yaml_node_describe(yaml_node_child(root, "d"), out), "nothing", "nothing");
    is_text(yaml_node_describe(yaml_node_child(root, "e"), out), "\"\\x0a\"",
            "a line break");
}

static void test_refused(void)
{
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        {"a: &x 1\n", "c.yaml:1: anchors (&) are not used here"},
        {"a: 1\nb: *x\n",
         "c.yaml:2: aliases are not used here; a text that starts with * must "
         "be in quotes"},
        {"a:\n  - *.x\n", "c.yaml:2: a text that starts with * must be in quotes"},
        {"a: !!str 1\n", "c.yaml:1: tags (!) are not used here"},
        {"a: !x []\n", "c.yaml:1: tags (!) are not used here"},
        {"a: &x {}\n", "c.yaml:1: anchors (&) are not used here"},
        {"a: 1\n---\nb: 1\n", "c.yaml:2: only one document is allowed"},
        {"a: 1\nb: 2\na: 3\n", "c.yaml:3: key a: given twice, first in line 1"},
        {"[x]: 1\n", "c.yaml:1: keys must be texts"},
        {"? {x: y}\n: 1\n", "c.yaml:1: keys must be texts"},
        {"a: \"\\0\"\n", "c.yaml:1: zero characters are not allowed"},
        {"a: 1\nb: \x01\n", "c.yaml:2: control characters are not allowed"},
        {"a: 1\n\nb: \xff\n", "c.yaml:3: not UTF-8 text"},
        {"\xc0\xaf", "c.yaml:1: not UTF-8 text"},
        {"\xed\xa0\x80", "c.yaml:1: not UTF-8 text"},
        {"\xf4\x90\x80\x80", "c.yaml:1: not UTF-8 text"},
        {"a: \xc2", "c.yaml:1: not UTF-8 text"},
        {"a: 1\n\tb: 2\n", "c.yaml:2: indent with spaces, not with tabs"},
        {"a: @x\n", "c.yaml:1: a character that cannot stand here (indent with spaces, put "
                    "texts with @ ` % in quotes)"},
        {"a: b: c\n",
         "c.yaml:1: not valid YAML: mapping values are not allowed in this context"},
        {"a: [b\n", "c.yaml:1: not valid YAML: did not find expected ',' or ']'"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ok(!parse(cases[i].text), "refused, case %zu", i);
        is_text(why.text, cases[i].sentence, "with its line, case %zu", i);
    }
}

/* libyaml's own complaints about bytes name no line; ours does. */
static void test_reader_errors_have_a_line(void)
{
    ok(!parse("a: 1\nb: \xef\xbf\xbe\n"), "U+FFFE is refused");
    ok(strncmp(why.text, "c.yaml:2: ", 10) == 0, "in its line: %s", why.text);
}

static char *nested(size_t depth)
{
    char *text = malloc(2 * depth + 2);

    for (size_t i = 0; i < depth; i++) {
        text[i] = '[';
        text[depth + i] = ']';
    }
    text[2 * depth] = '\n';
    text[2 * depth + 1] = '\0';
    return text;
}

static void test_depth(void)
{
    char *deepest = nested(YAML_DEPTH_MAX), *deeper = nested(YAML_DEPTH_MAX + 1);
    char *abyss = nested(100000);

    ok(parse(deepest), "the deepest nesting is read");
    ok(!parse(deeper), "one more is refused");
    is_text(why.text, "c.yaml:1: nested too deeply", "with a sentence");
    ok(!parse(abyss), "and so is an abyss");
    free(deepest);
    free(deeper);
    free(abyss);
}

static void test_many_keys(void)
{
    char *text = NULL;
    size_t len = 0;
    FILE *file = open_memstream(&text, &len);

    for (int i = 0; i <= YAML_KEYS_MAX; i++)
        (void)fprintf(file, "key%d: 1\n", i);
    (void)fclose(file);
    ok(!parse(text), "a map with too many keys is refused");
    is_text(why.text, "c.yaml:257: too many keys in one map", "with a sentence");
    free(text);
}

static void test_many_values(void)
{
    size_t len = 2 * (size_t)YAML_NODES_MAX + 2;
    char *text = malloc(len + 1);

    text[0] = '[';
    for (size_t i = 1; i + 1 < len; i += 2)
        memcpy(text + i, "a,", 2);
    text[len - 1] = ']';
    text[len] = '\0';
    ok(!parse(text), "a file with too many values is refused");
    is_text(why.text, "c.yaml:1: too many values in one file", "with a sentence");
    free(text);
}

/* Whatever is left of a text when it is cut is read or refused with a sentence that has a line. */
static void test_truncations(void)
{
    static const char whole[] =
        "a: {b: 'c', d: [1, \"\xc3\xa9\"]}\ne:\n  - f: |\n      g\n  - ~\n";
    struct span text = span_of_text(whole);
    bool fine = true;

    for (size_t len = 0; len <= text.len; len++) {
        struct yaml_node *root = NULL;

        why.text[0] = '\0';
        if (yaml_tree_parse(arena, "c.yaml", exact(span_first(text, len)), &root, &why) < 0)
            fine &= strncmp(why.text, "c.yaml:", 7) == 0 && !strchr(why.text, '\n');
    }
    ok(fine, "each truncation is read or refused in one line");
}

static void test_files(void)
{
    char name[] = "/tmp/test_yaml_tree.XXXXXX", wanted[128];
    int fd = mkstemp(name);
    struct span text;

    ok(write(fd, "a: 1\n", 5) == 5, "a file is written");
    (void)close(fd);
    is_int(yaml_tree_read(arena, name, &text, &why), 0, "a file is read");
    is_span(text, span_of_text("a: 1\n"), "to its end");
    ok(truncate(name, (off_t)YAML_BYTES_MAX + 1) == 0, "it grows");
    is_int(yaml_tree_read(arena, name, &text, &why), -1,
           "a file that is too long is refused");
    (void)snprintf(wanted, sizeof(wanted), "%s: longer than 8388608 bytes", name);
    is_text(why.text, wanted, "with a sentence");
    (void)unlink(name);
    is_int(yaml_tree_read(arena, name, &text, &why), -1, "one that is gone as well");
    (void)snprintf(wanted, sizeof(wanted),
                   "%s: cannot be opened: No such file or directory", name);
    is_text(why.text, wanted, "with a sentence");
    is_int(yaml_tree_read(arena, "/tmp", &text, &why), -1, "a folder is no file");
    is_text(why.text, "/tmp: cannot be read: Is a directory", "and it says so");
}

int main(void)
{
    arena = arena_new();
    test_tree();
    test_find();
    test_null();
    test_empty_texts();
    test_describe();
    test_refused();
    test_reader_errors_have_a_line();
    test_depth();
    test_many_keys();
    test_many_values();
    test_truncations();
    test_files();
    arena_free(arena);
    return done_testing();
}
