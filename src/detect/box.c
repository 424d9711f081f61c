#include "detect/box.h"

#include <math.h>

#define NAMES_OF_A_BOX 3
/* A value that fewer names had, of those of the commonest, is that of sites let through. */
#define RARE_PART 4
#define FAR_FACTOR 5
#define FAR_MIN_US 10000u
#define QUEUE_US 1000u
/* Names whose distances lie so many times further apart than a box's are no one machine. */
#define SPREAD_FACTOR 5
#define US_PER_MS 1000

static bool is_live(const struct profile_scope *scope, uint32_t seen_s)
{
    return scope->now_s - seen_s <= PROFILE_MEMORY_S;
}

/* ---- distance */

/* By insertion: for so few numbers that is several times quicker than qsort. */
static void sort_us(uint32_t *us, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint32_t one = us[i];
        size_t place = i;

        for (; place > 0 && us[place - 1] > one; place--)
            us[place] = us[place - 1];
        us[place] = one;
    }
}

/* How far the distances of the names lie apart, between quartiles; UINT32_MAX for too few. */
static uint32_t name_spread(const struct box_profile *p)
{
    uint32_t sorted[PROFILE_NAMES_MAX];
    size_t n = 0;

    for (size_t i = 0; i < p->name_count; i++)
        if (p->names[i].rtt_us)
            sorted[n++] = p->names[i].rtt_us;
    if (n < NAMES_OF_A_BOX)
        return UINT32_MAX;
    sort_us(sorted, n);
    return sorted[n * 3 / 4] - sorted[n / 4];
}

static double distance_limit_us(const struct box_profile *p, const struct tuning *t)
{
    /* What was told to be a box by its distance stays one until that spreads to twice the limit. */
    return t->box_profile.rtt_iqr_ms * US_PER_MS * (p->served ? 2 : 1);
}

static bool has_one_distance(const struct box_profile *p, const struct tuning *t)
{
    return p->has_syn_ack && !p->is_proxy && name_spread(p) <= distance_limit_us(p, t);
}

static bool has_many_distances(const struct box_profile *p, const struct tuning *t)
{
    uint32_t spread = name_spread(p);

    return spread != UINT32_MAX && spread > SPREAD_FACTOR * distance_limit_us(p, t);
}

/* ---- flights */

static uint32_t most_names(const struct profile_values *v)
{
    uint32_t most = 0;

    for (size_t i = 0; i < v->count; i++) {
        uint32_t n = profile_names(&v->values[i].names);

        most = n > most ? n : most;
    }
    return most;
}

/* One value over enough unrelated names, but for a few sites that are let through. */
static bool is_constant(const struct profile_values *v)
{
    uint32_t most = most_names(v), all = 0;

    for (size_t i = 0; i < v->count; i++)
        all += profile_names(&v->values[i].names);
    return most >= NAMES_OF_A_BOX && most >= 2 * (all - most);
}

static bool has_one_flight(const struct box_profile *p)
{
    const struct profile_values *ticket = &p->traits[ANSWER_TICKET];

    return is_constant(&p->traits[ANSWER_VERIFY]) &&
           (is_constant(ticket) ||
            (ticket->count == 0 && is_constant(&p->traits[ANSWER_NAME])));
}

static size_t key_kinds(const struct box_profile *p, size_t names)
{
    const struct profile_values *v = &p->traits[ANSWER_VERIFY];
    size_t kinds = 0;

    for (size_t i = 0; i < v->count; i++)
        kinds += profile_names(&v->values[i].names) >= names;
    return kinds;
}

/* ---- is it a box? */

static bool is_open_network(const struct box_profile *p, const struct tuning *t)
{
    if (p->authority_sessions > 0 || !p->has_syn_ack)
        return false;
    if (p->other_names[1] && !has_one_flight(p))
        return true;
    if (key_kinds(p, 2) >= 2 && !has_one_distance(p, t))
        return true;
    return key_kinds(p, 1) >= 2 && has_many_distances(p, t);
}

/* Certificates of others where the authority's are expected; a box may let some sites through. */
static bool shows_others(const struct box_profile *p, const struct tuning *t)
{
    double allowed = t->box_profile.other_ca_demote * p->sessions;

    return p->other_sessions > p->authority_sessions && p->other_sessions > allowed;
}

static bool serves_configured(const struct box_profile *p, const struct tuning *t)
{
    if (p->sessions < t->box_profile.configured_sessions || shows_others(p, t) ||
        is_open_network(p, t))
        return false;
    /* The authority's certificate proves what many names would make likely. */
    if (p->authority_sessions > 0 && p->has_syn_ack && !p->is_proxy)
        return true;
    return p->name_count >= t->box_profile.configured_names &&
           (has_one_distance(p, t) || has_one_flight(p));
}

/* Names by the time to live of machines with the same SYN-ACK at the same distance, in bits. */
static double ttl_entropy(const struct profile_scope *scope, const struct box_profile *p,
                          const struct tuning *t)
{
    double names[PROFILES_MAX], total = 0, bits = 0;
    size_t count = 0;

    for (size_t i = 0; i < scope->count; i++) {
        const struct box_profile *at = &scope->profiles[i];
        double apart = fabs((double)at->rtt_median - (double)p->rtt_median);

        if (at->stack != p->stack || apart > t->box_profile.rtt_iqr_ms * US_PER_MS)
            continue;
        names[count] = at->name_count;
        total += names[count++];
    }
    for (size_t i = 0; i < count; i++)
        bits -= names[i] > 0 ? names[i] / total * log2(names[i] / total) : 0;
    return bits;
}

static bool serves_anywhere(const struct profile_scope *scope, const struct box_profile *p,
                            const struct tuning *t)
{
    const struct tuning_box_profile *gate = &t->box_profile;

    return p->sessions >= gate->min_flows && p->name_count >= gate->min_domains &&
           p->network_count >= gate->min_prefix16 && 2 * p->sessions >= scope->sessions &&
           has_one_distance(p, t) && is_constant(&p->traits[ANSWER_VERIFY]) &&
           p->other_sessions <= gate->other_ca_demote * p->sessions &&
           ttl_entropy(scope, p, t) <= gate->max_ttl_entropy;
}

static bool serves(const struct profile_scope *scope, const struct box_profile *p,
                   bool configured, const struct tuning *t)
{
    if (!is_live(scope, p->seen_s))
        return false;
    return configured ? serves_configured(p, t) : serves_anywhere(scope, p, t);
}

void box_note(const struct profile_scope *scope, struct box_profile *p, bool configured,
              const struct tuning *tuning)
{
    p->served = serves(scope, p, configured, tuning);
}

/* ---- a session beside the boxes */

/* Equal to one of the boxes is equal; different means different from each that can be compared. */
static enum box_match best_of(enum box_match a, enum box_match b)
{
    if (a == BOX_EQUAL || b == BOX_EQUAL)
        return BOX_EQUAL;
    return a == BOX_DIFFERS || b == BOX_DIFFERS ? BOX_DIFFERS : BOX_NONE;
}

static enum box_match compare_value(const struct profile_scope *scope,
                                    const struct profile_values *v, uint16_t value)
{
    uint32_t least = most_names(v) / RARE_PART;
    bool known = false;

    if (!value)
        return BOX_NONE;
    for (size_t i = 0; i < v->count; i++) {
        const struct profile_value *at = &v->values[i];
        uint32_t names = profile_names(&at->names);

        if (names < NAMES_OF_A_BOX || names < least || !is_live(scope, at->seen_s))
            continue;
        known = true;
        if (at->value == value)
            return BOX_EQUAL;
    }
    return known ? BOX_DIFFERS : BOX_NONE;
}

/* One trait that differs is another machine's flight, however many are alike. */
static enum box_match compare_flight(const struct profile_scope *scope,
                                     const struct box_profile *p, const struct answer *a)
{
    static const enum answer_trait traits[] = {ANSWER_VERIFY, ANSWER_TICKET, ANSWER_NAME};
    enum box_match match = BOX_NONE;

    for (size_t i = 0; i < sizeof(traits) / sizeof(traits[0]); i++) {
        enum box_match one =
            compare_value(scope, &p->traits[traits[i]], a->traits[traits[i]]);

        if (one == BOX_DIFFERS)
            return BOX_DIFFERS;
        match = best_of(match, one);
    }
    /* That the name is or is not acknowledged alone is as good as a coin. */
    return a->traits[ANSWER_VERIFY] || a->traits[ANSWER_TICKET] ? match : BOX_NONE;
}

static enum box_match compare_hello(const struct profile_scope *scope,
                                    const struct box_profile *p, const struct answer *a)
{
    bool known = false;

    if (!a->hello)
        return BOX_NONE;
    for (size_t i = 0; i < p->hello_count; i++) {
        const struct profile_hello *at = &p->hellos[i];

        if (at->app != a->app || profile_names(&at->names) < NAMES_OF_A_BOX ||
            !is_live(scope, at->seen_s))
            continue;
        known = true;
        if (at->hello == a->hello)
            return BOX_EQUAL;
    }
    return known ? BOX_DIFFERS : BOX_NONE;
}

static bool declines_h2(const struct profile_values *v)
{
    uint32_t most = most_names(v), chosen = 0;

    for (size_t i = 0; i < v->count; i++)
        if (v->values[i].value == ANSWER_H2_CHOSEN)
            chosen = profile_names(&v->values[i].names);
    return most >= NAMES_OF_A_BOX && chosen * RARE_PART < most;
}

static bool compare_path(const struct box_profile *p, const struct answer *a,
                         struct box_answer *out)
{
    if (!p->has_syn_ack || p->is_proxy || p->machine != a->machine)
        return false;
    out->syn_ack = BOX_EQUAL;
    if (a->rtt_us && a->rtt_us <= p->rtt_median + p->rtt_range + QUEUE_US)
        out->path = BOX_EQUAL;
    return true;
}

struct box_answer box_compare(const struct profile_scope *scope, const struct session *s,
                              bool configured, const struct tuning *tuning)
{
    struct box_answer out = {.syn_ack = BOX_NONE};
    bool any_machine = false, h2_chosen;
    uint32_t slowest = 0;
    struct answer a;

    answer_of(s, &a);
    h2_chosen = a.traits[ANSWER_H2] == ANSWER_H2_CHOSEN;
    out.h2_differs = h2_chosen;
    for (size_t i = 0; i < scope->count; i++) {
        const struct box_profile *p = &scope->profiles[i];

        if (configured && p->machine == a.machine && is_open_network(p, tuning))
            out.open_network = true;
        if (!serves(scope, p, configured, tuning))
            continue;
        out.served = true;
        out.hello = best_of(out.hello, compare_hello(scope, p, &a));
        out.flight = best_of(out.flight, compare_flight(scope, p, &a));
        out.h2_differs = out.h2_differs && declines_h2(&p->traits[ANSWER_H2]);
        (void)compare_path(p, &a, &out);
        any_machine = any_machine || (p->has_syn_ack && !p->is_proxy);
        if (p->has_syn_ack && !p->is_proxy && p->rtt_median > slowest)
            slowest = p->rtt_median;
    }
    out.h2_differs = out.h2_differs && out.served;
    if (!any_machine || !a.has_syn_ack || a.is_proxy)
        return out;
    if (out.syn_ack != BOX_EQUAL)
        out.syn_ack = BOX_DIFFERS;
    if (slowest && a.rtt_us > FAR_FACTOR * slowest && a.rtt_us > FAR_MIN_US)
        out.path = BOX_DIFFERS;
    return out;
}
