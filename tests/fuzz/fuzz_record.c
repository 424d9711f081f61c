/*
 * The record layer: however a stream is cut into pieces, the same headers, bodies and ends are
 * told; lengths stay in bounds; nothing is told after the reader is lost.
 */
#include <stdlib.h>

#include "base/check.h"
#include "tls/record.h"

struct log {
    uint64_t hash; /* of all that was told */
    uint64_t body; /* bytes of the record at hand */
    bool lost;
};

static void mix(struct log *l, uint64_t value)
{
    l->hash = (l->hash ^ value) * UINT64_C(0x100000001b3);
}

static bool on_header(void *ctx, const struct record_header *header, uint64_t time_ns)
{
    struct log *l = ctx;

    (void)time_ns;
    CHECK(!l->lost && header->length <= RECORD_LENGTH_MAX);
    mix(l, (uint64_t)header->type << 32 | (uint64_t)header->version << 16 | header->length);
    l->body = 0;
    return header->length % 2 == 0; /* some bodies are wanted, some are not */
}

static void on_body(void *ctx, struct span piece, uint64_t time_ns)
{
    struct log *l = ctx;

    (void)time_ns;
    CHECK(!l->lost);
    for (size_t i = 0; i < piece.len; i++)
        mix(l, piece.data[i]);
    l->body += piece.len;
    CHECK(l->body <= RECORD_LENGTH_MAX);
}

static void on_end(void *ctx, uint64_t time_ns)
{
    struct log *l = ctx;

    (void)time_ns;
    CHECK(!l->lost);
    mix(l, UINT64_C(0xe0d) << 32 | l->body);
}

static void on_absent(void *ctx, uint32_t count)
{
    struct log *l = ctx;

    CHECK(!l->lost);
    l->body += count;
}

static void on_lost(void *ctx, enum record_lost why)
{
    struct log *l = ctx;

    CHECK(!l->lost);
    l->lost = true;
    mix(l, UINT64_C(0x105) << 32 | (uint64_t)why);
}

/* Read `input` in pieces of `step` bytes, 0 for one piece. */
static struct log read_in(struct span input, size_t step)
{
    struct log l = {.hash = UINT64_C(0xcbf29ce484222325)};
    struct record_handler handler = {&l, on_header, on_body, on_end, on_absent, on_lost};
    struct record_reader reader = {.left = 0};
    struct span piece;

    while (!span_empty(input)) {
        size_t n = step && step < input.len ? step : input.len;

        if (!span_take(&input, n, &piece))
            break;
        record_push(&reader, &handler, piece, 0, 1);
    }
    return l;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct log whole = read_in(span_of(data, size), 0);
    const size_t steps[] = {1, 2, 3, 5, 7, 64};

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct log pieces = read_in(span_of(data, size), steps[i]);

        CHECK(pieces.hash == whole.hash && pieces.lost == whole.lost);
    }
    return 0;
}
