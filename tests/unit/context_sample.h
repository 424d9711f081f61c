/*
 * A context that was fed with text, as the files of feeds would be, and short ways to ask it.
 */
#pragma once

#include "config/config.h"
#include "context/context.h"
#include "scratch.h"
#include "session_sample.h"

struct feed_sample {
    struct config_context config;
    char path[SCRATCH_PATH_MAX];
};

/* 2026-11-21T03:45:00Z */
#define FEED_NS (UINT64_C(1795232700) * UINT64_C(1000000000))

__attribute__((unused)) static inline uint64_t feed_ns(double after_s)
{
    return after_s < 0 ? FEED_NS - (uint64_t)(-after_s * 1e9)
                       : FEED_NS + (uint64_t)(after_s * 1e9);
}

/* Write a feed's file; the format is told by its content. */
static inline void feed_write(struct feed_sample *f, const char *name, const char *text)
{
    FILE *file;

    memset(f, 0, sizeof(*f));
    (void)snprintf(f->path, sizeof(f->path), "%s/%s", scratch_folder, name);
    file = fopen(f->path, "w");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0)
        abort();
    f->config.path = f->path;
}

static inline struct context *feed_open_bytes(const struct config_context *feeds,
                                              size_t count, uint64_t most_bytes)
{
    struct context_options options = {
        .feeds = feeds, .feed_count = count, .most_bytes = most_bytes, .seed = 1};
    struct err why;
    struct context *c = context_new(&options, &why);

    if (!c || context_load(c, &why) < 0) {
        (void)fprintf(stderr, "%s\n", why.text);
        abort();
    }
    return c;
}

__attribute__((unused)) static inline struct context *
feed_open_all(const struct config_context *feeds, size_t count)
{
    return feed_open_bytes(feeds, count, 1 << 24);
}

/* One feed of this text. The file stays until the test program ends. */
__attribute__((unused)) static inline struct context *feed_open_text(const char *text)
{
    static struct feed_sample f;

    feed_write(&f, "feed", text);
    return feed_open_all(&f.config, 1);
}

/* Who has the address; NULL texts where nobody tells. */
__attribute__((unused)) static inline bool feed_find(const struct context *c,
                                                     const char *address, double after_s,
                                                     struct context_answer *out)
{
    struct address a = sample_address(address);

    return context_find_device(c, &a, NULL, feed_ns(after_s), out);
}
