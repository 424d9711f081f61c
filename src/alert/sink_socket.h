/*
 * The sink that sends events as JSON lines over TCP or to a Unix socket. A Unix socket may be of
 * either kind: over a stream each event ends with an end of line, a datagram is one event. Events
 * are spooled first (delivery.h).
 */
#pragma once

#include "alert/delivery.h"

struct sink_socket_options {
    const char *address; /* HOST:PORT or a path */
    bool unix_socket;
    const char *spool_path;
    uint64_t spool_bytes;
};

int sink_socket_init(struct delivery *d, const struct sink_socket_options *options,
                     struct err *why);
