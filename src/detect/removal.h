/*
 * The notice `pinning_removed`: an app key that refused inspection of a destination on a device
 * accepts it now. An update of the app can be the reason, or instrumentation that takes the pin out.
 *
 * It rests on both ends. Refusal: stage 1 fired and made a detection while the device accepted
 * another destination, so the device was onboarded all the while. Acceptance:
 * pinning_removed_sessions sessions with data and no refusal between them, each inspected for sure:
 * by a visible forged certificate or by the box's own server flight, so that a box that merely lets
 * the destination through does not count. It is not said where the authority is another one than
 * the one that was refused, nor where other apps of the device turned at the same time (the
 * authority was installed), nor where the app accepted the destination shortly before it refused
 * (several programs with one fingerprint).
 *
 * Where fleet_collapse_devices devices turn within dedup_h, one notice of the app and the destination
 * tells it for all, and those of single devices are closed as superseded by it: that is an update.
 *
 * The notice is of (device, app, destination) and is closed when the app refuses again, or after
 * alert_expiry_d, when accepting has become what it does.
 *
 * A record is one block, owned by the suspicion of the key, made when the refusal is proven; it owns
 * `notice`.
 */
#pragma once

#include "detect/judge.h"

#define REMOVAL_REFUSALS 4
#define REMOVAL_EVIDENCE (REMOVAL_REFUSALS + TUNING_SET_MAX)

struct removal {
    uint8_t first_session[SESSION_ID_BYTES];            /* first refusal */
    struct finding_evidence evidence[REMOVAL_EVIDENCE]; /* refusals, then accepts */
    uint8_t refusal_count;                              /* of the evidence */
    uint8_t accept_count;
    bool raised;
    uint32_t refused;  /* sessions */
    uint64_t first_ns; /* of the refusals */
    uint64_t last_ns;
    const char *authority; /* that was refused, NULL unknown; lent by the options */
    struct notice_record *notice;
};

/* The key was judged: keep what proves that it refuses. */
void removal_prove(struct correlator *c, const struct judgement *j);

/* The key refused again: if it had begun to accept, the proof is void. */
void removal_refuse(struct correlator *c, const struct parties *p);

/* The proof was refuted, or the suspicion goes. */
void removal_forget(struct suspicion *s);

/* The key accepted an inspected session with data. */
void removal_accept(struct correlator *c, const struct parties *p, const struct session *s,
                    const struct inspection_context *context);

/* The time has come to close the notice of a key. */
void removal_expire(struct correlator *c, const struct memory_id *key_id);
