/*
 * A record of a state database: the first byte names its kind (detect/state.h), the rest is the
 * row. What is read can be shown and written, and what was written is read and written again to
 * the same bytes. A record that is refused can be released all the same.
 */
#include "detect/layout.h"
#include "detect/state_memory.h"
#include "property.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define JSON_BUFFER (4u * 1024u * 1024u)

struct packed {
    uint8_t bytes[LAYOUT_PACKED_MAX];
    size_t len;
};

static const char *find_name(void *ctx, struct span name)
{
    (void)ctx;
    return name.len % 2 ? "CN=Inspection" : NULL;
}

static const struct layout_names names = {find_name, NULL};

static void drop(void *ctx, struct span lines)
{
    (void)ctx;
    must(lines.len > 0);
}

static void show(const struct layout *l, void *record)
{
    static char buffer[JSON_BUFFER];
    struct json_out out;

    json_out_init(&out, buffer, sizeof(buffer), drop, NULL);
    json_out_begin(&out);
    layout_write_json(l, record, &out);
    must(json_out_finish(&out));
    json_out_flush(&out);
}

/* Read a row, show it, and write it; false when it is refused, or longer than a row may be. */
static bool read_and_write(const struct layout *l, struct span row, struct packed *out)
{
    void *record = calloc(1, l->size);
    bool good;

    must(record != NULL);
    good = layout_unpack(l, row, &names, record);
    out->len = 0;
    if (good) {
        show(l, record);
        out->len = layout_pack(l, record, out->bytes);
    }
    layout_release(l, record);
    free(record);
    return out->len > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct packed once, twice;
    struct span row = span_of(data, size);
    const struct layout *l;
    uint8_t kind;

    if (!span_u8(&row, &kind))
        return 0;
    l = state_memory_layout((enum state_kind)kind);
    if (!l || !read_and_write(l, row, &once))
        return 0;
    must(read_and_write(l, span_of(once.bytes, once.len), &twice));
    must(span_equal(span_of(once.bytes, once.len), span_of(twice.bytes, twice.len)));
    return 0;
}
