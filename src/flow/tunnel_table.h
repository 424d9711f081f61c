/*
 * Small numbers for tunnels, so that overlapping addresses behind different tunnels are different
 * flows. Number 0 means no tunnel. Both directions of one tunnel get one number: the outer
 * addresses count without order. A GTP-U tunnel has another TEID in each direction, so there the
 * pair of tunnel endpoints is the identity, not the TEID.
 *
 * At most TUNNELS_MAX - 1 tunnels have a number of their own; later ones share the last, counted.
 */
#pragma once

#include "base/err.h"
#include "decode/packet.h"

#define TUNNELS_MAX 65535u

struct tunnel_table;

struct tunnel_table *tunnel_table_new(struct err *why);
uint16_t tunnel_table_find(struct tunnel_table *t, const struct tunnel *tunnel);

static inline uint16_t tunnel_table_number(struct tunnel_table *t,
                                           const struct tunnel *tunnel)
{
    return tunnel->kind == TUNNEL_NONE ? 0 : tunnel_table_find(t, tunnel);
}

uint64_t tunnel_table_shared(const struct tunnel_table *t);
void tunnel_table_free(struct tunnel_table *t);
