/*
 * A bounded queue of messages between two threads: one worker puts in, the correlator takes out.
 * It and the bell are the only places where threads meet.
 *
 * What is put in is copied into a slot of the queue (certificates are counted, not copied), lent to
 * the reader while it stands first, and released when the reader drops it. A full queue makes the
 * writer wait, or refuses, as the writer wants.
 */
#pragma once

#include <stdatomic.h>

#include "base/err.h"
#include "message.h"

/* Wakes the reader of several queues, who may wait for other descriptors as well. */
struct bell {
    int fd; /* readable when it rang; -1 without */
    atomic_bool asleep;
};

int bell_init(struct bell *b, struct err *why);
void bell_fini(struct bell *b);

/* The reader found nothing and is about to wait: from now on the bell rings. Look once more. */
void bell_listen(struct bell *b);

/* The reader is awake again. */
void bell_quiet(struct bell *b);

struct slot;

struct queue {
    struct slot *slots;
    size_t size;
    struct bell *bell;
    int room_fd;    /* the writer waits here */
    uint64_t waits; /* times when it had to; the writer's alone */
    atomic_size_t written;
    atomic_size_t taken;
    atomic_bool waiting; /* the writer, for room */
    atomic_bool left;    /* the reader takes nothing more */
};

/* Room for `size` messages; the bell is borrowed. */
int queue_init(struct queue *q, size_t size, struct bell *bell, struct err *why);

/* Only when the writer has ended: what is still in it is released. */
void queue_fini(struct queue *q);

/* The writer: put a message in, wait for room. It is dropped when the reader has left. */
void queue_put(struct queue *q, const struct message *message);

/* The writer: the same without waiting; false when there is no room. */
bool queue_offer(struct queue *q, const struct message *message);

/* The reader: the first message, NULL when there is none. */
const struct message *queue_first(struct queue *q);

/* The reader: release the first message, which must be there. */
void queue_drop(struct queue *q);

/* The reader: take nothing more, and let nobody wait. */
void queue_leave(struct queue *q);
