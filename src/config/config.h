/*
 * The settings of one run: defaults, then the configuration file, then each --set, then the rules.
 *
 * In: YAML (one document, no anchors, aliases or tags). Out: `struct config`, plain structs that
 * `sensor.c` hands on to the stages piece by piece, and the rules, by const pointer. Texts that are
 * not set are NULL. The struct owns all it points at; config_free releases it.
 *
 * A relative file name in a configuration file is relative to the folder of that file, one given
 * with --set to the working directory. In the struct all of them can be opened as they stand.
 *
 * Every fault (unknown key, wrong type, out of range, missing file) is one sentence
 * "FILE:LINE: key KEY: ..."; nothing is printed and nothing is half loaded.
 */
#pragma once

#include <stdio.h>

#include "config/settings.h"

#define CONFIG_DEFAULT_PATH "/etc/pinsight/pinsight.yaml"

/*
 * Load `path`, or CONFIG_DEFAULT_PATH if `path` is NULL and that file is there, then apply the
 * `n_sets` texts KEY=VALUE in order. KEY is a dotted path with [number] for an element that is
 * there or the next one, [+] for one more: inspection.authorities[+].file. VALUE is taken to the
 * letter where the key holds a text or a file name (unless it starts with a quotation mark), else
 * it is YAML in one line ("10m", "[eth0, eth1]", "{network: 10.0.0.0/8}"); empty: the default.
 * 0, or -1 with a sentence and nothing to free.
 */
int config_load(struct config *cfg, const char *path, const char *const *sets,
                size_t n_sets, struct err *why);

/* The same from a text alone; `name` stands for the file, in messages and for relative names. */
int config_load_text(struct config *cfg, const char *name, struct span text,
                     struct err *why);

/* Accepts an all-zero struct. */
void config_free(struct config *cfg);

/*
 * Write the effective configuration as YAML that loads again to the same values: every key, file
 * names absolute, the rules.* keys with what they are in effect. 0, or -1 when writing failed.
 */
int config_dump(const struct config *cfg, FILE *out);

/* Write the table of keys as Markdown (docs/configuration.md). 0, or -1 when writing failed. */
int config_describe_keys(FILE *out);

/* Where a key ("output.path") was given; a place without file when it was not. */
struct place config_place(const struct config *cfg, const char *key);
