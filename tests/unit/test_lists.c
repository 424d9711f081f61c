#include "detect/lists.h"

#include <string.h>

#include "detect_sample.h"

#define PHONE "10.0.0.1"
#define YAML                                                                               \
    "inspection:\n"                                                                        \
    "  segments: [10.0.0.0/8]\n"                                                           \
    "  trust_model: ios_managed\n"                                                         \
    "  bypass: ['*.bank.example', {match: old.example, expires: 2020-01-01}]\n"            \
    "rules:\n"                                                                             \
    "  AllowedDestinationList:\n"                                                          \
    "    - {match: '*.vendor.example', owner: mobile team, reason: pins}\n"                \
    "    - {match: gone.example, expires: 2020-01-01}\n"                                   \
    "  AllowedAppList: [app9]\n"

static struct lab lab;

static void begin(const char *yaml)
{
    lab_close(&lab);
    lab_open_with(&lab, yaml, 0);
}

static struct list_entry_use use_of(const char *match)
{
    const struct lists *l = &lab.correlator.lists;

    for (size_t i = 0; i < lists_count(l); i++) {
        struct list_entry_use use = lists_get(l, i, lab_ns(0));

        if (strcmp(use.entry->match, match) == 0)
            return use;
    }
    abort();
}

static void refuse(const char *app, const char *name, double at_s)
{
    lab_refuse_all(&lab, PHONE, app, name, at_s, SHAPE_S1, 3);
    lab_accept(&lab, PHONE, "web", "a.example", at_s + 4);
}

static void test_lowered(void)
{
    begin(YAML);
    refuse("app", "api.vendor.example", 10);
    lab_end(&lab);
    is_int(lab.count, 1, "an allowed destination is refused");
    ok(lab_last(&lab)->informational, "which is for information");
    is_int(lab_last(&lab)->severity, 1, "of severity 1");
    is_text(lab_last(&lab)->allowed_by, "AllowedDestinationList: *.vendor.example",
            "and says by which entry");
    is_int(use_of("*.vendor.example").hits, 3, "each session was a use of it");
    is_int(use_of("app9").hits, 0, "of the others there was none");
    is_text(use_of("*.vendor.example").entry->owner, "mobile team", "its owner is known");
}

static void test_app(void)
{
    begin(YAML);
    refuse("app9", "x.example", 10);
    lab_end(&lab);
    ok(lab_last(&lab)->informational, "an allowed app: for information");
    is_int(use_of("app9").hits, 3, "used");
}

static void test_shipped(void)
{
    begin(YAML);
    refuse("app", "chat.signal.org", 10);
    lab_end(&lab);
    ok(lab_last(&lab)->informational, "a shipped entry: for information");
    is_int(use_of("*.signal.org").hits, 3, "used");
    ok(use_of("*.signal.org").is_shipped, "told from the operator's own");
    ok(!use_of("app9").is_shipped && !use_of("*.bank.example").is_shipped,
       "which these are");
}

static void test_direct(void)
{
    begin(YAML);
    for (int i = 0; i < 3; i++)
        lab_direct(&lab, PHONE, "app", "api.vendor.example", 10 + i);
    lab_direct(&lab, PHONE, "app", "www.bank.example", 14);
    lab_end(&lab);
    is_int(lab.count, 0, "direct sessions to an allowed destination are quiet");
    is_int(use_of("*.vendor.example").hits, 3, "but a use");
    is_int(use_of("*.bank.example").hits, 1, "so is one to a bypassed one");
}

/* The quiet twin: the same entry, but its day is over. */
static void test_expired(void)
{
    struct lists_sum own, shipped;

    begin(YAML);
    refuse("app", "gone.example", 10);
    lab_end(&lab);
    is_int(lab.count, 1, "a destination whose entry has run out");
    ok(!lab_last(&lab)->informational, "is judged as any other");
    is_int(use_of("gone.example").hits, 0, "an expired entry is of no use");
    ok(use_of("gone.example").is_expired, "and known as such");
    lists_sum_up(&lab.correlator.lists, lab_ns(0), &own, &shipped);
    is_int(own.entries, 5, "five entries of the operator");
    is_int(own.expired, 2, "two have run out");
    is_int(own.unused, 5, "none was of use");
    is_int(own.hits, 0, "no hits");
    is_int(shipped.unused, shipped.entries, "nor were the shipped ones");
    ok(shipped.entries > 20, "which are all counted");
}

static void test_none(void)
{
    begin("log: {level: warn}\n");
    is_int(use_of("*.signal.org").hits, 0, "without lists of the operator");
    lab_accept(&lab, PHONE, "app", "chat.signal.org", 1);
    lab_end(&lab);
    is_int(use_of("*.signal.org").hits, 0, "an accepted session is no use of a list");
}

int main(void)
{
    test_lowered();
    test_app();
    test_shipped();
    test_direct();
    test_expired();
    test_none();
    lab_close(&lab);
    return done_testing();
}
