/*
 * One UDP datagram of a flow, as QUIC and DTLS take it.
 */
#pragma once

#include "base/span.h"

struct datagram {
    int flow_side;     /* who sent it, 0 or 1 */
    struct span bytes; /* as far as they were captured */
    uint64_t time_ns;
};
