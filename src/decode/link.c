/*
 * Link layers and what stands between them and IP: tags, labels, sessions.
 */
#include "decode/layer.h"

#define ETHERNET_LENGTH_MAX 1500 /* IEEE 802.3: up to here the type field is a length */

struct link_row {
    uint32_t number;
    enum step step;
};

/* LINKTYPE_ numbers; 12 and 14 are DLT_RAW of some systems, found in files all the same. */
static const struct link_row links[] = {
    {1, STEP_ETHERNET},
    {101, STEP_IP},
    {228, STEP_IPV4},
    {229, STEP_IPV6},
    {12, STEP_IP},
    {14, STEP_IP},
};

static const struct link_row ethertypes[] = {
    {0x0800, STEP_IPV4}, {0x86dd, STEP_IPV6},  {0x8100, STEP_VLAN},  {0x88a8, STEP_VLAN},
    {0x9100, STEP_VLAN}, {0x9200, STEP_VLAN},  {0x8847, STEP_MPLS},  {0x8848, STEP_MPLS},
    {0x8864, STEP_PPPOE},
};

enum step link_step(uint32_t link_type)
{
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
        if (links[i].number == link_type)
            return links[i].step;
    return END_UNKNOWN_LINK;
}

enum step link_ethertype(uint16_t type)
{
    for (size_t i = 0; i < sizeof(ethertypes) / sizeof(ethertypes[0]); i++)
        if (ethertypes[i].number == type)
            return ethertypes[i].step;
    return END_NOT_IP;
}

enum step link_ethernet(struct layers *l)
{
    struct span header, source, destination;
    uint16_t type;

    if (!span_take(&l->rest, 14, &header))
        return layers_short(l);
    if (!span_take(&header, 6, &destination) || !span_take(&header, 6, &source) ||
        !span_u16(&header, &type))
        return END_MALFORMED;
    l->packet->destination_mac = destination.data;
    l->packet->source_mac = source.data;
    l->packet->vlan_count = 0;
    return type <= ETHERNET_LENGTH_MAX ? STEP_LLC : link_ethertype(type);
}

/* IEEE 802.1Q, 9.6: priority 3 bits, drop eligible 1, VLAN 12; then the EtherType. */
enum step link_vlan(struct layers *l)
{
    struct packet *p = l->packet;
    uint16_t tag, type;

    if (!span_u16(&l->rest, &tag) || !span_u16(&l->rest, &type))
        return layers_short(l);
    if (p->vlan_count < PACKET_VLANS_MAX)
        p->vlans[p->vlan_count++] = tag & 0x0fff;
    return type <= ETHERNET_LENGTH_MAX ? STEP_LLC : link_ethertype(type);
}

/* IEEE 802.2 with SNAP: dsap aa, ssap aa, control 03, organisation 3, EtherType. */
enum step link_llc(struct layers *l)
{
    uint64_t snap;
    uint16_t type;

    if (!span_uint(&l->rest, 6, &snap) || !span_u16(&l->rest, &type))
        return layers_short(l);
    return snap == UINT64_C(0xaaaa03000000) ? link_ethertype(type) : END_NOT_IP;
}

/* RFC 3032: label 20, class 3, bottom of stack 1, time to live 8. What follows is not named. */
enum step link_mpls(struct layers *l)
{
    uint32_t label;

    do {
        if (!span_u32(&l->rest, &label))
            return layers_short(l);
    } while (!(label & 0x100));
    return STEP_IP;
}

/* RFC 2516: version 4 bits, type 4, code 1, session 2, length 2, then a PPP protocol. */
enum step link_pppoe(struct layers *l)
{
    uint16_t version_code, session, len;

    if (!span_u16(&l->rest, &version_code) || !span_u16(&l->rest, &session) ||
        !span_u16(&l->rest, &len))
        return layers_short(l);
    if (version_code != 0x1100)
        return END_NOT_IP;
    layers_trim(l, len);
    return STEP_PPP;
}

/* RFC 1661, 2: the protocol in two bytes, or in one where its lowest bit is set. */
enum step link_ppp(struct layers *l)
{
    uint8_t high, low;

    if (!span_u8(&l->rest, &high))
        return layers_short(l);
    if (high & 1)
        low = high;
    else if (!span_u8(&l->rest, &low))
        return layers_short(l);
    if (low == high)
        high = 0;
    if (high == 0 && low == 0x21)
        return STEP_IPV4;
    return high == 0 && low == 0x57 ? STEP_IPV6 : END_NOT_IP;
}
