#include "detect/layout.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "tap.h"

/* A record with one of each kind of field. */
struct inner {
    uint16_t number;
    uint8_t level;
};

struct owned {
    char *name;
    struct inner *list;
    uint8_t count;
    uint8_t room;
};

struct sample {
    uint64_t time_ns;
    uint32_t counts[5];
    bool flag;
    double real;
    uint8_t raw[6];
    char text[12];
    struct address address;
    struct inner parts[2];
    struct owned *owned;
    const char *lent;
};

static const struct layout_field inner_fields[] = {
    {LAYOUT_ROW(LAYOUT_NUMBER, inner, number)},
    {LAYOUT_ROW(LAYOUT_NUMBER, inner, level), .most = 9},
};
static const struct layout layout_inner = LAYOUT_OF(inner, inner_fields);

static const struct layout_field owned_fields[] = {
    {LAYOUT_ROW(LAYOUT_OWNED_TEXT, owned, name)},
    {LAYOUT_ROW_LIST(owned, list, count, room), .of = &layout_inner, .most = 4},
};
static const struct layout layout_owned = LAYOUT_OF(owned, owned_fields);

static const struct layout_field sample_fields[] = {
    {LAYOUT_ROW(LAYOUT_TIME, sample, time_ns)},
    {LAYOUT_ROWS(LAYOUT_NUMBER, sample, counts)},
    {LAYOUT_ROW(LAYOUT_BOOL, sample, flag)},
    {LAYOUT_ROW(LAYOUT_REAL, sample, real)},
    {LAYOUT_ROW(LAYOUT_BYTES, sample, raw)},
    {LAYOUT_ROW(LAYOUT_TEXT, sample, text)},
    {LAYOUT_ROW(LAYOUT_ADDRESS, sample, address)},
    {LAYOUT_ROWS(LAYOUT_PART, sample, parts), .of = &layout_inner},
    {LAYOUT_ROW(LAYOUT_OWNED, sample, owned), .of = &layout_owned},
    {LAYOUT_ROW(LAYOUT_NAME, sample, lent)},
};
static const struct layout layout_sample = LAYOUT_OF(sample, sample_fields);

static const char known[] = "CN=Inspection";

static const char *find_name(void *ctx, struct span name)
{
    (void)ctx;
    return span_equal(name, span_of_text(known)) ? known : NULL;
}

static const struct layout_names names = {find_name, NULL};

static struct inner list[] = {{300, 1}, {400, 9}};
static char owned_name[] = "api.example";
static struct owned owned = {owned_name, list, 2, 2};

static struct sample full(void)
{
    return (struct sample){.time_ns = UINT64_C(1795232898000000000),
                           .counts = {1, 0, 3},
                           .flag = true,
                           .real = -1.5,
                           .raw = {1, 2, 3, 4, 5, 6},
                           .text = "words",
                           .address = {{10, 0, 0, 1}},
                           .parts = {{7, 2}, {8, 3}},
                           .owned = &owned,
                           .lent = known};
}

static struct span pack(const struct sample *s)
{
    static uint8_t packed[LAYOUT_PACKED_MAX];

    return span_of(packed, layout_pack(&layout_sample, s, packed));
}

static bool unpack(struct span packed, struct sample *out)
{
    *out = (struct sample){0};
    return layout_unpack(&layout_sample, packed, &names, out);
}

static void test_there_and_back(void)
{
    struct sample in = full(), out;
    struct span packed = pack(&in);

    ok(packed.len > 0 && packed.len < sizeof(in), "a record is packed, its zeros are not");
    ok(unpack(packed, &out), "and read again");
    ok(out.time_ns == in.time_ns && out.counts[2] == 3 && out.flag && out.real < -1.4,
       "numbers are what they were");
    ok(memcmp(out.raw, in.raw, 6) == 0 && strcmp(out.text, "words") == 0 &&
           address_equal(&out.address, &in.address) && out.parts[1].number == 8,
       "so are bytes, texts, addresses and parts");
    ok(out.owned && out.owned != &owned && strcmp(out.owned->name, "api.example") == 0,
       "what is owned is a copy");
    ok(out.owned && out.owned->count == 2 && out.owned->room == 2 &&
           out.owned->list[1].number == 400,
       "with its list, and the list's room");
    ok(out.lent == known, "a name is found again");
    layout_release(&layout_sample, &out);
}

static void test_empty(void)
{
    struct sample in = {0}, out;
    struct span packed = pack(&in);

    ok(packed.len > 0 && packed.len < 16, "an empty record takes a few bytes");
    ok(unpack(packed, &out) && !out.owned && !out.lent && out.time_ns == 0,
       "and is empty again");
}

static void test_forgotten_name(void)
{
    struct sample in = full(), out;

    in.lent = "CN=Nobody knows it";
    ok(unpack(pack(&in), &out) && !out.lent, "a name that nobody has is forgotten");
    layout_release(&layout_sample, &out);
}

static void test_cut(void)
{
    struct sample in = full(), out;
    struct span packed = pack(&in);
    size_t taken = 0;

    for (size_t len = 0; len < packed.len; len++) {
        taken += unpack(exact(span_first(packed, len)), &out);
        layout_release(&layout_sample, &out);
    }
    is_int(taken, 0, "no beginning of a record is taken for one");
}

/* Change each byte: it is refused, or what is read can be released. */
static void test_changed(void)
{
    struct sample in = full(), out;
    struct span packed = pack(&in);
    uint8_t copy[512];
    size_t refused = 0;

    for (size_t i = 0; i < packed.len; i++) {
        memcpy(copy, packed.data, packed.len);
        copy[i] ^= 0xff;
        refused += !unpack(exact(span_of(copy, packed.len)), &out);
        layout_release(&layout_sample, &out);
    }
    ok(refused > 0, "of changed records some are refused, and none does harm");
}

static void test_bounds(void)
{
    struct sample in = full(), out;

    list[1].level = 10;
    ok(!unpack(pack(&in), &out), "a number beyond its bound is refused");
    layout_release(&layout_sample, &out);
    list[1].level = 9;
    owned.count = 5;
    {
        static struct inner five[5];

        owned.list = five;
        ok(!unpack(pack(&in), &out), "so is a list that is too long");
        layout_release(&layout_sample, &out);
    }
    owned.list = list;
    owned.count = 2;
    memset(in.text, 'x', sizeof(in.text));
    ok(!unpack(pack(&in), &out), "and a text without an end");
    layout_release(&layout_sample, &out);
}

static void test_description(void)
{
    static const struct layout_field wider[] = {
        {LAYOUT_ROW(LAYOUT_NUMBER, inner, number)},
    };
    static const struct layout other = LAYOUT_OF(inner, wider);
    char a[1024], b[1024];
    struct text first = text_in(a, sizeof(a)), second = text_in(b, sizeof(b));

    layout_describe(&layout_inner, &first);
    layout_describe(&other, &second);
    ok(strcmp(a, b) != 0, "a field more is another layout");
    ok(strstr(a, "number") && strstr(a, "level"), "fields are named");
}

static void keep_line(void *ctx, struct span line)
{
    (void)snprintf(ctx, 1024, "%.*s", (int)line.len, (const char *)line.data);
}

static void test_json(void)
{
    struct sample in = full();
    char buffer[4096], line[1024] = "";
    struct json_out out;

    json_out_init(&out, buffer, sizeof(buffer), keep_line, line);
    json_out_begin(&out);
    layout_write_json(&layout_sample, &in, &out);
    (void)json_out_finish(&out);
    json_out_flush(&out);
    is_text(line,
            "{\"time_ns\":\"2026-11-21T03:48:18.000000Z\",\"counts\":[1,0,3],\"flag\":true,"
            "\"real\":-1.5000,\"raw\":\"010203040506\",\"text\":\"words\","
            "\"address\":\"a00:1::\",\"parts\":[{\"number\":7,\"level\":2},"
            "{\"number\":8,\"level\":3}],\"owned\":{\"name\":\"api.example\","
            "\"list\":[{\"number\":300,\"level\":1},{\"number\":400,\"level\":9}]},"
            "\"lent\":\"CN=Inspection\"}\n",
            "a record as JSON, without what is empty");
}

int main(void)
{
    test_there_and_back();
    test_empty();
    test_forgotten_name();
    test_cut();
    test_changed();
    test_bounds();
    test_description();
    test_json();
    return done_testing();
}
