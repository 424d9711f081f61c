/*
 * Reads the TCP options of a SYN-ACK: what tells one answering machine from many.
 */
#pragma once

#include "flow/flow.h"

#define OPENING_NO_SCALE 255

/* Fill the SYN-ACK part of `o`. Malformed options end the list; what stood before them counts. */
void opening_read_syn_ack(struct flow_opening *o, const struct packet *packet);
