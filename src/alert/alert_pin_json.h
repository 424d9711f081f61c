/*
 * The parts of an alert that tell of certificates: who forges them, and what is known of those that a
 * destination itself shows and of an app's pin. Each is one object, left out when there is nothing.
 */
#pragma once

#include "base/json_out.h"
#include "detect/finding.h"

/* "interceptor": {...} */
void alert_interceptor_write(const struct finding_interceptor *i, struct json_out *out);

/* "pin": {...} */
void alert_pin_write(const struct finding_pin *pin, struct json_out *out);
