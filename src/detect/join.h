/*
 * What feeds tell about a finding: who the device is, which app it was, whether it was in use, what
 * an agent on the device and the inspecting proxy saw; and whose word that is. Look-ups are by the
 * device's handles and the times of the sessions at hand, never by the clock.
 *
 * A join lends texts of the context (context/context.h) and points into itself: it is not copied,
 * and holds until event time moves on. Where sources contradict each other the nearest in time
 * counts, and both stand in `entries`, of which there are FINDING_CONTEXT_MAX at most.
 */
#pragma once

#include "config/rules.h"
#include "detect/parties.h"

struct inspection_context;

struct join {
    bool asked;
    bool known; /* some feed knows the device */
    struct context_answer device;
    struct finding_identity identity;
    struct finding_package package; /* its id is NULL when nobody names the app */
    uint64_t newest;                /* the latest arrival among what it rests on */

    enum told app_managed;
    enum told category_fits;
    enum told declares_pinning;
    enum told in_use; /* at the sessions: foreground, unlocked, used */
    enum told
        custom_trust; /* an app validated certificates by itself; "no": an agent looked */
    const char *trust_app; /* which one, NULL when the agent does not say */
    double trust_before_s; /* and how long before the session */
    uint32_t rejected;     /* sessions of which the proxy says that the client refused */
    const char *proxy_error;

    size_t entry_count;
    struct finding_context entries[FINDING_CONTEXT_MAX];
};

/* The sessions that a question is about. */
struct join_sessions {
    const struct finding_evidence *evidence;
    size_t count;
};

/* Ask about a key's device and sessions; once, later calls change nothing. */
void join_look(const struct correlator *c, const struct parties *p,
               const struct join_sessions *sessions, struct join *out);

/* Ask about a device alone. */
void join_device(const struct correlator *c, const struct device *device, uint64_t time_ns,
                 struct join *out);

/* Who has an address: for identity_resolve; `ctx` is the context. */
bool join_identity(void *ctx, const struct address *address, const uint8_t *mac,
                   uint64_t time_ns, struct device_facts *out);

/* The platform that an inventory names, PLATFORM_UNKNOWN when none does. */
enum platform join_platform(const struct join *join);

/* Note a fact that was looked at: once, and as used when it was so at any time. */
void join_note(const struct correlator *c, struct join *j, const struct context_fact *f,
               bool used);

/* The finding rests on this fact, though there are more of its kind than are listed. */
void join_touch(struct join *j, const struct context_fact *f);

/*
 * The inspecting proxy's own log on a session: that it inspected it, whatever else was inferred, that
 * it let it pass uninspected, or that the client refused its certificate.
 */
void join_apply_proxy_word(struct correlator *c, struct session *s,
                           struct inspection_context *context);
