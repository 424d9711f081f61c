/*
 * Makes the limits fit into `limits.memory`: where flows, handshakes, devices, keys and
 * certificates together could take more, all of them are lowered by one factor.
 *
 * The sum counts records at their full size and what they own at its usual size; buffers of the
 * output and of the libraries come on top (some 10 MiB).
 */
#pragma once

#include "config/config.h"

/* The most that all tables can take; `connection_bytes` is the slot of one handshake. */
uint64_t plan_bytes(const struct config_limits *limits, size_t connection_bytes);

/* True when the limits were lowered. */
bool plan_fit(struct config_limits *limits, size_t connection_bytes);

/* The same for a configuration, which needs no room for feeds when it names none. */
bool plan_config(struct config *config, size_t connection_bytes);
