#include "capture/ring.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/nanotime.h"
#include "capture/link_types.h"

/* A block of the ring is handed over when it is full, or after this long. */
#define BLOCK_MS 10
/* The kernel looks at most twice before it hands a block over, and its timer is coarse. */
#define BLOCK_DELAY_NS (4 * BLOCK_MS * NS_PER_MS)
#define IMMEDIATE_DELAY_NS (5 * NS_PER_MS)
/* A frame that the kernel counted and has not shown after so long will not come. */
#define UNSEEN_NS NS_PER_S
/* Link header and two VLAN tags: what is longer than this and the MTU was not sent so. */
#define LINK_ROOM 40u

struct ring {
    const char *name;
    pcap_t *pcap;
    uint32_t link_type;
    uint32_t mtu;
    unsigned index;
    uint64_t delay_ns;
    uint64_t begin_ns;
    struct ring_stats stats;
    unsigned copies; /* of each frame that the kernel counts; 0: it differs */
    uint64_t unseen; /* frames that the kernel counted and never showed */
    uint64_t
        unseen_ns; /* the wall clock when more than those were missing; 0: they are not */
    uint8_t *copy; /* for ring_hold: made when it is first asked */
    struct frame held;
    bool holds;
    frame_fn fn; /* while libpcap hands out */
    void *ctx;
};

/* ---- open */

static uint32_t mtu_of(int fd, const char *name)
{
    struct ifreq request = {0};
    size_t len = strlen(name);

    if (len >= sizeof(request.ifr_name))
        return 0;
    memcpy(request.ifr_name, name, len);
    return ioctl(fd, SIOCGIFMTU, &request) < 0 ? 0 : (uint32_t)request.ifr_mtu;
}

/*
 * A frame on the loopback interface is counted on its way out and on its way in, and shown once. Of
 * "any" some are, some are not.
 */
static unsigned copies_of(int fd, const char *name)
{
    struct ifreq request = {0};
    size_t len = strlen(name);

    if (strcmp(name, "any") == 0 || len >= sizeof(request.ifr_name))
        return 0;
    memcpy(request.ifr_name, name, len);
    return ioctl(fd, SIOCGIFFLAGS, &request) < 0     ? 0
           : (request.ifr_flags & IFF_LOOPBACK) != 0 ? 2
                                                     : 1;
}

static enum ring_failure failure_of(int result)
{
    switch (result) {
    case PCAP_ERROR_NO_SUCH_DEVICE:
        return RING_MISSING;
    case PCAP_ERROR_IFACE_NOT_UP:
        return RING_DOWN;
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
        return RING_FORBIDDEN;
    default:
        return RING_BROKEN;
    }
}

static void explain(const struct ring *r, enum ring_failure failure, int result,
                    struct err *why)
{
    const char *more = pcap_geterr(r->pcap);

    switch (failure) {
    case RING_MISSING:
        (void)err_set(why, "%s: there is no such interface", r->name);
        break;
    case RING_DOWN:
        (void)err_set(why, "%s: the interface is down", r->name);
        break;
    case RING_FORBIDDEN:
        (void)err_set(why,
                      "%s: capturing needs the capability CAP_NET_RAW: start as root or "
                      "with that capability",
                      r->name);
        break;
    case RING_OPEN:
    case RING_BROKEN:
        (void)err_set(why, "%s: %s", r->name, *more ? more : pcap_statustostr(result));
        break;
    }
}

/* Warnings (not promiscuous) are above 0 and no failure. */
static int activate(struct ring *r, const struct ring_options *o)
{
    uint64_t most = INT32_MAX;
    uint64_t bytes = o->buffer_bytes < most ? o->buffer_bytes : most;

    (void)pcap_set_snaplen(r->pcap, (int)o->snaplen);
    (void)pcap_set_buffer_size(r->pcap, (int)bytes);
    (void)pcap_set_promisc(r->pcap, o->promiscuous);
    (void)pcap_set_immediate_mode(r->pcap, o->immediate);
    (void)pcap_set_timeout(r->pcap, BLOCK_MS);
    (void)pcap_set_tstamp_precision(r->pcap, PCAP_TSTAMP_PRECISION_NANO);
    return pcap_activate(r->pcap);
}

/* A filter that does not fit the link type lets nothing through; who opens checked it before. */
static int set_filter(struct ring *r, const char *filter, struct err *why)
{
    struct bpf_insn nothing_code[] = {{BPF_RET | BPF_K, 0, 0, 0}};
    struct bpf_program nothing = {1, nothing_code}, program;
    bool fits = pcap_compile(r->pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN) == 0;
    int result = pcap_setfilter(r->pcap, fits ? &program : &nothing);

    if (fits)
        pcap_freecode(&program);
    return result < 0 ? err_set(why, "%s: filter \"%s\": %s", r->name, filter,
                                pcap_geterr(r->pcap))
                      : 0;
}

static int make_ready(struct ring *r, const struct ring_options *o, struct err *why)
{
    char message[PCAP_ERRBUF_SIZE] = "";
    int dlt;

    /* On "any" the form that says which interface a frame came from. */
    (void)pcap_set_datalink(r->pcap, DLT_LINUX_SLL2);
    dlt = pcap_datalink(r->pcap);
    r->link_type = link_type_of_dlt(dlt);
    r->index = if_nametoindex(r->name);
    r->mtu = mtu_of(pcap_fileno(r->pcap), r->name);
    r->copies = copies_of(pcap_fileno(r->pcap), r->name);
    r->delay_ns = o->immediate ? IMMEDIATE_DELAY_NS : BLOCK_DELAY_NS;
    if (pcap_setnonblock(r->pcap, 1, message) < 0)
        return err_set(why, "%s: %s", r->name, message);
    return o->filter ? set_filter(r, o->filter, why) : 0;
}

struct ring *ring_open(const char *name, const struct ring_options *options,
                       enum ring_failure *failure, struct err *why)
{
    char message[PCAP_ERRBUF_SIZE] = "";
    struct ring *r = calloc(1, sizeof(*r));
    int result;

    *failure = RING_BROKEN;
    if (!r) {
        (void)err_set(why, "%s: no memory", name);
        return NULL;
    }
    r->name = name;
    r->pcap = pcap_create(name, message);
    if (!r->pcap) {
        (void)err_set(why, "%s: %s", name, message);
        ring_close(r);
        return NULL;
    }
    result = activate(r, options);
    if (result < 0) {
        *failure = failure_of(result);
        explain(r, *failure, result, why);
    } else if (make_ready(r, options, why) == 0) {
        *failure = RING_OPEN;
        return r;
    }
    ring_close(r);
    return NULL;
}

void ring_close(struct ring *r)
{
    if (!r)
        return;
    if (r->pcap)
        pcap_close(r->pcap);
    free(r->copy);
    free(r);
}

void ring_begin(struct ring *r, uint64_t begin_ns)
{
    r->begin_ns = begin_ns;
}

/* ---- frames */

static struct frame frame_of(const struct ring *r, const struct pcap_pkthdr *header,
                             const u_char *bytes)
{
    return (struct frame){
        .time_ns = (uint64_t)header->ts.tv_sec * NS_PER_S + (uint64_t)header->ts.tv_usec,
        .bytes = span_of(bytes, header->caplen),
        .wire_len = header->len,
        .link_type = r->link_type,
        .file = r->name,
    };
}

/* True when the frame counts. */
static bool count(struct ring *r, const struct frame *frame)
{
    if (frame->time_ns < r->begin_ns) {
        r->stats.early++;
        return false;
    }
    r->stats.frames++;
    r->stats.bytes += frame->bytes.len;
    r->stats.cut += frame->wire_len > frame->bytes.len;
    r->stats.oversize += r->mtu > 0 && frame->wire_len > r->mtu + LINK_ROOM;
    return true;
}

static void on_packet(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
    struct ring *r = (struct ring *)(void *)user;
    struct frame frame = frame_of(r, header, bytes);

    if (count(r, &frame))
        r->fn(r->ctx, &frame);
}

int ring_take(struct ring *r, unsigned most, frame_fn fn, void *ctx)
{
    r->fn = fn;
    r->ctx = ctx;
    return pcap_dispatch(r->pcap, (int)most, on_packet, (u_char *)r);
}

static void on_held_packet(u_char *user, const struct pcap_pkthdr *header,
                           const u_char *bytes)
{
    struct ring *r = (struct ring *)(void *)user;
    struct frame frame = frame_of(r, header, bytes);

    if (!count(r, &frame))
        return;
    memcpy(r->copy, bytes, frame.bytes.len);
    frame.bytes = span_of(r->copy, frame.bytes.len);
    r->held = frame;
    r->holds = true;
}

int ring_hold(struct ring *r, const struct frame **out)
{
    int result = 1;

    if (!r->copy)
        r->copy = malloc((size_t)pcap_snapshot(r->pcap));
    if (!r->copy)
        return -1;
    while (!r->holds && result > 0)
        result = pcap_dispatch(r->pcap, 1, on_held_packet, (u_char *)r);
    *out = &r->held;
    return r->holds ? 1 : result;
}

void ring_drop(struct ring *r)
{
    r->holds = false;
}

/* ---- what is known of it */

int ring_fd(const struct ring *r)
{
    return pcap_fileno(r->pcap);
}

uint32_t ring_link_type(const struct ring *r)
{
    return r->link_type;
}

unsigned ring_index(const struct ring *r)
{
    return r->index;
}

uint32_t ring_mtu(const struct ring *r)
{
    return r->mtu;
}

uint64_t ring_delay_ns(const struct ring *r)
{
    return r->delay_ns;
}

/* The kernel counts from its last answer. An old one does not know of freezes. */
const struct ring_stats *ring_count(struct ring *r)
{
    struct tpacket_stats_v3 kernel = {0};
    socklen_t len = sizeof(kernel);

    if (getsockopt(pcap_fileno(r->pcap), SOL_PACKET, PACKET_STATISTICS, &kernel, &len) ==
        0) {
        r->stats.received += kernel.tp_packets;
        r->stats.dropped += kernel.tp_drops;
        if (len == sizeof(kernel))
            r->stats.freezes += kernel.tp_freeze_q_cnt;
    }
    return &r->stats;
}

bool ring_waits(struct ring *r, uint64_t wall_ns)
{
    const struct ring_stats *s = ring_count(r);
    uint64_t missing = s->received - s->dropped - r->copies * (s->frames + s->early);

    if (r->copies == 0 || missing == r->unseen) {
        r->unseen_ns = 0;
        return false;
    }
    if (r->unseen_ns == 0 || wall_ns < r->unseen_ns)
        r->unseen_ns = wall_ns;
    if (wall_ns - r->unseen_ns < UNSEEN_NS)
        return true;
    r->unseen = missing;
    return false;
}
