/*
 * SOCKS 4, 4a and 5 (RFC 1928, with the passwords of RFC 1929): what the client asks for, whether
 * the proxy agrees, and the target, which is what detection judges. Only CONNECT leads anywhere;
 * GSSAPI wraps all that follows and is given up.
 *
 * Client and server are read apart: each message says itself what it is, so a client that does not
 * wait for an answer, and a capture with its packets in another order, are read all the same.
 */
#pragma once

#include "preamble/talk.h"

enum socks_step {
    SOCKS_VERSION,
    SOCKS_METHOD_COUNT,
    SOCKS_METHODS,
    SOCKS_NEXT, /* the request, or the password before it */
    SOCKS_USER_LEN,
    SOCKS_USER,
    SOCKS_PASSWORD_LEN,
    SOCKS_PASSWORD,
    SOCKS_REQUEST_5,
    SOCKS_REQUEST_4,
    SOCKS_DONE,
};

/* Fields of a request of version 5, behind its version. */
enum socks_request_5 {
    SOCKS_COMMAND,
    SOCKS_RESERVED,
    SOCKS_ADDRESS_TYPE,
    SOCKS_NAME_LEN,
    SOCKS_ADDRESS,
    SOCKS_PORT,
};

/* And of version 4. */
enum socks_request_4 {
    SOCKS4_COMMAND,
    SOCKS4_PORT,
    SOCKS4_ADDRESS,
    SOCKS4_USER,
    SOCKS4_NAME,
};

enum socks_answer {
    SOCKS_ANSWER_VERSION,
    SOCKS_CHOICE, /* of the method */
    SOCKS_ANSWER_NEXT,
    SOCKS_PASSWORD_STATUS,
    SOCKS_STATUS,
    SOCKS_BOUND_RESERVED,
    SOCKS_BOUND_TYPE,
    SOCKS_BOUND_NAME_LEN,
    SOCKS_BOUND, /* the rest of the answer */
    SOCKS4_STATUS,
    SOCKS_ANSWERED,
};

struct socks {
    enum socks_step step;
    enum socks_request_5 field_5;
    enum socks_request_4 field_4;
    enum socks_answer answer;
    uint16_t left; /* bytes of the client's field */
    uint16_t server_left;
    uint16_t len; /* of the target so far */
    uint8_t type; /* of the address */
    uint8_t address[16];
};

/* READY when `first` begins what a client of SOCKS says, BROKEN when it cannot. */
enum progress socks_looks_like(struct span first);

enum progress socks_push(struct socks *s, struct talk *talk, enum talker from,
                         struct span *bytes);
