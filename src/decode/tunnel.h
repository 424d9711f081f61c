/*
 * Steps of what carries packets inside packets.
 *
 * Each notes itself in the packet as its innermost tunnel, between the addresses read last;
 * TUNNELS_MAX of them are followed.
 */
#pragma once

#include "decode/layer.h"

/* Tunnels in one frame. */
#define TUNNELS_MAX 8

/*
 * What a UDP datagram to or from a tunnel's port leads to, END_PACKET when its content is not that
 * tunnel's: then it is a datagram like any other and `l` is as it was.
 */
enum step tunnel_from_udp(struct layers *l, uint16_t source_port,
                          uint16_t destination_port);

enum step tunnel_ip(struct layers *l);
enum step tunnel_mpls(struct layers *l);
enum step tunnel_ether_ip(struct layers *l);
enum step tunnel_ethernet(struct layers *l);
enum step tunnel_gre(struct layers *l);
enum step tunnel_erspan_2(struct layers *l);
enum step tunnel_erspan_3(struct layers *l);
enum step tunnel_wccp(struct layers *l);
