#include "detect/review.h"

#include <stdlib.h>

#include "detect/alert_life.h"
#include "detect/judge.h"

/* Keys with an open alert, as far as anything is watched for them. */
static struct memory_id *open_keys(const struct correlator *c, size_t *count)
{
    struct memory_id *keys = malloc((c->expiry.count + 1) * sizeof(*keys));

    *count = 0;
    for (size_t i = 0; keys && i < c->expiry.count; i++)
        if (c->expiry.entries[i].kind == SETTLE_KEY)
            keys[(*count)++] = c->expiry.entries[i].id;
    return keys;
}

/* The stronger of what was told and what holds with the new knowledge. */
static enum finding_type type_of(const struct judgement *j, const struct open_alert *alert)
{
    return j->type < alert->type ? j->type : alert->type;
}

static void review_key(struct correlator *c, const struct memory_id *id)
{
    struct judgement j = {.final = true};
    struct report *r = &j.report;
    const struct suspicion *s;
    uint64_t now_ns = c->now_ns;

    if (!parties_of_key(c, id, &r->parties) || !r->parties.key->suspicion)
        return;
    s = r->parties.key->suspicion;
    if (!s->alert.open || s->evidence_count == 0)
        return;
    /* As it stood then: what has faded since was not wrong. */
    c->now_ns = s->evidence[s->evidence_count - 1].time_ns;
    judge_look(c, &j);
    c->now_ns = now_ns;
    if (r->join.newest > c->reviewed)
        alert_life_revise(c, r, type_of(&j, &s->alert));
}

bool review_context(struct correlator *c)
{
    uint64_t sequence =
        c->options.context ? context_sequence(c->options.context) : c->reviewed;
    struct memory_id *keys;
    size_t count;

    if (sequence == c->reviewed)
        return false;
    keys = open_keys(c, &count);
    if (!keys)
        c->stats.no_memory++;
    for (size_t i = 0; keys && i < count; i++)
        review_key(c, &keys[i]);
    free(keys);
    c->reviewed = sequence;
    return true;
}
