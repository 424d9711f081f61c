#include "detect/watermark.h"

#include <string.h>

void watermark_advance(struct watermark *w, uint32_t clock_steps, const struct session *s)
{
    w->set = true;
    w->clock_steps = clock_steps;
    w->decided_ns = s->decided_ns;
    w->start_ns = s->start_ns;
    memcpy(w->id, s->id, sizeof(w->id));
    if (s->decided_ns > w->highest_ns)
        w->highest_ns = s->decided_ns;
    w->ends = 0;
}

/* As the hold-back orders them. */
static int compare(const struct session *s, const struct watermark *w)
{
    int order;

    if (s->decided_ns != w->decided_ns)
        return s->decided_ns < w->decided_ns ? -1 : 1;
    order = memcmp(s->id, w->id, sizeof(w->id));
    if (order == 0)
        order = s->start_ns < w->start_ns ? -1 : s->start_ns > w->start_ns;
    return order;
}

enum watermark_side watermark_side_of(const struct watermark *w, uint32_t clock_steps,
                                      const struct session *s)
{
    int order;

    if (clock_steps < w->clock_steps)
        return s->decided_ns <= w->highest_ns ? WATERMARK_BEFORE : WATERMARK_BEYOND;
    if (clock_steps > w->clock_steps)
        return WATERMARK_BEYOND;
    order = compare(s, w);
    return order < 0 ? WATERMARK_BEFORE : order == 0 ? WATERMARK_AT : WATERMARK_BEYOND;
}
