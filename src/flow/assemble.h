/*
 * What TCP segments do to their connection: bytes go through the streams of both directions to
 * the handler, FIN and RST follow them in order, and holes are waited for and given up.
 */
#pragma once

#include "flow/flow.h"

/* Take a segment of `side`. */
void assemble_push(struct flows *f, struct connection *c, int side,
                   const struct packet *packet);

/* Note when holes open and close, and ask for the next look at this connection. */
void assemble_watch(struct flows *f, struct connection *c, uint64_t now_ns);

/*
 * True when neither side has anything that is to be watched: then what was asked for before still
 * holds, and assemble_watch would change nothing.
 */
static inline bool assemble_is_calm(const struct connection *c)
{
    return stream_is_calm(&c->streams[0]) && stream_is_calm(&c->streams[1]) &&
           !c->reset_pending[0] && !c->reset_pending[1] &&
           c->streams[0].has_ack == c->has_ack[1] && c->streams[1].has_ack == c->has_ack[0];
}

/* Give up the holes that were waited for long enough. */
void assemble_skip_overdue(struct flows *f, struct connection *c, uint64_t now_ns);

/* Give up all holes: nothing more will come. */
void assemble_skip_all(struct flows *f, struct connection *c, uint64_t now_ns);
