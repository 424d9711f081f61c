/*
 * The control socket: `pinsight status` asks here. One line in ("status text" or "status json"),
 * the answer out, end. A Unix stream socket; nothing can be changed through it.
 *
 * Nothing blocks: control_poll takes what is there from at most CONTROL_CLIENTS_MAX clients, each
 * of whom has CONTROL_PATIENCE_NS; further ones wait in the kernel.
 */
#pragma once

#include <poll.h>

#include "listener.h"
#include "status.h"

#define CONTROL_CLIENTS_MAX 4
#define CONTROL_PATIENCE_NS UINT64_C(5000000000)
#define CONTROL_REQUEST_MAX 64

struct control_client {
    int fd; /* -1: none */
    uint64_t since_ns;
    char request[CONTROL_REQUEST_MAX];
    size_t request_len;
    char *answer; /* NULL until the request is whole */
    size_t len, sent;
};

struct control {
    struct listener listener;
    const struct status *status; /* borrowed */
    struct control_client clients[CONTROL_CLIENTS_MAX];
};

/* -1 with a sentence. */
int control_open(struct control *c, const char *path, const struct status *status,
                 struct err *why);
void control_close(struct control *c);

void control_poll(struct control *c, uint64_t clock_ns);

#define CONTROL_WANTS_MAX (CONTROL_CLIENTS_MAX + 1)
/* What to wait for before the next poll; how many. */
size_t control_wants(const struct control *c, struct pollfd out[CONTROL_WANTS_MAX]);
