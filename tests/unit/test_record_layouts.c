#include "detect/record_layouts.h"

#include <stdio.h>
#include <stdlib.h>

#include "detect/correlate.h"
#include "detect/layout_parts.h"
#include "session/session_names.h"
#include "tap.h"

#define STRUCT_MAX 16384

/* Where a field may begin: at multiples of what? Of a part at eight at most. */
static size_t alignment_of(const struct layout_field *f)
{
    size_t size = f->size, align = 1;

    if (f->type == LAYOUT_BYTES || f->type == LAYOUT_TEXT || f->type == LAYOUT_ADDRESS)
        return 1;
    while (align < 8 && size % (align * 2) == 0)
        align *= 2;
    return align;
}

static void mark(char *covered, size_t from, size_t len)
{
    memset(covered + from, 1, len);
}

static size_t alignment_at(const struct layout *l, size_t at)
{
    for (size_t i = 0; i < l->field_count; i++)
        if (l->fields[i].offset == at)
            return alignment_of(&l->fields[i]);
    return 8; /* the end, or the number of a list */
}

/* The first bytes of the struct without a row that are more than the compiler puts in front of the
 * next field. A field that is as small as that is not noticed. */
static const char *find_hole(const struct layout *l, size_t from)
{
    static char covered[STRUCT_MAX], found[64];

    memset(covered, 0, sizeof(covered));
    mark(covered, 0, from);
    for (size_t i = 0; i < l->field_count; i++) {
        const struct layout_field *f = &l->fields[i];

        mark(covered, f->offset,
             f->type == LAYOUT_OWNED ? f->size : (size_t)f->size * f->elements);
        if (f->type == LAYOUT_OWNED_LIST) {
            mark(covered, f->count_offset, f->count_size);
            mark(covered, f->room_offset, f->count_size);
        }
    }
    for (size_t at = from, end; at < l->size; at = end + 1) {
        end = at;
        while (end < l->size && !covered[end])
            end++;
        if (end > at && end - at >= alignment_at(l, end)) {
            (void)snprintf(found, sizeof(found), "bytes %zu to %zu have no row", at,
                           end - 1);
            return found;
        }
    }
    return "";
}

static void test_whole(const struct layout *l, size_t from)
{
    is_text(find_hole(l, from), "", "every byte of %s stands in a row", l->name);
    for (size_t i = 0; i < l->field_count; i++) {
        const struct layout_field *f = &l->fields[i];
        bool has_part = f->type == LAYOUT_PART || f->type == LAYOUT_OWNED ||
                        f->type == LAYOUT_OWNED_LIST;

        if ((f->of != NULL) != has_part)
            ok(false, "%s.%s names its part", l->name, f->name);
        else if (f->type == LAYOUT_PART && f->size != f->of->size)
            ok(false, "%s.%s has the size of its part", l->name, f->name);
    }
}

/* Each table that a record reaches, once. */
static void test_all(const struct layout *root, size_t from)
{
    const struct layout *found[64] = {root};
    size_t count = 1;

    for (size_t n = 0; n < count; n++) {
        test_whole(found[n], n == 0 ? from : 0);
        for (size_t i = 0; i < found[n]->field_count; i++) {
            const struct layout *of = found[n]->fields[i].of;
            size_t k = 0;

            while (k < count && found[k] != of)
                k++;
            if (of && k == count && count < 64)
                found[count++] = of;
        }
    }
}

static void test_described(void)
{
    char first[32768], second[32768];
    struct text a = text_in(first, sizeof(first)), b = text_in(second, sizeof(second));

    layout_describe(&layout_device, &a);
    layout_describe(&layout_key, &b);
    ok(!a.cut && !b.cut, "a description fits");
    ok(strcmp(first, second) != 0, "two records are described differently");
    ok(strstr(second, "suspicion") && strstr(second, "community_id"),
       "what a record owns is described with it");
}

/* Evidence of each kind comes back: a bound that is too low would lose the whole record. */
static void test_evidence(void)
{
    static uint8_t packed[LAYOUT_PACKED_MAX];

    for (int state = INSPECTION_UNKNOWN; state <= INSPECTION_YES; state++) {
        struct finding_evidence e = {.outcome = OUTCOME_COUNT - 1,
                                     .shape = SHAPE_S6,
                                     .inspection = (enum inspection_state)state,
                                     .inspection_basis = BASIS_QUIC};
        struct finding_evidence back = {.time_ns = 0};
        size_t len = layout_pack(&layout_evidence, &e, packed);

        ok(layout_unpack(&layout_evidence, span_of(packed, len), NULL, &back) &&
               back.inspection == e.inspection,
           "evidence with inspection %s comes back",
           inspection_state_name((enum inspection_state)state));
    }
}

int main(void)
{
    const size_t entry = sizeof(struct memory_entry);

    test_all(&layout_device, entry);
    test_all(&layout_device_app, entry);
    test_all(&layout_app, entry);
    test_all(&layout_destination, entry);
    test_all(&layout_app_destination, entry);
    test_all(&layout_device_destination, entry);
    test_all(&layout_key, entry);
    test_all(&layout_scope_record, entry);
    test_all(&layout_policy_record, entry);
    test_all(&layout_issuer, entry);
    test_all(&layout_upstream_key, entry);
    test_all(&layout_fleet, entry);
    test_all(&layout_genuine, entry);
    test_all(&layout_settle_entry, 0);
    test_described();
    test_evidence();
    return done_testing();
}
