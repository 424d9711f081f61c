#include "detect/totals.h"

#include <stdlib.h>
#include <string.h>

int totals_init(struct totals *t, struct err *why)
{
    *t = (struct totals){.entries = calloc(TOTALS_MAX, sizeof(*t->entries))};
    return t->entries ? 0 : err_set(why, "no memory for sessions whose totals are awaited");
}

void totals_fini(struct totals *t)
{
    free(t->entries);
    *t = (struct totals){0};
}

/* Ids are digests: any part of them is as good. */
static struct totals_entry *place_of(const struct totals *t, const uint8_t *session_id)
{
    uint32_t part;

    memcpy(&part, session_id, sizeof(part));
    return &t->entries[part % TOTALS_MAX];
}

void totals_await(struct totals *t, const uint8_t session_id[SESSION_ID_BYTES],
                  const struct memory_id *key)
{
    struct totals_entry *e = place_of(t, session_id);

    t->shed += e->waits;
    *e = (struct totals_entry){.key = *key, .waits = true};
    memcpy(e->session_id, session_id, SESSION_ID_BYTES);
}

bool totals_take(struct totals *t, const struct session_end *end, struct memory_id *key)
{
    struct totals_entry *e = place_of(t, end->session_id);

    if (!e->waits || memcmp(e->session_id, end->session_id, SESSION_ID_BYTES) != 0)
        return false;
    *key = e->key;
    e->waits = false;
    return true;
}

bool totals_is_upload(const struct session_end *end, double ratio, uint64_t least)
{
    return end->client_bytes >= least &&
           (double)end->client_bytes > ratio * (double)end->server_bytes;
}
