/*
 * What nDPI says: which application a server name belongs to, and which protocol a flow speaks
 * that is neither TLS nor QUIC. Hints for a reader, never facts that anything is decided on.
 *
 * Names go in by app_labels_of_name: nDPI is asked once for each distinct name, the answer is kept.
 * Flows are named by app_labels_watch; from then on their packets, of all that are handed in by
 * app_labels_push, go through nDPI until it knows the protocol or has seen enough, and the
 * protocol is counted. Bytes of TLS never go through it: the caller watches no such flow. What
 * became of a flow is kept for who wants to ask for it by app_labels_verdict.
 *
 * The texts of a label live as long as the labels. Overlapping addresses in two tunnels count as
 * one flow here. Limits are named below; what they turn away is counted.
 */
#pragma once

#include <pthread.h>

#include "base/err.h"
#include "flow/table.h"

#define APP_LABEL_NAMES_MAX 4096u /* distinct names kept, about 1.3 MiB; the oldest goes */
#define APP_LABEL_FLOWS_MAX 512u  /* watched at once: nDPI takes 1 to 4 KiB for each */
#define APP_LABEL_FLOWS_A_SECOND                                                           \
    250u                         /* begun in a second of packet time: under 1 % of a core */
#define APP_LABEL_PACKETS_MAX 8u /* with payload, of one flow */
#define APP_LABEL_IDLE_NS                                                                  \
    UINT64_C(10000000000) /* a flow so long quiet makes room for another */
#define APP_LABEL_NAME_MAX 256u

/* All NULL when nDPI does not know it. */
struct app_label {
    const char *application;
    const char *category;
};

/* How many watched flows spoke a protocol. */
struct app_label_count {
    const char *protocol;
    uint64_t flows;
};

struct app_label_stats {
    uint64_t names;       /* that nDPI was asked for */
    uint64_t names_known; /* of which it knew an application */
    uint64_t names_evicted;
    uint64_t flows; /* watched, ever */
    uint64_t flows_live;
    uint64_t flows_unknown;  /* nDPI knew no protocol */
    uint64_t flows_left_out; /* too many at once, or in this second */
    uint64_t packets;
};

enum app_label_verdict {
    APP_LABEL_PENDING, /* nDPI wants to see more */
    APP_LABEL_UNKNOWN, /* it has seen enough, and knows no protocol */
    APP_LABEL_KNOWN,
};

struct app_labels;

/*
 * NULL with a sentence when nDPI cannot be set up, which takes longer than some captures: `lazy`
 * leaves it until the first name or flow, and if it then fails, all stay without a label. nDPI must
 * not be set up from two threads at once: then `lock` is held meanwhile. Borrowed; NULL: one thread.
 */
struct app_labels *app_labels_new(uint64_t seed, bool lazy, pthread_mutex_t *lock,
                                  struct err *why);
void app_labels_free(struct app_labels *l);

/* What a server name belongs to. */
struct app_label app_labels_of_name(struct app_labels *l, const char *name);

/*
 * Look at the packets of this flow from now on; false when there is no room. What nDPI says of it is
 * `kept` until app_labels_release.
 */
bool app_labels_watch(struct app_labels *l, const struct flow_key *key, bool kept,
                      uint64_t now_ns);

/* Of a flow that is watched and kept. */
enum app_label_verdict app_labels_verdict(struct app_labels *l, const struct flow_key *key);
void app_labels_release(struct app_labels *l, const struct flow_key *key);

/* A packet of any flow. */
void app_labels_push(struct app_labels *l, const struct packet *packet);

/* The most frequent protocols, at most `max`, most flows first; returns how many. */
size_t app_labels_protocols(const struct app_labels *l, struct app_label_count *out,
                            size_t max);

const struct app_label_stats *app_labels_stats(const struct app_labels *l);
