/*
 * Totals wait here until the event of their session has been written: a connection can end while
 * its session is still held back. They leave in the order of (decided, id).
 *
 * Limit: ENDS_MAX; a full queue lets the first go early.
 */
#pragma once

#include "session/session_end.h"

#define ENDS_MAX 65536u

struct ends {
    struct session_end *queue; /* sorted, first at `head` */
    size_t head, count, size;
};

void ends_init(struct ends *e);
void ends_fini(struct ends *e);

/* Keep a copy; false when it cannot be kept: take one, or write it at once. */
bool ends_put(struct ends *e, const struct session_end *end);

/* Take the first one that was decided at or before `until_ns`; false when there is none. */
bool ends_take(struct ends *e, uint64_t until_ns, struct session_end *out);
