/*
 * From a frame to a transport segment: link layer, VLAN tags, tunnels, IP with its extension
 * headers and fragments, TCP or UDP header.
 *
 * One frame gives at most one packet. Nesting (tags, tunnels, IP in IP) is a loop with a ceiling.
 * Everything that is not handed on is counted. Wrong checksums are accepted unless
 * `verify_checksums` is set (SPAN ports and offload), then the packet is dropped and counted.
 */
#pragma once

#include "base/err.h"
#include "capture/frame.h"
#include "decode/packet.h"

struct decode_options {
    bool verify_checksums;
    uint64_t fragment_bytes;      /* ceiling of bytes held for reassembly */
    uint64_t fragment_timeout_ns; /* a fragment train older than this is given up */
};

/* Each frame ends in exactly one of: packets, or one of the reasons not to hand it on. */
struct decode_stats {
    uint64_t frames;
    uint64_t packets; /* TCP or UDP segments handed on */
    uint64_t tcp;
    uint64_t udp;
    uint64_t other_protocol; /* IP, but neither TCP nor UDP */
    uint64_t not_ip;         /* ARP, LLDP, unknown EtherType */
    uint64_t unknown_link;   /* link type without a decoder */
    uint64_t truncated;      /* a header lies behind the end of what was captured */
    uint64_t malformed;      /* a header contradicts itself */
    uint64_t too_deep;       /* more nesting than the ceiling */
    uint64_t bad_checksum;
    uint64_t fragments;      /* IP fragments seen */
    uint64_t fragments_held; /* frames that ended as one, whatever became of it */
    uint64_t reassembled;    /* datagrams completed from fragments */
    uint64_t fragment_drops; /* fragments given up: ceiling, time or contradiction */
    uint64_t fragment_contradictions; /* that differ from what came before them */
};

/* Names of 20 bytes, each of which may become four characters. */
#define DECODE_PROCESS_MAX 84

struct defrag;   /* decode/defrag.h */
struct link_row; /* decode/link.h */

struct decoder {
    struct decode_options options;
    struct decode_stats stats;
    struct defrag *defrag;
    const struct link_row *link;      /* how the frame before began, decode/link.h */
    char process[DECODE_PROCESS_MAX]; /* the name that the frame itself gave */
};

int decoder_init(struct decoder *d, const struct decode_options *options, struct err *why);
void decoder_fini(struct decoder *d);

/* True when `frame` completes a TCP or UDP segment, which is then in `*out`. */
bool decode_frame(struct decoder *d, const struct frame *frame, struct packet *out);

/* Give up fragment trains that are older than the timeout. */
void decode_tick(struct decoder *d, uint64_t now_ns);
