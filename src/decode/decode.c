#include "decode/decode.h"

#include "decode/defrag.h"
#include "decode/ip.h"
#include "decode/link.h"
#include "decode/plain.h"
#include "decode/process.h"
#include "decode/serial.h"
#include "decode/transport.h"
#include "decode/tunnel.h"
#include "decode/wifi.h"

typedef enum step (*step_fn)(struct layers *l);

static const step_fn steps[STEPS] = {
    [STEP_ETHERNET] = link_ethernet,
    [STEP_ETHERTYPE] = link_bare_ethertype,
    [STEP_VLAN] = link_vlan,
    [STEP_MPLS] = link_mpls,
    [STEP_PPPOE] = serial_pppoe,
    [STEP_PPP] = serial_ppp,
    [STEP_PPP_HDLC] = serial_ppp_hdlc,
    [STEP_CISCO_HDLC] = serial_cisco_hdlc,
    [STEP_FRAME_RELAY] = serial_frame_relay,
    [STEP_LLC] = link_llc,
    [STEP_NULL] = link_null,
    [STEP_SLL] = link_sll,
    [STEP_SLL2] = link_sll2,
    [STEP_PFLOG] = link_pflog,
    [STEP_NFLOG] = link_nflog,
    [STEP_PPI] = link_ppi,
    [STEP_PKTAP] = process_pktap,
    [STEP_VN_TAG] = link_vn_tag,
    [STEP_MACSEC] = link_macsec,
    [STEP_PROVIDER_BACKBONE] = link_provider_backbone,
    [STEP_WIFI] = wifi_frame,
    [STEP_RADIOTAP] = wifi_radiotap,
    [STEP_PRISM] = wifi_prism,
    [STEP_AVS] = wifi_avs,
    [STEP_IP] = ip_any,
    [STEP_IPV4] = ip_v4,
    [STEP_IPV6] = ip_v6,
    [STEP_IPV6_EXTENSION] = ip_v6_extension,
    [STEP_IPV6_FRAGMENT] = ip_v6_fragment,
    [STEP_AUTHENTICATION] = ip_authentication,
    [STEP_TCP] = transport_tcp,
    [STEP_UDP] = transport_udp,
    [STEP_IP_IN_IP] = tunnel_ip,
    [STEP_MPLS_IN_IP] = tunnel_mpls,
    [STEP_ETHER_IP] = tunnel_ether_ip,
    [STEP_ETHERNET_IN_IP] = tunnel_ethernet,
    [STEP_GRE] = tunnel_gre,
    [STEP_ERSPAN_2] = tunnel_erspan_2,
    [STEP_ERSPAN_3] = tunnel_erspan_3,
    [STEP_WCCP] = tunnel_wccp,
};

static __attribute__((noinline)) void count_end(struct decode_stats *stats, enum step end)
{
    uint64_t *const counters[ENDS] = {
        [END_OTHER_PROTOCOL] = &stats->other_protocol,
        [END_NOT_IP] = &stats->not_ip,
        [END_UNKNOWN_LINK] = &stats->unknown_link,
        [END_TRUNCATED] = &stats->truncated,
        [END_MALFORMED] = &stats->malformed,
        [END_TOO_DEEP] = &stats->too_deep,
        [END_BAD_CHECKSUM] = &stats->bad_checksum,
        [END_FRAGMENT] = &stats->fragments_held,
    };

    (*counters[end])++;
}

int decoder_init(struct decoder *d, const struct decode_options *options, struct err *why)
{
    *d = (struct decoder){.options = *options};
    d->defrag = defrag_new(options->fragment_bytes, options->fragment_timeout_ns, why);
    return d->defrag ? 0 : -1;
}

void decoder_fini(struct decoder *d)
{
    defrag_free(d->defrag);
    d->defrag = NULL;
}

void decode_tick(struct decoder *d, uint64_t now_ns)
{
    uint64_t before = defrag_stats(d->defrag)->drops;

    defrag_tick(d->defrag, now_ns);
    d->stats.fragment_drops += defrag_stats(d->defrag)->drops - before;
}

/* Field by field: this is quicker than clearing what every packet fills in anyway. */
static void begin_packet(struct packet *p, const struct frame *frame)
{
    p->time_ns = frame->time_ns;
    p->wire_len = frame->wire_len;
    p->file = frame->file;
    p->process = frame->process;
    p->source_mac = NULL;
    p->destination_mac = NULL;
    p->network = span_of(NULL, 0);
    p->vlan_count = 0;
    memset(p->vlans, 0, sizeof(p->vlans));
    p->checksum_bad = false;
    p->reassembled = false;
    memset(&p->tunnel, 0, sizeof(p->tunnel));
}

/* Whatever the frame holds, layer by layer. */
static bool decode_layers(struct decoder *d, const struct frame *frame, struct packet *out)
{
    struct layers l = {
        .decoder = d,
        .frame = frame,
        .packet = out,
        .rest = frame->bytes,
        .cut = frame->wire_len > frame->bytes.len ? frame->wire_len - frame->bytes.len : 0,
    };
    enum step step;

    if (!d->link || frame->link_type != d->link->number)
        d->link = link_find(frame->link_type);
    begin_packet(out, frame);
    step = link_begin(&l, d->link);
    for (unsigned n = 0; step < STEPS && n < LAYERS_MAX; n++)
        step = steps[step](&l);
    d->stats.frames++;
    if (step == END_PACKET) {
        d->stats.packets++;
        return true;
    }
    count_end(&d->stats, step < STEPS ? END_TOO_DEEP : step);
    return false;
}

bool decode_frame(struct decoder *d, const struct frame *frame, struct packet *out)
{
    if (frame->link_type != PLAIN_LINK || d->options.verify_checksums ||
        !plain_tcp(frame, out))
        return decode_layers(d, frame, out);
    d->stats.frames++;
    d->stats.packets++;
    d->stats.tcp++;
    return true;
}
