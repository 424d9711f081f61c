/*
 * Ask a running pinsight, through its control socket, how it is, and print what it says.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "alert/receiver_address.h"
#include "base/log.h"
#include "monitor.h"
#include "verbs.h"

#define PATIENCE_S 10

static const char *socket_path(const struct cli *cli, const struct config *config)
{
    if (cli->control)
        return cli->control;
    return config && config->stats.control ? config->stats.control
                                           : MONITOR_CONTROL_DEFAULT;
}

static int open_connection(const char *path, struct err *why)
{
    struct timeval patience = {.tv_sec = PATIENCE_S};
    struct receiver_addresses addresses;
    int fd;

    if (receiver_address_of_path(path, &addresses, why) < 0)
        return -1;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_set(why, "%s: %s", path, strerror(errno));
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (connect(fd, (const struct sockaddr *)&addresses.all[0].storage,
                addresses.all[0].len) == 0)
        return fd;
    (void)err_set(why, "%s: %s", path,
                  errno == ECONNREFUSED || errno == ENOENT ? "no pinsight listens there"
                                                           : strerror(errno));
    (void)close(fd);
    return -1;
}

/* Copy the answer to standard output; how long it was, or -1 with errno. */
static ssize_t copy_answer(int fd)
{
    char piece[4096];
    ssize_t n, total = 0;

    while ((n = recv(fd, piece, sizeof(piece), 0)) > 0) {
        (void)fwrite(piece, 1, (size_t)n, stdout);
        total += n;
    }
    return n < 0 || fflush(stdout) != 0 ? -1 : total;
}

int verb_status(const struct cli *cli, const struct config *config)
{
    const char *path = socket_path(cli, config);
    struct span request = span_of_text(cli->json ? "status json\n" : "status text\n");
    struct err why;
    int fd = open_connection(path, &why);
    ssize_t n;

    if (fd < 0) {
        log_error("status: %s", why.text);
        return EXIT_RUN;
    }
    n = send(fd, request.data, request.len, MSG_NOSIGNAL);
    if (n == (ssize_t)request.len)
        n = copy_answer(fd);
    if (n <= 0)
        log_error("status: %s: %s", path,
                  n < 0 && errno != EAGAIN ? strerror(errno) : "no answer");
    (void)close(fd);
    return n > 0 ? EXIT_OK : EXIT_RUN;
}
