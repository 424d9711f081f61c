#include "detect/siblings.h"

#include <string.h>

#include "base/nanotime.h"

struct sibling {
    uint64_t start_ns;
    uint64_t decided_ns;
    bool data;
    bool ech;
};

struct sibling_record {
    struct memory_entry entry;
    struct sibling ring[SIBLINGS_MAX];
    uint32_t count;
};

/* Of one client: by program and name, by server address, by name. */
enum relation { BY_PROGRAM, BY_ADDRESS, BY_NAME };

void siblings_init(struct siblings *b, size_t most, uint64_t seed)
{
    b->seed = seed;
    memory_table_init(&b->table, sizeof(struct sibling_record), most, NULL, NULL);
}

void siblings_fini(struct siblings *b)
{
    memory_table_fini(&b->table);
}

static struct memory_id id_of(const struct siblings *b, const struct session *s,
                              enum relation relation)
{
    uint8_t kind = (uint8_t)relation;
    struct span parts[4] = {span_of(&kind, 1), span_of(s->client.bytes, 16),
                            span_of_text(s->server_name), span_of_text(s->app_key)};

    if (relation == BY_ADDRESS)
        parts[2] = span_of(s->server.bytes, 16);
    return memory_id_of(b->seed, parts, relation == BY_PROGRAM ? 4 : 3);
}

static bool carries_data(const struct session *s)
{
    return s->outcome_raw == OUTCOME_ACCEPTED ||
           (s->outcome_raw == OUTCOME_RESUMED && s->established);
}

void siblings_note(struct siblings *b, const struct session *s)
{
    struct sibling sibling = {s->start_ns, s->decided_ns, carries_data(s), s->ech};

    for (int r = BY_PROGRAM; r <= BY_NAME; r++) {
        struct memory_id id = id_of(b, s, (enum relation)r);
        struct sibling_record *record;

        if (r == BY_PROGRAM && !sibling.data)
            continue;
        record = memory_get(&b->table, &id);
        if (record)
            record->ring[record->count++ % SIBLINGS_MAX] = sibling;
    }
}

static bool may_be_superseded(enum outcome outcome)
{
    return outcome == OUTCOME_REJECTED_CLOSE || outcome == OUTCOME_REJECTED_AFTER_HANDSHAKE ||
           outcome == OUTCOME_REJECTED_AFTER_HANDSHAKE_WEAK || outcome == OUTCOME_ABORTED_EARLY;
}

/* Both were open at the same time, and ended within the window of each other. */
static bool overlaps(const struct session *s, const struct sibling *other, uint64_t window_ns)
{
    uint64_t apart = nanotime_since(s->decided_ns, other->decided_ns) +
                     nanotime_since(other->decided_ns, s->decided_ns);

    return s->start_ns <= other->decided_ns && other->start_ns <= s->decided_ns &&
           apart <= window_ns;
}

/* The device tries again at once, and it works or the encrypted hello is gone. */
static bool retries(const struct session *s, const struct sibling *other, uint64_t window_ns)
{
    return other->start_ns >= s->decided_ns && other->start_ns <= s->decided_ns + window_ns &&
           (other->data || !other->ech);
}

static bool any(const struct siblings *b, const struct session *s, enum relation relation,
                uint64_t window_ns,
                bool (*holds)(const struct session *s, const struct sibling *other,
                              uint64_t window_ns))
{
    struct memory_id id = id_of(b, s, relation);
    const struct sibling_record *record = memory_peek(&b->table, &id);

    for (size_t i = 0; record && i < record->count && i < SIBLINGS_MAX; i++)
        if (holds(s, &record->ring[i], window_ns))
            return true;
    return false;
}

void siblings_judge(const struct siblings *b, const struct tuning *t, struct session *s)
{
    uint64_t window_ns = tuning_ns(t->supersede_s);

    if (!may_be_superseded(s->outcome))
        return;
    if (any(b, s, BY_PROGRAM, window_ns, overlaps)) {
        s->outcome = OUTCOME_SUPERSEDED;
        return;
    }
    if (!s->ech || s->outcome == OUTCOME_REJECTED_CLOSE || s->outcome == OUTCOME_ABORTED_EARLY)
        return;
    if (any(b, s, BY_ADDRESS, window_ns, retries) || any(b, s, BY_NAME, window_ns, retries))
        s->outcome = OUTCOME_ECH_RETRY;
}
