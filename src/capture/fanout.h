/*
 * Shares the frames of one interface out over several sockets (packet(7), PACKET_FANOUT): each
 * frame goes to one of them, and all of one conversation to the same.
 *
 * The kernel runs a small program over each frame, which takes both addresses of the IP header and
 * neither ports nor order: so both directions of a conversation and all fragments of a datagram come
 * to one socket, whole or not, and what is captured is what was on the wire. It looks behind VLAN
 * tags, MPLS labels and PPPoE. Of a tunnel it takes the outer addresses, which are the same in both
 * directions: two tunnel ends fall to one socket with all that they carry. What is no IP goes to the
 * first socket.
 *
 * A group is for the rings of one interface in one process; it gets its number from the kernel.
 * Sockets are numbered as they join, so several interfaces whose rings join in one order share out
 * alike.
 */
#pragma once

#include "base/err.h"

#define FANOUT_NEW (-1)

/* The socket joins the group, or begins one with FANOUT_NEW: its number, or -1 with a sentence. */
int fanout_join(int fd, int group, struct err *why);
