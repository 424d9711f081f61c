#include "detect/profile.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "outcome/record_sizes.h"
#include "tls/names.h"

#define NAMES_OF_A_BOX 3
#define FAR_FACTOR 5
/* CertificateVerify records of elliptic-curve keys vary by some bytes and are shorter than this. */
#define ELLIPTIC_MAX 160
#define FAR_MIN_US 10000u
/* Key name, nonce, tag and a secret alone take more. */
#define SEALED_TICKET_MIN 110

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

/* ---- the machine that answers */

static uint64_t syn_ack_hash(const struct session *s)
{
    const struct session_syn_ack *a = &s->syn_ack;
    uint8_t bytes[8 + SESSION_OPTIONS_MAX] = {0};

    bytes[0] = a->ttl;
    bytes[1] = (uint8_t)(a->mss >> 8);
    bytes[2] = (uint8_t)a->mss;
    bytes[3] = a->window_scale;
    bytes[4] = (uint8_t)(a->window >> 8);
    bytes[5] = (uint8_t)a->window;
    bytes[6] = address_is_v4(&s->server);
    memcpy(bytes + 8, a->options, sizeof(a->options));
    return XXH3_64bits(bytes, sizeof(bytes));
}

static int compare_rtt(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

/* Median and interquartile range of the latest round-trip times, in microseconds. */
static void rtt_spread(const struct box_profile *p, uint32_t *median, uint32_t *range)
{
    bool known = p->rtt_count >= 3;

    *median = known ? p->rtt_median : 0;
    *range = known ? p->rtt_range : UINT32_MAX;
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

/* Most unrelated names of one value, and those of all others together. */
static void value_names(const struct profile_values *v, uint32_t *most, uint32_t *rest)
{
    *most = 0;
    *rest = 0;
    for (size_t i = 0; i < v->count; i++) {
        uint32_t n = v->values[i].name_count;

        if (n > *most) {
            *rest += *most;
            *most = n;
        } else {
            *rest += n;
        }
    }
}

/* One value over enough unrelated names, but for a few sites that are let through. */
static bool is_constant(const struct profile_values *v)
{
    uint32_t most, rest;

    value_names(v, &most, &rest);
    return most >= NAMES_OF_A_BOX && most >= 2 * rest;
}

/* What was told to be a box by its distance stays one until the distance spreads to twice that. */
static bool has_one_distance(const struct box_profile *p, const struct tuning *t)
{
    uint32_t median, range;

    rtt_spread(p, &median, &range);
    return range <= t->box_profile.rtt_iqr_ms * 1000 * (p->served ? 2 : 1);
}

static bool is_open_network(const struct box_profile *p, const struct tuning *t)
{
    uint32_t kinds = 0;

    for (size_t i = 0; i < p->verify.count; i++)
        kinds += p->verify.values[i].name_count >= 2;
    return p->authority_sessions == 0 && kinds >= 2 && !has_one_distance(p, t);
}

static bool serves(const struct box_profile *p, const struct tuning *t)
{
    if (p->sessions < t->box_profile.configured_sessions ||
        p->other_sessions > p->authority_sessions || is_open_network(p, t))
        return false;
    /* The authority's certificate proves what many names would make likely. */
    if (p->authority_sessions > 0)
        return true;
    return p->name_count >= t->box_profile.configured_names &&
           (has_one_distance(p, t) || (is_constant(&p->verify) && is_constant(&p->ticket)));
}

static void compare_path(const struct profile_scope *scope, const struct session *s,
                         const struct tuning *t, struct profile_answer *answer)
{
    uint64_t hash = syn_ack_hash(s);
    uint32_t median, range, slowest = 0;

    for (size_t i = 0; i < scope->count; i++) {
        const struct box_profile *p = &scope->profiles[i];

        if (s->syn_ack.seen && p->syn_ack == hash && is_open_network(p, t))
            answer->open_network = true;
        if (!serves(p, t))
            continue;
        answer->served = true;
        rtt_spread(p, &median, &range);
        if (median > slowest)
            slowest = median;
        if (s->syn_ack.seen && p->syn_ack == hash) {
            answer->syn_ack = PROFILE_EQUAL;
            if (s->rtt_us && s->rtt_us <= median + range + 1000)
                answer->path = PROFILE_EQUAL;
        }
    }
    if (!answer->served || !s->syn_ack.seen)
        return;
    if (answer->syn_ack != PROFILE_EQUAL)
        answer->syn_ack = PROFILE_DIFFERS;
    if (slowest && s->rtt_us > FAR_FACTOR * slowest && s->rtt_us > FAR_MIN_US)
        answer->path = PROFILE_DIFFERS;
}

/* ---- the flight */

/*
 * EncryptedExtensions, Certificate, CertificateVerify, Finished, each a record of its own: the
 * Finished is told by its size, the CertificateVerify stands before it. 0 when it is not so.
 */
static uint16_t verify_record(const struct session *s)
{
    uint16_t finished = record_size_finished(cipher_traits_of(s->cipher), 0);
    uint16_t before = 0;
    size_t encrypted = 0;

    for (size_t i = 0; i < s->flight_count; i++) {
        if (!s->flight[i].encrypted)
            continue;
        encrypted++;
        if (encrypted >= 3 && s->flight[i].length == finished)
            return before && before < ELLIPTIC_MAX ? 1 : before;
        before = s->flight[i].length;
    }
    return 0;
}

/*
 * First ticket, less the suite's hash length: it holds the resumption secret, encrypted. A shorter
 * one is a mere number of a session that the server keeps. 0 without a ticket.
 */
static uint16_t first_ticket(const struct session *s)
{
    if (s->ticket_count == 0)
        return 0;
    if (s->tickets[0] < SEALED_TICKET_MIN)
        return s->tickets[0];
    return (uint16_t)(s->tickets[0] - cipher_traits_of(s->cipher).verify_hash);
}

static bool has_flight(const struct session *s)
{
    return version_is_tls13(s->version) && !s->resumed && s->protocol == SESSION_TLS;
}

static enum profile_match compare_value(const struct profile_values *v, uint16_t value)
{
    bool known = false;

    if (!value)
        return PROFILE_NONE;
    for (size_t i = 0; i < v->count; i++) {
        if (v->values[i].name_count < NAMES_OF_A_BOX)
            continue;
        known = true;
        if (v->values[i].value == value)
            return PROFILE_EQUAL;
    }
    return known ? PROFILE_DIFFERS : PROFILE_NONE;
}

/* Equal to one of the boxes is equal; different means different from each that can be compared. */
static enum profile_match best_of(enum profile_match a, enum profile_match b)
{
    if (a == PROFILE_EQUAL || b == PROFILE_EQUAL)
        return PROFILE_EQUAL;
    return a == PROFILE_DIFFERS || b == PROFILE_DIFFERS ? PROFILE_DIFFERS : PROFILE_NONE;
}

static enum profile_match compare_with(const struct box_profile *p, uint16_t verify,
                                       uint16_t ticket)
{
    enum profile_match a = compare_value(&p->verify, verify);
    enum profile_match b = compare_value(&p->ticket, ticket);

    if (a == PROFILE_DIFFERS || b == PROFILE_DIFFERS)
        return PROFILE_DIFFERS;
    return best_of(a, b);
}

static enum profile_match compare_flight(const struct profile_scope *scope,
                                         const struct session *s, const struct tuning *t)
{
    enum profile_match match = PROFILE_NONE;

    if (!has_flight(s))
        return PROFILE_NONE;
    for (size_t i = 0; i < scope->count; i++)
        if (serves(&scope->profiles[i], t))
            match = best_of(match, compare_with(&scope->profiles[i], verify_record(s),
                                                first_ticket(s)));
    return match;
}

struct profile_answer profile_compare(const struct profile_scope *scope,
                                      const struct session *s, const struct tuning *tuning)
{
    struct profile_answer answer = {.syn_ack = PROFILE_NONE};

    compare_path(scope, s, tuning, &answer);
    if (answer.served)
        answer.flight = compare_flight(scope, s, tuning);
    return answer;
}

/* ---- learning */

static bool add_name(uint64_t *names, uint8_t *count, size_t most, uint64_t name)
{
    for (size_t i = 0; i < *count; i++)
        if (names[i] == name)
            return false;
    if (*count == most)
        return false;
    names[(*count)++] = name;
    return true;
}

static struct box_profile *profile_of(struct profile_scope *scope, uint64_t hash)
{
    struct box_profile *least = &scope->profiles[0];

    for (size_t i = 0; i < scope->count; i++) {
        if (scope->profiles[i].syn_ack == hash)
            return &scope->profiles[i];
        if (scope->profiles[i].name_count < least->name_count)
            least = &scope->profiles[i];
    }
    if (scope->count < PROFILES_MAX)
        least = &scope->profiles[scope->count++];
    *least = (struct box_profile){.syn_ack = hash};
    return least;
}

static void learn_value(struct profile_values *v, uint16_t value, uint64_t name)
{
    struct profile_value *slot = &v->values[0];

    if (!value)
        return;
    for (size_t i = 0; i < v->count; i++) {
        if (v->values[i].value == value) {
            v->values[i].used++;
            (void)add_name(v->values[i].names, &v->values[i].name_count,
                           PROFILE_VALUE_NAMES_MAX, name);
            return;
        }
        if (v->values[i].name_count < slot->name_count ||
            (v->values[i].name_count == slot->name_count && v->values[i].used < slot->used))
            slot = &v->values[i];
    }
    if (v->count < PROFILE_VALUES_MAX)
        slot = &v->values[v->count++];
    *slot =
        (struct profile_value){.value = value, .name_count = 1, .names = {name}, .used = 1};
}

void profile_learn(struct profile_scope *scope, const struct session *s, uint64_t name,
                   enum profile_certificate certificate, const struct tuning *tuning)
{
    struct box_profile *p;

    if (certificate == PROFILE_CERTIFICATE_AUTHORITY)
        scope->authority_sessions++;
    if (s->syn_ack.seen) {
        p = profile_of(scope, syn_ack_hash(s));
        p->sessions++;
        p->authority_sessions += certificate == PROFILE_CERTIFICATE_AUTHORITY;
        p->other_sessions += certificate == PROFILE_CERTIFICATE_OTHER;
        (void)add_name(p->names, &p->name_count, PROFILE_NAMES_MAX, name);
        if (s->rtt_us)
            add_rtt(p, s->rtt_us);
        if (has_flight(s) && certificate == PROFILE_CERTIFICATE_NONE) {
            learn_value(&p->verify, verify_record(s), name);
            learn_value(&p->ticket, first_ticket(s), name);
        }
        p->served = serves(p, tuning);
    }
}
