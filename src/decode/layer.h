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

/* Bytes behind the IP packet, fewer of which cannot hold an app's name. */
#define PROCESS_TRAILER_MIN 28

enum step {
    STEP_ETHERNET,
    STEP_ETHERTYPE, /* two bytes of EtherType and nothing else */
    STEP_VLAN,
    STEP_MPLS,
    STEP_PPPOE,
    STEP_PPP,
    STEP_PPP_HDLC,
    STEP_CISCO_HDLC,
    STEP_FRAME_RELAY,
    STEP_LLC,
    STEP_NULL,
    STEP_SLL,
    STEP_SLL2,
    STEP_PFLOG,
    STEP_NFLOG,
    STEP_PPI,
    STEP_PKTAP,
    STEP_VN_TAG,
    STEP_MACSEC,
    STEP_PROVIDER_BACKBONE,
    STEP_WIFI,
    STEP_RADIOTAP,
    STEP_PRISM,
    STEP_AVS,
    STEP_IP, /* version 4 or 6, as the first four bits say */
    STEP_IPV4,
    STEP_IPV6,
    STEP_IPV6_EXTENSION,
    STEP_IPV6_FRAGMENT,
    STEP_AUTHENTICATION,
    STEP_TCP,
    STEP_UDP,
    STEP_IP_IN_IP,
    STEP_MPLS_IN_IP,
    STEP_ETHER_IP,
    STEP_ETHERNET_IN_IP,
    STEP_GRE,
    STEP_ERSPAN_2,
    STEP_ERSPAN_3,
    STEP_WCCP,
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
    bool bounded;      /* a header told how long `rest` is */
    bool wifi_padded;  /* the 802.11 header is padded to a multiple of four */
    bool wifi_swapped; /* its numbers are big-endian */
};

/* A header does not fit into what there is: the capture's fault, or that of the sender. */
static inline enum step layers_short(const struct layers *l)
{
    return l->cut > 0 ? END_TRUNCATED : END_MALFORMED;
}

/* Look for the app's name behind the first `len` bytes. */
void process_trailer(struct layers *l, struct span rest, size_t len);

/*
 * The layer is `len` bytes long, says its header. Where that is more than the frame held on the
 * wire, the capture lied about the latter: some tools cut frames and forget their length. Where it
 * is more than an outer header gave it, the outer one is right: boxes pad, then encapsulate.
 */
static inline struct span layers_trimmed(struct layers *l, struct span rest, size_t len)
{
    if (len <= rest.len) {
        if (rest.len - len >= PROCESS_TRAILER_MIN)
            process_trailer(l, rest, len);
        l->cut = 0;
    } else if (!l->bounded || len - rest.len < l->cut) {
        l->cut = len - rest.len;
    }
    l->bounded = true;
    return span_first(rest, len);
}

static inline void layers_trim(struct layers *l, size_t len)
{
    l->rest = layers_trimmed(l, l->rest, len);
}
