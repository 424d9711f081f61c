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

/* Give up the holes that were waited for long enough. */
void assemble_skip_overdue(struct flows *f, struct connection *c, uint64_t now_ns);

/* Give up all holes: nothing more will come. */
void assemble_skip_all(struct flows *f, struct connection *c, uint64_t now_ns);
