#include "context/format.h"

#include "base/nanotime.h"

#include "context_sample.h"

/*
 * A sample of each format as its source writes it (tests/unit/data/context), and what it says:
 * a line a fact, of one kind after the other.
 */
static const struct {
    const char *file;
    const char
        *garbage; /* a line that breaks one record; NULL: the sample is one document */
    const char *facts;
} samples[] = {
#include "data/context/expected.inc"
};
#define SAMPLES (sizeof(samples) / sizeof(samples[0]))

static char dumped[1 << 16];
static char original[1 << 16];

static void add_fact(FILE *out, const struct context_fact *f)
{
    char time[NANOTIME_TEXT_MAX];

    (void)fprintf(out, "%s %.19s", context_kind_name(f->kind),
                  f->time_ns ? nanotime_describe(f->time_ns, time) : "-");
    if (f->until_ns == UINT64_MAX)
        (void)fputs(" -", out);
    else
        (void)fprintf(out, " %.19s", nanotime_describe(f->until_ns, time));
    for (int i = 0; i < CONTEXT_TEXTS; i++)
        if (fact_text(f, (enum context_field)i))
            (void)fprintf(out, " %s=%s", context_field_name((enum context_field)i),
                          fact_text(f, (enum context_field)i));
    (void)fputc('\n', out);
}

/* All facts, in the order of their kinds and of arrival. */
static const char *dump(const struct context *c)
{
    const struct store *store = context_store(c);
    FILE *out = fmemopen(dumped, sizeof(dumped), "w");

    for (int k = 0; k < CONTEXT_KINDS; k++)
        for (const struct context_fact *f = store->oldest[k]; f; f = f->newer)
            add_fact(out, f);
    (void)fclose(out);
    return dumped;
}

static const char *sample_path(size_t i)
{
    static char path[SCRATCH_PATH_MAX];

    (void)snprintf(path, sizeof(path), "tests/unit/data/context/%s", samples[i].file);
    return path;
}

static const char *sample_content(size_t i)
{
    FILE *file = fopen(sample_path(i), "r");
    size_t n = file ? fread(original, 1, sizeof(original) - 1, file) : 0;

    original[n] = '\0';
    if (file)
        (void)fclose(file);
    return original;
}

static void test_sample(size_t i)
{
    struct config_context config = {.path = sample_path(i)};
    struct context *c = feed_open_all(&config, 1);

    is_text(dump(c), samples[i].facts, "%s is read", samples[i].file);
    is_int(context_stats(c).malformed, 0, "%s: nothing in it is malformed",
           samples[i].file);
    context_free(c);
}

static void test_duplicates(size_t i)
{
    struct config_context config[2] = {{.path = sample_path(i)}, {.path = sample_path(i)}};
    struct context *c = feed_open_all(config, 2);
    struct context_stats stats = context_stats(c);

    is_text(dump(c), samples[i].facts, "%s: read twice it says the same", samples[i].file);
    is_int(context_store(c)->stats.duplicates, stats.records / 2,
           "%s: all of the second are duplicates", samples[i].file);
    context_free(c);
}

/* The broken line at the end, then once more what was good. */
static void test_malformed(size_t i)
{
    static struct feed_sample feed;
    static char text[2 << 16];
    struct context *c;
    const char *whole = sample_content(i);

    if (samples[i].garbage) {
        (void)snprintf(text, sizeof(text), "%s%s\n", whole, samples[i].garbage);
    } else {
        (void)snprintf(text, sizeof(text), "%s", whole);
        text[strlen(text) / 2] = '\0'; /* cut short */
    }
    feed_write(&feed, "broken", text);
    c = feed_open_all(&feed.config, 1);
    ok(context_stats(c).malformed > 0, "%s: what is broken is counted", samples[i].file);
    if (samples[i].garbage)
        is_text(dump(c), samples[i].facts, "%s: and the rest is read", samples[i].file);
    context_free(c);
}

/* Live, the file comes when its time has been judged. */
static void test_late(size_t i)
{
    static struct feed_sample feed;
    struct context_options options = {
        .feeds = &feed.config, .feed_count = 1, .most_bytes = 1 << 24, .live = true};
    struct context *c;
    struct err why;
    FILE *file;

    feed_write(&feed, "later", "");
    feed.config.format = CONTEXT_FORMAT_AUTO;
    c = context_new(&options, &why);
    if (!ok(c && context_load(c, &why) == 0, "%s: an empty file is no error",
            samples[i].file))
        return;
    context_advance(c, feed_ns(365.0 * 86400));
    is_int(context_sequence(c), 0, "%s: nothing is known yet", samples[i].file);
    file = fopen(feed.path, "w");
    (void)fputs(sample_content(i), file);
    (void)fclose(file);
    context_poll(c, 1);
    is_text(dump(c), samples[i].facts, "%s: what is written later is read",
            samples[i].file);
    ok(context_stats(c).late > 0 || !strstr(samples[i].facts, " 2026-"),
       "%s: and counted as late", samples[i].file);
    context_free(c);
}

int main(void)
{
    scratch_begin();
    for (size_t i = 0; i < SAMPLES; i++) {
        test_sample(i);
        test_duplicates(i);
        test_malformed(i);
        test_late(i);
    }
    return done_testing();
}
