#include "alert/receiver.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "alert/spool_queue.h"
#include "base/log.h"
#include "base/nanotime.h"

#define BACK_OFF_FIRST_NS (250 * NS_PER_MS)
#define BACK_OFF_MAX_NS (30 * NS_PER_S)
#define CONNECT_NS (10 * NS_PER_S)
#define STABLE_NS (5 * NS_PER_S) /* a connection this old was worth making */
#define GONE_MS 60000u           /* nothing was acknowledged for this long */
#define COUNT_MAX 12             /* "131072 " and more */
#define DRAIN_BYTES 4096

/* ---- down */

static void close_connection(struct receiver *r)
{
    tls_client_free(r->tls);
    r->tls = NULL;
    if (r->fd >= 0)
        (void)close(r->fd);
    r->fd = -1;
    r->start = r->end = 0;
    r->ended = r->peer_ended = false;
}

/* The connection, or the attempt to make one, has failed. */
static void lose(struct receiver *r, const char *reason)
{
    bool was_up = r->state == RECEIVER_UP;

    if (was_up && r->now_ns - r->since_ns >= STABLE_NS)
        r->back_off_ns = 0;
    close_connection(r);
    r->state = RECEIVER_DOWN;
    r->stats.losses += was_up;
    r->stats.failures += !was_up;
    r->address = (r->address + 1) % r->addresses.count;
    if (r->address != 0 && !was_up) { /* the others deserve a try first */
        r->retry_at_ns = r->now_ns;
        return;
    }
    r->address = 0;
    r->back_off_ns = r->back_off_ns ? 2 * r->back_off_ns : BACK_OFF_FIRST_NS;
    if (r->back_off_ns > BACK_OFF_MAX_NS)
        r->back_off_ns = BACK_OFF_MAX_NS;
    r->retry_at_ns = r->now_ns + r->back_off_ns;
    if (!r->said_down)
        log_warn("%s: %s %s: %s; alerts wait in the spool", r->options.name,
                 was_up ? "lost" : "cannot reach", r->options.target, reason);
    r->said_down = true;
}

/* ---- connecting */

static void remember_socket(struct receiver *r)
{
    struct stat st;

    if (r->options.transport != RECEIVER_UNIX || stat(r->options.target, &st) < 0)
        return;
    r->device = st.st_dev;
    r->inode = st.st_ino;
    r->made = st.st_ctim;
}

static void is_up(struct receiver *r)
{
    r->state = RECEIVER_UP;
    r->since_ns = r->now_ns;
    r->stats.connects++;
    if (r->said_down)
        log_warn("%s: %s is reached again", r->options.name, r->options.target);
    r->said_down = false;
}

static void greet(struct receiver *r)
{
    struct err why;

    switch (tls_client_greet(r->tls, &why)) {
    case READY:
        is_up(r);
        break;
    case NEED_MORE:
        if (r->now_ns - r->since_ns > CONNECT_NS)
            lose(r, "no answer to the TLS handshake");
        break;
    case BROKEN:
        lose(r, why.text);
        break;
    }
}

/* The socket is connected; with TLS there is more to do. */
static void is_connected(struct receiver *r)
{
    if (r->options.transport != RECEIVER_TLS) {
        is_up(r);
        return;
    }
    r->tls = tls_client_new(r->options.trust, r->fd, r->addresses.host);
    if (!r->tls) {
        lose(r, "no memory for TLS");
        return;
    }
    r->state = RECEIVER_GREETING;
    r->since_ns = r->now_ns;
    greet(r);
}

static void set_stream_options(int fd)
{
    unsigned gone_ms = GONE_MS;
    int yes = 1;

    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &gone_ms, sizeof(gone_ms));
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof(yes));
}

/* 0, or -1 with errno, which may be EINPROGRESS. */
static int open_socket(struct receiver *r, bool datagram)
{
    const struct receiver_address *to = &r->addresses.all[r->address];
    int type = (datagram ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;

    close_connection(r);
    r->datagram = datagram;
    r->fd = socket(to->storage.ss_family, type, 0);
    if (r->fd < 0)
        return -1;
    if (to->storage.ss_family != AF_UNIX && !datagram)
        set_stream_options(r->fd);
    return connect(r->fd, (const struct sockaddr *)&to->storage, to->len);
}

static void attempt(struct receiver *r)
{
    bool datagram = r->options.transport == RECEIVER_UDP ||
                    (r->options.transport == RECEIVER_UNIX && r->options.datagram_first);
    int failed;

    remember_socket(r);
    failed = open_socket(r, datagram);
    if (failed && errno == EPROTOTYPE && r->options.transport == RECEIVER_UNIX)
        failed = open_socket(r, !datagram);
    r->since_ns = r->now_ns;
    if (!failed)
        is_connected(r);
    else if (errno == EINPROGRESS)
        r->state = RECEIVER_CONNECTING;
    else
        lose(r, strerror(errno));
}

static void check_connecting(struct receiver *r)
{
    struct pollfd poll_fd = {.fd = r->fd, .events = POLLOUT};
    socklen_t len = sizeof(int);
    int error = 0;

    if (poll(&poll_fd, 1, 0) <= 0) {
        if (r->now_ns - r->since_ns > CONNECT_NS)
            lose(r, "no answer");
        return;
    }
    if (getsockopt(r->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 || error)
        lose(r, strerror(error ? error : errno));
    else
        is_connected(r);
}

/* ---- up */

static bool would_block(int error)
{
    return error == EAGAIN || error == EINTR || error == ENOBUFS;
}

static void flush(struct receiver *r)
{
    while (r->state == RECEIVER_UP && r->start < r->end) {
        struct span left = span_of(r->out + r->start, r->end - r->start);
        ssize_t n = r->tls ? tls_client_send(r->tls, left)
                           : send(r->fd, left.data, left.len, MSG_NOSIGNAL);

        if (n > 0)
            r->start += (size_t)n;
        else if (n < 0 && would_block(errno))
            return;
        else
            lose(r, strerror(errno));
    }
    if (r->start == r->end)
        r->start = r->end = 0;
}

/* The receiver that the name stands for is another one now, or none. */
static bool is_replaced(struct receiver *r)
{
    const struct receiver_address *to = &r->addresses.all[r->address];
    struct stat st;

    return stat(r->options.target, &st) < 0 || st.st_dev != r->device ||
           st.st_ino != r->inode || st.st_ctim.tv_sec != r->made.tv_sec ||
           st.st_ctim.tv_nsec != r->made.tv_nsec ||
           connect(r->fd, (const struct sockaddr *)&to->storage, to->len) < 0;
}

/* Take and ignore what the other side says: it may say that it is gone. */
static void listen_to_peer(struct receiver *r)
{
    char ignored[DRAIN_BYTES];
    ssize_t n;

    do {
        n = r->tls ? tls_client_receive(r->tls, ignored, sizeof(ignored))
                   : recv(r->fd, ignored, sizeof(ignored), MSG_DONTWAIT);
    } while (n > 0);
    if (n < 0 && would_block(errno))
        return;
    if (n == 0 && r->datagram)
        return;
    if (n == 0 && r->ended)
        r->peer_ended = true;
    else
        lose(r, n == 0 ? "it closed the connection" : strerror(errno));
}

enum receiver_state receiver_poll(struct receiver *r, uint64_t now_ns)
{
    r->now_ns = now_ns;
    switch (r->state) {
    case RECEIVER_DOWN:
        if (now_ns >= r->retry_at_ns)
            attempt(r);
        break;
    case RECEIVER_CONNECTING:
        check_connecting(r);
        break;
    case RECEIVER_GREETING:
        greet(r);
        break;
    case RECEIVER_UP:
        flush(r);
        if (r->state == RECEIVER_UP && !r->peer_ended)
            listen_to_peer(r);
        break;
    }
    return r->state;
}

/* ---- messages */

static enum receiver_put put_datagram(struct receiver *r, struct span message)
{
    if (send(r->fd, message.data, message.len, MSG_NOSIGNAL) >= 0)
        return PUT_TAKEN;
    if (errno == EMSGSIZE)
        return PUT_TOO_LONG;
    if (!would_block(errno))
        lose(r, strerror(errno));
    return PUT_LATER;
}

/* Send, and move what is left to the front; false when the buffer stays too full. */
static bool make_room(struct receiver *r, size_t len)
{
    if (RECEIVER_BUFFER_BYTES - r->end >= len)
        return true;
    flush(r);
    memmove(r->out, r->out + r->start, r->end - r->start);
    r->end -= r->start;
    r->start = 0;
    return r->state == RECEIVER_UP && RECEIVER_BUFFER_BYTES - r->end >= len;
}

static void add(struct receiver *r, struct span bytes)
{
    memcpy(r->out + r->end, bytes.data, bytes.len);
    r->end += bytes.len;
}

enum receiver_put receiver_put(struct receiver *r, struct span message)
{
    char count[COUNT_MAX] = "";

    if (r->state != RECEIVER_UP || r->ended)
        return PUT_LATER;
    if (r->datagram)
        return put_datagram(r, message);
    if (message.len > SPOOL_MESSAGE_MAX)
        return PUT_TOO_LONG;
    if (!make_room(r, message.len + COUNT_MAX))
        return PUT_LATER;
    if (r->options.framing == FRAMING_COUNTED && r->options.transport != RECEIVER_UNIX) {
        (void)snprintf(count, sizeof(count), "%zu ", message.len);
        add(r, span_of_text(count));
        add(r, message);
    } else {
        add(r, message);
        add(r, span_of("\n", 1));
    }
    return PUT_TAKEN;
}

static bool is_queue_empty(const struct receiver *r)
{
    int waiting = 0;

    return r->start == r->end && ioctl(r->fd, SIOCOUTQ, &waiting) == 0 && waiting == 0;
}

bool receiver_caught_up(struct receiver *r)
{
    if (r->state != RECEIVER_UP)
        return false;
    flush(r);
    if (r->state != RECEIVER_UP || !is_queue_empty(r))
        return false;
    /* In this order: a socket whose peer has gone has an empty queue too. */
    if (r->datagram && r->options.transport == RECEIVER_UNIX && is_replaced(r))
        lose(r, "it is gone");
    else if (!r->peer_ended)
        listen_to_peer(r);
    return r->state == RECEIVER_UP;
}

bool receiver_end(struct receiver *r)
{
    if (r->state != RECEIVER_UP)
        return false;
    if (r->datagram)
        return receiver_caught_up(r);
    flush(r);
    if (r->state == RECEIVER_UP && r->start == r->end && !r->ended) {
        r->ended = true;
        if (r->tls)
            tls_client_end(r->tls);
        (void)shutdown(r->fd, SHUT_WR);
    }
    return r->ended && receiver_caught_up(r) && r->peer_ended;
}

bool receiver_wants(const struct receiver *r, struct pollfd *out)
{
    if (r->state == RECEIVER_DOWN)
        return false;
    *out = (struct pollfd){.fd = r->fd, .events = POLLIN};
    if (r->state != RECEIVER_UP || r->start < r->end)
        out->events |= POLLOUT;
    return true;
}

/* ---- making */

static int look_up(const struct receiver_options *o, struct receiver_addresses *out,
                   struct err *why)
{
    struct err reason;
    int failed;

    if (o->transport == RECEIVER_UNIX)
        failed = receiver_address_of_path(o->target, out, &reason);
    else
        failed = receiver_address_resolve(
            o->target, o->transport == RECEIVER_UDP ? SOCK_DGRAM : SOCK_STREAM, out,
            &reason);
    return failed ? err_set(why, "%s: %s", o->name, reason.text) : 0;
}

int receiver_init(struct receiver *r, const struct receiver_options *options,
                  struct err *why)
{
    *r = (struct receiver){.options = *options, .fd = -1};
    if (look_up(options, &r->addresses, why) < 0)
        return -1;
    r->out = malloc(RECEIVER_BUFFER_BYTES);
    return r->out ? 0 : err_set(why, "%s: no memory", options->name);
}

int receiver_reopen(struct receiver *r, struct err *why)
{
    struct receiver_addresses addresses;
    int failed = look_up(&r->options, &addresses, why);

    close_connection(r);
    r->state = RECEIVER_DOWN;
    r->back_off_ns = 0;
    r->retry_at_ns = 0;
    if (!failed) {
        r->addresses = addresses;
        r->address = 0;
    }
    return failed;
}

void receiver_fini(struct receiver *r)
{
    if (!r->out)
        return;
    close_connection(r);
    free(r->out);
    *r = (struct receiver){.fd = -1};
}
