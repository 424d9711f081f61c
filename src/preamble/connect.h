/*
 * HTTP CONNECT (RFC 9110 9.3.6): the request that opens a tunnel through an explicit proxy, the
 * proxy's answer, and the target, which is what detection judges.
 *
 * An answer other than 2xx (407: log in first) ends that request; the rest of it goes by, and the
 * client may send another request on the same connection.
 */
#pragma once

#include "preamble/line.h"
#include "preamble/talk.h"

#define CONNECT_HEAD_MAX 16384 /* bytes of one request or answer before it is given up */

enum connect_request {
    CONNECT_METHOD,
    CONNECT_TARGET,
    CONNECT_VERSION,
    CONNECT_FIELDS,
    CONNECT_SENT,
};

enum connect_answer {
    CONNECT_STATUS,
    CONNECT_ANSWER_FIELDS,
    CONNECT_ANSWERED,
    CONNECT_BODY, /* of a refusal */
};

struct connect {
    enum connect_request request;
    enum connect_answer answer;
    uint16_t status;
    uint16_t target_len;
    uint16_t method_len;
    uint16_t head_len[2]; /* by talker */
    struct line lines[2];
};

/* READY when `first` begins a CONNECT request, BROKEN when it cannot. */
enum progress connect_looks_like(struct span first);

enum progress connect_push(struct connect *c, struct talk *talk, enum talker from,
                           struct span *bytes);
