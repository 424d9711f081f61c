#include "detect/layout.h"

#include <stdlib.h>

#include "detect/layout_walk.h"

/* Shorter runs of zeros are not worth their lengths. */
#define ZEROS_MIN 4
#define RUN_MAX UINT16_MAX

/* ---- the text of a layout */

static bool is_owned(enum layout_type type)
{
    return type >= LAYOUT_OWNED;
}

static void describe_field(const struct layout_field *f, struct text *out)
{
    text_add_format(out, "%s:%u", f->name, (unsigned)f->type);
    if (!is_owned(f->type))
        text_add_format(out, ":%u", (unsigned)f->size);
    text_add_format(out, "*%u", (unsigned)f->elements);
    text_add(out, f->of ? "(" : ",");
}

void layout_describe(const struct layout *l, struct text *out)
{
    const uint16_t order = 1;
    const struct layout_field *f;
    struct walk w = {.depth = 0};
    uint8_t *place;
    enum walk_step step;

    text_add_format(out, "%s:%u:%s(", l->name, (unsigned)l->size,
                    *(const uint8_t *)&order ? "little" : "big");
    (void)walk_enter(&w, l, NULL, 1);
    while ((step = walk_next(&w, &f, &place)) != WALK_DONE) {
        if (step == WALK_LEFT) {
            text_add(out, ")");
        } else if (step == WALK_FIELD) {
            describe_field(f, out);
            if (f->of && !walk_enter(&w, f->of, NULL, 1))
                out->cut = true;
        }
    }
    text_add(out, ")");
}

/* ---- bytes that are written */

struct pile {
    uint8_t bytes[LAYOUT_PACKED_MAX];
    size_t len;
    bool overflow;
};

static void put(struct pile *p, const void *bytes, size_t len)
{
    if (p->overflow || len > sizeof(p->bytes) - p->len) {
        p->overflow = true;
        return;
    }
    if (len)
        memcpy(p->bytes + p->len, bytes, len);
    p->len += len;
}

static void put_count(struct pile *p, uint32_t count)
{
    put(p, &count, sizeof(count));
}

/* A text that may be missing: its length and a byte more, then its characters. */
static void put_text(struct pile *p, const char *text)
{
    size_t len = text ? strlen(text) : 0;

    p->overflow = p->overflow || len > LAYOUT_TEXT_MAX;
    put_count(p, text ? (uint32_t)len + 1 : 0);
    put(p, text, len);
}

static void put_owned(struct pile *p, struct walk *w, const struct layout_field *f,
                      const uint8_t *place)
{
    uint8_t *owned = layout_pointer_at(place), there = owned != NULL;

    put(p, &there, 1);
    if (there && !walk_enter(w, f->of, owned, f->elements))
        p->overflow = true;
}

static void put_list(struct pile *p, struct walk *w, const struct layout_field *f,
                     const uint8_t *place)
{
    uint64_t count = layout_number_at(place - f->offset + f->count_offset, f->count_size);

    put_count(p, (uint32_t)count);
    if (count > 0 && !walk_enter(w, f->of, layout_pointer_at(place), count))
        p->overflow = true;
}

static void put_field(struct pile *p, struct walk *w, const struct layout_field *f,
                      uint8_t *place)
{
    switch (f->type) {
    case LAYOUT_NUMBER:
    case LAYOUT_BOOL:
    case LAYOUT_REAL:
    case LAYOUT_TIME:
    case LAYOUT_BYTES:
    case LAYOUT_TEXT:
    case LAYOUT_ADDRESS:
        put(p, place, (size_t)f->size * f->elements);
        return;
    case LAYOUT_PART:
        p->overflow = !walk_enter(w, f->of, place, f->elements) || p->overflow;
        return;
    case LAYOUT_OWNED:
        put_owned(p, w, f, place);
        return;
    case LAYOUT_OWNED_LIST:
        put_list(p, w, f, place);
        return;
    case LAYOUT_OWNED_TEXT:
    case LAYOUT_NAME:
        put_text(p, layout_pointer_at(place));
        return;
    }
}

static size_t count_zeros(const uint8_t *bytes, size_t len)
{
    size_t n = 0;

    while (n < len && n < RUN_MAX && bytes[n] == 0)
        n++;
    return n;
}

/* Bytes up to the next run of zeros that is worth packing. */
static size_t count_others(const uint8_t *bytes, size_t len)
{
    size_t n = 0;

    while (n < len && n < RUN_MAX) {
        size_t zeros = count_zeros(bytes + n, len - n < ZEROS_MIN ? len - n : ZEROS_MIN);

        if (zeros == ZEROS_MIN)
            break;
        n += zeros ? zeros : 1;
    }
    return n < RUN_MAX ? n : RUN_MAX;
}

/* Pairs of runs: two bytes each for how many others and how many zeros, then the others. */
static size_t pack_zeros(const struct pile *p, uint8_t *out)
{
    size_t from = 0, to = 0;

    while (from < p->len) {
        uint16_t runs[2];

        runs[0] = (uint16_t)count_others(p->bytes + from, p->len - from);
        runs[1] = (uint16_t)count_zeros(p->bytes + from + runs[0], p->len - from - runs[0]);
        if (LAYOUT_PACKED_MAX - to < sizeof(runs) + runs[0])
            return 0;
        memcpy(out + to, runs, sizeof(runs));
        memcpy(out + to + sizeof(runs), p->bytes + from, runs[0]);
        to += sizeof(runs) + runs[0];
        from += (size_t)runs[0] + runs[1];
    }
    return to;
}

size_t layout_pack(const struct layout *l, const void *record, uint8_t *out)
{
    const struct layout_field *f;
    struct walk w = {.depth = 0};
    struct pile pile;
    uint8_t *base, *place;
    enum walk_step step;

    pile.len = 0;
    pile.overflow = false;
    memcpy(&base, &record, sizeof(base)); /* only read from */
    (void)walk_enter(&w, l, base, 1);
    while ((step = walk_next(&w, &f, &place)) != WALK_DONE)
        if (step == WALK_FIELD)
            put_field(&pile, &w, f, place);
    return pile.overflow ? 0 : pack_zeros(&pile, out);
}

/* ---- bytes that are read */

struct reading {
    struct span left;
    const struct layout_names *names;
    struct walk walk;
};

static bool unpack_zeros(struct span packed, struct pile *p)
{
    p->len = 0;
    while (!span_empty(packed)) {
        struct span run;
        uint16_t runs[2];

        if (!span_take(&packed, sizeof(runs), &run))
            return false;
        memcpy(runs, run.data, sizeof(runs));
        if (!span_take(&packed, runs[0], &run) ||
            sizeof(p->bytes) - p->len < (size_t)runs[0] + runs[1])
            return false;
        memcpy(p->bytes + p->len, run.data, runs[0]);
        memset(p->bytes + p->len + runs[0], 0, runs[1]);
        p->len += (size_t)runs[0] + runs[1];
    }
    return true;
}

static bool take(struct reading *r, void *to, size_t len)
{
    struct span bytes;

    if (!span_take(&r->left, len, &bytes))
        return false;
    memcpy(to, bytes.data, len);
    return true;
}

static bool take_plain(struct reading *r, const struct layout_field *f, uint8_t *place)
{
    size_t len = (size_t)f->size * f->elements;

    if (!take(r, place, len))
        return false;
    for (size_t i = 0; f->type == LAYOUT_BOOL && i < len; i++)
        if (place[i] > 1)
            return false;
    for (size_t i = 0; f->type == LAYOUT_NUMBER && f->most && i < f->elements; i++)
        if (layout_number_at(place + i * f->size, f->size) > f->most)
            return false;
    return f->type != LAYOUT_TEXT || memchr(place, '\0', len);
}

static bool take_owned(struct reading *r, const struct layout_field *f, uint8_t *place)
{
    uint8_t there;
    void *owned;

    if (!take(r, &there, 1) || there > 1)
        return false;
    if (!there)
        return true;
    owned = calloc(f->elements, f->of->size);
    if (!owned)
        return false;
    memcpy(place, &owned, sizeof(owned));
    return walk_enter(&r->walk, f->of, owned, f->elements);
}

static void set_number(uint8_t *place, size_t size, uint32_t number)
{
    uint16_t two = (uint16_t)number;

    if (size == 1)
        *place = (uint8_t)number;
    else if (size == 2)
        memcpy(place, &two, sizeof(two));
    else
        memcpy(place, &number, sizeof(number));
}

static bool take_list(struct reading *r, const struct layout_field *f, uint8_t *place)
{
    uint32_t count;
    void *owned;

    if (!take(r, &count, sizeof(count)) || count > f->most)
        return false;
    if (count == 0)
        return true;
    owned = calloc(count, f->of->size);
    if (!owned)
        return false;
    memcpy(place, &owned, sizeof(owned));
    set_number(place - f->offset + f->count_offset, f->count_size, count);
    set_number(place - f->offset + f->room_offset, f->count_size, count);
    return walk_enter(&r->walk, f->of, owned, count);
}

static bool take_text(struct reading *r, const struct layout_field *f, uint8_t *place)
{
    const char *name;
    struct span text;
    uint32_t len;
    char *owned;

    if (!take(r, &len, sizeof(len)) || len > LAYOUT_TEXT_MAX + 1)
        return false;
    if (len == 0)
        return true;
    if (!span_take(&r->left, len - 1, &text))
        return false;
    if (f->type == LAYOUT_NAME) {
        name = r->names ? r->names->find(r->names->ctx, text) : NULL;
        memcpy(place, &name, sizeof(name));
        return true;
    }
    owned = calloc(1, len);
    if (!owned)
        return false;
    memcpy(owned, text.data, text.len);
    memcpy(place, &owned, sizeof(owned));
    return true;
}

static bool take_field(struct reading *r, const struct layout_field *f, uint8_t *place)
{
    switch (f->type) {
    case LAYOUT_NUMBER:
    case LAYOUT_BOOL:
    case LAYOUT_REAL:
    case LAYOUT_TIME:
    case LAYOUT_BYTES:
    case LAYOUT_TEXT:
    case LAYOUT_ADDRESS:
        return take_plain(r, f, place);
    case LAYOUT_PART:
        return walk_enter(&r->walk, f->of, place, f->elements);
    case LAYOUT_OWNED:
        return take_owned(r, f, place);
    case LAYOUT_OWNED_LIST:
        return take_list(r, f, place);
    case LAYOUT_OWNED_TEXT:
    case LAYOUT_NAME:
        return take_text(r, f, place);
    }
    return false;
}

bool layout_unpack(const struct layout *l, struct span packed,
                   const struct layout_names *names, void *record)
{
    const struct layout_field *f;
    struct reading r = {.names = names};
    struct pile pile;
    uint8_t *place;
    enum walk_step step;

    if (!unpack_zeros(packed, &pile))
        return false;
    r.left = span_of(pile.bytes, pile.len);
    (void)walk_enter(&r.walk, l, record, 1);
    while ((step = walk_next(&r.walk, &f, &place)) != WALK_DONE)
        if (step == WALK_FIELD && !take_field(&r, f, place))
            return false;
    return span_empty(r.left);
}
