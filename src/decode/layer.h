/*
 * How the layers of a frame are walked. Used inside decode/ only.
 *
 * Each header has a step: a function that consumes it from `rest` and names the step that comes
 * next, or an end. decode.c holds the table from steps to functions and the loop that follows it,
 * with a ceiling; so nesting of any kind never recurses.
 *
 * `rest` is what was captured of the current layer, `cut` how many bytes of it the capture left
 * out behind that. Consuming a header changes the first, trimming to a length field may change
 * both; what lies beyond every length field is padding and dropped.
 */
#pragma once

#include "decode/decode.h"

/* Headers in one frame: deeper than any network nests them, and a bound on the time of a frame. */
#define LAYERS_MAX 48

/* Tunnels in one frame. */
#define TUNNELS_MAX 8

enum step {
    STEP_ETHERNET,
    STEP_VLAN,
    STEP_MPLS,
    STEP_PPPOE,
    STEP_PPP,
    STEP_LLC,
    STEP_IP, /* version 4 or 6, as the first four bits say */
    STEP_IPV4,
    STEP_IPV6,
    STEP_IPV6_EXTENSION,
    STEP_IPV6_FRAGMENT,
    STEP_AUTHENTICATION,
    STEP_TCP,
    STEP_UDP,
    STEPS,
    END_PACKET = STEPS, /* a TCP or UDP segment is complete */
    END_OTHER_PROTOCOL,
    END_NOT_IP,
    END_UNKNOWN_LINK,
    END_TRUNCATED,
    END_MALFORMED,
    END_TOO_DEEP,
    END_BAD_CHECKSUM,
    END_FRAGMENT,
    ENDS,
};

struct layers {
    struct decoder *decoder;
    const struct frame *frame;
    struct packet *packet;
    struct span rest;
    size_t cut;
    uint8_t protocol; /* of `rest`, while it is inside IP */
    uint8_t tunnels;
};

/* A header does not fit into what there is: the capture's fault, or that of the sender. */
static inline enum step layers_short(const struct layers *l)
{
    return l->cut > 0 ? END_TRUNCATED : END_MALFORMED;
}

/*
 * The layer is `len` bytes long, says its header. Where that is more than the frame held on the
 * wire, the capture lied about the latter: some tools cut frames and forget their length.
 */
static inline void layers_trim(struct layers *l, size_t len)
{
    if (len <= l->rest.len) {
        l->rest.len = len;
        l->cut = 0;
    } else {
        l->cut = len - l->rest.len;
    }
}

/* The first step for a LINKTYPE_ number. */
enum step link_step(uint32_t link_type);

/* The step for an EtherType, END_NOT_IP for one that leads nowhere. */
enum step link_ethertype(uint16_t type);

/* The step for the IP protocol in `l->protocol`. */
enum step ip_protocol(const struct layers *l);

/* True when the Internet checksum over TCP or UDP in `l->rest` with its pseudo header is right. */
bool checksum_transport_right(const struct layers *l);

/* The Internet checksum (RFC 1071) of bytes, added to `sum`; 0xffff when it includes its own. */
uint16_t checksum_add(uint16_t sum, struct span bytes);

enum step link_ethernet(struct layers *l);
enum step link_vlan(struct layers *l);
enum step link_mpls(struct layers *l);
enum step link_pppoe(struct layers *l);
enum step link_ppp(struct layers *l);
enum step link_llc(struct layers *l);
enum step ip_any(struct layers *l);
enum step ip_v4(struct layers *l);
enum step ip_v6(struct layers *l);
enum step ip_v6_extension(struct layers *l);
enum step ip_v6_fragment(struct layers *l);
enum step ip_authentication(struct layers *l);
enum step transport_tcp(struct layers *l);
enum step transport_udp(struct layers *l);
