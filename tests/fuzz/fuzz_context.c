/*
 * A context feed of any format: first byte the format that the settings name (0: by content), the
 * rest its bytes. Cut anywhere, it gives the same records; each record keeps what its kind promises,
 * and the store finds it again, once, and stays within its memory.
 */
#include <string.h>

#include "context/describe.h"
#include "context/intake.h"
#include "context/store.h"
#include "property.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STORE_BYTES (1u << 20)
#define RECORDS_MAX 256u

struct feed {
    struct store store;
    uint64_t hashes[RECORDS_MAX];
    size_t records;
    size_t broken;
};

static void check_record(const struct context_record *r)
{
    must(r->kind < CONTEXT_KINDS);
    must(r->until_ns == 0 || r->until_ns >= r->time_ns);
    for (int f = 0; f < CONTEXT_TEXTS; f++) {
        const char *text = record_text(r, (enum context_field)f);

        must(!text || (text >= r->blob && text + strlen(text) < r->blob + sizeof(r->blob)));
        must(!text || *text != '\0');
    }
}

static void check_fact(const struct store *s, const struct context_fact *f)
{
    const uint64_t span[2] = {f->from_ns, f->from_ns};
    const char *id = fact_text(f, FIELD_DEVICE_ID);
    char words[CONTEXT_WORDS_MAX];
    size_t found = 0;
    struct store_walk w;
    const struct context_fact *other;

    must(f->from_ns <= f->until_ns && f->link_count <= f->link_room);
    must(strlen(context_describe_fact(f, words)) < CONTEXT_WORDS_MAX);
    if (!id)
        return;
    w = store_walk(s, f->kind, FIELD_DEVICE_ID, id, span);
    while ((other = store_next(&w)) != NULL)
        found += other == f;
    must(found == 1);
}

static void on_record(void *ctx, const struct context_record *r,
                      const struct format *format, uint32_t line)
{
    struct feed *feed = ctx;
    const struct context_fact *f;
    size_t held = 0;

    must(format && line > 0);
    check_record(r);
    f = store_put(&feed->store, r, 1, line);
    if (f) {
        check_fact(&feed->store, f);
        if (feed->records < RECORDS_MAX)
            feed->hashes[feed->records++] = f->hash;
    }
    for (int k = 0; k < CONTEXT_KINDS; k++)
        held += feed->store.bytes[k];
    must(held <= STORE_BYTES + 2 * sizeof(struct context_record) + 65536);
}

static void on_broken(void *ctx, uint32_t line, const char *sentence)
{
    struct feed *feed = ctx;

    must(line > 0 && sentence[0] != '\0' && !strchr(sentence, '\n'));
    feed->broken++;
}

static void read_feed(struct feed *feed, enum context_format format, struct span bytes,
                      size_t step)
{
    struct intake_options options = {.format = format,
                                     .date_ns = UINT64_C(1795305600000000000),
                                     .device = "dev",
                                     .ctx = feed,
                                     .on_record = on_record,
                                     .on_broken = on_broken};
    struct intake in;
    struct err why;

    memset(feed, 0, sizeof(*feed));
    must(store_init(&feed->store, STORE_BYTES, 7, &why) == 0);
    intake_init(&in, &options);
    while (bytes.len > 0) {
        struct span piece = span_first(bytes, step);

        must(intake_push(&in, piece, &why) == 0);
        bytes = span_of(bytes.data + piece.len, bytes.len - piece.len);
    }
    intake_end(&in);
    intake_fini(&in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct feed whole, cut;
    enum context_format format;
    struct span bytes;

    if (size < 2)
        return 0;
    format = (enum context_format)(data[0] % (CONTEXT_FORMAT_MITMPROXY + 1));
    bytes = span_of(data + 1, size - 1);
    read_feed(&whole, format, bytes, SIZE_MAX);
    read_feed(&cut, format, bytes, 1 + data[size - 1] % 61u);
    must(whole.records == cut.records && whole.broken == cut.broken);
    must(memcmp(whole.hashes, cut.hashes, whole.records * sizeof(whole.hashes[0])) == 0);
    store_fini(&whole.store);
    store_fini(&cut.store);
    return 0;
}
