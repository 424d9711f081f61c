/*
 * Which of several workers looks at a packet, where each worker reads the whole capture: both
 * directions of a conversation fall to one, told by addresses and ports without order.
 *
 * Fragments need no rule of their own: every worker puts datagrams together, and the whole one
 * falls to the worker of its ports. The hash has no seed, so two runs share alike; who writes a
 * capture can load one worker with all of it, which costs time and nothing else.
 */
#pragma once

#include "capture/frame.h"
#include "decode/packet.h"

/* The worker of a packet, 0 to `workers` - 1. */
unsigned share_of(const struct packet *packet, unsigned workers);

/*
 * The same from the frame alone, for what most frames are: TCP over IP on a plain link. False when
 * only decoding tells.
 */
bool share_peek(const struct frame *frame, unsigned workers, unsigned *out);
