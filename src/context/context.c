#include "context/context.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/nanotime.h"
#include "context/parts.h"

#define STREAMS_MAX 4096u
#define PENDING_MAX 65536u
#define POLL_NS (200 * NS_PER_MS)

/* ---- records that are not known yet: a heap by time, then by order */

static bool is_sooner(const struct pending_record *a, const struct pending_record *b)
{
    return a->received_ns != b->received_ns ? a->received_ns < b->received_ns
                                            : a->order < b->order;
}

static void swap(struct pending_record *a, struct pending_record *b)
{
    struct pending_record t = *a;

    *a = *b;
    *b = t;
}

static bool hold(struct context *c, const struct pending_record *p)
{
    size_t i = c->pending_count;

    if (i == c->pending_size) {
        size_t size = c->pending_size ? c->pending_size * 2 : 64;
        struct pending_record *grown =
            i < PENDING_MAX ? realloc(c->pending, size * sizeof(*grown)) : NULL;

        if (!grown)
            return false;
        c->pending = grown;
        c->pending_size = size;
    }
    c->pending[c->pending_count++] = *p;
    for (; i > 0 && is_sooner(&c->pending[i], &c->pending[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&c->pending[i], &c->pending[(i - 1) / 2]);
    return true;
}

static struct pending_record release(struct context *c)
{
    struct pending_record first = c->pending[0];
    size_t i = 0;

    c->pending[0] = c->pending[--c->pending_count];
    for (;;) {
        size_t child = 2 * i + 1;

        if (child + 1 < c->pending_count &&
            is_sooner(&c->pending[child + 1], &c->pending[child]))
            child++;
        if (child >= c->pending_count || !is_sooner(&c->pending[child], &c->pending[i]))
            return first;
        swap(&c->pending[i], &c->pending[child]);
        i = child;
    }
}

static void keep(struct context *c, const struct context_record *r, uint16_t feed,
                 uint32_t line)
{
    const struct context_fact *f = store_put(&c->store, r, feed, line);

    if (f && f->from_ns > 0 && f->from_ns < c->now_ns)
        c->stats.late++;
}

/* ---- feeds */

static const struct stream *stream_of(const struct context *c, uint16_t number)
{
    for (size_t i = 0; i < c->feed_count; i++)
        for (size_t k = 0; k < c->feeds[i].stream_count; k++)
            if (c->feeds[i].streams[k]->number == number)
                return c->feeds[i].streams[k];
    return NULL;
}

static uint16_t number_stream(void *ctx, struct stream *s)
{
    struct context *c = ctx;

    (void)s;
    return c->streams < STREAMS_MAX ? ++c->streams : 0;
}

static void on_record(void *ctx, const struct stream *from, const struct context_record *r,
                      const struct format *format, uint32_t line)
{
    struct context *c = ctx;
    struct pending_record p = {.received_ns = r->received_ns,
                               .order = c->next_order++,
                               .feed = from->number,
                               .line = line};

    (void)format;
    if (r->received_ns <= c->now_ns) {
        keep(c, r, p.feed, line);
        return;
    }
    p.record = malloc(sizeof(*p.record));
    if (p.record)
        *p.record = *r;
    if (!p.record || !hold(c, &p)) {
        free(p.record);
        c->store.stats.no_memory++;
    }
}

struct context *context_new(const struct context_options *options, struct err *why)
{
    struct context *c = calloc(1, sizeof(*c));

    if (!c) {
        (void)err_set(why, "no memory for context records");
        return NULL;
    }
    c->live = options->live;
    if (options->feed_count == 0)
        return c;
    c->feeds = calloc(options->feed_count, sizeof(*c->feeds));
    if (!c->feeds || store_init(&c->store, options->most_bytes, options->seed, why) < 0) {
        if (!c->feeds)
            (void)err_set(why, "no memory for context feeds");
        context_free(c);
        return NULL;
    }
    for (size_t i = 0; i < options->feed_count; i++) {
        struct feed_options feed = {.config = &options->feeds[i],
                                    .ctx = c,
                                    .on_record = on_record,
                                    .number = number_stream};

        c->feed_count++;
        if (feed_open(&c->feeds[i], &feed, why) < 0) {
            context_free(c);
            return NULL;
        }
    }
    return c;
}

void context_free(struct context *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->feed_count; i++)
        feed_close(&c->feeds[i]);
    while (c->pending_count > 0)
        free(c->pending[--c->pending_count].record);
    free(c->pending);
    free(c->feeds);
    store_fini(&c->store);
    free(c);
}

int context_load(struct context *c, struct err *why)
{
    for (size_t i = 0; i < c->feed_count; i++) {
        if (c->live)
            feed_catch_up(&c->feeds[i]);
        else if (feed_load(&c->feeds[i], why) < 0)
            return -1;
    }
    return 0;
}

void context_poll(struct context *c, uint64_t clock_ns)
{
    if (c->feed_count == 0 || clock_ns < c->next_poll_ns)
        return;
    c->next_poll_ns = clock_ns + POLL_NS;
    for (size_t i = 0; i < c->feed_count; i++)
        feed_poll(&c->feeds[i]);
}

/* ---- time */

uint64_t context_next_ns(const struct context *c)
{
    return c->pending_count ? c->pending[0].received_ns : UINT64_MAX;
}

void context_advance(struct context *c, uint64_t now_ns)
{
    if (now_ns > c->now_ns)
        c->now_ns = now_ns;
    while (c->pending_count > 0 && c->pending[0].received_ns <= now_ns) {
        struct pending_record p = release(c);

        keep(c, p.record, p.feed, p.line);
        free(p.record);
    }
}

uint64_t context_sequence(const struct context *c)
{
    return c->store.sequence;
}

bool context_has_feeds(const struct context *c)
{
    return c->feed_count > 0;
}

bool context_knows(const struct context *c, enum context_kind kind)
{
    return c && c->store.counts[kind] > 0;
}

bool context_has_facts(const struct context *c)
{
    return c && c->store.sequence > 0;
}

/* ---- whence */

void context_describe_origin(const struct context *c, const struct context_fact *f,
                             char *out, size_t size)
{
    const struct stream *s = stream_of(c, f->feed);
    const char *path = s ? s->feed->options.config->path : "";

    if (s && s->feed->kind == FEED_INPUT && strcmp(path, "-") == 0)
        path = "stdin";
    (void)snprintf(out, size, "%s%s%s:%u", path, s && s->name ? "/" : "",
                   s && s->name ? s->name : "", f->line);
}

const char *context_source(const struct context_fact *f)
{
    const char *told = fact_text(f, FIELD_SOURCE);

    return told ? told : f->format;
}

const struct store *context_store(const struct context *c)
{
    return &c->store;
}

struct context_stats context_stats(const struct context *c)
{
    struct context_stats stats = c->stats;
    struct intake_stats sum = {0};

    for (size_t i = 0; i < c->feed_count; i++) {
        feed_count(&c->feeds[i], &sum);
        stats.feeds_lost += c->feeds[i].lost;
    }
    stats.lines = sum.lines;
    stats.records = sum.records;
    stats.malformed = sum.malformed;
    stats.unknown = sum.mapping.unknown;
    stats.unknown_fields = sum.mapping.unknown_fields;
    stats.bad_values = sum.mapping.bad_values;
    stats.held = c->pending_count;
    return stats;
}
