#include "alert/receiver_address.h"

#include <netdb.h>
#include <stdio.h>
#include <sys/un.h>

int receiver_address_of_path(const char *path, struct receiver_addresses *out,
                             struct err *why)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof(address.sun_path))
        return err_set(why, "%s: a socket's path has at most %zu characters", path,
                       sizeof(address.sun_path) - 1);
    memcpy(address.sun_path, path, strlen(path) + 1);
    *out = (struct receiver_addresses){.count = 1};
    memcpy(&out->all[0].storage, &address, sizeof(address));
    out->all[0].len =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path) + 1);
    return 0;
}

/* Cut "[::1]:514" or "host:514" in two. */
static bool split(const char *target, char host[RECEIVER_HOST_MAX], const char **port)
{
    const char *colon = strrchr(target, ':');
    size_t len = colon ? (size_t)(colon - target) : 0;

    if (len == 0 || len >= RECEIVER_HOST_MAX || colon[1] == '\0')
        return false;
    *port = colon + 1;
    if (target[0] == '[' && target[len - 1] == ']') {
        target++;
        len -= 2;
    }
    memcpy(host, target, len);
    host[len] = '\0';
    return len > 0;
}

int receiver_address_resolve(const char *target, int type, struct receiver_addresses *out,
                             struct err *why)
{
    struct addrinfo hints = {.ai_socktype = type}, *list, *one;
    const char *port;
    int failed;

    *out = (struct receiver_addresses){.count = 0};
    if (!split(target, out->host, &port))
        return err_set(why, "%s: expected HOST:PORT", target);
    failed = getaddrinfo(out->host, port, &hints, &list);
    if (failed)
        return err_set(why, "%s: %s", target, gai_strerror(failed));
    for (one = list; one && out->count < RECEIVER_ADDRESSES_MAX; one = one->ai_next) {
        struct receiver_address *to = &out->all[out->count];

        if (one->ai_addrlen > sizeof(to->storage))
            continue;
        memcpy(&to->storage, one->ai_addr, one->ai_addrlen);
        to->len = one->ai_addrlen;
        out->count++;
    }
    freeaddrinfo(list);
    return out->count ? 0 : err_set(why, "%s: there is no such address", target);
}
