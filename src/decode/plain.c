#include "decode/plain.h"

#include "decode/layer.h"

#define ETHERNET_HEADER 14u
#define IPV4_HEADER 20u
#define TCP_HEADER 20u

/* Offsets from the beginning of the frame, whose headers have no options before them. */
enum {
    AT_DESTINATION_MAC = 0,
    AT_SOURCE_MAC = 6,
    AT_ETHERTYPE = 12,
    AT_VERSION = 14, /* and header length */
    AT_CLASS = 15,
    AT_TOTAL = 16,
    AT_FRAGMENT = 20,
    AT_TTL = 22,
    AT_PROTOCOL = 23,
    AT_SOURCE = 26,
    AT_DESTINATION = 30,
    AT_SOURCE_PORT = 34,
    AT_DESTINATION_PORT = 36,
    AT_SEQUENCE = 38,
    AT_ACKNOWLEDGEMENT = 42,
    AT_DATA_OFFSET = 46,
    AT_FLAGS = 47,
    AT_WINDOW = 48,
    HEADERS = 54,
};

_Static_assert(HEADERS == ETHERNET_HEADER + IPV4_HEADER + TCP_HEADER,
               "no header is longer");

static inline uint16_t u16(const uint8_t headers[HEADERS], size_t at)
{
    return (uint16_t)(headers[at] << 8 | headers[at + 1]);
}

static inline uint32_t u32(const uint8_t headers[HEADERS], size_t at)
{
    return (uint32_t)u16(headers, at) << 16 | u16(headers, at + 2);
}

static inline void address(const uint8_t *v4, struct address *out)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

    memcpy(out->bytes, mapped, sizeof(mapped));
    memcpy(out->bytes + sizeof(mapped), v4, 4);
}

/* IPv4 without options, no fragment, TCP, of a length that was captured, without a trailer. */
static inline bool is_plain(const uint8_t h[HEADERS], size_t captured)
{
    size_t total = u16(h, AT_TOTAL), behind_link = captured - ETHERNET_HEADER;

    return u16(h, AT_ETHERTYPE) == 0x0800 && h[AT_VERSION] == 0x45 &&
           !(u16(h, AT_FRAGMENT) & 0x3fff) && h[AT_PROTOCOL] == PACKET_TCP &&
           total >= IPV4_HEADER + TCP_HEADER && total <= behind_link &&
           behind_link - total < PROCESS_TRAILER_MIN;
}

static inline void fill(const struct frame *frame, const uint8_t h[HEADERS],
                        struct packet *out)
{
    out->time_ns = frame->time_ns;
    address(h + AT_SOURCE, &out->source);
    address(h + AT_DESTINATION, &out->destination);
    out->source_port = u16(h, AT_SOURCE_PORT);
    out->destination_port = u16(h, AT_DESTINATION_PORT);
    out->protocol = PACKET_TCP;
    out->ttl = h[AT_TTL];
    out->tcp_flags = h[AT_FLAGS];
    out->ecn = h[AT_CLASS] & 3;
    out->sequence = u32(h, AT_SEQUENCE);
    out->acknowledgement = u32(h, AT_ACKNOWLEDGEMENT);
    out->window = u16(h, AT_WINDOW);
    out->wire_len = frame->wire_len;
    out->source_mac = h + AT_SOURCE_MAC;
    out->destination_mac = h + AT_DESTINATION_MAC;
    out->vlan_count = 0;
    memset(out->vlans, 0, sizeof(out->vlans));
    out->checksum_bad = false;
    out->reassembled = false;
    memset(&out->tunnel, 0, sizeof(out->tunnel));
    out->file = frame->file;
    out->process = frame->process;
}

bool plain_tcp(const struct frame *frame, struct packet *out)
{
    struct span rest = frame->bytes, headers;
    size_t options;

    if (!span_take(&rest, HEADERS, &headers) || !is_plain(headers.data, frame->bytes.len))
        return false;
    rest = span_first(rest, u16(headers.data, AT_TOTAL) - IPV4_HEADER - TCP_HEADER);
    options = (size_t)(headers.data[AT_DATA_OFFSET] >> 4) * 4;
    if (options < TCP_HEADER || !span_take(&rest, options - TCP_HEADER, &out->tcp_options))
        return false;
    out->network = span_of(headers.data + ETHERNET_HEADER, u16(headers.data, AT_TOTAL));
    out->payload = rest;
    out->payload_len = (uint32_t)rest.len;
    fill(frame, headers.data, out);
    return true;
}
