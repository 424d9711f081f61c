/*
 * How each record of the correlator lies, for who writes it down
 * (detect/layout.h). A new field of a record is one row in record_layouts.c;
 * tests/unit/test_record_layouts.c tells which byte of which struct has none.
 */
#pragma once

#include "detect/layout.h"

extern const struct layout layout_device;
extern const struct layout layout_device_app;
extern const struct layout layout_app;
extern const struct layout layout_destination;
extern const struct layout layout_app_destination;
extern const struct layout layout_device_destination;
extern const struct layout layout_key;
extern const struct layout layout_scope_record;
extern const struct layout layout_policy_record;
extern const struct layout layout_issuer;
extern const struct layout layout_upstream_key;
extern const struct layout layout_fleet;
extern const struct layout layout_genuine;
extern const struct layout layout_identity_link;
extern const struct layout layout_identity_alias;
extern const struct layout layout_settle_entry;

/* What the correlator remembers beside its tables (struct correlator); `size` is that of all. */
extern const struct layout layout_correlator;
