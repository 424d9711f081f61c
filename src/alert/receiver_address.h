/*
 * Where a receiver of events is: `HOST:PORT` (`[ADDRESS]:PORT`) or the path of a Unix socket, made
 * into socket addresses once, before privileges are dropped, because looking up a name can take
 * seconds and needs files that may not be readable later.
 */
#pragma once

#include <sys/socket.h>

#include "base/err.h"
#include "base/span.h"

#define RECEIVER_ADDRESSES_MAX 8
#define RECEIVER_HOST_MAX 256

struct receiver_address {
    struct sockaddr_storage storage;
    socklen_t len;
};

struct receiver_addresses {
    struct receiver_address all[RECEIVER_ADDRESSES_MAX];
    size_t count;
    char host[RECEIVER_HOST_MAX]; /* as given, without port; empty for a path */
};

/* A path for Unix sockets. -1 with a sentence when it is too long. */
int receiver_address_of_path(const char *path, struct receiver_addresses *out,
                             struct err *why);

/* HOST:PORT; `type` is SOCK_STREAM or SOCK_DGRAM. Asks the resolver. -1 with a sentence. */
int receiver_address_resolve(const char *target, int type, struct receiver_addresses *out,
                             struct err *why);
