/*
 * A worker on the wire: takes frames from its rings as long as there are some, in batches; when
 * there are none, time moves with the wall clock instead. Between two batches it looks after its
 * rings, tells how far it has come, and its counters to who asked.
 *
 * When it is told to stop it still takes what was captured until then.
 */
#pragma once

#include "crew.h"

/* The thread of a worker; `arg` is its struct hand. */
void *crew_run_live(void *arg);

/* Put what the worker's rings have counted into `out`. */
void crew_count_live(struct hand *h, struct counters *out);
