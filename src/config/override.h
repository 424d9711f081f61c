/*
 * --set KEY=VALUE: one value written into the tree of a configuration before it is read.
 *
 * KEY is a dotted path; [number] means an element that is there or the next one, [+] one more. Maps
 * and lists on the way are made where they are missing. VALUE is text to the letter, except in
 * quotes, or with { (a map) or [ (a list) where the key can take one: then it is YAML in one line.
 * An empty VALUE takes away what the file says, so that the default holds.
 */
#pragma once

#include "config/schema.h"

/* Apply one setting; `*root` may be NULL and may change. -1 with a sentence that quotes it. */
int override_apply(struct yaml_node **root, const struct schema *schema,
                   const char *setting, struct arena *arena, struct err *why);
