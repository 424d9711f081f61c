/*
 * Captures that name the process or app behind each packet.
 */
#include "decode/process.h"

#include "base/text.h"
#include "decode/link.h"

#define TRAILER_MAGIC UINT32_C(0x01072021)

enum {
    PKTAP_NAME = 20,
    PKTAP_TYPE_PACKET = 1,
    TRAILER_FCS = 4,
};

/* A name of fixed room, ended by a zero unless it fills it; kept in the decoder. */
static void keep_name(struct layers *l, struct span field)
{
    const uint8_t *end = memchr(field.data, 0, field.len);

    if (end)
        field.len = (size_t)(end - field.data);
    if (!span_empty(field))
        l->packet->process = text_from_span(l->decoder->process, DECODE_PROCESS_MAX, field);
}

/*
 * PCAPdroid's trailer, the last bytes of the frame: magic 4, user 4, app name 20 (16 in older
 * versions), frame check sequence 4. Between it and the packet may stand padding to four.
 */
void process_trailer(struct layers *l, struct span rest, size_t len)
{
    static const size_t name_lengths[] = {20, 16};
    struct span trailer = rest;

    if (!span_skip(&trailer, len))
        return;
    for (size_t i = 0; i < sizeof(name_lengths) / sizeof(name_lengths[0]); i++) {
        size_t total = 8 + name_lengths[i] + TRAILER_FCS;
        struct span look = trailer, name;
        uint32_t magic, user;

        if (look.len >= total && span_skip(&look, look.len - total) &&
            span_u32(&look, &magic) && magic == TRAILER_MAGIC && span_u32(&look, &user) &&
            span_take(&look, name_lengths[i], &name)) {
            keep_name(l, name);
            return;
        }
    }
}

/*
 * Apple's PKTAP, little-endian: length 4, type 4, link type 4, interface name 24, flags 4, protocol
 * family 4, link header length 4, link trailer length 4, process 4, its name 20, class 4, interface
 * type 2, interface unit 2, effective process 4, its name 20, ... The effective process is the one
 * on whose behalf a system service sends.
 */
enum step process_pktap(struct layers *l)
{
    struct span look = l->rest, name, effective;
    uint32_t len, type, link_type;
    const struct link_row *row;

    if (!span_u32le(&look, &len) || !span_u32le(&look, &type) ||
        !span_u32le(&look, &link_type) || !span_skip(&look, 44) ||
        !span_take(&look, PKTAP_NAME, &name) || !span_skip(&look, 12) ||
        !span_take(&look, PKTAP_NAME, &effective) || !span_skip(&l->rest, len))
        return layers_short(l);
    if (type != PKTAP_TYPE_PACKET)
        return END_NOT_IP;
    row = link_find(link_type);
    /* A header in a header would be read for ever. */
    if (row->step == STEP_PKTAP)
        return END_MALFORMED;
    keep_name(l, name);
    keep_name(l, effective);
    return link_begin(l, row);
}
