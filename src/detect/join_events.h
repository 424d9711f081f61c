/*
 * The part of a join that is about what happened: which app connected, in what state it and the
 * device were, what an agent on the device and the proxy saw of it. Others use detect/join.h.
 */
#pragma once

#include "detect/join.h"

/* Fill in all but the device, which is there (its handles at least). */
void join_ask_events(const struct correlator *c, const struct suspicion *s,
                     const struct join_sessions *sessions, struct join *out);
