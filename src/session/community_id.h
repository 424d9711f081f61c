/*
 * Community ID, version 1, seed 0 (github.com/corelight/community-id-spec): the name by which
 * Zeek, Suricata and others know the same connection.
 */
#pragma once

#include "session/session_id.h"

#define COMMUNITY_ID_TEXT_MAX 31

/* Write "1:LQU9qZlK+B5F3KDmev6m5PMibrg=" and return `out`. */
const char *community_id_of(const struct session_ends *ends,
                            char out[COMMUNITY_ID_TEXT_MAX]);
