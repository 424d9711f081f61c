/*
 * The sentences of a detection: `message` for whoever is woken by it, `event.reason` for how it
 * was concluded. Plain words, figures, no jargon that the manual would have to explain.
 */
#pragma once

#include "detect/report.h"

void sentence_message(const struct report *r, enum finding_type type, char *out,
                      size_t size);
/* The same when its alert is over; `how` as in "closed", and why. */
void sentence_end(const struct report *r, enum finding_type type, const char *how,
                  const char *why, char out[FINDING_TEXT_MAX]);
void sentence_reason(const struct report *r, enum finding_type type, double stage1_fire_db,
                     char *out, size_t size);
