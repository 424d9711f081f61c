#include "queue.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"
#include "stats.h"

struct slot {
    struct message message;
    union {
        struct session session;
        struct session_end end;
        struct counters *counters;
    };
};

/* ---- the bell */

int bell_init(struct bell *b, struct err *why)
{
    atomic_init(&b->asleep, false);
    b->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return b->fd < 0 ? err_set(why, "no descriptor for the queue of sessions") : 0;
}

void bell_fini(struct bell *b)
{
    if (b->fd >= 0)
        (void)close(b->fd);
    b->fd = -1;
}

/* An eventfd counts; nobody reads how far. */
static void ring(int fd)
{
    const uint64_t one = 1;

    if (write(fd, &one, sizeof(one)) < 0)
        return; /* it counts already as far as it can */
}

static void bell_ring(struct bell *b)
{
    if (atomic_load(&b->asleep) && atomic_exchange(&b->asleep, false))
        ring(b->fd);
}

void bell_listen(struct bell *b)
{
    atomic_store(&b->asleep, true);
}

void bell_quiet(struct bell *b)
{
    uint64_t count;

    atomic_store(&b->asleep, false);
    if (read(b->fd, &count, sizeof(count)) < 0)
        return; /* it did not ring */
}

/* ---- the queue */

int queue_init(struct queue *q, size_t size, struct bell *bell, struct err *why)
{
    *q = (struct queue){.size = size, .bell = bell, .room_fd = -1};
    q->slots = calloc(size, sizeof(*q->slots));
    q->room_fd = eventfd(0, EFD_CLOEXEC);
    if (!q->slots || q->room_fd < 0) {
        queue_fini(q);
        return err_set(why, "no memory for a queue of %zu sessions", size);
    }
    return 0;
}

static size_t used(struct queue *q)
{
    return atomic_load(&q->written) - atomic_load(&q->taken);
}

static void fill(struct slot *slot, const struct message *m)
{
    slot->message = *m;
    switch (m->kind) {
    case MESSAGE_SESSION:
        session_copy(&slot->session, m->session);
        slot->message.session = &slot->session;
        break;
    case MESSAGE_END:
        slot->end = *m->end;
        slot->message.end = &slot->end;
        break;
    case MESSAGE_COUNTERS:
    case MESSAGE_LOOK:
    case MESSAGE_LAST:
        slot->counters = m->counters ? malloc(sizeof(*slot->counters)) : NULL;
        if (slot->counters)
            *slot->counters = *m->counters;
        slot->message.counters = slot->counters;
        break;
    case MESSAGE_STEP:
    case MESSAGE_MARK:
        break;
    }
}

static void release(struct slot *slot)
{
    if (slot->message.kind == MESSAGE_SESSION)
        session_release(&slot->session);
    else if (slot->message.kind == MESSAGE_COUNTERS || slot->message.kind == MESSAGE_LOOK ||
             slot->message.kind == MESSAGE_LAST)
        free(slot->counters);
}

/* Sessions can wait for the next mark, unless there are many. */
static bool is_urgent(struct queue *q, const struct message *m)
{
    return (m->kind != MESSAGE_SESSION && m->kind != MESSAGE_END) || used(q) > q->size / 2;
}

bool queue_offer(struct queue *q, const struct message *m)
{
    size_t written = atomic_load_explicit(&q->written, memory_order_relaxed);

    if (used(q) == q->size)
        return false;
    fill(&q->slots[written % q->size], m);
    atomic_store(&q->written, written + 1);
    if (is_urgent(q, m))
        bell_ring(q->bell);
    return true;
}

void queue_put(struct queue *q, const struct message *m)
{
    uint64_t count;

    while (!atomic_load(&q->left) && !queue_offer(q, m)) {
        bell_ring(q->bell);
        q->waits++;
        atomic_store(&q->waiting, true);
        if (used(q) == q->size && !atomic_load(&q->left) &&
            read(q->room_fd, &count, sizeof(count)) < 0)
            continue;
        atomic_store(&q->waiting, false);
    }
}

const struct message *queue_first(struct queue *q)
{
    size_t taken = atomic_load_explicit(&q->taken, memory_order_relaxed);

    return atomic_load(&q->written) == taken ? NULL : &q->slots[taken % q->size].message;
}

/* The writer is woken when half is free again, not for every slot. */
void queue_drop(struct queue *q)
{
    size_t taken = atomic_load_explicit(&q->taken, memory_order_relaxed);

    CHECK(used(q) > 0);
    release(&q->slots[taken % q->size]);
    atomic_store(&q->taken, taken + 1);
    if (atomic_load(&q->waiting) && used(q) <= q->size / 2 &&
        atomic_exchange(&q->waiting, false))
        ring(q->room_fd);
}

void queue_leave(struct queue *q)
{
    atomic_store(&q->left, true);
    ring(q->room_fd);
}

void queue_fini(struct queue *q)
{
    while (q->slots && queue_first(q))
        queue_drop(q);
    free(q->slots);
    if (q->room_fd >= 0)
        (void)close(q->room_fd);
    q->slots = NULL;
    q->room_fd = -1;
}
