/*
 * Steps of TCP and UDP, which fill in the packet, and the Internet checksum.
 */
#pragma once

#include "decode/layer.h"

/* The Internet checksum (RFC 1071) of bytes, added to `sum`; 0xffff when it includes its own. */
uint16_t transport_checksum(uint16_t sum, struct span bytes);

enum step transport_tcp(struct layers *l);
enum step transport_udp(struct layers *l);
