#include "detect/platform.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

void platform_note(const struct rules *rules, struct device *device,
                   const struct session *s, uint64_t now_ns)
{
    char name[SESSION_NAME_MAX];
    struct match_destination wanted = {.name = span_of_text(session_destination(s, name)),
                                       .address = s->is_explicit_proxy ? NULL : &s->server,
                                       .port = s->is_explicit_proxy ? s->proxy_port
                                                                    : s->server_port};
    const struct platform_hint *hint = rules_find_platform(rules, &wanted);

    if (!hint || !id_set_add(&device->platform_hints,
                             XXH3_64bits(hint->match, strlen(hint->match)), now_ns))
        return;
    device->platform_db[hint->platform] += (float)hint->weight_db;
}

/* The platform that the most speaks for, and by how much more than for the next one. */
static enum platform leading(const struct device *d, double *ahead_db)
{
    enum platform best = PLATFORM_UNKNOWN;
    double first = 0, second = 0;

    for (enum platform p = PLATFORM_ANDROID; p < PLATFORMS; p++) {
        double db = d->platform_db[p];

        if (db > first) {
            second = first;
            first = db;
            best = p;
        } else if (db > second) {
            second = db;
        }
    }
    *ahead_db = first - second;
    return best;
}

struct platform_verdict platform_judge(const struct tuning *t, const struct device *device,
                                       enum trust_model trust_model)
{
    double ahead_db = 0;
    enum platform wire = device ? leading(device, &ahead_db) : PLATFORM_UNKNOWN;

    if (device && device->platform_told != PLATFORM_UNKNOWN)
        return (struct platform_verdict){(enum platform)device->platform_told, "inventory"};
    if (wire != PLATFORM_UNKNOWN && ahead_db >= t->platform_min_db)
        return (struct platform_verdict){wire, "contacted_hosts"};
    if (trust_model == TRUST_MODEL_IOS_MANAGED)
        return (struct platform_verdict){PLATFORM_IOS, "trust_model"};
    if (trust_model != TRUST_MODEL_UNKNOWN)
        return (struct platform_verdict){PLATFORM_ANDROID, "trust_model"};
    return (struct platform_verdict){PLATFORM_UNKNOWN, NULL};
}

bool platform_is_mixed(const struct tuning *t, const struct device *device)
{
    int platforms = 0;

    for (enum platform p = PLATFORM_ANDROID; p < PLATFORMS; p++)
        platforms += device->platform_db[p] >= t->platform_min_db;
    return platforms > 1;
}

const char *platform_name(enum platform platform)
{
    static const char *const names[PLATFORMS] = {
        [PLATFORM_ANDROID] = "android", [PLATFORM_IOS] = "ios", [PLATFORM_OTHER] = "other"};

    return names[platform];
}

const char *platform_analytic(enum platform platform)
{
    return platform == PLATFORM_IOS ? "AN1726" : "AN1725";
}
