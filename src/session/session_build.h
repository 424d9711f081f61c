/*
 * Fills a session record from what the earlier stages say: TLS events as they come, then the
 * connection and the outcome when it is decided.
 */
#pragma once

#include "fingerprint/prints.h"
#include "flow/flow.h"
#include "session/session.h"
#include "session/session_end.h"
#include "tls/conn.h"

/* The first hello of a connection: who is the client, and where it runs. */
void session_begin(struct session *s, const struct connection *c, int client_side);

/* The same for a connection without a hello; the client's first bytes tell it from others. */
void session_begin_unidentified(struct session *s, const struct connection *c,
                                int client_side, struct span first_bytes);

/* What reads certificates and makes fingerprints; both outlive the sessions. */
struct session_tools {
    struct certificate_cache *certificates;
    struct prints *prints;
};

/* Take one TLS event. */
void session_note(struct session *s, const struct tls_event *event,
                  const struct session_tools *tools);

/* A side closed. The first close of a connection is the one that counts. */
void session_note_close(struct session *s, enum side by, enum close_how how,
                        uint64_t time_ns);

/* The name of the CONNECT or SOCKS target. */
void session_note_proxy(struct session *s, const char *target, uint16_t port);

/* True when one of the hellos was seen, so that the session has an id. */
bool session_has_hello(const struct session *s);

/* The decision, and what the connection shows at that time. */
void session_finish(struct session *s, const struct connection *c,
                    const struct outcome_state *state,
                    const struct outcome_decision *decision);

/*
 * The connection of a told session has ended: its totals. `records` of application data are by
 * enum tls_side.
 */
void session_note_end(const struct session *s, const struct connection *c,
                      const uint64_t records[2], struct session_end *out);
