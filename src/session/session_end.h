/*
 * The event that follows when the connection of a session has ended: its totals. It names the
 * session's event in `pinsight.session_id`.
 */
#pragma once

#include "session/event.h"

struct session_end {
    uint8_t session_id[SESSION_ID_BYTES];
    enum session_protocol protocol;
    struct session_ends ends;
    uint64_t client_bytes; /* IP payload bytes of the transport, the whole connection */
    uint64_t server_bytes;
    uint64_t client_packets;
    uint64_t server_packets;
    uint64_t client_records; /* TLS records with application data; 0 over QUIC */
    uint64_t server_records;
    uint64_t start_ns;
    uint64_t end_ns;
    uint64_t decided_ns; /* when it was clear that it had ended; not before the session's */
    uint32_t clock_steps; /* as in the session */
    enum side close_by;
    enum close_how close_how;
};

/* Write the event `pinsight.session_end` as one line. */
void session_end_write(const struct session_end *end, const struct observer *observer,
                       struct json_out *out);
