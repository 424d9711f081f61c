/*
 * Which app a finding is about. Several sources can name it; each session is a vote for what the
 * best of them says, and the app with the most wins:
 *
 *     4  the capture itself carried the app's name with the packets
 *     3  an agent saw the app connect to this address and port at that time
 *     2  an agent saw the app ask for this name at that time, or validate certificates by itself
 *     1  a report of the device without its own times: this app used this name in that week
 */
#pragma once

#include "detect/join.h"

/* What one source tells about the app, where nobody told it before. */
void join_learn_app(struct join *j, const struct context_fact *f);

void join_ask_app(const struct correlator *c, const struct suspicion *s,
                  const struct join_sessions *sessions, struct join *out);
