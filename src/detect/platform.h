/*
 * Android, iOS or something else: what an inventory says, else what the device contacts by itself
 * (rules/platforms.yaml), else how its segment trusts the authority. It selects the analytic.
 */
#pragma once

#include "config/rules.h"
#include "detect/records.h"

struct platform_verdict {
    enum platform platform;
    const char
        *basis; /* "inventory", "contacted_hosts", "trust_model"; NULL when unknown */
};

/* Count what the destination of a session says; each hint counts once for a device. */
void platform_note(const struct rules *rules, struct device *device,
                   const struct session *s, uint64_t now_ns);

struct platform_verdict platform_judge(const struct tuning *t, const struct device *device,
                                       enum trust_model trust_model);

/* Hosts that tell of several platforms: several devices stand behind the address. */
bool platform_is_mixed(const struct tuning *t, const struct device *device);

/* "android", "ios", "other"; NULL for unknown. */
const char *platform_name(enum platform platform);

/* "AN1725", "AN1726": of iOS; what is not known to be iOS goes by the former. */
const char *platform_analytic(enum platform platform);
