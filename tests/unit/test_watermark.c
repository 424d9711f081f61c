#include "detect/watermark.h"

#include <string.h>

#include "tap.h"

static struct session at(uint64_t decided_ns, uint8_t id)
{
    struct session s = {.decided_ns = decided_ns, .start_ns = 1};

    memset(s.id, id, sizeof(s.id));
    return s;
}

static enum watermark_side side(const struct watermark *w, uint32_t steps, uint64_t ns,
                                uint8_t id)
{
    struct session s = at(ns, id);

    return watermark_side_of(w, steps, &s);
}

static void test_order(void)
{
    struct watermark w = {.set = false};
    struct session s = at(100, 5);

    watermark_advance(&w, 0, &s);
    ok(w.set && w.highest_ns == 100, "a session sets it");
    is_int(side(&w, 0, 99, 9), WATERMARK_BEFORE, "what was decided before lies before");
    is_int(side(&w, 0, 100, 4), WATERMARK_BEFORE, "so does the lower id of that time");
    is_int(side(&w, 0, 100, 5), WATERMARK_AT, "it lies at itself");
    is_int(side(&w, 0, 100, 6), WATERMARK_BEYOND, "the higher id is new");
    is_int(side(&w, 0, 101, 1), WATERMARK_BEYOND, "and so is what was decided later");
}

static void test_steps(void)
{
    struct watermark w = {.set = false};
    struct session first = at(1000, 1), second = at(500, 1);

    watermark_advance(&w, 0, &first);
    watermark_advance(&w, 1, &second);
    is_int(w.highest_ns, 1000, "the latest decision of any stretch is kept");
    is_int(side(&w, 0, 900, 1), WATERMARK_BEFORE,
           "the stretch before the step lies before");
    is_int(side(&w, 1, 400, 1), WATERMARK_BEFORE, "and the beginning of this one");
    is_int(side(&w, 1, 501, 1), WATERMARK_BEYOND, "its rest is new");
    is_int(side(&w, 2, 1, 1), WATERMARK_BEYOND, "and so is a later stretch");
    is_int(side(&w, 0, 1001, 1), WATERMARK_BEYOND,
           "another input, later than anything before, is new");
}

static void test_ends(void)
{
    struct watermark w = {.set = true, .ends = 7};
    struct session s = at(100, 1);

    watermark_advance(&w, 0, &s);
    is_int(w.ends, 0, "totals count from the latest session");
}

int main(void)
{
    test_order();
    test_steps();
    test_ends();
    return done_testing();
}
