/*
 * Puts the frames of a capture on an interface again and again, at a fixed rate:
 *
 *     send INTERFACE FRAMES_PER_SECOND SECONDS CAPTURE
 *
 * Rate 0 is as fast as it goes. Past the kernel's queues and in groups, so that sending costs as
 * little as it can. The capture is a classic little-endian pcap. Prints how many frames went out
 * and in how many seconds.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define GROUP 32
#define HEADER 24
#define RECORD 16

struct load {
    struct iovec *frames;
    size_t count;
};

static int read_capture(struct load *l, const char *path)
{
    int fd = open(path, O_RDONLY);
    struct stat about;
    uint8_t *bytes;
    size_t room = 0;

    if (fd < 0 || fstat(fd, &about) < 0)
        return -1;
    bytes = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (bytes == MAP_FAILED)
        return -1;
    for (size_t at = HEADER; at + RECORD <= (size_t)about.st_size;) {
        uint32_t len;

        memcpy(&len, bytes + at + 8, sizeof(len));
        if (at + RECORD + len > (size_t)about.st_size)
            break;
        if (l->count == room) {
            room = room ? room * 2 : 4096;
            l->frames = realloc(l->frames, room * sizeof(*l->frames));
            if (!l->frames)
                return -1;
        }
        l->frames[l->count++] = (struct iovec){bytes + at + RECORD, len};
        at += RECORD + len;
    }
    (void)close(fd);
    return l->count > 0 ? 0 : -1;
}

static int open_interface(const char *name)
{
    struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                  .sll_ifindex = (int)if_nametoindex(name)};
    int fd = socket(AF_PACKET, SOCK_RAW, 0), yes = 1;

    if (fd < 0 || address.sll_ifindex == 0 ||
        bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
        return -1;
    (void)setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof(yes));
    return fd;
}

static double seconds_now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Send one group; false when the interface is gone. */
static int send_group(int fd, const struct load *l, uint64_t sent)
{
    struct mmsghdr messages[GROUP] = {0};
    int done = 0;

    for (size_t i = 0; i < GROUP; i++) {
        messages[i].msg_hdr.msg_iov = &l->frames[(sent + i) % l->count];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    while (done < GROUP) {
        int n = sendmmsg(fd, messages + done, (unsigned)(GROUP - done), 0);

        if (n > 0)
            done += n;
        else if (errno != ENOBUFS && errno != EINTR && errno != EAGAIN)
            return 0;
    }
    return 1;
}

int main(int argc, char **argv)
{
    struct load load = {0};
    double rate, seconds, start, now;
    uint64_t sent = 0;
    int fd;

    if (argc != 5 || read_capture(&load, argv[4]) < 0 ||
        (fd = open_interface(argv[1])) < 0) {
        (void)fprintf(stderr, "usage: send INTERFACE FRAMES_PER_SECOND SECONDS CAPTURE\n");
        return 2;
    }
    rate = strtod(argv[2], NULL);
    seconds = strtod(argv[3], NULL);
    start = now = seconds_now();
    while (now - start < seconds && send_group(fd, &load, sent)) {
        sent += GROUP;
        now = seconds_now();
        if (rate > 0 && (double)sent / rate > now - start) {
            double ahead = (double)sent / rate - (now - start);
            struct timespec wait = {(time_t)ahead,
                                    (long)((ahead - (double)(time_t)ahead) * 1e9)};

            /* A sleep is no shorter than some 50 microseconds. */
            if (ahead > 60e-6)
                (void)nanosleep(&wait, NULL);
        }
    }
    (void)printf("%llu %.3f\n", (unsigned long long)sent, seconds_now() - start);
    return 0;
}
