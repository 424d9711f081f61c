/*
 * One transport segment, taken out of its frame: what decode hands to flow. Spans point into the
 * frame (or into the defragmenter's buffer) and are valid until the callback returns.
 */
#pragma once

#include "base/address.h"
#include "base/span.h"

enum {
    PACKET_TCP = 6,
    PACKET_UDP = 17,
};

enum {
    TCP_FIN = 0x01,
    TCP_SYN = 0x02,
    TCP_RST = 0x04,
    TCP_PSH = 0x08,
    TCP_ACK = 0x10,
    TCP_ECE = 0x40,
    TCP_CWR = 0x80,
};

#define PACKET_VLANS_MAX 2

/* The innermost tunnel a packet came through; kind NONE when there was none. */
enum tunnel_kind {
    TUNNEL_NONE,
    TUNNEL_GRE,
    TUNNEL_ERSPAN,
    TUNNEL_VXLAN,
    TUNNEL_GENEVE,
    TUNNEL_IPIP,
    TUNNEL_TEREDO,
    TUNNEL_GTPU,
    TUNNEL_CAPWAP,
};

struct tunnel {
    enum tunnel_kind kind;
    uint32_t id;           /* GRE key, ERSPAN session, VNI, TEID; 0 when it has none */
    struct address source; /* outer addresses */
    struct address destination;
};

struct packet {
    uint64_t time_ns;
    struct address source;
    struct address destination;
    uint16_t source_port;
    uint16_t destination_port;
    uint8_t protocol; /* PACKET_TCP or PACKET_UDP */
    uint8_t ttl;      /* TTL or hop limit of the innermost IP header */
    uint8_t tcp_flags;
    uint8_t ecn; /* the two ECN bits of the IP header */
    uint32_t sequence;
    uint32_t acknowledgement;
    uint16_t window;
    struct span
        network; /* from the innermost IP header, as captured; empty when reassembled */
    struct span tcp_options; /* raw options, as far as they were captured */
    struct span payload;     /* what was captured of it */
    uint32_t payload_len; /* its length on the wire; > payload.len when the frame was cut */
    uint32_t wire_len;    /* of the whole frame */
    const uint8_t *source_mac; /* 6 bytes, NULL when the link has none */
    const uint8_t *destination_mac;
    uint16_t vlans[PACKET_VLANS_MAX]; /* outer first, VLAN id only */
    uint8_t vlan_count;
    bool checksum_bad; /* only ever set when verification was asked for */
    bool reassembled; /* of fragments, on whatever layer: it lies in the decoder's memory */
    struct tunnel tunnel;
    const char *file; /* as in struct frame */
    const char *process;
};
