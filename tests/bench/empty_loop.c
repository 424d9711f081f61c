/* The yardstick: libpcap's own loop over a capture with a callback that only counts. */
#include <pcap/pcap.h>
#include <stdio.h>

static void count(u_char *counter, const struct pcap_pkthdr *header, const u_char *bytes)
{
    (void)header;
    (void)bytes;
    ++*(unsigned long *)(void *)counter;
}

int main(int argc, char **argv)
{
    char why[PCAP_ERRBUF_SIZE];
    unsigned long packets = 0;
    pcap_t *capture = argc == 2 ? pcap_open_offline(argv[1], why) : NULL;

    if (!capture)
        return 1;
    (void)pcap_loop(capture, -1, count, (u_char *)&packets);
    pcap_close(capture);
    (void)printf("%lu\n", packets);
    return 0;
}
