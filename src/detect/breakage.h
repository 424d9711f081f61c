/*
 * The notice `pin_rotation_breakage`: clients refuse a destination's genuine certificate since it
 * changed (detect/genuine.h tells that it did). It says what changed, what the app can have pinned of
 * it, since when, and which devices refuse; where only the size of the server's flight tells of the
 * change, it says no more than that.
 *
 * It fires when the refusals add up as those of inspection do (stage 1, without contrast) in
 * TimeWindow, or over slow_window with its threshold. Devices that were not there before the change
 * do not count. It is closed when every device has accepted the destination again, or when nothing
 * was refused for slow_window.
 *
 * A record is one block, owned by that of the destination; it owns `notice`. Which app of which device
 * refuses stands in its key, as the mark of the breakage, and how many do is counted here. Limits: a
 * revision adds the latest BREAKAGE_MEMBERS of them to the devices of the notice; where a key that
 * refuses was forgotten (limits.keys), only silence closes it.
 */
#pragma once

#include "detect/correlate.h"
#include "detect/genuine.h"
#include "detect/streak.h"

#define BREAKAGE_EVIDENCE 8
#define BREAKAGE_MEMBERS 16

struct parties;

struct breakage_member {
    uint32_t device;
    uint32_t app;
    struct address address;
};

struct breakage {
    struct streak streak;
    struct finding_evidence
        evidence[BREAKAGE_EVIDENCE]; /* the first one, then the latest */
    struct breakage_member members[BREAKAGE_MEMBERS];
    struct genuine_change change;
    uint8_t first_session[SESSION_ID_BYTES];
    uint8_t evidence_count;
    uint8_t member_count;
    uint32_t mark;     /* of this breakage, in the keys that refuse; never 0 */
    uint32_t refusing; /* keys with that mark */
    uint32_t refused;  /* sessions */
    uint64_t last_ns;
    uint64_t watch_ns; /* when it is looked at, 0 not */
    char app_key[APP_KEY_TEXT_MAX];
    char ja4[JA4_TEXT_MAX];
    struct notice_record *notice;
};

/* A session that nobody inspected, with data or refused. */
void breakage_observe(struct correlator *c, const struct parties *p,
                      const struct session *s);

/* The time has come to look whether the destination is still refused. */
void breakage_expire(struct correlator *c, const struct memory_id *destination_id);

void breakage_free(struct breakage *b); /* NULL is fine */

/* The certificates of a destination, NULL when none were seen. */
const struct genuine *breakage_genuine(const struct correlator *c,
                                       const struct memory_id *destination_id);
