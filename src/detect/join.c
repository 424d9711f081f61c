#include "detect/join.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "detect/join_events.h"

/* ---- whose word it is */

void join_touch(struct join *j, const struct context_fact *f)
{
    if (f->sequence > j->newest)
        j->newest = f->sequence;
}

void join_note(const struct correlator *c, struct join *j, const struct context_fact *f,
               bool used)
{
    struct finding_context *e;

    for (size_t i = 0; i < j->entry_count; i++)
        if (j->entries[i].sequence == f->sequence) {
            j->entries[i].used = j->entries[i].used || used;
            return;
        }
    join_touch(j, f);
    if (j->entry_count == FINDING_CONTEXT_MAX)
        return;
    e = &j->entries[j->entry_count++];
    *e = (struct finding_context){.kind = context_kind_name(f->kind),
                                  .source = context_source(f),
                                  .sequence = f->sequence,
                                  .time_ns = f->time_ns,
                                  .until_ns = f->until_ns,
                                  .used = used};
    context_describe_origin(c->options.context, f, e->origin, sizeof(e->origin));
    (void)context_describe_fact(f, e->fact);
}

static void note_device(const struct correlator *c, struct join *j)
{
    const struct context_answer *a = &j->device;

    for (size_t i = 0; i < a->fact_count; i++)
        join_note(c, j, a->facts[i], i < a->agreed);
    j->identity = (struct finding_identity){.id = a->id,
                                            .hostname = a->hostname,
                                            .os = a->os,
                                            .os_version = a->os_version,
                                            .manufacturer = a->manufacturer,
                                            .model = a->model,
                                            .user = a->user,
                                            .owner = a->owner,
                                            .managed = a->managed,
                                            .supervised = a->supervised};
}

void join_device(const struct correlator *c, const struct device *device, uint64_t time_ns,
                 struct join *out)
{
    out->asked = true;
    if (!context_has_facts(c->options.context))
        return;
    out->known =
        context_find_device(c->options.context, &device->latest,
                            device->own_mac ? device->mac : NULL, time_ns, &out->device);
    if (out->known)
        note_device(c, out);
}

void join_look(const struct correlator *c, const struct parties *p,
               const struct join_sessions *sessions, struct join *out)
{
    uint64_t time_ns =
        sessions->count ? sessions->evidence[sessions->count - 1].time_ns : c->now_ns;

    if (out->asked)
        return;
    join_device(c, p->device, time_ns, out);
    if (!context_has_facts(c->options.context))
        return;
    if (join_platform(out) != PLATFORM_UNKNOWN)
        p->device->platform_told = (uint8_t)join_platform(out);
    if (p->key->suspicion)
        join_ask_events(c, p->key->suspicion, sessions, out);
}

static enum platform platform_of(const char *os)
{
    if (!os)
        return PLATFORM_UNKNOWN;
    if (strcmp(os, "android") == 0)
        return PLATFORM_ANDROID;
    return strcmp(os, "ios") == 0 ? PLATFORM_IOS : PLATFORM_OTHER;
}

bool join_identity(void *ctx, const struct address *address, const uint8_t *mac,
                   uint64_t time_ns, struct device_facts *out)
{
    const struct context *context = ctx;
    struct context_answer answer;
    struct text name = text_in(out->name, sizeof(out->name));

    if (!context_has_facts(context) ||
        !context_find_device(context, address, mac, time_ns, &answer))
        return false;
    if (answer.id)
        text_add(&name, answer.id);
    else if (answer.mac && !mac) /* a lease knows it, and the wire does not show it */
        text_add(&name, answer.mac);
    out->platform = platform_of(answer.os);
    return true;
}

enum platform join_platform(const struct join *join)
{
    return join->known ? platform_of(join->identity.os) : PLATFORM_UNKNOWN;
}
