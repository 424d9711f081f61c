/*
 * The table of all keys of rules/det0646.yaml; `base` is a struct rules. It has no defaults: the
 * file that is built into the program gives a value for every required row.
 */
#pragma once

#include "config/schema.h"

struct rules;

extern const struct schema tuning_schema;

/*
 * What no single row can check: priors add up to 1, thresholds are in order. -1 with a sentence that
 * names the key's line in `root` (or `file` where it is not given there).
 */
int tuning_check(const struct rules *rules, const struct yaml_node *root, const char *file,
                 struct err *why);
