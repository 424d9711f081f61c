/*
 * Alerts as they will be written, that wait until the memory which knows them is safe: the bytes for
 * each sink, in order. Then they are sent; whoever keeps them meanwhile (the state database) sends
 * them again when the program ended in between.
 *
 * Limit: OUTBOX_BYTES_MAX; what has no room does not wait.
 */
#pragma once

#include "base/span.h"

#define OUTBOX_BYTES_MAX (16u * 1024u * 1024u)

/* The numbers stand in the database and never change their meaning. */
enum outbox_sink { OUTBOX_FILE = 1, OUTBOX_SOCKET, OUTBOX_SYSLOG, OUTBOX_SINKS };

struct outbox_item {
    enum outbox_sink sink;
    size_t offset, len;
};

struct outbox {
    char *bytes;
    size_t len, room;
    struct outbox_item *items;
    size_t count, item_room;
    uint64_t refused; /* had no room */
};

/* Keep a copy; false when there is no room. */
bool outbox_put(struct outbox *o, enum outbox_sink sink, struct span bytes);

/* What an item holds, lent until the next put. */
struct span outbox_bytes(const struct outbox *o, size_t i);

/* All were sent. */
void outbox_clear(struct outbox *o);

/* Accepts an all-zero struct. */
void outbox_fini(struct outbox *o);
