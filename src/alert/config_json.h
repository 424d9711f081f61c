/*
 * The event that tells which configuration is in effect from its time on: at the start of a live
 * sensor, and after each reload.
 */
#pragma once

#include "crypto/digest.h"
#include "session/event.h"

struct config_report {
    uint64_t time_ns;
    uint64_t generation; /* 1: that of the start */
    uint8_t sha256[SHA256_BYTES];
    const char *file; /* NULL: none was read */
};

/* False when the line was too long. */
bool config_json_write(const struct config_report *report, const struct observer *observer,
                       struct json_out *out);
