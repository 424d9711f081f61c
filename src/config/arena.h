/*
 * Memory that is taken piece by piece and given back all at once: everything a loaded configuration
 * or rule set points at lives in one arena and dies with it.
 *
 * Nothing taken moves or is freed before arena_free. The ceiling is that of what is loaded: files
 * are bounded in bytes and values (yaml_tree.h), and an arena holds a small multiple of them.
 */
#pragma once

#include "base/span.h"

struct arena;

/* NULL when out of memory. */
struct arena *arena_new(void);

/* Accepts NULL. */
void arena_free(struct arena *arena);

/* `count` zeroed things of `size` bytes, aligned for any type; NULL when out of memory. */
void *arena_take(struct arena *arena, size_t count, size_t size);

/* A terminated copy of the bytes; NULL when out of memory. */
char *arena_text(struct arena *arena, struct span bytes);
