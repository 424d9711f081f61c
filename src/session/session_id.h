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

/*
 * UUIDv5 over the random of the first ClientHello (`hello` is SIDE_CLIENT), or of the ServerHello
 * where the ClientHello was not captured (SIDE_SERVER), the addresses, the ports and the tunnel.
 * The tunnel counts by kind, id and its outer addresses in either order.
 */
void session_id_of(enum side hello, struct span random, const struct session_ends *ends,
                   const struct tunnel *tunnel, uint8_t out[SESSION_ID_BYTES]);
