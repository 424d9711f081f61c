/*
 * The packet side, from frame to decided session: decode, flow, preamble, tls, outcome. A worker
 * shares nothing with others; its sessions go to a callback, in the order in which they are
 * complete.
 */
#pragma once

#include "ahead.h"
#include "datagram.h"
#include "decode/decode.h"
#include "flow/app_label.h"
#include "flow/flow.h"
#include "preamble/preamble.h"
#include "session/session_build.h"
#include "session/session_end.h"
#include "tls/certificate.h"
#include "tls/conn.h"

typedef void (*session_fn)(void *ctx, const struct session *session);
typedef void (*session_end_fn)(void *ctx, const struct session_end *end);

struct worker_options {
    struct decode_options decode;
    struct outcome_tuning outcome;
    size_t max_flows;
    size_t max_connections;
    uint64_t held_bytes;    /* waiting segments */
    uint64_t message_bytes; /* split handshake messages */
    uint64_t flow_timeout_ns;
    uint64_t hash_seed;
    /* Where several workers are given all frames, each takes the flows that decode/share.h tells:
     * this one share `share` of `shares`; 0 or 1 shares: all of them. */
    unsigned share;
    unsigned shares;
    struct session_tools tools;   /* borrowed */
    bool label_sessions;          /* somebody reads what nDPI says of their names */
    bool labels_lazy;             /* nDPI is set up when it is first needed */
    pthread_mutex_t *labels_lock; /* as in flow/app_label.h */
    session_fn on_session;
    /* NULL: nobody wants totals, connections are let go early */
    session_end_fn on_session_end;
    void *ctx;
};

struct worker_stats {
    uint64_t tls_connections; /* and QUIC, and DTLS */
    uint64_t sessions;
    uint64_t without_hello;     /* TLS connections of which neither hello could be read */
    uint64_t other_connections; /* neither TLS nor a tunnel to it */
    uint64_t other_on_443;      /* of these, on the port of HTTPS by their first bytes */
    uint64_t unidentified;      /* of these, told as sessions: encrypted, it seems */
    uint64_t undecided_connections;     /* that ended before it was known what they are */
    uint64_t preambles[PREAMBLE_KINDS]; /* that led to TLS */
    uint64_t preambles_refused;         /* times that a proxy or server said no */
    uint64_t outcomes[OUTCOME_COUNT];
};

struct worker {
    struct worker_options options;
    struct decoder decoder;
    struct flows flows;
    struct tls_context tls;
    struct datagram_context datagrams;
    struct app_labels *labels;
    struct worker_stats stats;
    struct ahead ahead;
};

/* What one handshake under way takes. */
size_t worker_connection_bytes(void);

int worker_init(struct worker *w, const struct worker_options *options, struct err *why);

/* Take a frame. Sessions that became complete before it are told before it is looked at. */
void worker_push(struct worker *w, const struct frame *frame);

/*
 * The same for several frames that are at hand: worker_look decodes some of them and has the memory
 * fetched that they need; it returns how many. So many calls of worker_push_next follow, with the
 * same frames in order.
 */
size_t worker_look(struct worker *w, const struct frame *frames, size_t count);
void worker_push_next(struct worker *w, const struct frame *frame);

/* No frame came, and it is `now_ns`. */
void worker_tick(struct worker *w, uint64_t now_ns);

/* The capture ended: tell every session that is left. */
void worker_drain(struct worker *w);

/* Packet time, newest so far. */
uint64_t worker_now_ns(const struct worker *w);

void worker_fini(struct worker *w);
