/*
 * How a connection opened, and the TCP options of its SYN-ACK: what tells one answering machine
 * from many.
 */
#pragma once

#include "decode/packet.h"

#define OPENING_NO_SCALE 255

/* The SYN-ACK as it came, and the times around it. */
struct flow_opening {
    bool syn_seen;
    bool syn_ack_seen;
    uint8_t opener; /* side that sent the SYN */
    uint8_t ttl;
    uint8_t window_scale; /* 255 when absent */
    uint16_t window;
    uint16_t mss;     /* 0 when absent */
    char options[24]; /* option kinds in order, a letter each: M S T N W E, others as "?" */
    uint64_t rtt_ns;  /* SYN to SYN-ACK, 0 when not seen */
};

/* Fill the SYN-ACK part of `o`. Malformed options end the list; what stood before them counts. */
void opening_read_syn_ack(struct flow_opening *o, const struct packet *packet);
