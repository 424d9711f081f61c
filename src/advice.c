#include "advice.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/nanotime.h"
#include "base/text.h"

/* After so many sessions a configured authority that nobody showed is worth a word. */
#define AUTHORITY_PATIENCE 1000u
#define DAY_S 86400
#define EXPIRY_WARNING_S (30 * DAY_S)

/* What can still be said when nothing tells where inspection is supposed to happen. */
static void say_unconfigured(const struct config_inspection *in)
{
    if (in->authority_count == 0 && in->segment_count == 0 && in->bypass_count == 0)
        log_warn(
            "no inspection authority, segment or bypass is configured: sessions get an "
            "outcome, but none counts as inspected, so no refusal of inspection is found "
            "(--inspection-ca FILE, --set inspection.segments[+]=NETWORK)");
}

int advice_init(struct advice *a, const struct advice_options *options, struct err *why)
{
    size_t count = options->authorities->count;

    *a = (struct advice){.config = options->config,
                         .authorities = options->authorities,
                         .correlator = options->correlator,
                         .quiet = options->quiet};
    a->said_expiry = calloc(count + 1, sizeof(*a->said_expiry));
    if (!a->said_expiry)
        return err_set(why, "no memory for %zu authorities", count);
    if (!a->quiet)
        say_unconfigured(&a->config->inspection);
    return 0;
}

int advice_renew(struct advice *a, size_t authorities, struct err *why)
{
    bool *said = calloc(authorities + 1, sizeof(*said));

    if (!said)
        return err_set(why, "no memory for %zu authorities", authorities);
    free(a->said_expiry);
    a->said_expiry = said;
    a->said_lists = false;
    a->next_day_ns = 0;
    return 0;
}

void advice_fini(struct advice *a)
{
    free(a->said_expiry);
    *a = (struct advice){0};
}

/* ---- dates, once a day */

static void check_authorities(struct advice *a, uint64_t now_ns)
{
    for (size_t i = 0; i < a->authorities->count; i++) {
        const struct certificate *first =
            certificate_cache_authority(a->authorities->certificates, (int)i);
        int64_t left =
            first ? first->not_after_s - (int64_t)(now_ns / NS_PER_S) : INT64_MAX;

        if (left >= EXPIRY_WARNING_S || a->said_expiry[i])
            continue;
        a->said_expiry[i] = true;
        log_warn("the certificate of inspection authority %s %s", a->authorities->names[i],
                 left < 0 ? "has expired" : "expires within 30 days");
    }
}

static void describe(const struct match_entry *entry, char *out, size_t size)
{
    struct text t = text_in(out, size);

    text_add_format(&t, "%.80s of %s", entry->match, entry->list);
    if (entry->owner)
        text_add_format(&t, " (owner %.60s)", entry->owner);
}

static void check_lists(struct advice *a, uint64_t now_ns)
{
    const struct lists *lists = &a->correlator->lists;
    const struct match_entry *first = NULL;
    size_t expired = 0;
    char what[256];

    for (size_t i = 0; i < lists_count(lists) && !a->said_lists; i++) {
        struct list_entry_use use = lists_get(lists, i, now_ns);

        expired += use.is_expired;
        if (use.is_expired && !first)
            first = use.entry;
    }
    if (expired == 0)
        return;
    a->said_lists = true;
    describe(first, what, sizeof(what));
    log_warn("%zu %s expired and no longer hold%s: the first is %s (--stats lists them)",
             expired, expired == 1 ? "entry of the lists has" : "entries of the lists have",
             expired == 1 ? "s" : "", what);
}

/* ---- what was seen */

static void check_authority_seen(struct advice *a)
{
    if (a->said_authority || a->correlator->stats.sessions < AUTHORITY_PATIENCE)
        return;
    a->said_authority = true;
    if (a->authorities->count > 0 &&
        a->correlator->inspection.stats.authority_sessions == 0)
        log_warn(
            "no certificate of a configured inspection authority was seen in %u sessions: "
            "is it the right authority, and does the sensor see the clients' side?",
            AUTHORITY_PATIENCE);
}

static void check_upstream(struct advice *a)
{
    const struct placement *p = &a->correlator->placement;

    if (a->said_upstream || !p->upstream)
        return;
    a->said_upstream = true;
    log_warn("the sensor seems to stand behind the inspection: %s, and no certificate of "
             "the box "
             "is seen; nothing is judged there (place it between clients and inspection)",
             p->from_proxies * 2 > p->sessions
                 ? "the sessions are those of the configured proxy"
                 : "many clients say hello in one and the same way");
}

void advice_tick(struct advice *a, uint64_t now_ns)
{
    if (a->quiet || now_ns == 0)
        return;
    check_authority_seen(a);
    check_upstream(a);
    if (now_ns < a->next_day_ns)
        return;
    a->next_day_ns = now_ns + DAY_S * NS_PER_S;
    check_authorities(a, now_ns);
    check_lists(a, now_ns);
}

void advice_end(const struct advice *a, uint64_t now_ns)
{
    const struct lists *lists = &a->correlator->lists;
    struct lists_sum own, shipped;
    char what[256];

    lists_sum_up(lists, now_ns, &own, &shipped);
    if (a->quiet || own.unused == 0)
        return;
    for (size_t i = 0; i < lists_count(lists); i++) {
        struct list_entry_use use = lists_get(lists, i, now_ns);

        if (use.is_shipped || use.hits > 0)
            continue;
        describe(use.entry, what, sizeof(what));
        log_info("%llu of %llu list entries of your own had no use, the first: %s",
                 (unsigned long long)own.unused, (unsigned long long)own.entries, what);
        return;
    }
}
