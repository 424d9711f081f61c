/*
 * Apple's property lists in XML, as a device answers its MDM server: dict, array, string, integer,
 * real, date, data, true and false, into JSON values of the same shape (dates and data as text).
 *
 * Limits: PLIST_DEPTH_MAX levels of nesting, PLIST_VALUES_MAX values. Binary property lists are not
 * known.
 */
#pragma once

#include <json-c/json_types.h>

#include "base/span.h"

#define PLIST_DEPTH_MAX 16
#define PLIST_VALUES_MAX 1000000u

/* The value, owned by the caller; NULL with a sentence. */
struct json_object *plist_parse(struct span text, const char **problem);
