/*
 * The connection to somebody who takes messages: TCP, TLS, UDP, or a Unix socket of either kind.
 * Nothing here blocks: the caller polls, with a time of its own that only grows, and puts messages
 * while the receiver is up. A lost connection is made again, after 250 ms first, twice as long each
 * time, 30 s at most.
 *
 * What was put is on its way, no more. receiver_caught_up says that it has arrived: read by the
 * other side (Unix sockets), taken by its kernel (TCP, TLS), sent (UDP). After the state has left
 * RECEIVER_UP, all of it that had not arrived may be lost.
 *
 * Texts in the options are borrowed, the trust too. Messages contain no end of line.
 */
#pragma once

#include <poll.h>
#include <sys/types.h>
#include <time.h>

#include "alert/receiver_address.h"
#include "crypto/tls_client.h"

/* Of a stream: what was put and not sent yet. */
#define RECEIVER_BUFFER_BYTES (256u * 1024u)

enum receiver_transport { RECEIVER_UDP, RECEIVER_TCP, RECEIVER_TLS, RECEIVER_UNIX };

/* Where a message ends in a stream. */
enum receiver_framing {
    FRAMING_LINES,   /* end of line */
    FRAMING_COUNTED, /* its length and a blank before it (RFC 5425, 4.3; RFC 6587, 3.4.1) */
};

enum receiver_state { RECEIVER_DOWN, RECEIVER_CONNECTING, RECEIVER_GREETING, RECEIVER_UP };

enum receiver_put { PUT_TAKEN, PUT_LATER, PUT_TOO_LONG };

struct receiver_options {
    const char *name;   /* for messages: "output.syslog" */
    const char *target; /* HOST:PORT or a path */
    enum receiver_transport transport;
    enum receiver_framing framing;
    bool datagram_first; /* of the two kinds of Unix socket, try this first */
    const struct tls_trust *trust;
};

struct receiver_stats {
    uint64_t connects;
    uint64_t losses;   /* connections that were up */
    uint64_t failures; /* attempts */
};

struct receiver {
    struct receiver_options options;
    struct receiver_addresses addresses;
    size_t address; /* to try next */
    enum receiver_state state;
    int fd; /* -1 */
    struct tls_client *tls;
    bool datagram;
    bool ended;      /* we have sent all and said so */
    bool peer_ended; /* so has the other side */
    bool said_down;
    uint64_t now_ns;
    uint64_t retry_at_ns, back_off_ns;
    uint64_t since_ns; /* of this state */
    dev_t device; /* of the Unix socket that we are connected to, and when it was made */
    ino_t inode;
    struct timespec made;
    char *out;
    size_t start, end;
    struct receiver_stats stats;
};

/* Look up the target; the first attempt is made by the first poll. -1 with a sentence. */
int receiver_init(struct receiver *r, const struct receiver_options *options,
                  struct err *why);

/* Connect, send what was put, notice that the other side is gone. */
enum receiver_state receiver_poll(struct receiver *r, uint64_t now_ns);

/* Only in RECEIVER_UP; PUT_LATER also when the connection is lost by it. */
enum receiver_put receiver_put(struct receiver *r, struct span message);

/* True when all that was put has arrived, and the other side is still there. */
bool receiver_caught_up(struct receiver *r);

/* Say that nothing more will come, once all is sent. Then true as soon as the other side, having
 * read everything, has ended too; datagrams know no end, so there it is receiver_caught_up. */
bool receiver_end(struct receiver *r);

/* What to wait for; false when there is nothing but time. */
bool receiver_wants(const struct receiver *r, struct pollfd *out);

/* Give up the connection, and look up the target again; keeps the addresses that it had. */
int receiver_reopen(struct receiver *r, struct err *why);

/* Accepts a receiver that was never made. */
void receiver_fini(struct receiver *r);
