#include "merge.h"

#include <stdlib.h>

#include "base/check.h"

int merge_init(struct merge *m, size_t count, struct err *why)
{
    *m = (struct merge){.count = count};
    m->places = calloc(count, sizeof(*m->places));
    return m->places ? 0 : err_set(why, "no memory for %zu queues", count);
}

void merge_fini(struct merge *m)
{
    free(m->places);
    *m = (struct merge){0};
}

void merge_join(struct merge *m, size_t i, struct queue *queue)
{
    CHECK(i < m->count);
    m->places[i].queue = queue;
}

/* Within one frame all sessions come before what concludes them. */
static int rank(enum message_kind kind)
{
    static const int ranks[] = {
        [MESSAGE_SESSION] = 0,  [MESSAGE_END] = 0,  [MESSAGE_STEP] = 1,
        [MESSAGE_COUNTERS] = 2, [MESSAGE_LOOK] = 2, [MESSAGE_MARK] = 3,
        [MESSAGE_LAST] = 3,
    };

    return ranks[kind];
}

static bool is_before(const struct message *a, const struct message *b)
{
    if (a->order != b->order)
        return a->order < b->order;
    return rank(a->kind) < rank(b->kind);
}

/* The first message of a queue that is more than a mark. */
static const struct message *first_of(struct merge_place *p)
{
    const struct message *message;

    while (!p->ended && (message = queue_first(p->queue)) != NULL) {
        if (message->kind != MESSAGE_MARK)
            return message;
        p->order = message->order;
        p->now_ns = message->now_ns;
        queue_drop(p->queue);
    }
    return NULL;
}

const struct message *merge_next(struct merge *m)
{
    const struct message *next = NULL;
    uint64_t known = UINT64_MAX; /* nothing before this is missing */
    size_t whose = m->turn;

    for (size_t n = 1; n <= m->count; n++) {
        size_t i = (m->turn + n) % m->count;
        const struct message *first = first_of(&m->places[i]);

        if (first && (!next || is_before(first, next))) {
            next = first;
            whose = i;
        }
        if (!first && !m->places[i].ended && m->places[i].order < known)
            known = m->places[i].order;
    }
    if (!next || next->order > known)
        return NULL;
    m->turn = whose;
    return next;
}

void merge_drop(struct merge *m)
{
    struct merge_place *p = &m->places[m->turn];
    const struct message *message = queue_first(p->queue);

    p->ended = message->kind == MESSAGE_LAST;
    if (message->kind == MESSAGE_STEP)
        m->step_order = message->order;
    queue_drop(p->queue);
}

uint64_t merge_now_ns(const struct merge *m)
{
    const struct merge_place *least = NULL;

    for (size_t i = 0; i < m->count; i++) {
        const struct merge_place *p = &m->places[i];

        if (p->ended)
            continue;
        if (!least || p->order < least->order ||
            (p->order == least->order && p->now_ns < least->now_ns))
            least = p;
    }
    return least && least->order >= m->step_order ? least->now_ns : 0;
}

bool merge_is_over(const struct merge *m)
{
    for (size_t i = 0; i < m->count; i++)
        if (!m->places[i].ended)
            return false;
    return true;
}

void merge_leave(struct merge *m)
{
    for (size_t i = 0; i < m->count; i++)
        queue_leave(m->places[i].queue);
}
