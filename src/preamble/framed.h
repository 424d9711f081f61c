/*
 * Protocols of messages with a length that are upgraded to TLS by one of them:
 *   LDAP        StartTLS, an extended operation (RFC 4511, 4.14)
 *   PostgreSQL  SSLRequest, answered by one byte
 *   MySQL       a login packet that stops behind its flags; the server has greeted, and says nothing
 *   RDP         X.224 connection request and confirm with a negotiation in it (MS-RDPBCGR 2.2.1)
 *
 * Of a message the beginning is kept, the rest goes by. Other messages may come before it, up to
 * the bytes that a preamble may have.
 */
#pragma once

#include "preamble/talk.h"

#define FRAMED_HEAD_MAX 48

/* The message that a talker is in. */
struct framed_message {
    uint32_t left; /* bytes of it that are still to come, behind the head */
    uint8_t have;
    bool sized; /* `left` is known */
    uint8_t head[FRAMED_HEAD_MAX];
};

struct framed {
    struct framed_message messages[2]; /* by talker */
};

/* READY when `first` is how a client begins (MySQL: a server), BROKEN when it cannot be. */
enum progress ldap_looks_like(struct span first);
enum progress postgres_looks_like(struct span first);
enum progress mysql_server_opens(struct span first);
enum progress mysql_client_opens(struct span first);
enum progress rdp_looks_like(struct span first);

enum progress ldap_push(struct framed *f, struct talk *talk, enum talker from,
                        struct span *bytes);
enum progress postgres_push(struct framed *f, struct talk *talk, enum talker from,
                            struct span *bytes);
enum progress mysql_push(struct framed *f, struct talk *talk, enum talker from,
                         struct span *bytes);
enum progress rdp_push(struct framed *f, struct talk *talk, enum talker from,
                       struct span *bytes);
