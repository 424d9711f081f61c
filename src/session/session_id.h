/*
 * The identifier of a session: the same in a replay, after a restart and on two sensors whose
 * clocks differ, because it is made of what the wire carries and of nothing else.
 */
#pragma once

#include "crypto/uuid.h"
#include "session/session.h"

/* Both ends of a connection; the client is the sender of the ClientHello. */
struct session_ends {
    struct address client;
    struct address server;
    uint16_t client_port;
    uint16_t server_port;
    uint8_t transport; /* PACKET_TCP or PACKET_UDP */
};

struct session_ends session_ends_of(const struct session *s);

/* What tells one connection between two ends from another. */
enum session_mark {
    MARK_CLIENT_HELLO, /* the random of the first */
    MARK_SERVER_HELLO, /* its random, where the ClientHello was not captured */
    MARK_FIRST_BYTES,  /* of the client, where there is no hello */
};

/*
 * UUIDv5 over the mark, the addresses, the ports and the tunnel, which counts by kind, id and its
 * outer addresses in either order.
 */
void session_id_of(enum session_mark kind, struct span mark,
                   const struct session_ends *ends, const struct tunnel *tunnel,
                   uint8_t out[SESSION_ID_BYTES]);
