/*
 * A BPF filter expression, compiled by libpcap once for each link type that it meets.
 *
 * An expression that cannot be compiled for a link type ("ether host ..." on raw IP) matches no
 * frame of it; filter_check tells so beforehand. At most FILTER_LINK_TYPES_MAX link types are kept;
 * frames of further ones do not match.
 */
#pragma once

#include "base/err.h"
#include "capture/frame.h"

#define FILTER_LINK_TYPES_MAX 32

struct filter;

/* NULL without memory. The expression is lent for the filter's life. `quiet`: nothing is said. */
struct filter *filter_new(const char *expression, bool quiet);
void filter_free(struct filter *f);

/* -1 with libpcap's sentence when the expression does not compile for this link type. */
int filter_check(struct filter *f, uint32_t link_type, struct err *why);

bool filter_matches(struct filter *f, const struct frame *frame);
