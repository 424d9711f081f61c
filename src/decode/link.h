/*
 * Steps of Ethernet's family, of capture tools, and of what stands between them and IP; and the
 * table of link types, which tells where a frame begins.
 */
#pragma once

#include "decode/layer.h"

/* A link type: how many bytes to pass over, then the first step. */
struct link_row {
    uint32_t number;
    uint16_t skip;
    enum step step;
};

/* The row of a LINKTYPE_ number, or one whose step is END_UNKNOWN_LINK. */
const struct link_row *link_find(uint32_t link_type);

/* Begin with the link that the row describes. */
static inline enum step link_begin(struct layers *l, const struct link_row *row)
{
    if (row->skip > 0 && !span_skip(&l->rest, row->skip))
        return layers_short(l);
    return row->step;
}

/* The step for an EtherType, END_NOT_IP for one that leads nowhere. */
enum step link_ethertype(uint16_t type);

enum step link_ethernet(struct layers *l);
enum step link_bare_ethertype(struct layers *l);
enum step link_vlan(struct layers *l);
enum step link_mpls(struct layers *l);
enum step link_llc(struct layers *l);
enum step link_vn_tag(struct layers *l);
enum step link_macsec(struct layers *l);
enum step link_provider_backbone(struct layers *l);
enum step link_null(struct layers *l);
enum step link_sll(struct layers *l);
enum step link_sll2(struct layers *l);
enum step link_pflog(struct layers *l);
enum step link_nflog(struct layers *l);
enum step link_ppi(struct layers *l);
