/*
 * The PROXY protocol, version 1 (a line) and 2 (binary): what a load balancer says of the
 * connection before it hands on the client's bytes. It is stepped over; the addresses in it are
 * not taken, those on the wire stay.
 */
#pragma once

#include "preamble/line.h"
#include "preamble/talk.h"

struct proxy_protocol {
    uint16_t taken;
    uint16_t left; /* version 2: behind the header */
    struct line line;
};

enum progress proxy_v1_looks_like(struct span first);
enum progress proxy_v2_looks_like(struct span first);

enum progress proxy_v1_push(struct proxy_protocol *p, enum talker from, struct span *bytes);
enum progress proxy_v2_push(struct proxy_protocol *p, enum talker from, struct span *bytes);
