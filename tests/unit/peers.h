/*
 * Receivers for tests, in the program itself: sockets that listen, and what they got. Nothing here
 * waits longer than a moment, and time is what the test says it is.
 */
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "scratch.h"

#define PEER_TEXT_MAX (32u << 20)

struct peer {
    int listener; /* for datagrams the socket itself */
    int stream;   /* -1: nobody has connected yet */
    bool datagram;
    char path[SCRATCH_PATH_MAX]; /* empty: on the loopback */
    uint16_t port;
    char *text; /* what arrived; datagrams end with an end of line here */
    size_t len;
};

static inline void peer_bind_unix(struct peer *p)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    p->listener =
        socket(AF_UNIX, (p->datagram ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK, 0);
    memcpy(address.sun_path, p->path, strlen(p->path));
    (void)unlink(p->path);
    ok(bind(p->listener, (struct sockaddr *)&address, sizeof(address)) == 0,
       "a Unix socket is there");
}

static inline void peer_bind_loopback(struct peer *p)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(p->port)};
    socklen_t len = sizeof(address);
    int yes = 1;

    p->listener =
        socket(AF_INET, (p->datagram ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK, 0);
    (void)setsockopt(p->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ok(bind(p->listener, (struct sockaddr *)&address, sizeof(address)) == 0,
       "a port of the loopback is there");
    (void)getsockname(p->listener, (struct sockaddr *)&address, &len);
    p->port = ntohs(address.sin_port);
}

/* Come up, for the first time or again at the same place. */
static inline void peer_up(struct peer *p)
{
    p->stream = -1;
    if (p->path[0])
        peer_bind_unix(p);
    else
        peer_bind_loopback(p);
    if (!p->datagram)
        (void)listen(p->listener, 4);
}

/* `name` NULL: on the loopback. */
static inline void peer_begin(struct peer *p, const char *name, bool datagram)
{
    *p = (struct peer){.stream = -1, .datagram = datagram};
    if (name)
        (void)snprintf(p->path, sizeof(p->path), "%s", scratch(name));
    p->text = calloc(1, PEER_TEXT_MAX);
    peer_up(p);
}

/* Die, with whatever was not read. */
static inline void peer_down(struct peer *p)
{
    if (p->stream >= 0)
        (void)close(p->stream);
    if (p->listener >= 0)
        (void)close(p->listener);
    p->stream = p->listener = -1;
}

static inline void peer_end(struct peer *p)
{
    peer_down(p);
    free(p->text);
}

/* "127.0.0.1:PORT" or the path; lent until the next call. */
static inline const char *peer_target(const struct peer *p)
{
    static char text[SCRATCH_PATH_MAX];

    if (p->path[0])
        (void)snprintf(text, sizeof(text), "%s", p->path);
    else
        (void)snprintf(text, sizeof(text), "127.0.0.1:%u", p->port);
    return text;
}

/* Read at most `most` bytes (or datagrams) of what is there. */
static inline void peer_read(struct peer *p, size_t most)
{
    int *fd = p->datagram ? &p->listener : &p->stream;
    ssize_t n = 1;

    if (!p->datagram && p->stream < 0)
        p->stream = accept4(p->listener, NULL, NULL, SOCK_NONBLOCK);
    while (most > 0 && *fd >= 0 && n > 0 && p->len < PEER_TEXT_MAX - 1) {
        size_t room = PEER_TEXT_MAX - 1 - p->len;

        n = recv(*fd, p->text + p->len, !p->datagram && room > most ? most : room, 0);
        if (n <= 0)
            break;
        p->len += (size_t)n;
        most -= p->datagram ? 1 : (size_t)n;
        if (p->datagram)
            p->text[p->len++] = '\n';
    }
    if (n == 0 && !p->datagram) {
        (void)close(p->stream);
        p->stream = -1;
    }
    p->text[p->len] = '\0';
}

/* The kernel hands packets of the loopback on in its own time. */
static inline void peer_moment(void)
{
    (void)poll(NULL, 0, 1);
}
