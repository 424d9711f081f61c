#include "notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/nanotime.h"

#define TEXT_MAX 256
#define STATUS_NS (10 * NS_PER_S)
/* Of the watchdog's time: two can be late, and a worker has two seconds at least. */
#define WATCHDOG_PARTS 3

static void tell(const struct notify *n, const char *text)
{
    if (n->fd >= 0)
        (void)send(n->fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* ---- start */

/* A path, or a name of the abstract kind that begins with @. */
static int connect_to(int fd, const char *name)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t len = strlen(name);

    if (len >= sizeof(to.sun_path) || (name[0] != '/' && name[0] != '@')) {
        errno = EINVAL;
        return -1;
    }
    memcpy(to.sun_path, name, len);
    if (name[0] == '@')
        to.sun_path[0] = '\0';
    return connect(fd, (const struct sockaddr *)&to,
                   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
}

/* WATCHDOG_USEC counts for the process that WATCHDOG_PID names. */
static uint64_t watchdog_of_environment(void)
{
    const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");

    if (!usec || (pid && strtol(pid, NULL, 10) != (long)getpid()))
        return 0;
    return strtoull(usec, NULL, 10) * 1000;
}

int notify_open(struct notify *n, struct sensor *sensor, struct err *why)
{
    const char *name = getenv("NOTIFY_SOCKET");

    *n = (struct notify){.fd = -1, .sensor = sensor};
    if (!name || !*name)
        return 0;
    n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (n->fd < 0 || connect_to(n->fd, name) < 0) {
        (void)err_set(why, "NOTIFY_SOCKET %s: %s", name, strerror(errno));
        notify_close(n);
        return -1;
    }
    n->watchdog_ns = watchdog_of_environment();
    return 0;
}

void notify_close(struct notify *n)
{
    if (n->fd >= 0)
        (void)close(n->fd);
    n->fd = -1;
}

/* ---- while it runs */

void notify_ready(struct notify *n)
{
    tell(n, "READY=1");
}

void notify_reloading(struct notify *n, uint64_t clock_ns)
{
    char text[TEXT_MAX];

    (void)snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
                   clock_ns / 1000);
    tell(n, text);
}

void notify_stopping(struct notify *n)
{
    if (!n->stopping)
        tell(n, "STOPPING=1");
    n->stopping = true;
}

static void tell_status(const struct notify *n, bool alive)
{
    const struct correlator_stats *stats = &n->sensor->correlator.stats;
    char text[TEXT_MAX];

    (void)snprintf(text, sizeof(text),
                   "%sSTATUS=%" PRIu64 " sessions, %" PRIu64 " alerts opened, %" PRIu64
                   " waiting for receivers",
                   alive ? "WATCHDOG=1\n" : "", stats->sessions, stats->opened,
                   alert_output_pending(n->sensor->output));
    tell(n, text);
}

void notify_poll(struct notify *n, uint64_t clock_ns)
{
    uint64_t wait_ns = STATUS_NS;

    if (n->fd < 0 || clock_ns < n->next_ns)
        return;
    /* Whom nobody has heard since keeps it due, until all were heard or systemd has had enough. */
    if (n->watchdog_ns && n->sensor->live && !sensor_heard_all(n->sensor))
        return;
    sensor_listen_anew(n->sensor);
    if (n->watchdog_ns && n->watchdog_ns / WATCHDOG_PARTS < wait_ns)
        wait_ns = n->watchdog_ns / WATCHDOG_PARTS;
    n->next_ns = clock_ns + wait_ns;
    tell_status(n, n->watchdog_ns > 0);
}
