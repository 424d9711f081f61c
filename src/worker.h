/*
 * The packet side, from frame to decided session: decode, flow, preamble, tls, outcome. A worker
 * shares nothing with others; its sessions go to a callback, in the order in which they are
 * complete.
 */
#pragma once

#include "decode/decode.h"
#include "flow/app_label.h"
#include "flow/flow.h"
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
    uint64_t held_bytes;       /* waiting segments */
    uint64_t message_bytes;    /* split handshake messages */
    uint64_t flow_timeout_ns;
    uint64_t hash_seed;
    unsigned share;  /* of `shares`: where several workers are given all frames, each takes the */
    unsigned shares; /* flows that decode/share.h tells; 0 or 1: all of them */
    struct session_tools tools; /* borrowed */
    session_fn on_session;
    session_end_fn on_session_end; /* NULL: nobody wants totals, connections are let go early */
    void *ctx;
};

struct worker_stats {
    uint64_t tls_connections;
    uint64_t sessions;
    uint64_t without_hello;     /* TLS connections of which neither hello could be read */
    uint64_t other_connections; /* neither TLS nor a tunnel to it */
    uint64_t connect_tunnels;
    uint64_t connect_refused;   /* answers of a proxy other than 2xx */
    uint64_t outcomes[OUTCOME_COUNT];
};

struct worker {
    struct worker_options options;
    struct decoder decoder;
    struct flows flows;
    struct tls_context tls;
    struct app_labels *labels;
    struct worker_stats stats;
};

int worker_init(struct worker *w, const struct worker_options *options, struct err *why);

/* Take a frame. Sessions that became complete before it are told before it is looked at. */
void worker_push(struct worker *w, const struct frame *frame);

/* No frame came, and it is `now_ns`. */
void worker_tick(struct worker *w, uint64_t now_ns);

/* The capture ended: tell every session that is left. */
void worker_drain(struct worker *w);

/* Packet time, newest so far. */
uint64_t worker_now_ns(const struct worker *w);

void worker_fini(struct worker *w);
