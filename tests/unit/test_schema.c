#include "tap.h"

#include <stddef.h>

#include "config/schema.h"
#include "config/settings.h"

/* A schema with a row of every type. */
struct inner {
    const char *name;
    uint64_t until_ns;
    struct network network;
    struct place place;
};

struct outer {
    bool flag;
    uint32_t count;
    double number;
    uint64_t duration_ns;
    double seconds;
    uint64_t size_bytes;
    uint32_t choice;
    const char *text, *path, *target, *destination, *app;
    struct network network;
    struct config_endpoint endpoint;
    uint64_t date_ns;
    uint16_t ports[TUNING_PORTS_MAX];
    uint32_t port_count;
    const char **texts;
    size_t text_count;
    struct inner *items;
    size_t item_count;
};

static const struct schema_choice choices[] = {{"red", 1}, {"blue", 2}, {NULL, 0}};

static const struct schema_key inner_keys[] = {
    {"name", SCHEMA_TEXT, .required = true, .offset = offsetof(struct inner, name)},
    {"until", SCHEMA_DATE, .offset = offsetof(struct inner, until_ns)},
    {"network", SCHEMA_NETWORK, .initial = "10.0.0.0/8",
     .offset = offsetof(struct inner, network)},
};

static const struct schema inner_schema = {
    SCHEMA_ROWS(inner_keys),
    .element_bytes = sizeof(struct inner),
    .place_offset = offsetof(struct inner, place),
    .short_key = "name",
};

#define AT(member) .offset = offsetof(struct outer, member)

static const struct schema_key outer_keys[] = {
    {"flag", SCHEMA_BOOL, .initial = "yes", AT(flag)},
    {"sub.count", SCHEMA_COUNT, .initial = "7", .min = 1, .max = 10, AT(count)},
    {"sub.number", SCHEMA_NUMBER, .min = -1, .max = 1, AT(number), .twin = "other"},
    {"sub.deep.duration", SCHEMA_DURATION, .min = 1, .max = 60, AT(duration_ns)},
    {"seconds", SCHEMA_SECONDS, AT(seconds)},
    {"size", SCHEMA_SIZE, AT(size_bytes)},
    {"choice", SCHEMA_CHOICE, .choices = choices, AT(choice)},
    {"text", SCHEMA_TEXT, AT(text)},
    {"path", SCHEMA_PATH, AT(path)},
    {"target", SCHEMA_TARGET, AT(target)},
    {"destination", SCHEMA_DESTINATION, AT(destination)},
    {"app", SCHEMA_APP, AT(app)},
    {"network", SCHEMA_NETWORK, AT(network)},
    {"endpoint", SCHEMA_ENDPOINT, AT(endpoint)},
    {"date", SCHEMA_DATE, AT(date_ns)},
    {"other", SCHEMA_NUMBER, AT(number)},
    {"ports", SCHEMA_PORTS, AT(ports), .count_offset = offsetof(struct outer, port_count)},
    {"texts", SCHEMA_TEXTS, AT(texts), .count_offset = offsetof(struct outer, text_count)},
    {"items", SCHEMA_LIST, .of = &inner_schema, AT(items),
     .count_offset = offsetof(struct outer, item_count), .required = true},
};

static const struct schema outer_schema = {SCHEMA_ROWS(outer_keys),
                                           .place_offset = SCHEMA_NO_PLACE};

static struct arena *arena;
static struct err why;
static struct outer out;
static struct yaml_node *root;

static int apply(const char *text)
{
    memset(&out, 0, sizeof(out));
    root = NULL;
    why.text[0] = '\0';
    if (!schema_set_defaults(&outer_schema, arena, &out) ||
        yaml_tree_parse(arena, "conf/c.yaml", span_of_text(text), &root, &why) < 0)
        return -1;
    return schema_apply(&outer_schema, root, arena, &out, &why);
}

static void test_defaults(void)
{
    is_int(apply(""), 0, "an empty text is fine");
    ok(out.flag, "a default from the table");
    is_int(out.count, 7, "another");
    is_int(apply("flag:\nsub:\n  count: ~\n  deep:\n"), 0, "keys without values are fine");
    ok(out.flag, "and keep the default");
    is_int(out.count, 7, "and another");
}

static void test_scalars(void)
{
    is_int(
        apply("flag: no\nsub: {count: 3, number: -0.5, deep: {duration: 1.5s}}\n"
              "seconds: 2m\nsize: 2KiB\nchoice: blue\ntext: \"a b\"\ndate: 2027-03-31\n"),
        0, "values of each type: %s", why.text);
    ok(!out.flag, "a flag");
    is_int(out.count, 3, "a count");
    ok(out.number < -0.49 && out.number > -0.51, "a number");
    is_int(out.duration_ns, 1500000000, "a duration");
    ok(out.seconds > 119 && out.seconds < 121, "a duration in seconds");
    is_int(out.size_bytes, 2048, "a size");
    is_int(out.choice, 2, "a choice");
    is_text(out.text, "a b", "a text");
    ok(out.date_ns > 0, "a date");
}

static void test_names(void)
{
    is_int(apply("target: h.example:1\ndestination: \"*.a.example\"\napp: com.example.*\n"
                 "network: 2001:db8::/32\nendpoint: 192.0.2.1:8080\n"),
           0, "names and addresses: %s", why.text);
    is_text(out.target, "h.example:1", "a target");
    is_text(out.destination, "*.a.example", "a destination");
    is_text(out.app, "com.example.*", "an app");
    is_int(out.network.bits, 32, "a network");
    is_int(out.endpoint.port, 8080, "an endpoint");
}

static void test_paths(void)
{
    struct place command_line = {.file = "--set path=a/b"};

    is_int(apply("path: sub/x\n"), 0, "a relative name");
    is_text(out.path, "conf/sub/x", "is relative to the file that names it");
    is_int(apply("path: /x\n"), 0, "an absolute name");
    is_text(out.path, "/x", "stays as it is");
    is_int(apply("path: \"-\"\n"), 0, "standard output");
    is_text(out.path, "-", "is no file name");
    is_int(apply("path: ':memory:'\n"), 0, "nor is memory");
    is_text(out.path, ":memory:", "so it stays");
    is_text(schema_resolve_path(arena, &command_line, "x"), "x",
            "a name of the command line is relative to the working directory");
}

static void test_lists(void)
{
    is_int(apply("ports: [443, 8443]\ntexts: [a, b, c]\nitems:\n  - x\n  - name: y\n"
                 "    until: 2027-03-31\n    network: 192.0.2.0/24\n"),
           0, "lists: %s", why.text);
    is_int(out.port_count, 2, "two ports");
    is_int(out.ports[1], 8443, "in order");
    is_int(out.text_count, 3, "three texts");
    is_text(out.texts[2], "c", "in order");
    is_int(out.item_count, 2, "two maps");
    is_text(out.items[0].name, "x", "one written short");
    is_int(out.items[0].network.bits, 104, "with the defaults of its kind");
    is_int(out.items[0].place.line, 4, "knows its line");
    is_text(out.items[1].name, "y", "one written out");
    ok(out.items[1].until_ns > 0, "with another key");
    is_int(apply("items: []\ntexts: []\nports: []\n"), 0, "empty lists");
    is_int(out.item_count + out.text_count + out.port_count, 0, "are empty");
}

static const struct {
    const char *text, *sentence;
} bad[] = {
    {"1\n", "conf/c.yaml:1: expected keys and values, found \"1\""},
    {"- a\n", "conf/c.yaml:1: expected keys and values, found a list"},
    {"flag: maybe\n", "conf/c.yaml:1: key flag: expected yes or no, found \"maybe\""},
    {"flag: [yes]\n", "conf/c.yaml:1: key flag: expected yes or no, found a list"},
    {"\nflag: {}\n", "conf/c.yaml:2: key flag: expected yes or no, found a map"},
    {"sub: {count: 0}\n",
     "conf/c.yaml:1: key sub.count: expected a whole number from 1 to 10, found \"0\""},
    {"sub: {count: 11}\n",
     "conf/c.yaml:1: key sub.count: expected a whole number from 1 to 10, found \"11\""},
    {"sub: {count: 4294967297}\n", "conf/c.yaml:1: key sub.count: expected a whole number "
                                   "from 1 to 10, found \"4294967297\""},
    {"sub: {number: 1.5}\n",
     "conf/c.yaml:1: key sub.number: expected a number from -1 to 1, found \"1.5\""},
    {"sub: {number: 1}\nother: 1\n",
     "conf/c.yaml:1: key sub.number: the same value as other, which is given too"},
    {"sub:\n  deep:\n    duration: 2m\n",
     "conf/c.yaml:3: key sub.deep.duration: expected a "
     "duration from 1s to 1m, found \"2m\""},
    {"seconds: x\n", "conf/c.yaml:1: key seconds: expected a duration such as 900s, 15m or "
                     "24h, found \"x\""},
    {"size: 1MB\n",
     "conf/c.yaml:1: key size: expected a size such as 512KiB or 64MiB, found \"1MB\""},
    {"choice: green\n",
     "conf/c.yaml:1: key choice: expected one of red, blue, found \"green\""},
    {"text: ''\n", "conf/c.yaml:1: key text: expected one line of text, found \"\""},
    {"text: \"a\\nb\"\n",
     "conf/c.yaml:1: key text: expected one line of text, found \"a\\x0ab\""},
    {"path: ''\n", "conf/c.yaml:1: key path: expected a file name, found \"\""},
    {"target: x\n",
     "conf/c.yaml:1: key target: expected HOST:PORT or the path of a socket, found \"x\""},
    {"app: '*'\n", "conf/c.yaml:1: key app: expected an app such as com.example.app, "
                   "com.example.* or a JA4, found \"*\""},
    {"network: 10.0.0.1/8\n", "conf/c.yaml:1: key network: expected a network such as "
                              "10.0.0.0/8, found \"10.0.0.1/8\""},
    {"endpoint: 10.0.0.1\n",
     "conf/c.yaml:1: key endpoint: expected an address and port such "
     "as 192.0.2.1:8080, found \"10.0.0.1\""},
    {"date: 2027-02-30\n",
     "conf/c.yaml:1: key date: expected a date such as 2027-03-31, found \"2027-02-30\""},
    {"ports: 443\n",
     "conf/c.yaml:1: key ports: expected a list of port numbers, found \"443\""},
    {"ports: [443, 0]\n",
     "conf/c.yaml:1: key ports[1]: expected a whole number from 1 to 65535, found \"0\""},
    {"texts: a\n", "conf/c.yaml:1: key texts: expected a list of texts, found \"a\""},
    {"texts: [a, ~]\n",
     "conf/c.yaml:1: key texts[1]: expected one line of text, found nothing"},
    {"items: {}\n", "conf/c.yaml:1: key items: expected a list, found a map"},
    {"items:\n  - a\n  - [b]\n",
     "conf/c.yaml:3: key items[1]: expected a map or a text, found a list"},
    {"items:\n  - a\n  - until: 2027-03-31\n",
     "conf/c.yaml:3: key items[1]: name is missing"},
    {"items: [~]\n",
     "conf/c.yaml:1: key items[0]: expected a map or a text, found nothing"},
    {"items: [{name: ~}]\n", "conf/c.yaml:1: key items[0]: name is missing"},
    {"items: [{name: a, until: x}]\n", "conf/c.yaml:1: key items[0].until: expected a date "
                                       "such as 2027-03-31, found \"x\""},
    {"sub: 3\n", "conf/c.yaml:1: key sub: expected a map, found \"3\""},
};

static void test_faults(void)
{
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        is_int(apply(bad[i].text), -1, "a fault, case %zu", i);
        is_text(why.text, bad[i].sentence, "and its sentence, case %zu", i);
    }
}

static void test_too_many_ports(void)
{
    is_int(
        apply(
            "ports: [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,"
            "27,28,29,30,31,32,33]\n"),
        -1, "a port too many");
    is_text(why.text, "conf/c.yaml:1: key ports: more than 32 ports", "is refused");
}

static void test_unknown_keys(void)
{
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        {"flga: yes\n", "conf/c.yaml:1: key flga: unknown key, did you mean flag?"},
        {"FLAG: yes\n", "conf/c.yaml:1: key FLAG: unknown key, did you mean flag?"},
        {"sub:\n  cuont: 1\n",
         "conf/c.yaml:2: key sub.cuont: unknown key, did you mean sub.count?"},
        {"sub:\n  deep:\n    durations: 1\n",
         "conf/c.yaml:3: key sub.deep.durations: unknown key, did you mean "
         "sub.deep.duration?"},
        {"duration: 1s\n",
         "conf/c.yaml:1: key duration: unknown key, did you mean sub.deep.duration?"},
        {"sub: {zzz: 1}\n",
         "conf/c.yaml:1: key sub.zzz: unknown key, known here are count, number, deep"},
        {"items: [{nmae: a}]\n",
         "conf/c.yaml:1: key items[0].nmae: unknown key, did you mean items[0].name?"},
        {"sub.count: 1\n",
         "conf/c.yaml:1: key sub.count: unknown key; write nested maps in place of dots"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        is_int(apply(cases[i].text), -1, "an unknown key, case %zu", i);
        is_text(why.text, cases[i].sentence, "and what it may mean, case %zu", i);
    }
    is_int(apply("'': 1\n"), -1, "an empty key");
    is_int(apply("\"a\\nb\": 1\n"), -1, "a key with a line break");
    ok(!strchr(why.text, '\n'), "still gives one line");
}

static void test_very_long_key(void)
{
    char text[900];

    memset(text, 'k', sizeof(text));
    memcpy(text + sizeof(text) - 5, ": 1\n", 5);
    is_int(apply(text), -1, "a very long key is unknown");
    ok(strncmp(why.text, "conf/c.yaml:1: key ", 19) == 0, "and the sentence has its line");
}

static void test_complete(void)
{
    (void)apply("flag: yes\n");
    is_int(schema_check_complete(&outer_schema, root, "c.yaml", &why), -1,
           "a key is missing");
    is_text(why.text, "c.yaml:1: key items: missing", "and named");
    (void)apply("items: []\n");
    is_int(schema_check_complete(&outer_schema, root, "c.yaml", &why), 0,
           "none is missing");
}

static void test_find(void)
{
    static const struct {
        const char *path, *name;
        bool element;
    } cases[] = {
        {"flag", "flag", false},
        {"sub.deep.duration", "sub.deep.duration", false},
        {"items", "items", false},
        {"items[3]", "items", true},
        {"items[3].until", "until", false},
        {"texts[0]", "texts", true},
        {"sub", NULL, false},
        {"items[3]until", NULL, false},
        {"texts[0].x", NULL, false},
        {"nothing[0]", NULL, false},
        {"", NULL, false},
    };
    bool element;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct schema_key *row = schema_find(&outer_schema, cases[i].path, &element);

        is_text(row ? row->name : NULL, cases[i].name, "\"%s\" belongs to its row",
                cases[i].path);
        if (row)
            is_int(element, cases[i].element, "and may mean an element");
    }
}

int main(void)
{
    arena = arena_new();
    test_defaults();
    test_scalars();
    test_names();
    test_paths();
    test_lists();
    test_faults();
    test_too_many_ports();
    test_unknown_keys();
    test_very_long_key();
    test_complete();
    test_find();
    arena_free(arena);
    return done_testing();
}
