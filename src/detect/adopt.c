/* Other rules, lists and authorities, while memory stays as it is. */
#include <string.h>

#include "detect/correlate.h"

static bool is_same(const struct match_entry *a, const struct match_entry *b)
{
    return strcmp(a->match, b->match) == 0 &&
           strcmp(a->list ? a->list : "", b->list ? b->list : "") == 0;
}

/* An entry that is still there keeps its hits. Few entries have any. */
static void carry_hits(const struct lists *before, struct lists *now)
{
    for (size_t i = 0; i < lists_count(before); i++)
        for (size_t k = 0; before->hits[i] > 0 && k < lists_count(now); k++)
            if (is_same(lists_get(before, i, 0).entry, lists_get(now, k, 0).entry))
                now->hits[k] = before->hits[i];
}

int correlator_adopt(struct correlator *c, const struct correlator_options *options,
                     struct err *why)
{
    struct inspection_options *inspection = &c->inspection.options;
    struct lists lists;

    if (lists_init(&lists, options->rules, options->inspection->bypass_list, why) < 0)
        return -1;
    carry_hits(&c->lists, &lists);
    lists_fini(&c->lists);
    c->lists = lists;
    c->options.rules = options->rules;
    c->options.inspection = inspection->config = options->inspection;
    c->options.authority_names = inspection->authority_names = options->authority_names;
    c->options.authority_keys = inspection->authority_keys = options->authority_keys;
    c->options.authority_count = inspection->authority_count = options->authority_count;
    inspection->tuning = c->inspection.issuers.tuning = &options->rules->tuning;
    return 0;
}
