/*
 * Where does the sensor stand? In front of the inspection it sees what clients send. Behind it, it sees
 * the hellos of the box: one way to say hello, whoever the client is, and never a certificate that the
 * box made. All that detection would conclude there is about the box and not about clients, so it says
 * so instead of judging.
 *
 * In: each session whose client should be inspected, or which a configured proxy sends. Only a whole
 * picture counts: of so many sessions to so many names nearly all must look alike, and nothing may show
 * that a box answered. One certificate of the box, or one answering machine that was learned, settles it
 * the other way, for good. A few counters, whatever comes.
 */
#pragma once

#include "config/settings.h"
#include "session/session.h"

#define PLACEMENT_APPS 4

struct placement {
    uint64_t sessions;
    uint64_t from_proxies;
    /* Most frequent app keys (Misra and Gries): a count is too low by at most `others`. */
    uint64_t app_ids[PLACEMENT_APPS];
    uint64_t app_counts[PLACEMENT_APPS];
    uint64_t clients; /* a bit for each hash: how many there are, roughly */
    uint64_t names;
    bool downstream; /* a box's answer was seen */
    bool upstream;
};

/* Take a session with what was concluded of its inspection. */
void placement_note(struct placement *p, const struct config_inspection *config,
                    const struct session *s, bool in_segment);
