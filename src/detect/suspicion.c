#include "detect/suspicion.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "detect/report.h"

const char *suspicion_authority(const struct correlator *c, const struct session *s)
{
    for (size_t i = 0; s->inspection_authority[0] && i < c->options.authority_count; i++)
        if (strcmp(c->options.authority_names[i], s->inspection_authority) == 0)
            return c->options.authority_names[i];
    return NULL;
}

/* An address in the place of a name is none. */
static bool has_server_name(const struct session *s)
{
    struct address address;

    return s->server_name[0] && !address_parse(s->server_name, &address);
}

static struct suspicion *new_suspicion(const char *destination, const struct session *s)
{
    struct suspicion *sus = calloc(1, sizeof(*sus));

    if (!sus)
        return NULL;
    sus->destination = strdup(destination);
    if (!sus->destination) {
        free(sus);
        return NULL;
    }
    (void)snprintf(sus->app_key, sizeof(sus->app_key), "%s", s->app_key);
    (void)snprintf(sus->ja4, sizeof(sus->ja4), "%s", s->ja4);
    if (s->package[0] && s->package_source) {
        sus->package = strdup(s->package);
        (void)snprintf(sus->package_source, sizeof(sus->package_source), "%s",
                       s->package_source);
    }
    sus->server = s->server;
    sus->port = s->is_explicit_proxy ? s->proxy_port : s->server_port;
    sus->is_proxy = s->is_explicit_proxy;
    sus->server_name = has_server_name(s);
    sus->protocol = (uint8_t)s->protocol;
    sus->has_ech = s->ech;
    return sus;
}

struct suspicion *suspicion_get(struct correlator *c, struct parties *p,
                                const struct session *s,
                                const struct inspection_context *context)
{
    struct suspicion *sus = p->key->suspicion;

    if (!sus)
        sus = p->key->suspicion = new_suspicion(p->destination->name, s);
    if (!sus) {
        c->stats.no_memory++;
        return NULL;
    }
    sus->client = s->client;
    sus->in_segment = context->segment != NULL;
    sus->trust_model = context->segment ? context->segment->trust_model
                                        : c->options.rules->tuning.trust_model;
    if (suspicion_authority(c, s))
        sus->authority = suspicion_authority(c, s);
    return sus;
}

static bool grow_evidence(struct suspicion *sus)
{
    size_t room = sus->evidence_room ? sus->evidence_room * 2u : 3;
    struct finding_evidence *evidence;

    if (sus->evidence_room >= SUSPICION_EVIDENCE)
        return true;
    evidence = realloc(sus->evidence, room * sizeof(*evidence));
    if (!evidence)
        return false;
    sus->evidence = evidence;
    sus->evidence_room = (uint8_t)room;
    return true;
}

/* The oldest goes, of sessions without weight first: the refusals explain the alert. */
static void drop_evidence(struct suspicion *sus)
{
    size_t i = 0;

    while (i < sus->evidence_count && sus->evidence[i].weight_db > 0)
        i++;
    if (i == sus->evidence_count)
        i = 0;
    sus->evidence_count--;
    memmove(&sus->evidence[i], &sus->evidence[i + 1],
            (sus->evidence_count - i) * sizeof(sus->evidence[0]));
}

void suspicion_add_evidence(struct suspicion *sus, const struct session *s,
                            double weight_db, bool counted)
{
    if (sus->evidence_count == sus->evidence_room && !grow_evidence(sus))
        return;
    if (sus->evidence_count == SUSPICION_EVIDENCE)
        drop_evidence(sus);
    report_evidence(s, weight_db, counted, &sus->evidence[sus->evidence_count++]);
}

void suspicion_count_no_longer(struct suspicion *sus)
{
    for (size_t i = sus->evidence_count; i > 0; i--) {
        struct finding_evidence *e = &sus->evidence[i - 1];

        if (e->counted && e->weight_db > 0) {
            e->counted = false;
            return;
        }
    }
}
