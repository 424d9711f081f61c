/*
 * A network of the test's own: its loopback interface, and a socket that puts frames on it. A packet
 * socket sees them twice, on the way out and on the way in; libpcap leaves out the former.
 */
#pragma once

#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire.h"

/* False without the rights. The loopback is down then. */
static inline bool netns_enter(void)
{
    return unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
}

static inline void netns_set(unsigned long request, struct ifreq *value)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    memcpy(value->ifr_name, "lo", 3);
    if (fd < 0 || ioctl(fd, request, value) < 0)
        abort();
    (void)close(fd);
}

static inline void netns_set_up(bool up)
{
    struct ifreq value = {.ifr_flags = (short)(up ? IFF_UP | IFF_RUNNING : 0)};

    netns_set(SIOCSIFFLAGS, &value);
}

static inline void netns_set_mtu(int mtu)
{
    struct ifreq value = {.ifr_mtu = mtu};

    netns_set(SIOCSIFMTU, &value);
}

/* A packet socket on the loopback. */
static inline int netns_socket(uint16_t protocol)
{
    struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                  .sll_protocol = protocol,
                                  .sll_ifindex = (int)if_nametoindex("lo")};
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
        abort();
    return fd;
}

static inline void netns_send(int fd, const struct wire *frame)
{
    if (send(fd, frame->data, frame->len, 0) != (ssize_t)frame->len)
        abort();
}

static inline void netns_ethernet(struct wire *w, unsigned type)
{
    w->len = 0;
    wire_fill(w, 0, 12);
    wire_u16(w, type);
}

/* An IPv4 packet of UDP from 10.0.0.`from` to 10.0.0.`to`. */
static inline void netns_udp(struct wire *w, unsigned from, unsigned to, size_t payload)
{
    wire_u16(w, 0x4500);
    wire_u16(w, (unsigned)(28 + payload));
    wire_u16(w, 0);
    wire_u16(w, 0);
    wire_u16(w, 0x4011);
    wire_u16(w, 0);
    wire_u24(w, 0x0a0000);
    wire_u8(w, from);
    wire_u24(w, 0x0a0000);
    wire_u8(w, to);
    wire_u16(w, 4000 + from);
    wire_u16(w, 5000 + to);
    wire_u16(w, (unsigned)(8 + payload));
    wire_u16(w, 0);
    wire_fill(w, 0, payload);
}
