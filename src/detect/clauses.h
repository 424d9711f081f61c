/*
 * The clauses of AN1725 (Android) and AN1726 (iOS), ATT&CK v19.1, analytic version 1.1: which of them
 * a detection meets, which it does not, and of which nobody has data. A clause of several parts is
 * met when all are, and not met when one is not; otherwise there is no data.
 */
#pragma once

#include "detect/report.h"

/*
 * All clauses of both analytics, those of the finding's own first; how many. A clause of the other
 * platform is not met where the platform is known.
 */
size_t clauses_list(const struct report *r, const struct finding *f,
                    struct finding_clause out[FINDING_CLAUSES_MAX]);
