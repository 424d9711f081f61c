/*
 * Words for what an app pins and for what changed of it (struct finding_pin): sentences for notices,
 * and names for parts and bases.
 */
#pragma once

#include "base/text.h"
#include "detect/finding.h"

/* "leaf_key", for one bit of enum pin_part. */
const char *pin_part_name(enum pin_part part);

/* "certificates" */
const char *pin_basis_name(enum finding_pin_basis basis);

/* Who refuses what since when: `devices` and `refused` of the counts. */
void pin_words_breakage(const struct finding_pin *pin, const char *destination,
                        const struct finding_counts *counts, char *out, size_t size);

/* What changed, what of it the app can have pinned, and how that is known. */
void pin_words_reason(const struct finding_pin *pin, char *out, size_t size);

/* What the app does not pin, since it accepted a change of it, and what is left; else nothing. */
void pin_words_target(const struct finding_pin *pin, struct text *out);

/* A sentence on the destination's certificate when it expires within `within_s`, or nothing. */
void pin_words_expiry(const struct finding_pin *pin, uint64_t now_ns, double within_s,
                      struct text *out);
