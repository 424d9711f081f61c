/*
 * PPP and its relatives on serial lines.
 */
#include "decode/serial.h"

static const struct {
    uint16_t protocol;
    enum step step;
} ppp_protocols[] = {
    {0x0021, STEP_IPV4},
    {0x0057, STEP_IPV6},
    {0x0281, STEP_MPLS},
    {0x0283, STEP_MPLS},
};

/* RFC 2516: version 4 bits, type 4, code 1, session 2, length 2, then a PPP protocol. */
enum step serial_pppoe(struct layers *l)
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
enum step serial_ppp(struct layers *l)
{
    struct span look = l->rest;
    uint16_t protocol;
    uint8_t first;

    if (!span_u8(&look, &first))
        return layers_short(l);
    if (first & 1) {
        protocol = first;
        l->rest = look;
    } else if (!span_u16(&l->rest, &protocol)) {
        return layers_short(l);
    }
    for (size_t i = 0; i < sizeof(ppp_protocols) / sizeof(ppp_protocols[0]); i++)
        if (ppp_protocols[i].protocol == protocol)
            return ppp_protocols[i].step;
    return END_NOT_IP;
}

/* RFC 1662: address ff, control 03, unless they were agreed away; or Cisco's framing. */
enum step serial_ppp_hdlc(struct layers *l)
{
    struct span look = l->rest;
    uint16_t address;

    if (!span_u16(&look, &address))
        return layers_short(l);
    if (address == 0x0f00 || address == 0x8f00)
        return STEP_CISCO_HDLC;
    if (address == 0xff03)
        l->rest = look;
    return STEP_PPP;
}

/* Address 1, control 1, EtherType. */
enum step serial_cisco_hdlc(struct layers *l)
{
    return span_skip(&l->rest, 2) ? STEP_ETHERTYPE : layers_short(l);
}

/*
 * RFC 2427: address of two to four bytes, the last with its lowest bit set; control 03, padding 0,
 * network layer protocol. Cisco has an EtherType in place of the latter three.
 */
enum step serial_frame_relay(struct layers *l)
{
    struct span look;
    uint8_t byte = 0;

    for (int i = 0; i < 4 && !(byte & 1); i++)
        if (!span_u8(&l->rest, &byte))
            return layers_short(l);
    look = l->rest;
    if (!span_u8(&look, &byte))
        return layers_short(l);
    if (byte != 0x03)
        return STEP_ETHERTYPE;
    do {
        if (!span_u8(&look, &byte))
            return layers_short(l);
    } while (byte == 0);
    l->rest = look;
    if (byte == 0xcc)
        return STEP_IPV4;
    if (byte == 0x8e)
        return STEP_IPV6;
    /* SNAP: organisation 3, EtherType. */
    if (byte == 0x80)
        return span_skip(&l->rest, 3) ? STEP_ETHERTYPE : layers_short(l);
    return END_NOT_IP;
}
