/*
 * What is kept of a key once it was refused or went direct: made with the first such session, with
 * the sessions that are its evidence. Owned by the key (records.h).
 */
#pragma once

#include "detect/inspection.h"
#include "detect/parties.h"

/* The suspicion of a key, made where there is none; NULL (counted) when memory is out. */
struct suspicion *suspicion_get(struct correlator *c, struct parties *p,
                                const struct session *s,
                                const struct inspection_context *context);

/* The configured authority whose certificate was seen, NULL when none was. */
const char *suspicion_authority(const struct correlator *c, const struct session *s);

/* List a session. A full list drops the oldest one without weight, else the oldest. */
void suspicion_add_evidence(struct suspicion *sus, const struct session *s,
                            double weight_db, bool counted);

/* A stronger refusal of the same episode takes the place of the one that counted. */
void suspicion_count_no_longer(struct suspicion *sus);
