/*
 * What status.h knows, for Prometheus: the text exposition format 0.0.4 over HTTP, at /metrics of
 * `stats.listen` (listener.h). The counter `created` of the stage `flow` is
 * `pinsight_flow_created_total`; what goes up and down has no `_total`.
 *
 * libmicrohttpd answers, without a thread of its own: metrics_poll gives it time, for a bounded
 * number of connections, with short patience for slow ones.
 */
#pragma once

#include <poll.h>

#include "listener.h"
#include "status.h"

/* 350 counters with their types, the longest of them 100 bytes. */
#define METRICS_TEXT_MAX (128u * 1024u)

struct metrics;

/* NULL with a sentence. The status is borrowed. */
struct metrics *metrics_new(const char *target, const struct status *status,
                            struct err *why);
void metrics_free(struct metrics *m);

void metrics_poll(struct metrics *m);

/* What to wait for before the next poll. */
struct pollfd metrics_wants(const struct metrics *m);

/* metrics_text.c: the page; what does not fit is cut at the end of a line. */
void metrics_write(const struct status *s, struct text *out);
