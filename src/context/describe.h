/*
 * A context fact as a few words for a person: "10.0.0.5 leased to 02-00-00-00-00-05 (pixel-7)".
 */
#pragma once

#include "context/store.h"

#define CONTEXT_WORDS_MAX 256

/* Returns `out`. */
const char *context_describe_fact(const struct context_fact *f,
                                  char out[CONTEXT_WORDS_MAX]);
