/*
 * How the parts lie that several records have (detect/record_layouts.h).
 */
#pragma once

#include "detect/layout.h"

extern const struct layout layout_address;
extern const struct layout layout_id_set;
extern const struct layout layout_memory_id;
extern const struct layout layout_streak;
extern const struct layout layout_evidence;
extern const struct layout layout_counts;
extern const struct layout layout_notice;

/* "pinning_suspected", for enum finding_type. */
const char *layout_finding_word(uint64_t type);
