#include "decode/decode.h"

#include "decode/layer.h"

typedef enum step (*step_fn)(struct layers *l);

static const step_fn steps[STEPS] = {
    [STEP_ETHERNET] = link_ethernet,
    [STEP_VLAN] = link_vlan,
    [STEP_MPLS] = link_mpls,
    [STEP_PPPOE] = link_pppoe,
    [STEP_PPP] = link_ppp,
    [STEP_LLC] = link_llc,
    [STEP_IP] = ip_any,
    [STEP_IPV4] = ip_v4,
    [STEP_IPV6] = ip_v6,
    [STEP_IPV6_EXTENSION] = ip_v6_extension,
    [STEP_IPV6_FRAGMENT] = ip_v6_fragment,
    [STEP_AUTHENTICATION] = ip_authentication,
    [STEP_TCP] = transport_tcp,
    [STEP_UDP] = transport_udp,
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
    (void)why;
    *d = (struct decoder){.options = *options};
    return 0;
}

void decoder_fini(struct decoder *d)
{
    d->defrag = NULL;
}

void decode_tick(struct decoder *d, uint64_t now_ns)
{
    (void)d;
    (void)now_ns;
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
    p->vlan_count = 0;
    memset(p->vlans, 0, sizeof(p->vlans));
    p->checksum_bad = false;
    memset(&p->tunnel, 0, sizeof(p->tunnel));
}

bool decode_frame(struct decoder *d, const struct frame *frame, struct packet *out)
{
    struct layers l = {
        .decoder = d,
        .frame = frame,
        .packet = out,
        .rest = frame->bytes,
        .cut = frame->wire_len > frame->bytes.len ? frame->wire_len - frame->bytes.len : 0,
    };
    enum step step;

    if (frame->link_type != d->link_type || d->stats.frames == 0) {
        d->link_type = frame->link_type;
        d->first_step = link_step(frame->link_type);
    }
    step = d->first_step;
    begin_packet(out, frame);
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
