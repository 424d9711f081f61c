/*
 * 802.11 data frames and what capture tools put before them. Only the radiotap header is read
 * further than its length, for one flag: whether the driver padded the 802.11 header.
 */
#include "decode/wifi.h"

enum {
    TYPE_DATA = 0x08, /* of the frame control field: type */
    TYPE_MASK = 0x0c,
    SUBTYPE_NULL = 0x40, /* no data */
    SUBTYPE_QOS = 0x80,
    TO_DS = 0x0100,
    FROM_DS = 0x0200,
    MORE_FRAGMENTS = 0x0400,
    PROTECTED = 0x4000,
    ORDER = 0x8000,
    QOS_AGGREGATE = 0x80, /* of the QoS control field: several MSDUs follow */
    FRAGMENT_NUMBER = 0x000f,
    RADIOTAP_TSFT = 1u << 0,
    RADIOTAP_FLAGS = 1u << 1,
    RADIOTAP_DATA_PAD = 0x20,
    AVS_MAGIC = 0x80211000,
};

#define RADIOTAP_MORE (UINT32_C(1) << 31)

#define MAC_LEN 6

/* Which of the addresses are the ends', by TO_DS and FROM_DS (IEEE 802.11, table 9-30). */
static const struct {
    uint8_t destination;
    uint8_t source;
} ends[4] = {{0, 1}, {2, 1}, {0, 2}, {2, 3}};

static bool read_u16(struct layers *l, uint16_t *out)
{
    return l->wifi_swapped ? span_u16(&l->rest, out) : span_u16le(&l->rest, out);
}

/*
 * What stands between the addresses and the data: QoS control 2, and high throughput control 4
 * where the order flag says so; then padding to four where the driver aligns.
 */
static enum step skip_controls(struct layers *l, uint16_t control)
{
    bool four = (control & TO_DS) && (control & FROM_DS), qos = control & SUBTYPE_QOS;
    uint16_t qos_control = 0;

    if (qos && !read_u16(l, &qos_control))
        return layers_short(l);
    if (qos && (control & ORDER) && !span_skip(&l->rest, 4))
        return layers_short(l);
    /* 24 bytes and one of the two others are no multiple of four. */
    if (l->wifi_padded && qos != four && !span_skip(&l->rest, 2))
        return layers_short(l);
    return qos_control & QOS_AGGREGATE ? END_NOT_IP : STEP_LLC;
}

/*
 * control 2, duration 2, addresses 6 + 6 + 6, sequence 2, fourth address 6 where both directions
 * are set. Encrypted frames, fragments and aggregates lead nowhere.
 */
enum step wifi_frame(struct layers *l)
{
    struct span addresses[4] = {{0}};
    uint16_t control, sequence;
    unsigned direction;

    if (!read_u16(l, &control))
        return layers_short(l);
    if ((control & TYPE_MASK) != TYPE_DATA || (control & SUBTYPE_NULL) ||
        (control & (PROTECTED | MORE_FRAGMENTS)))
        return END_NOT_IP;
    direction = (control >> 8) & 3;
    if (!span_skip(&l->rest, 2) || !span_take(&l->rest, MAC_LEN, &addresses[0]) ||
        !span_take(&l->rest, MAC_LEN, &addresses[1]) ||
        !span_take(&l->rest, MAC_LEN, &addresses[2]) || !read_u16(l, &sequence) ||
        (direction == 3 && !span_take(&l->rest, MAC_LEN, &addresses[3])))
        return layers_short(l);
    if (sequence & FRAGMENT_NUMBER)
        return END_NOT_IP;
    l->packet->destination_mac = addresses[ends[direction].destination].data;
    l->packet->source_mac = addresses[ends[direction].source].data;
    l->packet->vlan_count = 0;
    return skip_controls(l, control);
}

/*
 * version 1, padding 1, length 2, one or more words of flags for fields present; then the fields:
 * time 8, aligned to 8 from the header's begin, flags 1, others.
 */
enum step wifi_radiotap(struct layers *l)
{
    struct span header = l->rest, fields;
    uint32_t present, more;
    uint16_t len;
    uint8_t flags = 0;
    bool aligned = true;

    if (!span_skip(&header, 2) || !span_u16le(&header, &len) || !span_skip(&l->rest, len))
        return layers_short(l);
    header = span_first(header, len);
    if (!span_u32le(&header, &present))
        return END_MALFORMED;
    more = present;
    fields = header;
    while (more & RADIOTAP_MORE) {
        if (!span_u32le(&fields, &more))
            return END_MALFORMED;
        aligned = !aligned;
    }
    if ((present & RADIOTAP_TSFT) && !span_skip(&fields, aligned ? 8 : 12))
        return END_MALFORMED;
    if ((present & RADIOTAP_FLAGS) && !span_u8(&fields, &flags))
        return END_MALFORMED;
    l->wifi_padded = flags & RADIOTAP_DATA_PAD;
    return STEP_WIFI;
}

/* Prism: code 4, length 4, ..., in the byte order of the machine; or AVS under the same number. */
enum step wifi_prism(struct layers *l)
{
    struct span look = l->rest, swapped;
    uint32_t code, len, len_swapped;

    if (!span_u32(&look, &code))
        return layers_short(l);
    if ((code & 0xfffff000) == AVS_MAGIC)
        return STEP_AVS;
    swapped = look;
    if (!span_u32le(&look, &len) || !span_u32(&swapped, &len_swapped) ||
        !span_skip(&l->rest, len < len_swapped ? len : len_swapped))
        return layers_short(l);
    return STEP_WIFI;
}

/* AVS: version 4, length 4, ..., big-endian. */
enum step wifi_avs(struct layers *l)
{
    struct span look = l->rest;
    uint32_t version, len;

    if (!span_u32(&look, &version) || !span_u32(&look, &len) || !span_skip(&l->rest, len))
        return layers_short(l);
    return STEP_WIFI;
}
