#include "detect/lists.h"

#include <stdlib.h>
#include <string.h>

/* In the order of their entries. */
enum { APPS, DESTINATIONS, BYPASS, LISTS };

static const struct match_list *list_of(const struct lists *l, int list)
{
    if (list == BYPASS || !l->rules)
        return l->bypass;
    return list == APPS ? l->rules->apps : l->rules->destinations;
}

static size_t size_of(const struct lists *l, int list)
{
    return list_of(l, list) ? match_list_count(list_of(l, list)) : 0;
}

/* Where the entries of a list begin. */
static size_t base_of(const struct lists *l, int list)
{
    size_t base = 0;

    while (list > 0)
        base += size_of(l, --list);
    return base;
}

int lists_init(struct lists *l, const struct rules *rules, const struct match_list *bypass,
               struct err *why)
{
    *l = (struct lists){.rules = rules, .bypass = bypass};
    l->hits = calloc(lists_count(l) + 1, sizeof(*l->hits));
    return l->hits ? 0 : err_set(why, "no memory to count the hits of lists");
}

void lists_fini(struct lists *l)
{
    free(l->hits);
    *l = (struct lists){0};
}

const struct match_entry *lists_allow(const struct rules *rules, const struct suspicion *s,
                                      uint64_t now_ns, bool *is_app)
{
    struct match_destination wanted = {.name = span_of_text(s->destination),
                                       .address = s->is_proxy ? NULL : &s->server,
                                       .port = s->port};
    const struct match_entry *found =
        match_find_destination(rules->destinations, &wanted, now_ns);

    *is_app = !found;
    if (!found)
        found = match_find_app(rules->apps, span_of_text(s->app_key), now_ns);
    if (!found)
        found = match_find_app(rules->apps, span_of_text(s->ja4), now_ns);
    return found;
}

void lists_count_allowed(struct lists *l, const struct suspicion *s, uint64_t now_ns)
{
    bool is_app;
    const struct match_entry *found = lists_allow(l->rules, s, now_ns, &is_app);

    if (found)
        l->hits[base_of(l, is_app ? APPS : DESTINATIONS) + found->index]++;
}

void lists_count_bypass(struct lists *l, const struct match_entry *entry)
{
    l->hits[base_of(l, BYPASS) + entry->index]++;
}

size_t lists_count(const struct lists *l)
{
    return base_of(l, LISTS);
}

static bool is_shipped(const struct match_entry *entry)
{
    const char *end = strrchr(entry->list, '.');

    return end && strcmp(end, ".yaml") == 0;
}

struct list_entry_use lists_get(const struct lists *l, size_t i, uint64_t now_ns)
{
    struct list_entry_use use = {.hits = l->hits[i]};
    int list = APPS;

    while (i >= base_of(l, list + 1))
        list++;
    use.entry = match_list_get(list_of(l, list), i - base_of(l, list));
    use.is_expired = use.entry->expires_ns && use.entry->expires_ns <= now_ns;
    use.is_shipped = is_shipped(use.entry);
    return use;
}

void lists_sum_up(const struct lists *l, uint64_t now_ns, struct lists_sum *own,
                  struct lists_sum *shipped)
{
    *own = *shipped = (struct lists_sum){0};
    for (size_t i = 0; i < lists_count(l); i++) {
        struct list_entry_use use = lists_get(l, i, now_ns);
        struct lists_sum *sum = use.is_shipped ? shipped : own;

        sum->entries++;
        sum->hits += use.hits;
        sum->unused += use.hits == 0;
        sum->expired += use.is_expired;
    }
}
