/*
 * A socket that listens for whoever asks how the program is: the path of a Unix socket, or a port
 * of the loopback ("127.0.0.1:9117", "[::1]:9117", "localhost:9117"). Other addresses are refused:
 * what is told here is not for the network.
 *
 * A socket file that a dead program left is replaced; one behind which somebody answers is not.
 */
#pragma once

#include "base/err.h"
#include "base/span.h"

#define LISTENER_PATH_MAX 108 /* sockaddr_un */

struct listener {
    int fd;                       /* does not block */
    char path[LISTENER_PATH_MAX]; /* empty: a port */
};

/* A path, if it begins with a slash, or a port. -1 with a sentence. */
int listener_open(struct listener *l, const char *target, struct err *why);

/* A path of any form. The socket can be used by its owner and its group. */
int listener_open_path(struct listener *l, const char *path, struct err *why);

/* Closes it and removes its file. Accepts a listener whose `fd` is -1. */
void listener_close(struct listener *l);
