/*
 * A record as JSON, by the table of its fields. Fields that are empty, and the empty end of lists,
 * are left out.
 */
#include <stdlib.h>

#include "detect/layout.h"
#include "detect/layout_walk.h"

/* Owned structs of one record; there are few. */
#define OWNED_MAX 512

static bool is_zero(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (bytes[i])
            return false;
    return true;
}

/* Elements up to the last that is not empty. */
static size_t count_used(const uint8_t *place, size_t size, size_t elements)
{
    while (elements > 0 && is_zero(place + (elements - 1) * size, size))
        elements--;
    return elements;
}

static void write_number(const struct layout_field *f, const char *key, uint64_t number,
                         struct json_out *out)
{
    const char *word = f->words ? f->words(number) : NULL;

    if (word)
        json_out_text(out, key, word);
    else if (f->type == LAYOUT_TIME && number > 0)
        json_out_time(out, key, number);
    else if (f->type == LAYOUT_BOOL)
        json_out_bool(out, key, number != 0);
    else
        json_out_number(out, key, number);
}

static void write_real(const struct layout_field *f, const char *key, const uint8_t *place,
                       struct json_out *out)
{
    double value;
    float single;

    if (f->size == sizeof(single)) {
        memcpy(&single, place, sizeof(single));
        value = (double)single;
    } else {
        memcpy(&value, place, sizeof(value));
    }
    json_out_real(out, key, value, 4);
}

static void write_element(const struct layout_field *f, const char *key,
                          const uint8_t *place, struct json_out *out)
{
    if (f->type == LAYOUT_REAL)
        write_real(f, key, place, out);
    else
        write_number(f, key, layout_number_at(place, f->size), out);
}

static void write_numbers(const struct layout_field *f, const uint8_t *place,
                          struct json_out *out)
{
    size_t used = count_used(place, f->size, f->elements);

    if (used == 0)
        return;
    if (f->elements == 1) {
        write_element(f, f->name, place, out);
        return;
    }
    json_out_array(out, f->name);
    for (size_t i = 0; i < used; i++)
        write_element(f, NULL, place + i * f->size, out);
    json_out_end(out);
}

static void write_address(const struct layout_field *f, const uint8_t *place,
                          struct json_out *out)
{
    struct address address;

    memcpy(address.bytes, place, sizeof(address.bytes));
    if (!is_zero(place, sizeof(address.bytes)))
        json_out_address(out, f->name, &address);
}

/* Where the elements of a row with a table of its own lie, and how many are worth telling. */
static uint8_t *find_parts(const struct layout_field *f, uint8_t *place, size_t *count)
{
    uint8_t *parts = f->type == LAYOUT_PART ? place : layout_pointer_at(place);

    *count = 0;
    if (!parts)
        return NULL;
    if (f->type == LAYOUT_PART)
        *count = count_used(parts, f->of->size, f->elements);
    else if (f->type == LAYOUT_OWNED)
        *count = f->elements;
    else
        *count =
            (size_t)layout_number_at(place - f->offset + f->count_offset, f->count_size);
    return parts;
}

static bool is_list(const struct layout_field *f)
{
    return f->type == LAYOUT_OWNED_LIST || f->elements > 1;
}

/* A plain field; false when it is one with a table of its own. */
static bool write_plain(const struct layout_field *f, uint8_t *place, struct json_out *out)
{
    switch (f->type) {
    case LAYOUT_NUMBER:
    case LAYOUT_BOOL:
    case LAYOUT_REAL:
    case LAYOUT_TIME:
        write_numbers(f, place, out);
        return true;
    case LAYOUT_BYTES:
        if (!is_zero(place, f->size))
            json_out_hex(out, f->name, span_of(place, f->size));
        return true;
    case LAYOUT_TEXT:
        json_out_fact(out, f->name, (const char *)place);
        return true;
    case LAYOUT_ADDRESS:
        write_address(f, place, out);
        return true;
    case LAYOUT_OWNED_TEXT:
    case LAYOUT_NAME:
        json_out_fact(out, f->name, layout_pointer_at(place));
        return true;
    case LAYOUT_PART:
    case LAYOUT_OWNED:
    case LAYOUT_OWNED_LIST:
        break;
    }
    return false;
}

void layout_write_json(const struct layout *l, void *record, struct json_out *out)
{
    bool lists[WALK_DEPTH + 1] = {false};
    const struct layout_field *f;
    struct walk w = {.depth = 0};
    uint8_t *place, *parts;
    enum walk_step step;
    size_t count;

    (void)walk_enter(&w, l, record, 1);
    while ((step = walk_next(&w, &f, &place)) != WALK_DONE) {
        if (step == WALK_NEXT) {
            json_out_end(out);
            json_out_object(out, NULL);
        } else if (step == WALK_LEFT) {
            json_out_end(out);
            if (lists[w.depth])
                json_out_end(out);
        } else if (!write_plain(f, place, out)) {
            parts = find_parts(f, place, &count);
            if (count == 0 || !walk_enter(&w, f->of, parts, count))
                continue;
            lists[w.depth - 1] = is_list(f);
            if (is_list(f))
                json_out_array(out, f->name);
            json_out_object(out, is_list(f) ? NULL : f->name);
        }
    }
}

void layout_release(const struct layout *l, void *record)
{
    void *owned[OWNED_MAX];
    const struct layout_field *f;
    struct walk w = {.depth = 0};
    uint8_t *place, *parts;
    enum walk_step step;
    size_t n = 0, count;

    (void)walk_enter(&w, l, record, 1);
    while ((step = walk_next(&w, &f, &place)) != WALK_DONE) {
        if (step != WALK_FIELD || (f->type < LAYOUT_PART) || f->type == LAYOUT_NAME)
            continue;
        if (f->type != LAYOUT_PART && layout_pointer_at(place) && n < OWNED_MAX)
            owned[n++] = layout_pointer_at(place);
        if (!f->of)
            continue;
        parts = f->type == LAYOUT_PART ? place : find_parts(f, place, &count);
        count = f->type == LAYOUT_PART ? f->elements : count;
        if (count > 0)
            (void)walk_enter(&w, f->of, parts, count);
    }
    while (n > 0)
        free(owned[--n]);
}
