/*
 * What the parts of a worker share: the state of a connection, and how it ends. Nobody else includes
 * this.
 */
#pragma once

#include <stddef.h>

#include "unidentified.h"
#include "worker.h"

/* What the stages after flow know of a connection; lives in the connection's slot. */
struct flow_state {
    uint8_t client;   /* flow side, valid when `tls` */
    uint8_t segments; /* chunks of the client so far */
    bool is_datagram;
    bool is_unidentified;
    bool tls; /* a session is under way: TLS, QUIC or DTLS */
    bool decided;
    bool told;                       /* kept for its totals only */
    uint64_t application_records[2]; /* by enum tls_side */
    struct outcome_decision decision;
    struct outcome_state outcome;
    union {
        struct {
            struct tls_conn conn;
            struct preamble preamble;
        };
        struct datagram_flow datagram;    /* when is_datagram */
        struct unidentified unidentified; /* when is_unidentified */
    };
    struct session session;
};

/* Up to where most packets of a connection look. */
#define HOT_BYTES (offsetof(struct flow_state, preamble) + 64)

/* A callback's worker and connection, for the events that come out of it. */
struct turn {
    struct worker *worker;
    struct connection *connection;
    struct flow_state *state;
};

static inline struct flow_state *state_of(struct connection *c)
{
    return (struct flow_state *)(void *)c->state;
}

/* Give back what the state holds; the session stays as it is, but for its certificates. */
void worker_release(struct worker *w, struct flow_state *state);

/* What nDPI's labels know the connection by: without its tunnel. */
struct flow_key worker_key_of(const struct connection *c, uint8_t protocol);

/* No session comes of it. Where it is not the middle of TLS, packets may tell what else it is. */
void worker_watch_other(struct worker *w, const struct connection *c, uint8_t protocol,
                        bool is_tls);

/* Its outcome is decided: tell the session. */
void worker_tell_session(struct worker *w, struct connection *c, struct flow_state *state,
                         uint64_t now_ns);

/* The totals of a connection whose session was told: now, or when both sides have closed. */
void worker_tell_end(struct worker *w, struct connection *c, struct flow_state *state,
                     uint64_t now_ns);
void worker_watch_end(struct worker *w, struct connection *c, uint64_t now_ns);

/*
 * A TCP connection that is neither TLS nor what leads to it (unidentified.h): begin to look at it,
 * false when there is no reason to; bytes of it; and its end, before anything was told.
 */
bool worker_begin_unidentified(struct worker *w, struct connection *c,
                               struct flow_state *state);
void worker_push_unidentified(struct turn *turn, int side, const struct chunk *chunk);
void worker_end_unidentified(struct worker *w, struct connection *c,
                             struct flow_state *state, uint64_t now_ns);
