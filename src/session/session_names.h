/*
 * The words that session events use for the values of struct session, and the way back.
 */
#pragma once

#include "session/session.h"

#define SESSION_NUMBER_TEXT_MAX 24

/* "tls", "quic", "dtls", "unidentified" */
const char *session_protocol_name(enum session_protocol protocol);
bool session_protocol_from_name(const char *name, enum session_protocol *out);

/* "client", "server" */
const char *side_name(enum side side);
bool side_from_name(const char *name, enum side *out);

/* "fin", "rst", "alert", "timeout"; CLOSE_NONE is "none" */
const char *close_how_name(enum close_how how);
bool close_how_from_name(const char *name, enum close_how *out);

/* "yes", "likely", "unknown", "no" */
const char *inspection_state_name(enum inspection_state state);
bool inspection_state_from_name(const char *name, enum inspection_state *out);

/* "certificate", "configured", "learned-profile", "connect-proxy", "quic", "unidentified"; BASIS_NONE is "none" */
const char *inspection_basis_name(enum inspection_basis basis);
bool inspection_basis_from_name(const char *name, enum inspection_basis *out);

/* "S1" to "S6"; SHAPE_NONE is "none" */
const char *outcome_shape_name(enum outcome_shape shape);
bool outcome_shape_from_name(const char *name, enum outcome_shape *out);

/* "gre", "vxlan", "gtpu" and so on; TUNNEL_NONE is "none" */
const char *tunnel_kind_name(enum tunnel_kind kind);
bool tunnel_kind_from_name(const char *name, enum tunnel_kind *out);

/* "warning", "fatal"; any other level is "unknown" */
const char *alert_level_name(uint8_t level);
bool alert_level_from_name(const char *name, uint8_t *out);

/* A protocol version as events name it: its family and its number. */
struct version_text {
    const char *family; /* "tls", "ssl", "dtls" */
    char number
        [SESSION_NUMBER_TEXT_MAX]; /* "1.2", "3", "1.3-draft23"; "0xNNNN" if it has none */
};

struct version_text version_describe(uint16_t version);
bool version_from_text(const char *family, const char *number, uint16_t *out);

/* The IANA name, or "0xNNNN" in `buffer`. */
const char *cipher_describe(uint16_t cipher, char buffer[SESSION_NUMBER_TEXT_MAX]);
const char *group_describe(uint16_t group, char buffer[SESSION_NUMBER_TEXT_MAX]);
