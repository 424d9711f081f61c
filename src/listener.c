#include "listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alert/receiver_address.h"

#define WAITING_MAX 8
#define SOCKET_MODE 0660

static bool is_loopback(const struct sockaddr_storage *address)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    if (address->ss_family == AF_INET) {
        memcpy(&v4, address, sizeof(v4));
        return *(const uint8_t *)&v4.sin_addr == IN_LOOPBACKNET;
    }
    memcpy(&v6, address, sizeof(v6));
    return address->ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
}

/* True when the file is a socket behind which nobody listens. */
static bool is_left_over(const char *path, const struct receiver_address *address)
{
    struct stat st;
    int fd, failed;

    if (lstat(path, &st) < 0 || !S_ISSOCK(st.st_mode))
        return false;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    failed = connect(fd, (const struct sockaddr *)&address->storage, address->len);
    failed = failed && errno == ECONNREFUSED;
    (void)close(fd);
    return failed;
}

static int bind_and_listen(struct listener *l, const struct receiver_address *address)
{
    int yes = 1;

    l->fd =
        socket(address->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (l->fd < 0)
        return -1;
    (void)setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (l->path[0])
        (void)fchmod(l->fd, SOCKET_MODE); /* of the file that bind makes */
    return bind(l->fd, (const struct sockaddr *)&address->storage, address->len) == 0 &&
                   listen(l->fd, WAITING_MAX) == 0
               ? 0
               : -1;
}

static int listen_at(struct listener *l, const char *name,
                     const struct receiver_address *address, struct err *why)
{
    int reason;

    if (bind_and_listen(l, address) == 0)
        return 0;
    reason = errno;
    l->path[0] = '\0'; /* the file is not ours */
    listener_close(l);
    return err_set(why, "%s: %s", name,
                   reason == EADDRINUSE ? "somebody listens there already"
                                        : strerror(reason));
}

int listener_open_path(struct listener *l, const char *path, struct err *why)
{
    struct receiver_addresses addresses;

    *l = (struct listener){.fd = -1};
    if (receiver_address_of_path(path, &addresses, why) < 0)
        return -1;
    memcpy(l->path, path, strlen(path) + 1);
    if (is_left_over(path, &addresses.all[0]))
        (void)unlink(path);
    return listen_at(l, path, &addresses.all[0], why);
}

int listener_open(struct listener *l, const char *target, struct err *why)
{
    struct receiver_addresses addresses;

    if (target[0] == '/')
        return listener_open_path(l, target, why);
    *l = (struct listener){.fd = -1};
    if (receiver_address_resolve(target, SOCK_STREAM, &addresses, why) < 0)
        return -1;
    if (!is_loopback(&addresses.all[0].storage))
        return err_set(why, "%s: only the loopback and Unix sockets are listened on",
                       target);
    return listen_at(l, target, &addresses.all[0], why);
}

void listener_close(struct listener *l)
{
    if (l->fd < 0)
        return;
    (void)close(l->fd);
    l->fd = -1;
    if (l->path[0])
        (void)unlink(l->path);
}
