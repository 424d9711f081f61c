/*
 * From the settings to the sinks: what goes where, where it waits for receivers that are away, and
 * the end, when they get the time to take the rest.
 */
#pragma once

#include "alert/alert.h"
#include "config/config.h"

/* Where a live sensor spools when the settings do not say. */
#define OUTPUTS_SPOOL_LIVE "/var/lib/pinsight/spool"

/*
 * Open everything that the settings name; NULL with a sentence. A live sensor appends to its file
 * and goes on when it cannot be written; a replay begins the file anew, unless it `goes_on` with what
 * an earlier run wrote, and ends.
 */
struct alert_output *outputs_open(const struct config *config, bool live, bool goes_on,
                                  struct err *why);

/* Only say what is wrong with the settings; -1 with a sentence. */
int outputs_test(const struct config *config, struct err *why);

/* Close; what receivers have not taken stays in the spool. NULL is nothing. */
void outputs_close(struct alert_output *output);
