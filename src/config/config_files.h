/*
 * The files and folders that a configuration names: are they there and are they what they should be?
 */
#pragma once

#include "config/settings.h"

/* -1 with a sentence when the folder that `key` names cannot be read. */
int config_check_folder(const char *path, const struct place *at, const char *key,
                        struct err *why);

/*
 * -1 with a sentence when an authority's file cannot be read or holds no certificate (its contents
 * are parsed by others), or a context feed cannot be read.
 */
int config_check_files(const struct config *cfg, struct err *why);
