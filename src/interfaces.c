#include "interfaces.h"

#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/nanotime.h"
#include "capture/fanout.h"
#include "capture/filter.h"

#define TEND_NS (200 * NS_PER_MS)
#define CREDITS 6u
#define CREDIT_NS (10 * NS_PER_S)
#define RING_LEAST (1024u * 1024u)
#define LINK_TYPE_ETHERNET 1

/* ---- what the system says of an interface */

/* Its number, 0 when there is none of that name. */
static unsigned index_of(const struct interfaces *d, const struct interface *interface,
                         bool *up)
{
    struct ifreq request = {0};
    unsigned index;

    *up = false;
    if (strlen(interface->name) >= sizeof(request.ifr_name))
        return 0;
    memcpy(request.ifr_name, interface->name, strlen(interface->name));
    if (ioctl(d->fd, SIOCGIFINDEX, &request) < 0)
        return 0;
    index = (unsigned)request.ifr_ifindex;
    if (ioctl(d->fd, SIOCGIFFLAGS, &request) < 0)
        return 0;
    *up = (request.ifr_flags & IFF_UP) && (request.ifr_flags & IFF_RUNNING);
    return index;
}

/* "any" is always there. */
static bool is_up(const struct interfaces *d, const struct interface *interface)
{
    bool up = true;

    return interface->index == 0 || (index_of(d, interface, &up) > 0 && up);
}

/* ---- open */

static void close_rings(struct ring **rings, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        ring_close(rings[i]);
}

static int open_ring(const struct interfaces *d, struct interface *interface, int *group,
                     struct ring **out, struct err *why)
{
    struct ring_options options = d->options.ring;

    options.buffer_bytes /= d->options.workers;
    if (options.buffer_bytes < RING_LEAST)
        options.buffer_bytes = RING_LEAST;
    *out = ring_open(interface->name, &options, &interface->failure, why);
    if (!*out)
        return -1;
    if (d->options.workers == 1)
        return 0;
    *group = fanout_join(ring_fd(*out), *group, why);
    if (*group >= 0)
        return 0;
    interface->failure = RING_BROKEN;
    ring_close(*out);
    return -1;
}

/* All rings of an interface, or none: so they join their group in the order of the workers. */
static int open_interface(const struct interfaces *d, struct interface *interface,
                          struct err *why)
{
    struct ring **rings = calloc(d->options.workers, sizeof(struct ring *));
    int group = FANOUT_NEW;
    unsigned n = 0;

    if (!rings)
        return err_set(why, "%s: no memory for its rings", interface->name);
    while (n < d->options.workers && open_ring(d, interface, &group, &rings[n], why) == 0)
        n++;
    if (n < d->options.workers) {
        close_rings(rings, n);
        free(rings);
        return -1;
    }
    interface->index = ring_index(rings[0]);
    interface->state = INTERFACE_OPEN;
    atomic_store(&interface->up, is_up(d, interface));
    for (unsigned i = 0; i < n; i++) {
        if (n > 1)
            ring_begin(rings[i], d->options.wall_ns());
        atomic_store(&interface->places[i].stale, false);
        atomic_store(&interface->places[i].lent, true);
        atomic_store(&interface->places[i].fresh, rings[i]);
    }
    free(rings);
    return 0;
}

static int init_interface(const struct interfaces *d, struct interface *interface,
                          const char *name, struct err *why)
{
    interface->name = strdup(name);
    interface->places = calloc(d->options.workers, sizeof(*interface->places));
    interface->credits = CREDITS;
    if (!interface->name || !interface->places)
        return err_set(why, "%s: no memory for its rings", name);
    for (const struct interface *other = d->items; other < interface; other++)
        if (strcmp(other->name, name) == 0)
            return err_set(why, "%s: the interface was named twice", name);
    interface->said_up = true;
    if (open_interface(d, interface, why) == 0)
        return 0;
    interface->said_up = false;
    if (interface->failure != RING_DOWN &&
        !(interface->failure == RING_MISSING && d->options.wait))
        return -1;
    atomic_store(&interface->outages, 1);
    log_warn("%s: it is waited for", why->text);
    return 0;
}

/* A frame that is cut lacks what certificates and hellos are told from. */
static void look_at_size(const struct interfaces *d, const struct interface *interface)
{
    const struct ring *ring = atomic_load(&interface->places[0].fresh);

    if (ring && ring_mtu(ring) > 0 && d->options.ring.snaplen < ring_mtu(ring))
        log_warn("%s: capture.snaplen is %u, but packets have up to %u bytes: what is cut "
                 "is not seen",
                 interface->name, d->options.ring.snaplen, ring_mtu(ring));
}

/* The filter must compile for the link type of one interface at least. */
static int check_filter(const struct interfaces *d, struct err *why)
{
    struct filter *filter = filter_new(d->options.ring.filter, true);
    bool any = false, fits = false;
    struct err reason;

    if (!filter)
        return err_set(why, "no memory for the filter");
    for (size_t i = 0; i < d->count; i++) {
        const struct ring *ring = atomic_load(&d->items[i].places[0].fresh);

        if (!ring)
            continue;
        any = true;
        if (filter_check(filter, ring_link_type(ring), &reason) == 0)
            fits = true;
        else
            log_warn("%s: %s: nothing of this interface is seen", d->items[i].name,
                     reason.text);
    }
    if (!any)
        fits = filter_check(filter, LINK_TYPE_ETHERNET, &reason) == 0;
    filter_free(filter);
    if (!fits)
        *why = reason;
    return fits ? 0 : -1;
}

int interfaces_open(struct interfaces *d, const struct interfaces_options *options,
                    struct err *why)
{
    *d = (struct interfaces){.options = *options, .fd = -1};
    if (options->name_count > LIVE_INTERFACES_MAX)
        return err_set(why, "%zu interfaces: at most %d can be captured from",
                       options->name_count, LIVE_INTERFACES_MAX);
    d->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    d->items = calloc(options->name_count, sizeof(*d->items));
    if (d->fd < 0 || !d->items)
        return err_set(why, "no memory for %zu interfaces", options->name_count);
    for (size_t i = 0; i < options->name_count; i++) {
        d->count++;
        if (init_interface(d, &d->items[i], options->names[i], why) < 0)
            return -1;
        look_at_size(d, &d->items[i]);
    }
    return options->ring.filter ? check_filter(d, why) : 0;
}

void interfaces_fini(struct interfaces *d)
{
    for (size_t i = 0; i < d->count; i++) {
        struct interface *interface = &d->items[i];

        for (unsigned w = 0; interface->places && w < d->options.workers; w++)
            ring_close(atomic_exchange(&interface->places[w].fresh, NULL));
        free(interface->places);
        free(interface->name);
    }
    free(d->items);
    if (d->fd >= 0)
        (void)close(d->fd);
    *d = (struct interfaces){.fd = -1};
}

/* ---- the loop */

/* Say how it is now, unless enough was said lately: then later. */
static void say(struct interface *interface, uint64_t clock_ns)
{
    bool up = atomic_load(&interface->up);

    if (clock_ns >= interface->credit_ns) {
        interface->credit_ns = clock_ns + CREDIT_NS;
        if (interface->credits < CREDITS)
            interface->credits++;
    }
    /* Right after the start it may still be on its way up. */
    if (up && atomic_load(&interface->outages) == 0)
        interface->said_up = true;
    if (up == interface->said_up || interface->credits == 0)
        return;
    interface->credits--;
    interface->said_up = up;
    log_warn(up ? "%s: it is there, capture goes on outages=%llu"
             : interface->state == INTERFACE_LEAVING
                 ? "%s: the interface is gone: it is waited for "
                   "outages=%llu"
                 : "%s: the interface is down: nothing is captured "
                   "from it outages=%llu",
             interface->name, (unsigned long long)atomic_load(&interface->outages));
}

static void set_up(struct interface *interface, bool up)
{
    if (atomic_exchange(&interface->up, up) && !up)
        atomic_fetch_add(&interface->outages, 1);
}

static void leave(struct interfaces *d, struct interface *interface)
{
    set_up(interface, false);
    interface->state = INTERFACE_LEAVING;
    interface->failure = RING_OPEN;
    for (unsigned w = 0; w < d->options.workers; w++)
        atomic_store(&interface->places[w].stale, true);
}

static void watch(struct interfaces *d, struct interface *interface)
{
    bool up, given_up = false;

    for (unsigned w = 0; w < d->options.workers; w++)
        given_up = given_up || !atomic_load(&interface->places[w].lent);
    if (given_up ||
        (interface->index > 0 && index_of(d, interface, &up) != interface->index))
        leave(d, interface);
    else if (interface->index > 0)
        set_up(interface, up);
}

static bool is_left(struct interfaces *d, struct interface *interface)
{
    for (unsigned w = 0; w < d->options.workers; w++) {
        struct interface_place *place = &interface->places[w];
        struct ring *ring = atomic_exchange(&place->fresh, NULL);

        /* The worker never took it. */
        if (ring) {
            ring_close(ring);
            atomic_store(&place->lent, false);
        }
        if (atomic_load(&place->lent))
            return false;
    }
    return true;
}

static void reopen(struct interfaces *d, struct interface *interface)
{
    enum ring_failure before = interface->failure;
    struct err why;
    bool up;

    /* The system is asked first: opening costs more, and needs a right. */
    if (strcmp(interface->name, "any") != 0 && !(index_of(d, interface, &up) > 0 && up))
        return;
    if (open_interface(d, interface, &why) < 0 && interface->failure != before)
        log_warn("%s: it is tried again", why.text);
}

void interfaces_tend(struct interfaces *d, uint64_t clock_ns)
{
    if (clock_ns < d->next_ns)
        return;
    d->next_ns = clock_ns + TEND_NS;
    for (size_t i = 0; i < d->count; i++) {
        struct interface *interface = &d->items[i];

        if (interface->state == INTERFACE_OPEN)
            watch(d, interface);
        say(interface, clock_ns);
        if (interface->state == INTERFACE_LEAVING && is_left(d, interface))
            interface->state = INTERFACE_WAITING;
        if (interface->state == INTERFACE_WAITING)
            reopen(d, interface);
    }
}

/* ---- workers */

struct ring *interfaces_take(struct interfaces *d, size_t i, unsigned worker)
{
    struct interface_place *place = &d->items[i].places[worker];

    return atomic_load(&place->fresh) ? atomic_exchange(&place->fresh, NULL) : NULL;
}

bool interfaces_is_stale(const struct interfaces *d, size_t i, unsigned worker)
{
    return atomic_load_explicit(&d->items[i].places[worker].stale, memory_order_relaxed);
}

void interfaces_give_up(struct interfaces *d, size_t i, unsigned worker)
{
    atomic_store(&d->items[i].places[worker].lent, false);
}

bool interfaces_is_up(const struct interfaces *d, size_t i)
{
    return atomic_load(&d->items[i].up);
}

uint64_t interfaces_outages(const struct interfaces *d, size_t i)
{
    return atomic_load(&d->items[i].outages);
}
