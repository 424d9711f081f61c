/*
 * The blind-spot meter as a page for a person: of how many sessions something can be said, why not
 * of the others, and what to change.
 */
#pragma once

#include "alert/stats_json.h"
#include "base/text.h"

/* What the page needs. */
#define BLIND_TEXT_MAX 4096

/* `other_on_443`: connections on that port that speak neither TLS nor QUIC. */
void blind_text_write(const struct blind_spots *b, uint64_t other_on_443, struct text *out);
