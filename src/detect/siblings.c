#include "detect/siblings.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/nanotime.h"

struct sibling {
    uint64_t id; /* 0: empty */
    uint64_t start_ns;
    uint64_t decided_ns;
    bool data;
    bool ech;
};

/* Of one client: by program and name, by server address, by name. */
enum relation { BY_PROGRAM, BY_ADDRESS, BY_NAME };

int siblings_init(struct siblings *b, struct err *why)
{
    b->cache = calloc((size_t)SIBLING_SETS * SIBLING_WAYS, sizeof(*b->cache));
    return b->cache ? 0 : err_set(why, "no memory for parallel sessions");
}

void siblings_fini(struct siblings *b)
{
    free(b->cache);
    b->cache = NULL;
}

static uint64_t id_of(const struct session *s, enum relation relation)
{
    uint8_t bytes[16 + SESSION_NETWORK_BYTES + SESSION_NAME_MAX + APP_KEY_TEXT_MAX + 1];
    size_t len = 16 + SESSION_NETWORK_BYTES;

    memcpy(bytes, s->client.bytes, 16);
    session_network(s, bytes + 16);
    bytes[len++] = (uint8_t)relation;
    if (relation == BY_ADDRESS) {
        memcpy(bytes + len, s->server.bytes, 16);
        len += 16;
    } else {
        size_t name = strlen(s->server_name);

        memcpy(bytes + len, s->server_name, name);
        len += name;
    }
    if (relation == BY_PROGRAM) {
        memcpy(bytes + len, s->app_key, APP_KEY_TEXT_MAX);
        len += APP_KEY_TEXT_MAX;
    }
    return XXH3_64bits(bytes, len) | 1;
}

static struct sibling *set_of(const struct siblings *b, uint64_t id)
{
    return &b->cache[(id >> 32) % SIBLING_SETS * SIBLING_WAYS];
}

static bool carries_data(const struct session *s)
{
    return s->outcome_raw == OUTCOME_ACCEPTED ||
           (s->outcome_raw == OUTCOME_RESUMED && s->established);
}

static void put(struct siblings *b, const struct sibling *sibling)
{
    struct sibling *set = set_of(b, sibling->id), *oldest = set;

    for (size_t i = 1; i < SIBLING_WAYS; i++)
        if (set[i].decided_ns < oldest->decided_ns)
            oldest = &set[i];
    *oldest = *sibling;
}

void siblings_note(struct siblings *b, const struct session *s)
{
    struct sibling sibling = {.start_ns = s->start_ns,
                              .decided_ns = s->decided_ns,
                              .data = carries_data(s),
                              .ech = s->ech};

    if (sibling.data) {
        sibling.id = id_of(s, BY_PROGRAM);
        put(b, &sibling);
    }
    b->any_ech = b->any_ech || sibling.ech;
    if (!b->any_ech || (!sibling.data && sibling.ech))
        return; /* no answer to a refused encrypted hello */
    sibling.id = id_of(s, BY_ADDRESS);
    put(b, &sibling);
    sibling.id = id_of(s, BY_NAME);
    put(b, &sibling);
}

static bool may_be_superseded(enum outcome outcome)
{
    return outcome == OUTCOME_REJECTED_CLOSE ||
           outcome == OUTCOME_REJECTED_AFTER_HANDSHAKE ||
           outcome == OUTCOME_REJECTED_AFTER_HANDSHAKE_WEAK ||
           outcome == OUTCOME_ABORTED_EARLY;
}

/* Both were open at the same time, and ended within the window of each other. */
static bool overlaps(const struct session *s, const struct sibling *other,
                     uint64_t window_ns)
{
    uint64_t apart = nanotime_since(s->decided_ns, other->decided_ns) +
                     nanotime_since(other->decided_ns, s->decided_ns);

    return s->start_ns <= other->decided_ns && other->start_ns <= s->decided_ns &&
           apart <= window_ns;
}

/* The device tries again at once, and it works or the encrypted hello is gone. */
static bool retries(const struct session *s, const struct sibling *other,
                    uint64_t window_ns)
{
    return other->start_ns >= s->decided_ns &&
           other->start_ns <= s->decided_ns + window_ns && (other->data || !other->ech);
}

static bool any(const struct siblings *b, const struct session *s, enum relation relation,
                uint64_t window_ns,
                bool (*holds)(const struct session *s, const struct sibling *other,
                              uint64_t window_ns))
{
    uint64_t id = id_of(s, relation);
    const struct sibling *set = set_of(b, id);

    for (size_t i = 0; i < SIBLING_WAYS; i++)
        if (set[i].id == id && holds(s, &set[i], window_ns))
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
    if (!s->ech || s->outcome == OUTCOME_REJECTED_CLOSE ||
        s->outcome == OUTCOME_ABORTED_EARLY)
        return;
    if (any(b, s, BY_ADDRESS, window_ns, retries) || any(b, s, BY_NAME, window_ns, retries))
        s->outcome = OUTCOME_ECH_RETRY;
}
