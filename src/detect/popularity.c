#include "detect/popularity.h"

#define DAY_S 86400.0

uint32_t popularity_window(const struct tuning *t, uint64_t now_ns)
{
    uint64_t window_ns = tuning_ns(t->risk.rare_window_d * DAY_S);

    return window_ns ? (uint32_t)(now_ns / window_ns) + 1 : 1;
}

/* What the window before this one had. */
static uint32_t count_before(const struct destination *d, uint32_t window)
{
    if (d->window == window)
        return d->devices_before;
    return d->window + 1 == window ? d->device_count : 0;
}

void popularity_note(struct destination *d, struct key *key, uint32_t window,
                     uint64_t now_ns)
{
    if (key->window == window)
        return;
    key->window = window;
    if (d->window != window) {
        d->devices_before = count_before(d, window);
        d->device_count = 0;
        d->devices.count = 0;
        d->window = window;
    }
    if (id_set_add(&d->devices, key->device.low, now_ns))
        d->device_count++;
}

uint32_t popularity_of(const struct destination *d, uint32_t window)
{
    uint32_t before = count_before(d, window);
    uint32_t now = d->window == window ? d->device_count : 0;

    return now > before ? now : before;
}
