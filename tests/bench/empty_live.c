/*
 * The yardstick of live capture: libpcap on an interface with a callback that only counts.
 *
 *     empty_live INTERFACE BUFFER_BYTES
 *
 * Says "ready" when it captures; at SIGTERM takes what is there and prints how many frames it took
 * and how many the kernel dropped.
 */
#include <pcap/pcap.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

static void count(u_char *counter, const struct pcap_pkthdr *header, const u_char *bytes)
{
    (void)header;
    (void)bytes;
    ++*(unsigned long *)(void *)counter;
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = on_signal};
    char why[PCAP_ERRBUF_SIZE];
    unsigned long frames = 0;
    struct pcap_stat stats;
    struct pollfd wants = {.events = POLLIN};
    pcap_t *capture = argc == 3 ? pcap_create(argv[1], why) : NULL;

    if (!capture)
        return 2;
    (void)sigaction(SIGTERM, &action, NULL);
    (void)pcap_set_buffer_size(capture, atoi(argv[2]));
    (void)pcap_set_timeout(capture, 10);
    (void)pcap_set_promisc(capture, 1);
    if (pcap_activate(capture) < 0 || pcap_setnonblock(capture, 1, why) < 0)
        return 1;
    wants.fd = pcap_fileno(capture);
    (void)printf("ready\n");
    (void)fflush(stdout);
    for (int idle = 0; !stop || idle < 10;) {
        if (pcap_dispatch(capture, 512, count, (u_char *)&frames) > 0)
            idle = 0;
        else if (poll(&wants, 1, 20) == 0)
            idle++;
    }
    (void)pcap_stats(capture, &stats);
    pcap_close(capture);
    (void)printf("%lu %u\n", frames, stats.ps_drop);
    return 0;
}
