/*
 * The table of all keys of a configuration file; `base` is a struct config.
 */
#pragma once

#include "config/schema.h"

extern const struct schema config_schema;

/* Spelling of the trust models, shared with det0646.yaml. */
extern const struct schema_choice config_trust_models[];

/* Elements of bypass and allow-lists: struct match_entry. */
extern const struct schema config_destination_schema;
extern const struct schema config_app_schema;
