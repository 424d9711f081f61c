#include "detect/profile.h"

#include <math.h>
#include <stdlib.h>

#include "base/nanotime.h"

/* Counts are halved when they reach this, so that a change shows within as many sessions. */
#define CERTIFICATES_KEPT 500
#define SESSIONS_KEPT 100000

struct span profile_registered_domain(struct span name)
{
    size_t labels = 0, last = name.len, keep = 2;

    for (size_t n = name.len; n > 0; n--) {
        if (name.data[n - 1] != '.')
            continue;
        labels++;
        /* "co.uk": a short label below a country stands for a public suffix. */
        if (labels == 1 && name.len - n == 2)
            keep = 3;
        if (labels == 2 && keep == 3 && last - n > 3 + 1)
            keep = 2;
        if (labels == keep)
            return span_of(name.data + n, name.len - n);
        last = n;
    }
    return name;
}

/* ---- distance */

static int compare_rtt(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static void add_rtt(struct box_profile *p, uint32_t rtt_us)
{
    uint32_t sorted[PROFILE_RTTS];
    size_t n;

    p->rtts[p->rtt_count++ % PROFILE_RTTS] = rtt_us;
    if (p->rtt_count > PROFILE_RTTS && p->rtt_count % 8 != 0)
        return;
    n = p->rtt_count < PROFILE_RTTS ? p->rtt_count : PROFILE_RTTS;
    memcpy(sorted, p->rtts, n * sizeof(sorted[0]));
    qsort(sorted, n, sizeof(sorted[0]), compare_rtt);
    p->rtt_median = sorted[n / 2];
    p->rtt_range = sorted[n * 3 / 4] - sorted[n / 4];
}

/* ---- names and networks */

static bool add_once(uint32_t *list, uint8_t *count, size_t most, uint32_t value)
{
    for (size_t i = 0; i < *count; i++)
        if (list[i] == value)
            return false;
    if (*count == most)
        return false;
    list[(*count)++] = value;
    return true;
}

static void learn_name(struct box_profile *p, uint32_t name, uint32_t rtt_us)
{
    for (size_t i = 0; i < p->name_count; i++) {
        struct profile_name *known = &p->names[i];

        if (known->name != name)
            continue;
        if (rtt_us && (!known->rtt_us || rtt_us < known->rtt_us))
            known->rtt_us = rtt_us;
        return;
    }
    if (p->name_count < PROFILE_NAMES_MAX)
        p->names[p->name_count++] = (struct profile_name){.name = name, .rtt_us = rtt_us};
}

/* ---- sets of names */

#define SET_BITS 64
#define SET_FULL 56
/* The other half each time, so that no bit stays for ever. */
#define SET_HALF(turn) (UINT64_C(0x5555555555555555) << ((turn) % 2))

/* Names that share a bit are one: so many names leave, on average, so many bits. */
uint32_t profile_names(const struct profile_set *set)
{
    int free_bits = SET_BITS - __builtin_popcountll(set->bits);

    if (free_bits == 0)
        free_bits = 1;
    return (uint32_t)lround(-SET_BITS * log((double)free_bits / SET_BITS));
}

/* True when the set is full: it and its like are to be thinned. */
static bool add_name(struct profile_set *set, uint32_t name)
{
    set->bits |= UINT64_C(1) << name % SET_BITS;
    return __builtin_popcountll(set->bits) >= SET_FULL;
}

/* ---- flights and hellos */

static bool is_less(uint32_t names_a, uint32_t used_a, uint32_t names_b, uint32_t used_b)
{
    return names_a < names_b || (names_a == names_b && used_a < used_b);
}

static struct profile_value *value_of(struct profile_values *v, uint16_t value)
{
    struct profile_value *slot = &v->values[0];

    for (size_t i = 0; i < v->count; i++) {
        struct profile_value *at = &v->values[i];

        if (at->value == value)
            return at;
        if (is_less(profile_names(&at->names), at->used, profile_names(&slot->names),
                    slot->used))
            slot = at;
    }
    if (v->count < PROFILE_VALUES_MAX)
        slot = &v->values[v->count++];
    *slot = (struct profile_value){.value = value};
    return slot;
}

static void learn_value(struct profile_values *v, uint16_t value, uint32_t name,
                        uint32_t now_s)
{
    struct profile_value *at;

    if (!value)
        return;
    at = value_of(v, value);
    at->used++;
    at->seen_s = now_s;
    if (!add_name(&at->names, name))
        return;
    v->thinned++;
    for (size_t i = 0; i < v->count; i++)
        v->values[i].names.bits &= SET_HALF(v->thinned);
}

static struct profile_hello *hello_of(struct box_profile *p, const struct answer *a)
{
    struct profile_hello *slot = &p->hellos[0];

    for (size_t i = 0; i < p->hello_count; i++) {
        struct profile_hello *at = &p->hellos[i];

        if (at->app == a->app && at->hello == a->hello)
            return at;
        if (is_less(profile_names(&at->names), at->used, profile_names(&slot->names),
                    slot->used))
            slot = at;
    }
    if (p->hello_count < PROFILE_HELLOS_MAX)
        slot = &p->hellos[p->hello_count++];
    *slot = (struct profile_hello){.app = a->app, .hello = a->hello};
    return slot;
}

static void learn_hello(struct box_profile *p, const struct answer *a, uint32_t name,
                        uint32_t now_s)
{
    struct profile_hello *at;

    if (!a->hello)
        return;
    at = hello_of(p, a);
    at->used++;
    at->seen_s = now_s;
    if (!add_name(&at->names, name))
        return;
    p->hellos_thinned++;
    for (size_t i = 0; i < p->hello_count; i++)
        p->hellos[i].names.bits &= SET_HALF(p->hellos_thinned);
}

/* ---- profiles */

static struct box_profile *profile_of(struct profile_scope *scope, const struct answer *a)
{
    struct box_profile *least = &scope->profiles[0];

    for (size_t i = 0; i < scope->count; i++) {
        struct box_profile *at = &scope->profiles[i];

        if (at->machine == a->machine && scope->now_s - at->seen_s <= PROFILE_MEMORY_S)
            return at;
        if (at->machine == a->machine) {
            least = at;
            break;
        }
        if (is_less(at->name_count, at->sessions, least->name_count, least->sessions))
            least = at;
    }
    if (scope->count < PROFILES_MAX && least->machine != a->machine)
        least = &scope->profiles[scope->count++];
    *least = (struct box_profile){.machine = a->machine,
                                  .stack = a->stack,
                                  .ttl = a->ttl,
                                  .has_syn_ack = a->has_syn_ack,
                                  .is_proxy = a->is_proxy};
    return least;
}

static void learn_certificate(struct profile_scope *scope, struct box_profile *p,
                              uint32_t name, enum profile_certificate certificate)
{
    if (certificate == PROFILE_CERTIFICATE_AUTHORITY) {
        scope->authority_sessions++;
        p->authority_sessions++;
    } else if (certificate == PROFILE_CERTIFICATE_OTHER) {
        p->other_sessions++;
        if (!p->other_names[0])
            p->other_names[0] = name;
        else if (p->other_names[0] != name)
            p->other_names[1] = name;
    }
    if (p->authority_sessions + p->other_sessions < CERTIFICATES_KEPT)
        return;
    /* Half of something is not nothing: what was proven once stays known. */
    p->authority_sessions = (p->authority_sessions + 1) / 2;
    p->other_sessions = (p->other_sessions + 1) / 2;
}

static void count_session(struct profile_scope *scope, struct box_profile *p)
{
    p->sessions++;
    scope->sessions += p->has_syn_ack && !p->is_proxy;
    if (scope->sessions < SESSIONS_KEPT)
        return;
    scope->sessions /= 2;
    for (size_t i = 0; i < scope->count; i++)
        scope->profiles[i].sessions = (scope->profiles[i].sessions + 1) / 2;
}

struct box_profile *profile_learn(struct profile_scope *scope, const struct session *s,
                                  uint32_t name, enum profile_certificate certificate)
{
    uint32_t now_s = (uint32_t)(s->decided_ns / NS_PER_S);
    struct box_profile *p;
    struct answer a;

    answer_of(s, &a);
    if (now_s > scope->now_s)
        scope->now_s = now_s;
    p = profile_of(scope, &a);
    p->seen_s = scope->now_s;
    count_session(scope, p);
    learn_certificate(scope, p, name, certificate);
    learn_name(p, name, a.rtt_us);
    (void)add_once(p->networks, &p->network_count, PROFILE_NETWORKS_MAX, a.network);
    if (a.rtt_us)
        add_rtt(p, a.rtt_us);
    if (certificate != PROFILE_CERTIFICATE_NONE)
        return p;
    for (size_t i = 0; i < ANSWER_TRAITS; i++)
        learn_value(&p->traits[i], a.traits[i], name, scope->now_s);
    learn_hello(p, &a, name, scope->now_s);
    return p;
}
