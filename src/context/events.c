#include "context/events.h"

struct context_events context_events(const struct context *c,
                                     const struct context_answer *device,
                                     enum context_kind kind, uint64_t from_ns,
                                     uint64_t until_ns)
{
    return (struct context_events){.store = context_store(c),
                                   .device = device,
                                   .kind = kind,
                                   .span_ns = {from_ns, until_ns},
                                   .anybody = kind == CONTEXT_NETWORK};
}

/* The next handle to look under; false when there is none. */
static bool enter(struct context_events *e)
{
    if (e->handle < e->device->handle_count) {
        const struct context_handle *h = &e->device->handles[e->handle++];

        e->walk = store_walk(e->store, e->kind, h->field, h->value, e->span_ns);
    } else if (e->anybody) {
        e->anybody = false;
        e->walk = store_walk(e->store, e->kind, STORE_ANY_DEVICE, NULL, e->span_ns);
    } else {
        return false;
    }
    e->walking = true;
    return true;
}

/* It was told under an earlier handle. */
static bool was_told(const struct context_events *e, const struct context_fact *f)
{
    for (size_t i = 0; i + 1 < e->handle; i++)
        if (fact_holds(f, e->device->handles[i].field, e->device->handles[i].value))
            return true;
    return false;
}

const struct context_fact *context_events_next(struct context_events *e)
{
    const struct context_fact *f;

    for (;;) {
        if (!e->walking && !enter(e))
            return NULL;
        f = store_next(&e->walk);
        if (!f)
            e->walking = false;
        else if (!was_told(e, f))
            return f;
    }
}

const struct context_fact *context_find_analysis(const struct context *c, const char *app,
                                                 uint64_t time_ns)
{
    const uint64_t span[2] = {time_ns, time_ns};
    struct store_walk w =
        store_walk(context_store(c), CONTEXT_ANALYSIS, FIELD_APP_ID, app, span);
    const struct context_fact *f, *best = NULL;

    while ((f = store_next(&w)) != NULL)
        if (!best || f->time_ns > best->time_ns ||
            (f->time_ns == best->time_ns && f->sequence > best->sequence))
            best = f;
    return best;
}
