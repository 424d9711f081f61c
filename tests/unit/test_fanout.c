#include "capture/fanout.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <poll.h>

#include "netns.h"
#include "tap.h"

#define MEMBERS 3
#define PAIRS 24u

static int members[MEMBERS];
static int sender;
static struct wire frame;

/* Which member got the frame and its copy; -1 when they went to different ones or nowhere. */
static int who_got_it(void)
{
    int who = -1;

    netns_send(sender, &frame);
    for (int seen = 0; seen < 2; seen++) {
        struct pollfd fds[MEMBERS];
        uint8_t bytes[256];

        for (int i = 0; i < MEMBERS; i++)
            fds[i] = (struct pollfd){.fd = members[i], .events = POLLIN};
        if (poll(fds, MEMBERS, 1000) <= 0)
            return -1;
        for (int i = 0; i < MEMBERS; i++) {
            if (!fds[i].revents)
                continue;
            if (recv(members[i], bytes, sizeof(bytes), 0) < 0 || (seen > 0 && who != i))
                return -1;
            who = i;
            break;
        }
    }
    return who;
}

/* ---- ways to carry the same packet */

static void plain(unsigned from, unsigned to)
{
    netns_ethernet(&frame, ETH_P_IP);
    netns_udp(&frame, from, to, 8);
}

static void later_fragment(unsigned from, unsigned to)
{
    plain(from, to);
    frame.data[14 + 6] = 0x20;
    frame.data[14 + 7] = 0x99;
    frame.data[14 + 20] = 0xff; /* where ports were */
}

static void mpls(unsigned from, unsigned to)
{
    netns_ethernet(&frame, ETH_P_MPLS_UC);
    wire_u16(&frame, 0x0001);
    wire_u16(&frame, 0x0040);
    wire_u16(&frame, 0x0002);
    wire_u16(&frame, 0x0140);
    netns_udp(&frame, from, to, 8);
}

static void four_labels(unsigned from, unsigned to)
{
    netns_ethernet(&frame, ETH_P_MPLS_UC);
    for (unsigned i = 0; i < 4; i++) {
        wire_u16(&frame, i);
        wire_u16(&frame, i == 3 ? 0x0140 : 0x0040);
    }
    netns_udp(&frame, from, to, 8);
}

static void pppoe(unsigned from, unsigned to)
{
    netns_ethernet(&frame, ETH_P_PPP_SES);
    wire_u16(&frame, 0x1100);
    wire_u16(&frame, 7);
    wire_u16(&frame, 38);
    wire_u16(&frame, 0x0021);
    netns_udp(&frame, from, to, 8);
}

static void both_ways_and_all_carriers_fall_to_one(void)
{
    static const struct {
        const char *name;
        void (*make)(unsigned from, unsigned to);
    } carriers[] = {{"alone", plain},
                    {"a fragment without ports", later_fragment},
                    {"below two MPLS labels", mpls},
                    {"below four MPLS labels", four_labels},
                    {"in PPPoE", pppoe}};
    int got[MEMBERS] = {0};

    for (size_t k = 0; k < sizeof(carriers) / sizeof(carriers[0]); k++) {
        unsigned same = 0;

        for (unsigned i = 1; i <= PAIRS; i++) {
            int first, second;

            plain(i, 200 + i % 7);
            first = who_got_it();
            carriers[k].make(200 + i % 7, i);
            second = who_got_it();
            same += first >= 0 && first == second;
            if (first >= 0)
                got[first]++;
        }
        is_int(same, PAIRS, "a packet %s goes where the one of the other direction goes",
               carriers[k].name);
    }
    ok(got[0] > 0 && got[1] > 0 && got[2] > 0, "each gets some: %d %d %d", got[0], got[1],
       got[2]);
}

static void ipv6(unsigned from, unsigned to, bool is_fragment)
{
    netns_ethernet(&frame, ETH_P_IPV6);
    wire_u16(&frame, 0x6000);
    wire_u16(&frame, 0);
    wire_u16(&frame, 16);
    wire_u16(&frame, is_fragment ? 0x2c40 : 0x1140);
    wire_u16(&frame, 0xfd20);
    wire_fill(&frame, 0, 13);
    wire_u8(&frame, from);
    wire_u16(&frame, 0xfd20);
    wire_fill(&frame, 0, 13);
    wire_u8(&frame, to);
    wire_fill(&frame, (from + is_fragment) & 0xff, 16);
}

static void ipv6_too(void)
{
    int got[MEMBERS] = {0};
    unsigned same = 0;

    for (unsigned i = 1; i <= PAIRS; i++) {
        int first, second;

        ipv6(i, 99, false);
        first = who_got_it();
        ipv6(99, i, true);
        second = who_got_it();
        same += first >= 0 && first == second;
        if (first >= 0)
            got[first]++;
    }
    is_int(same, PAIRS, "IPv6: both directions and fragments fall to one");
    ok(got[0] > 0 && got[1] > 0 && got[2] > 0, "and each gets some: %d %d %d", got[0],
       got[1], got[2]);
}

static void the_rest_goes_to_the_first(void)
{
    netns_ethernet(&frame, ETH_P_ARP);
    wire_fill(&frame, 1, 28);
    is_int(who_got_it(), 0, "what is no IP goes to the first");
    netns_ethernet(&frame, ETH_P_MPLS_UC);
    for (unsigned i = 0; i < 6; i++) {
        wire_u16(&frame, i);
        wire_u16(&frame, 0x0040);
    }
    is_int(who_got_it(), 0, "and so does what has more labels than are looked at");
}

/*
 * VLAN tags are taken off on the way in; a second one stays. On the way out the kernel has not yet
 * looked at them, so only the copy that comes in counts.
 */
static int who_got_it_in(void)
{
    struct sockaddr_ll from = {0};

    netns_send(sender, &frame);
    for (int seen = 0; seen < 2; seen++) {
        struct pollfd fds[MEMBERS];
        uint8_t bytes[256];

        for (int i = 0; i < MEMBERS; i++)
            fds[i] = (struct pollfd){.fd = members[i], .events = POLLIN};
        if (poll(fds, MEMBERS, 1000) <= 0)
            return -1;
        for (int i = 0; i < MEMBERS; i++) {
            socklen_t len = sizeof(from);

            if (!fds[i].revents)
                continue;
            if (recvfrom(members[i], bytes, sizeof(bytes), 0, (struct sockaddr *)&from,
                         &len) > 0 &&
                from.sll_pkttype != PACKET_OUTGOING)
                return i;
            break;
        }
    }
    return -1;
}

static void vlan_tags_are_passed(void)
{
    for (unsigned tags = 1; tags <= 3; tags++) {
        unsigned same = 0;

        for (unsigned i = 1; i <= PAIRS; i++) {
            int first;

            plain(i, 77);
            first = who_got_it();
            netns_ethernet(&frame, ETH_P_8021AD);
            for (unsigned k = 1; k < tags; k++) {
                wire_u16(&frame, 10 + k);
                wire_u16(&frame, ETH_P_8021Q);
            }
            wire_u16(&frame, 20);
            wire_u16(&frame, ETH_P_IP);
            netns_udp(&frame, 77, i, 8);
            same += who_got_it_in() == first;
            while (recv(members[0], &first, sizeof(first), MSG_DONTWAIT) > 0 ||
                   recv(members[1], &first, sizeof(first), MSG_DONTWAIT) > 0 ||
                   recv(members[2], &first, sizeof(first), MSG_DONTWAIT) > 0)
                continue;
        }
        is_int(same, PAIRS, "below %u VLAN tags it is the same", tags);
    }
}

int main(void)
{
    int group = FANOUT_NEW;
    struct err why = {""};

    if (!netns_enter()) {
        (void)printf("1..0 # SKIP no network namespace without more rights\n");
        return 0;
    }
    netns_set_up(true);
    sender = netns_socket(0);
    for (int i = 0; i < MEMBERS; i++) {
        members[i] = netns_socket(htons(ETH_P_ALL));
        group = fanout_join(members[i], group, &why);
        ok(group >= 0, "member %d joins: %s", i, why.text);
    }
    both_ways_and_all_carriers_fall_to_one();
    ipv6_too();
    the_rest_goes_to_the_first();
    vlan_tags_are_passed();
    is_int(fanout_join(0, FANOUT_NEW, &why), -1, "what is no packet socket cannot join");
    ok(strstr(why.text, "cannot share frames out"), "and that is said");
    return done_testing();
}
