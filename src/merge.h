/*
 * The messages of several queues as one row, in the order that message.h names.
 *
 * A message is handed out when no other queue can still bring an earlier one: the queue holds a
 * later one, has told by a mark that it is past it, or has ended. So the row is the same however
 * the threads ran. Marks are taken here; they tell how far all queues have come.
 */
#pragma once

#include "queue.h"

struct merge_place {
    struct queue *queue; /* borrowed */
    uint64_t order;      /* of the last mark or message taken: all up to it has come */
    uint64_t now_ns;     /* of the last mark */
    bool ended;
};

struct merge {
    struct merge_place *places;
    size_t count;
    uint64_t step_order; /* of the last step of time that was taken */
    size_t turn;         /* whose message was taken last; equal ones take turns */
};

int merge_init(struct merge *m, size_t count, struct err *why);
void merge_fini(struct merge *m);

/* Queue number `i` is this one. */
void merge_join(struct merge *m, size_t i, struct queue *queue);

/* The next message, lent until merge_drop; NULL when the next one is not known yet. */
const struct message *merge_next(struct merge *m);
void merge_drop(struct merge *m);

/* Packet time that all have reached, once merge_next has said NULL; 0 while some of them have not
 * told a time since it stepped back. */
uint64_t merge_now_ns(const struct merge *m);

/* True when all have told their last. */
bool merge_is_over(const struct merge *m);

/* Take nothing more. */
void merge_leave(struct merge *m);
