/*
 * IP fragments become datagrams (RFC 791, RFC 8200).
 *
 * In: one fragment at a time. Out: the payload of the whole datagram, in a buffer of the
 * defragmenter that the next push overwrites; any order, any duplication.
 *
 * Where fragments overlap, the first arrival wins, byte for byte; a fragment that says something
 * else about bytes already held, or about where the datagram ends, is counted as a contradiction
 * (of the latter kind it is dropped whole). Nothing is guessed: a datagram with a hole stays away.
 *
 * All memory is allocated at the start, in blocks of DEFRAG_BLOCK bytes. Without a free block the
 * datagram that began first is given up; so is one older than the timeout, in packet time.
 */
#pragma once

#include "base/err.h"
#include "decode/packet.h"

#define DEFRAG_BLOCK 2048
#define DEFRAG_DATAGRAM_MAX 65535

/* What fragments of one datagram have in common. Protocol is 0 for IPv6, where it may differ. */
struct defrag_key {
    struct address source;
    struct address destination;
    struct tunnel tunnel; /* that the fragments came through, if any */
    uint32_t id;
    uint8_t version;
    uint8_t protocol;
};

struct fragment {
    struct defrag_key key;
    uint64_t time_ns;
    size_t offset; /* a multiple of 8; with the bytes at most DEFRAG_DATAGRAM_MAX */
    bool more;     /* others follow behind it: then its length is a multiple of 8 */
    uint8_t protocol;
    struct span bytes;
};

enum defrag_result {
    DEFRAG_DONE,    /* the datagram is complete */
    DEFRAG_HELD,    /* bytes are missing */
    DEFRAG_DROPPED, /* it contradicts others, or there is no memory at all for it */
};

struct defrag_stats {
    uint64_t reassembled;
    uint64_t drops;          /* fragments given up */
    uint64_t contradictions; /* fragments that say something else than earlier ones */
    uint64_t bytes;          /* of memory, at most what was allowed */
};

struct defrag;

/* NULL with a sentence when there is no memory. Fewer than some kilobytes hold no datagram. */
struct defrag *defrag_new(uint64_t bytes, uint64_t timeout_ns, struct err *why);
void defrag_free(struct defrag *d);

/*
 * Take in a fragment. With DEFRAG_DONE the datagram's bytes are in `*datagram` and its protocol,
 * that of the fragment with offset 0, in `*protocol`.
 */
enum defrag_result defrag_push(struct defrag *d, const struct fragment *fragment,
                               struct span *datagram, uint8_t *protocol);

/* Give up datagrams that are older than the timeout. */
void defrag_tick(struct defrag *d, uint64_t now_ns);

const struct defrag_stats *defrag_stats(const struct defrag *d);
