/*
 * What became known late: context records that tell of a time that was judged already. Each open
 * alert that rests on one of them is judged anew, as things stood when its sessions came, and gets a
 * revision; the alert stays the same one.
 */
#pragma once

#include "detect/correlate.h"

/* Look at the open alerts if the context has grown since the last look; true when it had. */
bool review_context(struct correlator *c);
