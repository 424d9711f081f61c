/*
 * Takes one judged session into the tables: accepts, refusals, direct sessions; and says which key
 * or device has to be looked at because of it.
 */
#pragma once

#include "detect/parties.h"

/* `context` is what inspection_judge said of the session, `p` what parties_name did. */
void observe_session(struct correlator *c, const struct session *s,
                     const struct inspection_context *context, struct parties *p);
