#include "flow/app_label.h"

#include <stdlib.h>

#include <ndpi_api.h>

#define HASH_NONFATAL_OOM 1
/* The keys of the maps are seeded hashes already. */
#define HASH_FUNCTION(key, len, hash) ((hash) = map_hash(key))
#include <uthash.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define NDPI_VERSION(major, minor) ((major)*100 + (minor))
#define NDPI_HERE NDPI_VERSION(NDPI_MAJOR, NDPI_MINOR)

#if NDPI_HERE < NDPI_VERSION(4, 2) || NDPI_MAJOR > 5
#error "nDPI 4.2 to 5.x is needed"
#endif

#define FILTER_SIZE 4096u
#define PROTOCOLS_MAX 1024u /* numbers of nDPI that are counted apart; 5.0 has about 450 */

struct name {
    uint64_t key;
    UT_hash_handle hh; /* in order of use, the oldest first */
    struct app_label label;
    char text[APP_LABEL_NAME_MAX];
};

struct watched {
    uint64_t key;
    UT_hash_handle hh; /* in order of beginning, the oldest first */
    struct flow_key flow_key;
    struct ndpi_flow_struct *ndpi; /* NULL: it knows the protocol, and that is kept */
    uint64_t last_ns;
    unsigned packets;
    bool kept;
};

struct app_labels {
    struct ndpi_detection_module_struct *ndpi; /* NULL: not needed yet, or it failed */
    bool failed;
    pthread_mutex_t *lock; /* borrowed: held while nDPI is set up; may be NULL */
    uint64_t seed;
    struct name *names;
    struct watched *watched;
    uint64_t second; /* the one in which `begun` flows were begun */
    unsigned begun;
    uint64_t counts[PROTOCOLS_MAX]; /* by nDPI's number; unknown ones under 0 */
    struct app_label_stats stats;
    uint16_t filter[FILTER_SIZE]; /* watched flows by a cheap hash: most packets end here */
    struct name name_pool[APP_LABEL_NAMES_MAX];
    struct watched flow_pool[APP_LABEL_FLOWS_MAX];
    struct watched *spare[APP_LABEL_FLOWS_MAX];
    size_t spare_count;
};

static unsigned map_hash(const void *key)
{
    uint64_t hash;

    memcpy(&hash, key, sizeof(hash));
    return (unsigned)hash;
}

/* ---- nDPI, whose functions and structs differ between its versions */

/* NULL when it cannot be set up. */
static struct ndpi_detection_module_struct *module_new(void)
{
#if NDPI_HERE < NDPI_VERSION(4, 10)
    struct ndpi_detection_module_struct *ndpi = ndpi_init_detection_module(ndpi_no_prefs);
#else
    struct ndpi_detection_module_struct *ndpi = ndpi_init_detection_module(NULL);
#endif

    if (!ndpi)
        return NULL;
#if NDPI_MAJOR < 5
    {
        NDPI_PROTOCOL_BITMASK all;

        NDPI_BITMASK_SET_ALL(all);
        (void)ndpi_set_protocol_detection_bitmask2(ndpi, &all);
    }
#endif
#if NDPI_MAJOR < 5
    (void)ndpi_finalize_initialization(ndpi); /* returns nothing in the oldest */
#else
    if (ndpi_finalize_initialization(ndpi) != 0) {
        ndpi_exit_detection_module(ndpi);
        return NULL;
    }
#endif
    return ndpi;
}

static ndpi_protocol module_push(struct app_labels *l, struct watched *w, struct span bytes,
                                 uint64_t time_ms)
{
#if NDPI_HERE < NDPI_VERSION(4, 6)
    return ndpi_detection_process_packet(l->ndpi, w->ndpi, bytes.data,
                                         (unsigned short)bytes.len, time_ms);
#else
    return ndpi_detection_process_packet(l->ndpi, w->ndpi, bytes.data,
                                         (unsigned short)bytes.len, time_ms, NULL);
#endif
}

/* The protocol that carries the rest, 0 when it is unknown: HTTP rather than an application. */
static unsigned carrier_of(const ndpi_protocol *found)
{
#if NDPI_HERE < NDPI_VERSION(4, 12)
    unsigned master = found->master_protocol, application = found->app_protocol;
#else
    unsigned master = found->proto.master_protocol, application = found->proto.app_protocol;
#endif

    return master != NDPI_PROTOCOL_UNKNOWN ? master : application;
}

static void set_up(struct app_labels *l)
{
    if (l->lock)
        (void)pthread_mutex_lock(l->lock);
    l->ndpi = module_new();
    l->failed = !l->ndpi;
    if (l->lock)
        (void)pthread_mutex_unlock(l->lock);
}

static bool is_ready(struct app_labels *l)
{
    if (!l->ndpi && !l->failed)
        set_up(l);
    return l->ndpi != NULL;
}

/* ---- names */

static struct app_label ask_for_name(struct app_labels *l, char *text)
{
    struct app_label label = {.application = NULL};
    ndpi_protocol_match_result found;
    int number;

    if (!is_ready(l))
        return label;
    memset(&found, 0, sizeof(found));
    number = ndpi_match_string_subprotocol(l->ndpi, text, (u_int)strlen(text), &found);
    l->stats.names++;
    if (number <= NDPI_PROTOCOL_UNKNOWN || number > UINT16_MAX)
        return label;
    l->stats.names_known++;
    label.application = ndpi_get_proto_name(l->ndpi, (u_int16_t)number);
    if (found.protocol_category != NDPI_PROTOCOL_CATEGORY_UNSPECIFIED)
        label.category = ndpi_category_get_name(l->ndpi, found.protocol_category);
    return label;
}

/* A name of the pool that is in no map: a fresh one, or the one that was not used for longest. */
static struct name *take_name(struct app_labels *l)
{
    struct name *n = l->names;
    unsigned used = HASH_COUNT(l->names);

    if (used < APP_LABEL_NAMES_MAX)
        return &l->name_pool[used];
    HASH_DEL(l->names, n);
    l->stats.names_evicted++;
    return n;
}

struct app_label app_labels_of_name(struct app_labels *l, const char *name)
{
    struct name *n;
    size_t len = strnlen(name, APP_LABEL_NAME_MAX);
    uint64_t key = XXH3_64bits_withSeed(name, len, l->seed);

    if (len == 0 || len == APP_LABEL_NAME_MAX)
        return (struct app_label){.application = NULL};
    HASH_FIND(hh, l->names, &key, sizeof(key), n);
    if (n && strcmp(n->text, name) == 0) {
        HASH_DEL(l->names, n);
    } else {
        if (n)
            HASH_DEL(l->names, n);
        else
            n = take_name(l);
        n->key = key;
        memcpy(n->text, name, len + 1);
        n->label = ask_for_name(l, n->text);
    }
    HASH_ADD(hh, l->names, key, sizeof(n->key), n);
    if (!n->hh.tbl) /* uthash's sign that memory was out: begin anew */
        HASH_CLEAR(hh, l->names);
    return n->label;
}

/* ---- flows */

static uint16_t *filter_slot(struct app_labels *l, const struct flow_key *key)
{
    uint32_t low[2];

    memcpy(&low[0], key->address[0] + 12, sizeof(low[0]));
    memcpy(&low[1], key->address[1] + 12, sizeof(low[1]));
    low[0] = (low[0] ^ low[1]) * UINT32_C(0x9e3779b1) ^
             (uint32_t)(key->port[0] ^ key->port[1]) * UINT32_C(0x85ebca77);
    return &l->filter[(low[0] >> 16 ^ low[0]) & (FILTER_SIZE - 1)];
}

static void count_protocol(struct app_labels *l, unsigned protocol)
{
    l->counts[protocol < PROTOCOLS_MAX ? protocol : 0]++;
    l->stats.flows_unknown += protocol == NDPI_PROTOCOL_UNKNOWN;
}

/* The only place where a flow of nDPI is freed. */
static void look_no_more(struct app_labels *l, struct watched *w)
{
    if (!w->ndpi)
        return;
    (*filter_slot(l, &w->flow_key))--;
    ndpi_free_flow(w->ndpi);
    w->ndpi = NULL;
    l->stats.flows_live--;
}

static void forget_flow(struct app_labels *l, struct watched *w)
{
    look_no_more(l, w);
    HASH_DEL(l->watched, w);
    l->spare[l->spare_count++] = w;
}

/* nDPI has said what it can. That a flow is unknown need not be kept: no other is here. */
static void conclude(struct app_labels *l, struct watched *w, unsigned protocol)
{
    count_protocol(l, protocol);
    if (w->kept && protocol != NDPI_PROTOCOL_UNKNOWN)
        look_no_more(l, w);
    else
        forget_flow(l, w);
}

/* Flows that have been quiet for long were begun long ago, so the oldest ones tell. */
static void forget_idle(struct app_labels *l, uint64_t now_ns)
{
    struct watched *w, *next;

    HASH_ITER(hh, l->watched, w, next)
    {
        if (!w->ndpi)
            continue;
        if (w->last_ns >= now_ns || now_ns - w->last_ns <= APP_LABEL_IDLE_NS)
            return;
        conclude(l, w, NDPI_PROTOCOL_UNKNOWN);
    }
}

static bool has_room(struct app_labels *l, uint64_t now_ns)
{
    uint64_t second = now_ns / UINT64_C(1000000000);

    if (second != l->second) {
        l->second = second;
        l->begun = 0;
    }
    return l->spare_count > 0 && l->begun < APP_LABEL_FLOWS_A_SECOND;
}

static uint64_t key_hash(const struct app_labels *l, const struct flow_key *key)
{
    uint8_t bytes[sizeof(key->address) + sizeof(key->port) + sizeof(key->protocol)];

    memcpy(bytes, key->address, sizeof(key->address));
    memcpy(bytes + sizeof(key->address), key->port, sizeof(key->port));
    bytes[sizeof(bytes) - 1] = key->protocol;
    return XXH3_64bits_withSeed(bytes, sizeof(bytes), l->seed);
}

static struct watched *find_flow(struct app_labels *l, uint64_t key)
{
    struct watched *w;

    HASH_FIND(hh, l->watched, &key, sizeof(key), w);
    return w;
}

/* NULL: no room. */
static struct watched *begin_flow(struct app_labels *l, const struct flow_key *key,
                                  uint64_t now_ns)
{
    struct watched *w;

    if (!is_ready(l) || !has_room(l, now_ns))
        return NULL;
    w = l->spare[l->spare_count - 1];
    *w = (struct watched){.key = key_hash(l, key), .flow_key = *key, .last_ns = now_ns};
    w->ndpi = ndpi_flow_malloc(ndpi_detection_get_sizeof_ndpi_flow_struct());
    if (!w->ndpi)
        return NULL;
    memset(w->ndpi, 0, ndpi_detection_get_sizeof_ndpi_flow_struct());
    HASH_ADD(hh, l->watched, key, sizeof(w->key), w);
    if (!w->hh.tbl) {
        ndpi_free_flow(w->ndpi);
        return NULL;
    }
    l->spare_count--;
    l->begun++;
    (*filter_slot(l, key))++;
    l->stats.flows++;
    l->stats.flows_live++;
    return w;
}

bool app_labels_watch(struct app_labels *l, const struct flow_key *key, bool kept,
                      uint64_t now_ns)
{
    struct watched *w = find_flow(l, key_hash(l, key));

    if (!w) {
        forget_idle(l, now_ns);
        w = begin_flow(l, key, now_ns);
    }
    l->stats.flows_left_out += !w;
    if (w)
        w->kept = w->kept || kept;
    return w != NULL;
}

enum app_label_verdict app_labels_verdict(struct app_labels *l, const struct flow_key *key)
{
    const struct watched *w = find_flow(l, key_hash(l, key));

    if (!w)
        return APP_LABEL_UNKNOWN;
    return w->ndpi ? APP_LABEL_PENDING : APP_LABEL_KNOWN;
}

void app_labels_release(struct app_labels *l, const struct flow_key *key)
{
    struct watched *w = find_flow(l, key_hash(l, key));

    if (!w)
        return;
    w->kept = false;
    if (!w->ndpi)
        forget_flow(l, w);
}

void app_labels_push(struct app_labels *l, const struct packet *packet)
{
    struct flow_key key;
    struct watched *w;
    ndpi_protocol found;
    unsigned protocol;

    if (!l->watched || span_empty(packet->payload) || span_empty(packet->network) ||
        packet->payload.len < packet->payload_len || packet->network.len > UINT16_MAX)
        return;
    (void)flow_key_of(packet, 0, &key);
    if (!*filter_slot(l, &key) || !(w = find_flow(l, key_hash(l, &key))))
        return;
    found = module_push(l, w, packet->network, packet->time_ns / UINT64_C(1000000));
    l->stats.packets++;
    w->last_ns = packet->time_ns;
    protocol = carrier_of(&found);
    if (protocol == NDPI_PROTOCOL_UNKNOWN && ++w->packets < APP_LABEL_PACKETS_MAX)
        return;
    conclude(l, w, protocol);
}

/* ---- all of it */

struct app_labels *app_labels_new(uint64_t seed, bool lazy, pthread_mutex_t *lock,
                                  struct err *why)
{
    struct app_labels *l = calloc(1, sizeof(*l));

    if (!l) {
        (void)err_set(why, "no memory for the application labels");
        return NULL;
    }
    l->seed = seed;
    l->lock = lock;
    for (size_t i = 0; i < APP_LABEL_FLOWS_MAX; i++)
        l->spare[l->spare_count++] = &l->flow_pool[i];
    if (!lazy && !is_ready(l)) {
        free(l);
        (void)err_set(why, "nDPI cannot be set up: no memory");
        return NULL;
    }
    return l;
}

void app_labels_free(struct app_labels *l)
{
    if (!l)
        return;
    while (l->watched)
        forget_flow(l, l->watched);
    HASH_CLEAR(hh, l->names);
    if (l->ndpi)
        ndpi_exit_detection_module(l->ndpi);
    free(l);
}

static const char *protocol_name(const struct app_labels *l, unsigned number)
{
    return number == NDPI_PROTOCOL_UNKNOWN
               ? "unknown"
               : ndpi_get_proto_name(l->ndpi, (u_int16_t)number);
}

size_t app_labels_protocols(const struct app_labels *l, struct app_label_count *out,
                            size_t max)
{
    size_t count = 0;

    for (unsigned number = 0; number < PROTOCOLS_MAX; number++) {
        struct app_label_count row = {.flows = l->counts[number]};
        size_t at = count;

        if (!row.flows)
            continue;
        row.protocol = protocol_name(l, number);
        while (at > 0 && out[at - 1].flows < row.flows)
            at--;
        if (at == max)
            continue;
        count += count < max;
        memmove(&out[at + 1], &out[at], (count - at - 1) * sizeof(*out));
        out[at] = row;
    }
    return count;
}

const struct app_label_stats *app_labels_stats(const struct app_labels *l)
{
    return &l->stats;
}
