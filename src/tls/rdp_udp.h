/*
 * TLS inside RDP's transport over UDP ([MS-RDPEUDP], and from version 3 on [MS-RDPEUDP2]): which of
 * its packets carry bytes of the TLS stream, and their order.
 *
 * A flow begins with the client's SYN; the server's answer settles the version. Packets with data
 * are numbered: those that come twice are passed over, and where one is missing the stream has a
 * gap. Nothing is kept, so a packet that overtook another counts as one behind a gap.
 */
#pragma once

#include "tls/conn.h"
#include "tls/datagram.h"

struct rdp_udp_stats {
    uint64_t connections;
    uint64_t gaps;
};

struct rdp_udp {
    struct tls_conn conn;
    uint32_t next[2]; /* number of the next packet with data, by flow side */
    bool has_next[2];
    bool is_version3;
    uint8_t client; /* flow side */
};

/* One worker's; `tls` is borrowed. */
struct rdp_udp_context {
    struct tls_context *tls;
    struct rdp_udp_stats stats;
};

/* A packet is never longer: both sides agree on at most 1232 bytes. */
#define RDP_UDP_PACKET_MAX 1500

/* Bytes of the TLS stream in one packet. */
struct rdp_udp_data {
    uint32_t number;
    struct span bytes; /* in `room` */
};

/* True when a datagram is the SYN of a client. */
bool rdp_udp_begins(struct span datagram);

/* The data of a packet, which is copied to `room`; false when it carries none, or is damaged. */
SPAN_CHECKED bool rdp_udp_data_of(struct span datagram, bool is_version3,
                                  uint8_t room[RDP_UDP_PACKET_MAX],
                                  struct rdp_udp_data *out);

/* Take a datagram; the first is one that rdp_udp_begins knows. Events are told to `tell`. */
void rdp_udp_push(struct rdp_udp *r, struct rdp_udp_context *context,
                  const struct datagram *datagram, tls_event_fn tell, void *ctx);

/* Give its memory back. */
void rdp_udp_clear(struct rdp_udp *r, struct rdp_udp_context *context);
