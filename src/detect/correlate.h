/*
 * The correlator: session records in, judged sessions and findings out.
 *
 * A session is told within OUTCOME_LINGER_NS of its decision. Then it is in order: it waits for
 * hold_back_s, so that siblings which were decided in that time are known, and leaves in the order
 * of (decided, id) with what needs several connections added: superseded, ECH retry, inspection.
 * From there on "now" is the decision time of the session at hand. All of it is a matter of the
 * times in the records, so a replay gives the same findings at any speed, from packets or from the
 * records of another run. One that is told later is dated to the earliest time that is still open.
 *
 * A refusal that fires waits for the device to accept something else, at most `settle_s`; the
 * longest time from the packet that decides the firing refusal to its alert is therefore
 * correlator_hold_back_ns and settle_s together.
 *
 * Memory: the tables of records.h, each bounded; what was dropped is counted.
 *
 * A correlator can go on with the memory of an earlier run (detect/state_memory.h): sessions that
 * the run has taken in pass through the hold-back alone until those come that it has not seen.
 */
#pragma once

#include "config/settings.h"
#include "detect/finding.h"
#include "detect/hold_back.h"
#include "detect/identity.h"
#include "detect/inspection.h"
#include "detect/lists.h"
#include "detect/placement.h"
#include "detect/records.h"
#include "detect/settle.h"
#include "detect/siblings.h"
#include "detect/totals.h"
#include "detect/watermark.h"

struct context;
struct parties;
struct judgement;

struct correlator_options {
    const struct rules *rules;
    const struct config_inspection *inspection;
    const char *const *authority_names;            /* by authority index */
    const uint8_t (*authority_keys)[SHA256_BYTES]; /* and their pins; may be NULL */
    size_t authority_count;
    struct context
        *context; /* what feeds tell; may be NULL. It is moved on with event time */
    size_t max_devices;
    size_t max_keys;
    uint64_t seed;
    void *ctx;
    void (*on_session)(void *ctx, const struct session *s); /* judged; lent */
    void (*on_finding)(void *ctx, const struct finding *f); /* lent */
    /* Nothing is half done: a session was taken in whole, or a timer. What was found since the last
     * call follows from the memory as it is now. May be NULL. */
    void (*on_rest)(void *ctx);

    /* For who explains; NULL: nobody does. A session was taken in, and a key was judged: what they
     * are lent holds until they return. `p` is NULL when the session has no ClientHello. */
    void (*on_observed)(void *ctx, const struct session *s,
                        const struct inspection_context *context, const struct parties *p);
    void (*on_judged)(void *ctx, const struct judgement *j);
};

struct correlator_stats {
    uint64_t sessions;
    uint64_t superseded;
    uint64_t ech_retries;
    uint64_t refusals; /* of inspected sessions */
    uint64_t accepts;
    uint64_t direct;
    uint64_t findings[FINDING_TYPE_COUNT]; /* revisions issued */
    uint64_t opened;
    uint64_t updated;
    uint64_t closed;
    uint64_t retracted;
    uint64_t vetoed;            /* stage 1 fired, but unused connections explain it */
    uint64_t waiting;           /* stage 1 fired, decision waits for the device */
    uint64_t allow_listed;      /* lowered to informational by a list */
    uint64_t upstream;          /* not judged: the sensor stands behind the inspection */
    uint64_t rate_capped;       /* not issued: the device had its share of the day */
    uint64_t elsewhere;         /* unidentified ones, of clients in no inspected segment */
    uint64_t duplicates;        /* the same connection was captured before */
    uint64_t late;              /* sessions told so late that they were dated anew */
    uint64_t known;             /* sessions that an earlier run has taken in */
    uint64_t context_revisions; /* of alerts, for what became known late */
    uint64_t no_memory;
};

/* Devices that trusted the authority and refuse everything since the same moment. */
#define BROKEN_DEVICES 16
#define BROKEN_DEVICES_MIN 3

struct broken_fleet {
    struct address devices[BROKEN_DEVICES];
    size_t count;
    uint64_t accept_ns; /* the latest accept of anybody, before they broke */
};

/* Sessions whose id is remembered, so that one that was captured twice counts once. */
#define SEEN_SESSIONS 65536u

struct correlator {
    struct correlator_options options;
    struct inspection inspection;
    struct hold_back hold_back;
    struct siblings siblings;
    struct memory_table devices, device_apps, apps, destinations, app_destinations,
        device_destinations, keys, upstream_keys, fleets, genuines;
    struct seen_session *seen; /* SEEN_SESSIONS of them, by id */
    struct settle_queue settle;
    struct settle_queue
        expiry; /* keys with an open alert: closed when nothing more comes */
    struct correlator_stats stats;
    struct identity identity;
    const struct session *next; /* first in the line: will be taken in next; NULL none */
    struct identity_ids next_ids;
    struct lists lists;
    struct placement placement;
    struct totals totals;
    struct broken_fleet broken;
    uint64_t reviewed;       /* what of the context the open alerts were judged with */
    uint64_t last_accept_ns; /* latest inspected session that any device accepted */
    uint64_t now_ns;         /* decision time of the session or timer at hand */
    uint64_t ordered_ns;     /* sessions decided until then are in order */
    uint32_t
        clock_steps; /* how often it was drained because the input's clock stepped back */
    struct watermark watermark; /* the last session that was taken in */
    struct watermark lined_up;  /* the last that was learned from, ahead of that */
    /* Where an earlier run stopped; `set` until it is reached. */
    struct watermark earlier, earlier_lined_up;
    uint32_t known_ends; /* totals that it has written behind the last session */
};

int correlator_init(struct correlator *c, const struct correlator_options *options,
                    struct err *why);
void correlator_fini(struct correlator *c);

/* The memory is an earlier run's: what comes first may be known to it. */
void correlator_resume(struct correlator *c);

/* True while sessions come that an earlier run has taken in. */
static inline bool correlator_is_behind(const struct correlator *c)
{
    return c->earlier.set;
}

/*
 * adopt.c: from here on judge by the rules, lists and authorities of these options; nothing else of
 * them counts. What was learned stays, and so do hits of list entries that are there still. The
 * names of authorities that memory may point at must live on. -1 with a sentence: nothing changed.
 */
int correlator_adopt(struct correlator *c, const struct correlator_options *options,
                     struct err *why);

/*
 * False for what is neither a session of TLS nor of a client whose TLS is meant to be inspected: it
 * matters to nobody, and correlator_push passes over it.
 */
bool correlator_wants(const struct correlator *c, enum session_protocol protocol,
                      const struct address *client);

/* Take a session record; it is copied. */
void correlator_push(struct correlator *c, const struct session *s);

/* observe.c: the totals of a session that left before, for who goes direct and sends a lot. */
void correlator_end(struct correlator *c, const struct session_end *end);

/* How long after its decision a session leaves. */
uint64_t correlator_hold_back_ns(const struct correlator *c);

/* Packet time has reached `now_ns`: let go what has waited long enough. */
void correlator_tick(struct correlator *c, uint64_t now_ns);

/* The input ended, or its clock stepped back: let everything go and settle what is pending. */
void correlator_drain(struct correlator *c);

/* After that: what context feeds tell that became known later than the last session. */
void correlator_hear_out(struct correlator *c);
